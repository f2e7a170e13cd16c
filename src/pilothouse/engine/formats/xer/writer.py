# SPDX-License-Identifier: Apache-2.0
"""A plan as Primavera XER: the WBS from the summaries, and what Primavera cannot hold told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from pilothouse.engine.calendars import CalendarSpec, DayPattern
from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.bounds import MAX_UID, UNPRINTABLE
from pilothouse.engine.formats.guids import write_short_guid
from pilothouse.engine.formats.xer.calendars import write_calendar
from pilothouse.engine.formats.xer.reader import (
    CRITICAL,
    ELAPSED_LAGS,
    FLOATS,
    LAG_CALENDARS,
    LAG_ORIGINS,
    NO_OTHER_PROJECTS,
)
from pilothouse.engine.formats.xer.rows import (
    CONSTRAINTS,
    LINK_TYPES,
    PERCENT_TYPES,
    PRIORITIES,
    WORK_TYPES,
)
from pilothouse.engine.network.minutes import left_and_done, whole_minutes
from pilothouse.engine.network.outline import Outline, build_outline
from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
    LagCalendar,
    LagKind,
    Link,
    LinkType,
    Notice,
    PercentType,
    Plan,
    PlanTask,
    ProgressMode,
)

_PROJECT = 1
MOST_DAYS = 100_000
"""Of exceptions of all calendars, written out day by day."""
MOST_LINKS = 200_000
"""After links of summaries became links of what lies below them."""
_MEMO_TYPE = 1

_BREAKS = str.maketrans("\t\r\n", "   ")

_Kind = TypeVar("_Kind")
_Value = str | int | Decimal | datetime | None


def write_xer(plan: Plan, notices: list[Notice] | None = None) -> bytes:
    """Write a plan as a file that Primavera P6 imports.

    Parameters
    ----------
    plan : Plan
    notices : list of Notice, optional
        What the format has no place for is added to it.

    Returns
    -------
    bytes
        Windows-1252 where every character has a place there, else UTF-8.

    Raises
    ------
    FormatError
        ``xer.limit`` where links of summaries or days of exceptions become too many.

    Notes
    -----
    Links of summaries become links of the tasks below them, lags in percent become minutes,
    tasks of an element stand before the elements below it, each baseline is a copy of the project.
    Deterministic: no clock is read.
    """
    return _Writer(plan, [] if notices is None else notices).file()


@dataclass(slots=True)
class _Table:
    name: str
    rows: list[Mapping[str, _Value]] = field(default_factory=list)

    def lines(self) -> list[str]:
        if not self.rows:
            return []
        columns = list(self.rows[0])
        return [
            f"%T\t{self.name}",
            "\t".join(("%F", *columns)),
            *("\t".join(("%R", *(_text(row[name]) for name in columns))) for row in self.rows),
        ]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A baseline as a project of its own: its number, and those of the project and its root."""

    baseline: int
    project: int
    root: int


class _Writer:
    def __init__(self, plan: Plan, notices: list[Notice]) -> None:
        self._plan, self._notices = plan, notices
        self._outline: Outline = build_outline(plan.tasks)
        self._next = max((task.uid for task in plan.tasks), default=0) + 1
        self._root = self._next
        self._calendars = {spec.uid for spec in plan.calendars}
        self._day_and_night = max(self._calendars, default=0) + 1
        self._written = {
            row for row, task in enumerate(plan.tasks) if task.active or self._outline.summary[row]
        }

        self._followed_by = self._followers()
        self._copies = self._baseline_copies()

    def file(self) -> bytes:
        plan = self._plan
        head = ["ERMHDR", "8.2", _day(plan.status_date or plan.start), "Project", "", "", ""]
        lines = ["\t".join([*head, "Project Management", plan.currency or "USD"])]
        links = self._links()
        for table in (
            self._currency(),
            self._project(),
            self._calendar_table(),
            self._options(),
            self._wbs(),
            *self._resource_tables(),
            *self._task_tables(links),
            self._link_table(links),
            self._assignment_table(),
        ):
            lines += table.lines()
        text = "\r\n".join((*lines, "%E", ""))
        return _encoded(text)

    def _note(self, task: PlanTask, name: str, message: str) -> None:
        label = self._outline.labels[self._outline.index[task.uid]]
        self._notices.append(Notice(f"task {label}", name, message))

    def _baseline_copies(self) -> list[_Copy]:
        """Primavera knows one baseline of the project, our number 0, and others without numbers."""
        of_rows = [
            {baseline.number for baseline in task.baselines} if row in self._written else set()
            for row, task in enumerate(self._plan.tasks)
        ]
        left_out = sum(self._outline.summary[row] for row, found in enumerate(of_rows) if found)
        if left_out:
            self._notices.append(
                Notice("plan", "baselines", f"Those of {left_out:,} summaries are left out.")
            )
        if steps := sum(bool(task.steps) for task in self._plan.tasks):
            what = f"Those of {steps:,} tasks are left out; what they come to is physical progress."
            self._notices.append(Notice("plan", "steps", what))
        if own := sum(bool(task.custom) for task in self._plan.tasks):
            what = f"Fields of the office, of {own:,} tasks, are left out."
            self._notices.append(Notice("plan", "custom", what))
        numbers = set().union(
            *(found for row, found in enumerate(of_rows) if not self._outline.summary[row])
        )
        copies: list[_Copy] = []
        for place, number in enumerate(sorted(numbers), start=0 if 0 in numbers else 1):
            if place != number:
                self._notices.append(
                    Notice("plan", "baselines", f"Baseline {number} comes back as {place}.")
                )
            self._next += 1
            copies.append(_Copy(number, _PROJECT + 1 + len(copies), self._next))
        return copies

    def _currency(self) -> _Table:
        code = self._plan.currency or "USD"
        row: dict[str, _Value] = {
            "curr_id": 1,
            "decimal_digit_cnt": 2,
            "curr_symbol": code,
            "decimal_symbol": ".",
            "digit_group_symbol": ",",
            "pos_curr_fmt_type": "#1.1",
            "neg_curr_fmt_type": "(#1.1)",
            "curr_type": code,
            "curr_short_name": code,
            "group_digit_cnt": 3,
            "base_exch_rate": 1,
        }
        return _Table("CURRTYPE", [row])

    def _project(self) -> _Table:
        plan = self._plan
        if plan.schedule_from_finish:
            self._notices.append(
                Notice("plan", "schedule_from_finish", "It is scheduled from its start there.")
            )
        own = [copy.project for copy in self._copies if copy.baseline == 0]
        row: dict[str, _Value] = {
            "proj_id": _PROJECT,
            "proj_short_name": plan.name[:40],
            "orig_proj_id": None,
            "sum_base_proj_id": own[0] if own else None,
            "clndr_id": plan.default_calendar_uid,
            "plan_start_date": plan.start,
            "plan_end_date": plan.imposed_finish,
            "scd_end_date": plan.finish,
            "last_recalc_date": plan.status_date,
            "critical_drtn_hr_cnt": _hours(plan.critical_threshold_minutes),
            "critical_path_type": _code(CRITICAL, plan.rules.critical_by),
            "project_flag": "Y",
            "export_flag": "Y",
        }
        copies = [
            row
            | {
                "proj_id": copy.project,
                "proj_short_name": f"{plan.name[:34]} - B{copy.baseline}",
                "orig_proj_id": _PROJECT,
                "sum_base_proj_id": None,
            }
            for copy in self._copies
        ]
        return _Table("PROJECT", [row, *copies])

    # ---- calendars ----

    def _calendar_table(self) -> _Table:
        plan = self._plan
        specs = list(plan.calendars)
        if any(task.elapsed_duration for task in plan.tasks):
            specs.append(CalendarSpec(self._day_and_night, "24 hours", (((0, 1440),),) * 7))
        table, days = _Table("CALENDAR"), 0
        for spec in specs:
            exceptions = self._days_of(spec, MOST_DAYS - days)
            days += len(exceptions)
            table.rows.append(
                {
                    "clndr_id": spec.uid,
                    "default_flag": "Y" if spec.uid == plan.default_calendar_uid else "N",
                    "clndr_name": spec.name,
                    "proj_id": None,
                    "base_clndr_id": spec.base_uid,
                    "clndr_type": "CA_Base" if spec.base_uid is None else "CA_Rsrc",
                    "day_hr_cnt": _hours(plan.minutes_per_day),
                    "week_hr_cnt": _hours(plan.minutes_per_week),
                    "clndr_data": write_calendar(spec, exceptions),
                }
            )
        return table

    def _days_of(self, spec: CalendarSpec, most: int) -> dict[date, DayPattern]:
        """Every day that does not follow the week; work weeks are written out too."""
        found: dict[date, DayPattern] = {}
        for week in reversed(spec.work_weeks):
            for day in _each(week.first, week.last, most):
                pattern = week.week[day.weekday()]
                if pattern is not None:
                    found[day] = pattern
        for item in spec.exceptions:
            for day in _each(item.first, item.last, most):
                found[day] = item.intervals
        if len(found) > most:
            raise _too_many(f"days of exceptions; {MOST_DAYS:,} may be")
        return found

    def _options(self) -> _Table:
        codes = {calendar: code for code, calendar in LAG_CALENDARS.items()}
        lagging = [link for link in self._plan.links if link.lag_minutes or link.lag_percent]
        code = None
        if self._all_lags_elapsed():
            code = ELAPSED_LAGS
        elif self._plan.lag_calendar or lagging:
            code = codes[self._plan.lag_calendar or LagCalendar.SUCCESSOR]
        rules = self._plan.rules
        override = rules.progress_mode is ProgressMode.PROGRESS_OVERRIDE
        row: dict[str, _Value] = {
            "schedoptions_id": 1,
            "proj_id": _PROJECT,
            "sched_outer_depend_type": "SD_Both" if rules.external_dates else NO_OTHER_PROJECTS,
            "sched_use_expect_end_flag": "Y" if rules.expected_finishes else "N",
            "sched_open_critical_flag": "Y" if rules.open_ends_critical else "N",
            "sched_lag_early_start_flag": _code(LAG_ORIGINS, rules.start_lag_from)
            if rules.start_lag_from
            else None,
            "sched_retained_logic": "N" if override else "Y",
            "sched_float_type": _code(FLOATS, rules.total_float),
            "sched_progress_override": "Y" if override else "N",
            "sched_calendar_on_relationship_lag": code,
        }
        return _Table("SCHEDOPTIONS", [row])

    def _all_lags_elapsed(self) -> bool:
        kinds = {link.lag_kind for link in self._plan.links if link.lag_minutes or link.lag_percent}
        return bool(kinds) and kinds <= {LagKind.ELAPSED, LagKind.ELAPSED_PERCENT}

    # ---- outline ----

    def _wbs(self) -> _Table:
        table = _Table("PROJWBS")

        def add(
            uid: int,
            parent: int | None,
            code: str,
            name: str,
            project: int = _PROJECT,
            guid: str = "",
        ) -> None:
            table.rows.append(
                {
                    "wbs_id": uid,
                    "proj_id": project,
                    "seq_num": len(table.rows),
                    "proj_node_flag": "N" if parent else "Y",
                    "status_code": "WS_Open",
                    "wbs_short_name": code,
                    "wbs_name": name,
                    "parent_wbs_id": parent,
                    "guid": write_short_guid(guid),
                }
            )

        add(self._root, None, self._plan.name[:40], self._plan.name)
        for row, task in enumerate(self._plan.tasks):
            if self._outline.summary[row]:
                code = task.wbs or f"S{task.uid}"
                add(task.uid, self._element(row), code, task.name, guid=task.guid)
                if task.constraint is not ConstraintType.ASAP or _has_dates(task):
                    self._note(task, "constraint", "Dates set on a summary are left out.")
        for copy in self._copies:
            add(copy.root, None, self._plan.name[:40], self._plan.name, copy.project)
        return table

    def _element(self, row: int) -> int:
        parent = self._outline.parent[row]
        return self._root if parent < 0 else self._plan.tasks[parent].uid

    def _leaves(self, row: int) -> list[int]:
        found, pending = [], [row]
        while pending:
            at = pending.pop()
            if self._outline.summary[at]:
                pending += reversed(self._outline.children[at])
            elif at in self._written:
                found.append(at)
        return found

    def _enders(self, row: int) -> list[int]:
        """Tasks below a row that no other task below it follows: one of them finishes last."""
        leaves = self._leaves(row)
        below = set(leaves)
        return [leaf for leaf in leaves if not below & self._followed_by[leaf]]

    def _starters(self, row: int) -> list[int]:
        """Tasks below a row that follow no other task below it: one of them starts first."""
        leaves = self._leaves(row)
        followers = set().union(*(self._followed_by[leaf] for leaf in leaves))
        return [leaf for leaf in leaves if leaf not in followers]

    def _followers(self) -> defaultdict[int, set[int]]:
        """Row → rows that start after it has finished, while none of both has begun."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for link in self._plan.links:
            first = self._outline.index[link.predecessor]
            second = self._outline.index[link.successor]
            begun = any(self._plan.tasks[row].actual_start for row in (first, second))
            lead = link.lag_minutes < 0 or link.lag_percent < 0
            if (
                link.type is LinkType.FS
                and not (begun or lead)
                and {first, second} <= self._written
            ):
                found[first].add(second)
        return found

    def _links(self) -> list[Link]:
        """Links between tasks; those of summaries become links of the tasks below them."""
        found: dict[tuple[int, int, LinkType], Link] = {}
        tasks, outline = self._plan.tasks, self._outline
        for link in self._plan.links:
            first, second = outline.index[link.predecessor], outline.index[link.successor]
            if outline.summary[first] and link.type in (LinkType.SS, LinkType.SF):
                self._note(tasks[first], "links", "A link from the start of a summary is left out.")
                continue
            lag = self._lag(link, first)
            enders, starters = self._enders(first), self._starters(second)
            if len(enders) * len(starters) + len(found) > MOST_LINKS:
                raise _too_many("links between the tasks of summaries")
            for before in enders:
                for after in starters:
                    key = (tasks[before].uid, tasks[after].uid, link.type)
                    known = found.get(key)
                    if known is None or known.lag_minutes < lag:
                        found[key] = Link(*key, lag)
        return list(found.values())

    def _lag(self, link: Link, first: int) -> int:
        minutes = link.lag_minutes
        if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
            share = link.lag_percent * self._plan.tasks[first].duration_minutes / 100
            minutes = whole_minutes(share)
        elapsed = link.lag_kind in (LagKind.ELAPSED, LagKind.ELAPSED_PERCENT)
        if elapsed and minutes and not self._all_lags_elapsed():
            self._note(
                self._plan.tasks[first],
                "links",
                "A lag around the clock beside lags in working time: it is working time there.",
            )
        return minutes

    # ---- tasks ----

    def _task_tables(self, links: list[Link]) -> tuple[_Table, ...]:
        tasks, costs = _Table("TASK"), _Table("PROJCOST")
        types, memos = _Table("MEMOTYPE"), _Table("TASKMEMO")
        led_to = {link.successor for link in links}
        codes = self._codes()
        working = self._with_resources()
        for row, task in enumerate(self._plan.tasks):
            if self._outline.summary[row]:
                continue
            if row not in self._written:
                self._note(task, "active", "An inactive task is left out.")
                continue
            if task.manual:
                self._note(task, "manual", "It is scheduled by its links there.")
            if task.entered != EnteredText():
                self._note(task, "entered", "Text instead of dates or a duration is left out.")
            tasks.rows.append(
                self._task(row, task, codes[row], task.uid in led_to, task.uid in working)
            )
            if task.cost is not None:
                costs.rows.append(self._cost(task, len(costs.rows) + 1))
            if task.notes:
                memos.rows.append(
                    {
                        "memo_id": len(memos.rows) + 1,
                        "task_id": task.uid,
                        "memo_type_id": _MEMO_TYPE,
                        "proj_id": _PROJECT,
                        "task_memo": _memo(task.notes),
                    }
                )
        self._baselines(tasks, costs)
        if memos.rows:
            types.rows.append({"memo_type_id": _MEMO_TYPE, "memo_type": "Notes"})
        return tasks, costs, types, memos

    def _codes(self) -> list[str]:
        """Activity codes: the number of the outline where it is there and given once."""
        seen: defaultdict[str, int] = defaultdict(int)
        for task in self._plan.tasks:
            seen[_text(task.wbs)] += 1
        return [
            task.wbs if task.wbs and seen[_text(task.wbs)] == 1 else f"T{task.uid}"
            for task in self._plan.tasks
        ]

    def _with_resources(self) -> set[int]:
        workers = {row.uid for row in self._plan.resources if row.kind == "work"}
        return {item.task_uid for item in self._plan.assignments if item.resource_uid in workers}

    def _task(
        self, row: int, task: PlanTask, code: str, led_to: bool, works: bool
    ) -> Mapping[str, _Value]:
        stored, complete = task.stored, task.actual_finish is not None
        own_calendar = task.calendar_uid is not None and task.ignore_resource_calendar
        kind = "TT_Rsrc" if works and not own_calendar else "TT_Task"
        if task.milestone and not task.duration_minutes:
            kind = "TT_FinMile" if led_to else "TT_Mile"
        if task.level_of_effort:
            kind = "TT_LOE"
        calendar = task.calendar_uid
        if calendar is None:
            calendar = self._plan.default_calendar_uid
        if task.elapsed_duration:
            calendar, kind = self._day_and_night, kind if task.milestone else "TT_Task"
        planned, left = _durations(task)
        work, done = task.work_minutes, task.actual_work_minutes
        first, second = _constraints(task)
        return {
            "task_id": task.uid,
            "proj_id": _PROJECT,
            "wbs_id": self._element(row),
            "clndr_id": calendar,
            "phys_complete_pct": _physical(task),
            "complete_pct_type": _code(PERCENT_TYPES, _percent_type(task)),
            "task_type": kind,
            "duration_type": _code(WORK_TYPES, task.work_type),
            "status_code": "TK_Complete"
            if complete
            else "TK_Active"
            if task.actual_start
            else "TK_NotStart",
            "task_code": code,
            "task_name": task.name,
            "total_float_hr_cnt": None if complete else _hours(stored.total_float_minutes),
            "free_float_hr_cnt": None if complete else _hours(stored.free_float_minutes),
            "remain_drtn_hr_cnt": _hours(left),
            "act_work_qty": _hours(done),
            "remain_work_qty": _hours(max(0, work - done)),
            "target_work_qty": _hours(work),
            "target_drtn_hr_cnt": _hours(planned),
            "cstr_date": first[1],
            "act_start_date": task.actual_start or task.actual_finish,
            "act_end_date": task.actual_finish,
            "late_start_date": stored.late_start,
            "late_end_date": stored.late_finish,
            "early_start_date": stored.early_start,
            "early_end_date": stored.early_finish,
            "target_start_date": stored.start,
            "target_end_date": stored.finish,
            "cstr_type": first[0],
            "priority_type": _priority(task.priority),
            "suspend_date": task.stop,
            "resume_date": task.resume,
            "expect_end_date": task.expected_finish,
            "external_early_start_date": task.external_early_start,
            "external_late_end_date": task.external_late_finish,
            "cstr_date2": second[1],
            "cstr_type2": second[0],
            "driving_path_flag": {True: "Y", False: "N", None: None}[stored.longest_path],
            "guid": write_short_guid(task.guid),
        }

    def _baselines(self, tasks: _Table, costs: _Table) -> None:
        """Tasks of the copies, as they were planned: matched by the code of the activity."""
        own = {row["task_id"]: row for row in tasks.rows}
        for copy in self._copies:
            for task in self._plan.tasks:
                found = [item for item in task.baselines if item.number == copy.baseline]
                if not found or task.uid not in own:
                    continue
                baseline = found[-1]
                self._next += 1
                duration, work = baseline.duration_minutes or 0, baseline.work_minutes or 0
                tasks.rows.append(
                    dict.fromkeys(own[task.uid])
                    | {
                        name: own[task.uid][name]
                        for name in ("clndr_id", "task_type", "duration_type", "task_code")
                    }
                    | {
                        "task_id": self._next,
                        "proj_id": copy.project,
                        "wbs_id": copy.root,
                        "complete_pct_type": _code(PERCENT_TYPES, PercentType.DURATION),
                        "status_code": "TK_NotStart",
                        "task_name": task.name,
                        "remain_drtn_hr_cnt": _hours(duration),
                        "target_drtn_hr_cnt": _hours(duration),
                        "remain_work_qty": _hours(work),
                        "target_work_qty": _hours(work),
                        "early_start_date": baseline.start,
                        "early_end_date": baseline.finish,
                        "target_start_date": baseline.start,
                        "target_end_date": baseline.finish,
                        "priority_type": own[task.uid]["priority_type"],
                    }
                )
                if baseline.cost is not None:
                    costs.rows.append(
                        {
                            "cost_item_id": len(costs.rows) + 1,
                            "task_id": self._next,
                            "proj_id": copy.project,
                            "cost_name": "Cost",
                            "act_cost": Decimal(0),
                            "remain_cost": baseline.cost,
                            "target_cost": baseline.cost,
                        }
                    )
        if self._next > MAX_UID:
            raise _too_many("numbers; those of its tasks are too large for baselines beside them")

    def _cost(self, task: PlanTask, number: int) -> Mapping[str, _Value]:
        spent = task.cost if task.actual_finish else Decimal(0)
        return {
            "cost_item_id": number,
            "task_id": task.uid,
            "proj_id": _PROJECT,
            "cost_name": "Cost",
            "act_cost": spent,
            "remain_cost": (task.cost or Decimal(0)) - (spent or Decimal(0)),
            "target_cost": task.cost,
        }

    def _link_table(self, links: list[Link]) -> _Table:
        return _Table(
            "TASKPRED",
            [
                {
                    "task_pred_id": number,
                    "task_id": link.successor,
                    "pred_task_id": link.predecessor,
                    "proj_id": _PROJECT,
                    "pred_proj_id": _PROJECT,
                    "pred_type": _code(LINK_TYPES, link.type),
                    "lag_hr_cnt": _hours(link.lag_minutes),
                }
                for number, link in enumerate(links, start=1)
            ],
        )

    # ---- resources ----

    def _resource_tables(self) -> tuple[_Table, _Table]:
        resources, rates = _Table("RSRC"), _Table("RSRCRATE")
        kinds = {"work": "RT_Labor", "material": "RT_Mat"}
        for resource in self._plan.resources:
            if resource.kind not in kinds:
                self._notices.append(
                    Notice(
                        f"resource {resource.uid} ‘{resource.name[:60]}’",
                        "kind",
                        f"‘{resource.kind}’ is written as material.",
                    )
                )
            resources.rows.append(
                {
                    "rsrc_id": resource.uid,
                    "clndr_id": resource.calendar_uid,
                    "email_addr": resource.email,
                    "rsrc_name": resource.name,
                    "rsrc_short_name": resource.initials or f"R{resource.uid}",
                    "def_qty_per_hr": resource.max_units,
                    "rsrc_type": kinds.get(resource.kind, "RT_Mat"),
                }
            )
            for rate in resource.rates:
                rates.rows.append(
                    {
                        "rsrc_rate_id": len(rates.rows) + 1,
                        "rsrc_id": resource.uid,
                        "max_qty_per_hr": resource.max_units,
                        "cost_per_qty": rate.cost_per_hour,
                        "start_date": rate.start,
                    }
                )
        return resources, rates

    def _assignment_table(self) -> _Table:
        table = _Table("TASKRSRC")
        kinds = {row.uid: row.kind for row in self._plan.resources}
        for item in self._plan.assignments:
            row = self._outline.index[item.task_uid]
            task = self._plan.tasks[row]
            if row not in self._written or self._outline.summary[row]:
                self._note(task, "assignments", "An assignment of it is left out.")
                continue
            material = item.resource_uid is not None and kinds.get(item.resource_uid) != "work"
            done, left = item.actual_work_minutes, item.remaining_work_minutes
            started, ended = task.actual_start and item.start, task.actual_finish and item.finish
            table.rows.append(
                {
                    "taskrsrc_id": item.uid,
                    "task_id": item.task_uid,
                    "proj_id": _PROJECT,
                    "role_id": None,
                    "rsrc_id": item.resource_uid,
                    "remain_qty": item.units if material else _hours(left),
                    "target_qty": item.units if material else _hours(item.work_minutes),
                    "act_reg_qty": None if material else _hours(done),
                    "remain_qty_per_hr": None if material else item.units,
                    "target_qty_per_hr": None if material else item.units,
                    "act_start_date": started,
                    "act_end_date": ended,
                    "target_start_date": item.start,
                    "target_end_date": item.finish,
                }
            )
        return table


def _each(first: date, last: date, most: int) -> list[date]:
    days = (last - first).days + 1
    if days > most:
        raise _too_many(f"days of exceptions; {MOST_DAYS:,} may be")
    return [first + timedelta(days=offset) for offset in range(days)]


def _has_dates(task: PlanTask) -> bool:
    return any(
        (
            task.deadline,
            task.expected_finish,
            task.external_early_start,
            task.external_late_finish,
        )
    )


def _too_many(what: str) -> FormatError:
    return FormatError("xer.limit", f"Written as XER the plan has too many {what}.", ("plan",))


def _constraints(
    task: PlanTask,
) -> tuple[tuple[str | None, datetime | None], tuple[str | None, datetime | None]]:
    """Constraint and deadline: Primavera has two constraints and no deadline."""
    deadline = ("CS_MEOB", task.deadline) if task.deadline else (None, None)
    if task.constraint is ConstraintType.ASAP:
        return deadline, (None, None)
    hard = task.constraint_hard and task.constraint in (ConstraintType.MSO, ConstraintType.MFO)
    code = next(code for code, found in CONSTRAINTS.items() if found == (task.constraint, hard))
    return (code, task.constraint_date), deadline


def _durations(task: PlanTask) -> tuple[Decimal | int, int]:
    """Planned and remaining minutes; of begun work the planned ones give its percentage."""
    if task.actual_finish is not None:
        return task.duration_minutes, 0
    if task.actual_start is None:
        return task.duration_minutes, task.duration_minutes
    left, _ = left_and_done(task, task.duration_minutes)
    if task.percent_type is PercentType.DURATION and left and task.percent_complete < 100:
        return Decimal(left) / (1 - task.percent_complete / 100), left
    return max(left, task.duration_minutes, 1), left


def _percent_type(task: PlanTask) -> PercentType:
    """Of a task measured by steps, Primavera holds what they come to as the physical percentage."""
    kind = task.percent_type
    return PercentType.PHYSICAL if kind is PercentType.STEPS else kind


def _physical(task: PlanTask) -> Decimal:
    if task.percent_type is PercentType.PHYSICAL and task.physical_percent is None:
        return task.percent_complete
    return task.physical_percent or Decimal(0)


def _priority(value: int) -> str:
    return min(PRIORITIES, key=lambda code: (abs(PRIORITIES[code] - value), code))


def _code(codes: Mapping[str, _Kind], wanted: _Kind) -> str:
    return next(code for code, found in codes.items() if found == wanted)


def _hours(minutes: Decimal | int | None) -> Decimal | None:
    return None if minutes is None else (Decimal(minutes) / 60).quantize(Decimal("0.000001"))


def _text(value: _Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    return UNPRINTABLE.sub("", str(value)).translate(_BREAKS)


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"


def _memo(text: str) -> str:
    marked = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return marked.replace("\r\n", "\n").replace("\n", "\x7f\x7f").replace("\t", " ")


def _encoded(text: str) -> bytes:
    """Windows-1252, unless it cannot hold the text or would be taken for UTF-8."""
    try:
        data = text.encode("cp1252")
    except UnicodeEncodeError:
        return text.encode("utf-8")
    if text.isascii():
        return data
    for line in data.split(b"\n"):
        if not line.isascii():
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                continue
            return text.encode("utf-8")
    return data
