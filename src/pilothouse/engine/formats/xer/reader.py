# SPDX-License-Identifier: Apache-2.0
"""The whole file: one project with its WBS, and the checks that need all of it."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from typing import BinaryIO

from pilothouse.engine.calendars import CalendarSpec, WorkingTime, compile_calendars
from pilothouse.engine.errors import FormatError, InvalidInput
from pilothouse.engine.formats.bounds import MAX_NUMBER, MAX_UID, UNPRINTABLE
from pilothouse.engine.formats.collector import collector_paused
from pilothouse.engine.formats.guids import read_short_guid
from pilothouse.engine.formats.remedies import with_remedy
from pilothouse.engine.formats.xer.calendars import read_calendar
from pilothouse.engine.formats.xer.rows import (
    Around,
    cost_of,
    read_assignment,
    read_link,
    read_resource,
    read_task,
)
from pilothouse.engine.formats.xer.scan import Limits, refuse
from pilothouse.engine.formats.xer.tables import Tables, choose_project, plain, read_tables
from pilothouse.engine.formats.xer.values import Row
from pilothouse.engine.network.plan import (
    CriticalKind,
    FloatKind,
    LagCalendar,
    LagOrigin,
    Link,
    Notice,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ProgressMode,
    ScheduleRules,
    StoredDates,
    TaskBaseline,
)

SOURCE = "Primavera XER"
NOTICE_LIMIT = 500
LAG_CALENDARS = {
    "rcal_Predecessor": LagCalendar.PREDECESSOR,
    "rcal_Successor": LagCalendar.SUCCESSOR,
    "rcal_ProjDefault": LagCalendar.PROJECT,
}
ELAPSED_LAGS = "rcal_24Hour"
NO_OTHER_PROJECTS = "SD_None"
"""Links to other projects, and dates that they set, are ignored."""
FLOATS = {
    "FT_Min": FloatKind.SMALLEST,
    "FT_SS": FloatKind.START,
    "FT_FF": FloatKind.FINISH,
}
CRITICAL = {
    "CT_TotFloat": CriticalKind.TOTAL_FLOAT,
    "CT_DrivPath": CriticalKind.LONGEST_PATH,
}
LAG_ORIGINS = {"Y": LagOrigin.EARLY_START, "N": LagOrigin.ACTUAL_START}
MOST_LEVELS = 100
_DEFAULT_LIMITS = Limits()


def read_xer(
    source: BinaryIO,
    *,
    project: str = "",
    encoding: str = "",
    limits: Limits = _DEFAULT_LIMITS,
) -> Plan:
    """Read one project of a Primavera XER file.

    Parameters
    ----------
    source : binary file
        Read once from its present position to the end mark.
    project : str
        Number (``proj_id``) or short name, needed where the file holds several.
    encoding : str
        Of the text; without it each line is UTF-8 or else Windows-1252.
    limits : Limits
        What is refused before it costs time or memory.

    Returns
    -------
    Plan
        The WBS as summaries, with a notice for everything left out, changed or doubted.

    Raises
    ------
    FormatError
        Codes ``xer.*``; the sentence names line, row, column and reason. ``xer.projects``
        lists the projects in ``places``.

    Notes
    -----
    One pass over the file; memory grows with its rows. Deterministic.
    """
    with collector_paused():
        tables = read_tables(source, limits, encoding)
        return _Reader(tables, choose_project(tables, project), limits).plan()


@dataclass(slots=True)
class _Outline:
    """Rows of the plan in order, and which row stands for which activity or WBS element."""

    tasks: list[PlanTask] = field(default_factory=list)
    uids: dict[int, int] = field(default_factory=dict)
    elements: dict[int, int] = field(default_factory=dict)
    merged: set[int] = field(default_factory=set)
    codes: dict[int, str] = field(default_factory=dict)


class _Reader:
    def __init__(self, tables: Tables, project: Row, limits: Limits) -> None:
        self._tables, self._project, self._limits = tables, project, limits
        self._uid = project.uid("proj_id")
        self._notices: list[Notice] = []
        self._status_date = project.moment("last_recalc_date")
        options = tables.of("SCHEDOPTIONS", self._uid)
        self._options = options[0] if options else None

    def plan(self) -> Plan:
        specs, compiled = self._calendars()
        default, hours = self._default_calendar(specs)
        by_longest_path = self._project.text("critical_path_type") == "CT_DrivPath"
        threshold = self._project.minutes("critical_drtn_hr_cnt") or 0
        around = Around(
            self._limits,
            self._notices,
            self._status_date,
            compiled,
            default,
            threshold,
            by_longest_path,
            self._costs(),
            self._memos(),
        )
        name, outline = self._outline(around)
        resources, found = self._resources(around)
        tasks = self._with_baselines(outline, around)
        elapsed, lag_calendar = self._lags()
        plan = Plan(
            name=name[:300] or self._project.text("proj_short_name")[:300] or "Plan",
            start=self._start(tasks),
            calendars=tuple(specs),
            default_calendar_uid=default,
            tasks=tasks,
            links=self._links(outline, elapsed),
            resources=resources,
            assignments=self._assignments(outline, found),
            status_date=self._status_date,
            finish=self._project.moment("scd_end_date"),
            imposed_finish=self._project.moment("plan_end_date"),
            critical_threshold_minutes=threshold,
            minutes_per_day=self._length(hours, "day_hr_cnt", 480, 1440),
            minutes_per_week=self._length(hours, "week_hr_cnt", 2400, 10080),
            currency=_printable((self._tables.head.fields[7:8] or [""])[0]).strip()[:3],
            source=SOURCE,
            lag_calendar=lag_calendar,
            rules=self._rules(),
        )
        self._tell_options()
        self._tell_rest()
        return replace(plan, notices=_capped(self._notices))

    def _note(self, name: str, message: str) -> None:
        self._notices.append(Notice("plan", name, message))

    # ---- calendars ----

    def _calendars(self) -> tuple[list[CalendarSpec], dict[int, WorkingTime]]:
        rows: dict[int, Row] = {}
        for row in self._tables.rows["CALENDAR"]:
            uid = row.uid("clndr_id")
            if uid in rows:
                row.refuse("duplicate", "clndr_id", f"{uid} is taken by another calendar")
            if row.optional_uid("proj_id") in (self._uid, None):
                rows[uid] = row
        if not rows:
            refuse("missing_calendar", "The file holds no calendar; export the project once more.")
        specs = []
        days = 0
        for uid, row in rows.items():
            base = row.optional_uid("base_clndr_id")
            name = row.name("clndr_name", self._limits.name_length) or f"Calendar {uid}"
            spec = read_calendar(row, uid, base if base in rows else None, name, self._notices)
            days += sum((item.last - item.first).days + 1 for item in spec.exceptions)
            if days > self._limits.exceptions:
                refuse("limit", f"The file has more than {self._limits.exceptions:,} exceptions.")
            specs.append(spec)
        try:
            return specs, compile_calendars(specs)
        except InvalidInput as error:
            kind = error.code.replace("calendar.", "calendar_")
            told = with_remedy(kind, error.message)
            raise FormatError(f"xer.{kind}", told, error.places) from error

    def _default_calendar(self, specs: list[CalendarSpec]) -> tuple[int, Row]:
        rows = {row.uid("clndr_id"): row for row in self._tables.rows["CALENDAR"]}
        uid = self._project.optional_uid("clndr_id")
        if uid in {spec.uid for spec in specs} and uid is not None:
            return uid, rows[uid]
        chosen = next(
            (spec.uid for spec in specs if rows[spec.uid].text("default_flag") == "Y"),
            specs[0].uid,
        )
        self._note("clndr_id", "The project names no calendar of the file; the default is taken.")
        return chosen, rows[chosen]

    def _length(self, row: Row, name: str, default: int, most: int) -> int:
        minutes = row.minutes(name)
        if not minutes:
            return default
        if not 1 <= minutes <= most:
            row.refuse("value", name, f"is {minutes / 60:g} hours; up to {most // 60} may be")
        return minutes

    # ---- outline ----

    def _outline(self, around: Around) -> tuple[str, _Outline]:
        """Tasks of an element first, then the elements below it, each in its order."""
        elements, below, roots = self._wbs()
        of: defaultdict[int | None, list[Row]] = defaultdict(list)
        seen: set[int] = set()
        for row in self._tables.of("TASK", self._uid):
            uid = row.uid("task_id")
            if uid in seen:
                row.refuse("duplicate", "task_id", f"{uid} is taken by another task")
            seen.add(uid)
            element = row.optional_uid("wbs_id")
            if element is not None and element not in elements:
                row.refuse("dangling_wbs", "wbs_id", f"is {element}, but there is no such element")
            of[element].append(row)
        free = _Free(seen)
        outline = _Outline()
        root = roots[0] if len(roots) == 1 else None
        filled = _filled(below, of, roots)
        self._activities(of[None], 1, outline, around)
        pending = [(uid, 1) for uid in reversed(roots)]
        while pending:
            uid, level = pending.pop()
            rows = of[uid]
            if level > MOST_LEVELS:
                elements[uid].refuse("limit", "wbs_id", f"lies more than {MOST_LEVELS} deep")
            if uid != root:
                if uid not in filled:
                    self._notices.append(
                        elements[uid].notice("wbs_id", "It holds no activities; left out.")
                    )
                    continue
                rows = self._summary(elements[uid], rows, uid, level, free, outline, around)
                level += 1
            self._activities(rows, level, outline, around)
            pending += [(child, level) for child in reversed(below[uid])]
        return "" if root is None else elements[root].text("wbs_name"), outline

    def _activities(self, rows: list[Row], level: int, outline: _Outline, around: Around) -> None:
        for row in rows:
            task = row.uid("task_id")
            outline.uids[task] = task
            outline.codes[task] = row.text("task_code")
            if row.text("task_type") == "TT_WBS":
                self._notices.append(
                    row.notice(
                        "task_type",
                        "A WBS summary without a row of its own is read as level of effort.",
                    )
                )
            outline.tasks.append(read_task(row, task, level, around))

    def _wbs(self) -> tuple[dict[int, Row], defaultdict[int, list[int]], list[int]]:
        """Elements by number, the numbers below each, and the top ones."""
        elements: dict[int, Row] = {}
        for row in self._tables.of("PROJWBS", self._uid):
            uid = row.uid("wbs_id")
            if uid in elements:
                row.refuse("duplicate", "wbs_id", f"{uid} is taken by another element")
            elements[uid] = row
        below: defaultdict[int, list[int]] = defaultdict(list)
        roots = []
        ordered = sorted(elements, key=lambda uid: elements[uid].number("seq_num") or Decimal(0))
        for uid in ordered:
            parent = elements[uid].optional_uid("parent_wbs_id")
            if parent in elements and parent is not None:
                below[parent].append(uid)
            else:
                roots.append(uid)
        reached = list(roots)
        for uid in reached:
            reached += below[uid]
        if len(reached) < len(elements):
            lost = next(uid for uid in ordered if uid not in set(reached))
            elements[lost].refuse("wbs_cycle", "parent_wbs_id", "leads in a circle")
        return elements, below, roots

    def _summary(
        self,
        element: Row,
        rows: list[Row],
        uid: int,
        level: int,
        free: _Free,
        outline: _Outline,
        around: Around,
    ) -> list[Row]:
        """The row of a WBS element; a WBS summary activity in it tells its stored dates."""
        row_uid = outline.elements[uid] = free.take(uid)
        stands_for = [row for row in rows if row.text("task_type") == "TT_WBS"]
        others = [row for row in rows if row.text("task_type") != "TT_WBS"]
        stored = StoredDates()
        cost = None
        if stands_for and others:
            summary = read_task(stands_for[0], row_uid, level, around)
            stored, cost = summary.stored, summary.cost
            for row in stands_for:
                outline.uids[row.uid("task_id")] = row_uid
                outline.merged.add(row.uid("task_id"))
                self._notices.append(
                    row.notice("task_type", "The WBS summary is read as the row of its WBS.")
                )
            rows = others
        outline.tasks.append(
            PlanTask(
                row_uid,
                element.name("wbs_name", self._limits.name_length),
                level,
                element.text("wbs_short_name")[:100],
                summary=True,
                cost=cost,
                stored=stored,
                guid=read_short_guid(element.text("guid")),
            )
        )
        return rows

    # ---- what hangs on tasks ----

    def _costs(self) -> dict[int, Decimal]:
        costs: dict[int, Decimal] = {}
        for table in ("TASKRSRC", "PROJCOST"):
            for row in self._tables.rows[table]:
                cost = cost_of(row)
                if cost is not None:
                    task = row.uid("task_id")
                    costs[task] = costs.get(task, Decimal(0)) + cost
                    if abs(costs[task]) > MAX_NUMBER:
                        row.refuse("value", "remain_cost", "makes a sum that is out of range")
        return costs

    def _memos(self) -> dict[int, str]:
        memos: defaultdict[int, list[str]] = defaultdict(list)
        for row in self._tables.of("TASKMEMO", self._uid):
            text = html.unescape(plain(row.record.text("task_memo"))).strip()
            memos[row.uid("task_id")].append(text)
        notes: dict[int, str] = {}
        most = self._limits.notes_length
        for task, parts in memos.items():
            text = _printable("\n".join(filter(None, parts)))
            if len(text) > most:
                self._note("task_memo", f"The notes of task {task} are cut to {most} characters.")
            notes[task] = text[:most].rstrip()
        return notes

    def _with_baselines(self, outline: _Outline, around: Around) -> tuple[PlanTask, ...]:
        """Copies of the project in the file are its baselines, matched by activity code."""
        tables = self._tables
        chosen = self._project.optional_uid("sum_base_proj_id")
        copies = [
            uid
            for row in tables.rows["PROJECT"]
            if row.optional_uid("orig_proj_id") == self._uid
            and (uid := row.uid("proj_id")) != self._uid
        ]
        copies.sort(key=lambda uid: (uid != chosen, uid))
        first = 0 if chosen in copies else 1
        found: defaultdict[str, list[TaskBaseline]] = defaultdict(list)
        for number, copy in enumerate(copies, start=first):
            if number > 10:
                self._note("orig_proj_id", "Only ten baselines are read; the others are left out.")
                break
            for row in tables.of("TASK", copy):
                task = read_task(row, row.uid("task_id"), 1, replace(around, notices=[]))
                found[row.text("task_code")].append(
                    TaskBaseline(
                        number,
                        task.stored.start,
                        task.stored.finish,
                        task.duration_minutes,
                        task.work_minutes,
                        task.cost,
                    )
                )
        return tuple(
            replace(task, baselines=tuple(found[code]))
            if (code := outline.codes.get(task.uid, "")) in found
            else task
            for task in outline.tasks
        )

    def _lags(self) -> tuple[bool, LagCalendar | None]:
        """Whether lags run day and night, else whose calendar they run on."""
        if self._options is None:
            return False, None
        code = self._options.text("sched_calendar_on_relationship_lag")
        if code and code != ELAPSED_LAGS and code not in LAG_CALENDARS:
            self._note("sched_calendar_on_relationship_lag", f"‘{code[:40]}’ is not known.")
        return code == ELAPSED_LAGS, LAG_CALENDARS.get(code)

    def _links(self, outline: _Outline, elapsed: bool) -> tuple[Link, ...]:
        """Links between activities; other tools also write links of WBS elements."""
        links = []
        ends = {**outline.elements, **outline.uids}
        for row in self._tables.rows["TASKPRED"]:
            successor, predecessor = row.uid("task_id"), row.uid("pred_task_id")
            here = row.optional_uid("proj_id") in (self._uid, None)
            if not here and successor not in ends and predecessor not in ends:
                continue
            if outline.merged & {successor, predecessor}:
                self._notices.append(row.notice("task_id", "A link of a WBS summary is left out."))
                continue
            if successor in ends and predecessor in ends:
                link = read_link(row, elapsed)
                links.append(
                    replace(link, predecessor=ends[predecessor], successor=ends[successor])
                )
                continue
            projects = {row.optional_uid("proj_id"), row.optional_uid("pred_proj_id")}
            if projects - {self._uid, None}:
                self._notices.append(
                    row.notice("pred_proj_id", "A link to another project is left out.")
                )
                continue
            lost = predecessor if successor in ends else successor
            row.refuse("dangling_link", "pred_task_id", f"names task {lost}, which is not there")
        return tuple(links)

    # ---- resources ----

    def _resources(
        self, around: Around
    ) -> tuple[tuple[PlanResource, ...], dict[tuple[str, int], PlanResource]]:
        """Resources, and those roles that stand alone in an assignment."""
        rates: defaultdict[int, list[Row]] = defaultdict(list)
        prices = 0
        for row in self._tables.rows["RSRCRATE"]:
            rates[row.uid("rsrc_id")].append(row)
            prices += any(row.number(f"cost_per_qty{number}") for number in range(2, 6))
        if prices:
            self._note("cost_per_qty2", f"Further prices of {prices:,} rates are not read.")
        found: dict[tuple[str, int], PlanResource] = {}
        for row in self._tables.rows["RSRC"]:
            uid = row.uid("rsrc_id")
            if ("rsrc", uid) in found:
                row.refuse("duplicate", "rsrc_id", f"{uid} is taken by another resource")
            day = self._status_date
            found["rsrc", uid] = read_resource(row, uid, rates[uid], day, around)
        free = _Free({uid for _, uid in found})
        alone = {
            role
            for row in self._tables.of("TASKRSRC", self._uid)
            if row.optional_uid("rsrc_id") is None
            and (role := row.optional_uid("role_id")) is not None
        }
        for row in self._tables.rows["ROLES"]:
            role = row.uid("role_id")
            if role in alone and ("role", role) not in found:
                name = row.name("role_name", self._limits.name_length) or f"Role {role}"
                initials = row.text("role_short_name")[:20]
                found["role", role] = PlanResource(free.take(role), name, initials=initials)
                self._notices.append(row.notice("role_id", "The role is read as a resource."))
        return tuple(found.values()), found

    def _assignments(
        self, outline: _Outline, found: dict[tuple[str, int], PlanResource]
    ) -> tuple[PlanAssignment, ...]:
        seen: set[int] = set()
        assignments = []
        for row in self._tables.of("TASKRSRC", self._uid):
            uid, task = row.uid("taskrsrc_id"), row.uid("task_id")
            if task not in outline.uids:
                if row.optional_uid("proj_id") is None:
                    continue
                row.refuse("dangling_assignment", "task_id", f"is {task}, which is not there")
            if uid in seen:
                row.refuse("duplicate", "taskrsrc_id", f"{uid} is taken by another assignment")
            seen.add(uid)
            resource = row.optional_uid("rsrc_id")
            role = row.optional_uid("role_id")
            used = None
            if resource is not None:
                used = found.get(("rsrc", resource))
                if used is None:
                    row.refuse(
                        "dangling_assignment", "rsrc_id", f"is {resource}, which is not there"
                    )
            elif role is not None:
                used = found.get(("role", role))
            assignments.append(read_assignment(row, uid, outline.uids[task], used))
        return tuple(assignments)

    # ---- the head ----

    def _start(self, tasks: Sequence[PlanTask]) -> datetime:
        start = self._project.moment("plan_start_date")
        if start is not None:
            return start
        starts = [task.stored.start for task in tasks if task.stored.start is not None]
        if not starts:
            self._project.refuse("missing", "plan_start_date", "is missing, as are all starts")
        self._note("plan_start_date", "It is missing; the first start of a task is taken.")
        return datetime.combine(min(starts).date(), time())

    def _rules(self) -> ScheduleRules:
        """The options with which the file was scheduled."""
        critical = CRITICAL.get(self._project.text("critical_path_type"), CriticalKind.TOTAL_FLOAT)
        row = self._options
        if row is None:
            return ScheduleRules(critical_by=critical)
        override = row.text("sched_progress_override") == "Y"
        code = row.text("sched_float_type")
        if code and code not in FLOATS:
            self._note("sched_float_type", f"‘{code[:40]}’ is not known.")
        return ScheduleRules(
            ProgressMode.PROGRESS_OVERRIDE if override else ProgressMode.RETAINED_LOGIC,
            FLOATS.get(code, FloatKind.SMALLEST),
            critical,
            row.text("sched_open_critical_flag") == "Y",
            LAG_ORIGINS.get(row.text("sched_lag_early_start_flag")),
            expected_finishes=row.text("sched_use_expect_end_flag") == "Y",
            external_dates=row.text("sched_outer_depend_type") != NO_OTHER_PROJECTS,
        )

    def _tell_options(self) -> None:
        row = self._options
        if row is None:
            return
        override = row.text("sched_progress_override") == "Y"
        if not override and row.text("sched_retained_logic") == "N":
            self._note(
                "sched_retained_logic",
                "The file is scheduled by actual dates; it is read as retained logic.",
            )

    def _tell_rest(self) -> None:
        if self._tables.head.doubtful_lines:
            self._note(
                "encoding",
                f"{self._tables.head.doubtful_lines:,} lines hold characters that cannot be "
                "read; name the encoding of the file.",
            )
        for table, count in sorted(self._tables.others.items()):
            self._note(table, f"{count:,} rows are not read.")


class _Free:
    """Uids that are still free: a wanted one where nobody has it, else the next above all."""

    def __init__(self, taken: set[int]) -> None:
        self._taken = set(taken)
        self._next = max(taken, default=0) + 1

    def take(self, wanted: int) -> int:
        uid = wanted
        if uid in self._taken:
            uid = self._next
            if uid > MAX_UID:
                refuse("value", "Numbers of tasks and WBS elements are too large to tell apart.")
        self._taken.add(uid)
        self._next = max(self._next, uid + 1)
        return uid


def _filled(
    below: dict[int, list[int]], of: Mapping[int | None, list[Row]], roots: Iterable[int]
) -> set[int]:
    """Elements with an activity in them or below them."""
    order = list(roots)
    for uid in order:
        order += below.get(uid, [])
    filled: set[int] = set()
    for uid in reversed(order):
        if of.get(uid) or any(child in filled for child in below.get(uid, [])):
            filled.add(uid)
    return filled


def _printable(text: str) -> str:
    return UNPRINTABLE.sub("", text)


def _capped(notices: list[Notice]) -> tuple[Notice, ...]:
    if len(notices) <= NOTICE_LIMIT:
        return tuple(notices)
    rest = len(notices) - NOTICE_LIMIT
    more = Notice("plan", "notices", f"{rest:,} more notices are not listed.")
    return (*notices[:NOTICE_LIMIT], more)
