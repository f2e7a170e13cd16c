# SPDX-License-Identifier: Apache-2.0
"""Tasks, links, resources and assignments from their elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from lxml import etree

from pilothouse.engine.formats.bounds import MAX_UNITS
from pilothouse.engine.formats.mspdi.scan import Limits, refuse
from pilothouse.engine.formats.mspdi.values import (
    ELAPSED_FORMATS,
    ELAPSED_PERCENT_FORMATS,
    KNOWN_FORMATS,
    PERCENT_FORMATS,
    Place,
    Row,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    Notice,
    PlanAssignment,
    PlanResource,
    PlanTask,
    StoredDates,
    TaskBaseline,
    WorkType,
)

LINK_TYPES = (LinkType.FF, LinkType.FS, LinkType.SF, LinkType.SS)
CONSTRAINTS = (
    ConstraintType.ASAP,
    ConstraintType.ALAP,
    ConstraintType.MSO,
    ConstraintType.MFO,
    ConstraintType.SNET,
    ConstraintType.SNLT,
    ConstraintType.FNET,
    ConstraintType.FNLT,
)
HARD = (ConstraintType.MSO, ConstraintType.MFO)
UNDATED = (ConstraintType.ASAP, ConstraintType.ALAP)
WORK_TYPES = (WorkType.FIXED_UNITS, WorkType.FIXED_DURATION, WorkType.FIXED_WORK)
MAX_LAG_PERCENT = 100_000


@dataclass(slots=True)
class Rows:
    """What was read so far; ``links`` know the line of their task for messages."""

    limits: Limits
    notices: list[Notice] = field(default_factory=list)
    tasks: list[PlanTask] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    flagged_summary: set[int] = field(default_factory=set)
    links: list[tuple[Link, Place, bool]] = field(default_factory=list)
    resources: list[PlanResource] = field(default_factory=list)
    resource_uids: set[int] = field(default_factory=set)
    assignments: list[tuple[PlanAssignment, Place]] = field(default_factory=list)
    assignment_uids: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    empty_rows: int = 0
    summary_name: str = ""

    def bound(self, name: str, rows: int) -> None:
        """Refuse one row more than the limit."""
        limit: int = getattr(self.limits, name)
        if rows > limit:
            refuse("limit", f"The file has more than {limit:,} {name}.", name)

    def clip(self, row: Row, name: str, length: int) -> str:
        """Text of one line, cut with a notice."""
        text = " ".join(row.text(name).split())
        if len(text) > length:
            self.notices.append(row.notice(name, f"Cut to {length} characters."))
            text = text[:length].rstrip()
        return text

    def name(self, row: Row) -> str:
        """The name of a row; a longer one than the limit is refused."""
        text = " ".join(row.text("Name").split())
        if len(text) > self.limits.name_length:
            row.refuse(
                "limit", "Name", f"has {len(text):,} characters; {self.limits.name_length} may be"
            )
        return text


def read_task(element: etree._Element, rows: Rows) -> None:
    """Add a task with its baselines and the links that enter it."""
    row = Row(element, "task")
    uid = row.uid()
    if row.flag("IsNull"):
        rows.empty_rows += 1
        rows.left_out.add(uid)
        return
    level = _level(row)
    if uid == 0 and level == 0:
        rows.summary_name = rows.name(row)
        rows.left_out.add(uid)
        return
    if uid in rows.places:
        row.refuse("duplicate", "UID", f"{uid} is taken by {rows.places[uid].words} already")
    rows.places[uid] = row.place
    rows.bound("tasks", len(rows.places))
    if row.flag("Summary"):
        rows.flagged_summary.add(uid)
    if row.flag("IsSubproject"):
        rows.notices.append(
            row.notice("IsSubproject", "The tasks of the inserted project are not in this file.")
        )
    rows.tasks.append(_task(element, row, rows, uid, level))
    for child in parts(element, row, "PredecessorLink"):
        _link(child, rows.places[uid], rows, uid)


def parts(element: etree._Element, row: Row, name: str) -> Iterator[etree._Element]:
    """Children of one name; most rows have none, which their fields tell at once."""
    if name in row.values:
        yield from element.iterchildren(f"{{*}}{name}")


def _level(row: Row) -> int:
    if row.has("OutlineLevel"):
        level = row.whole("OutlineLevel")
    else:
        level = row.text("OutlineNumber").count(".") + 1
    if not 0 <= level <= 1000:
        row.refuse("value", "OutlineLevel", f"is {level}, which is out of range")
    return level


def _task(element: etree._Element, row: Row, rows: Rows, uid: int, level: int) -> PlanTask:
    unit = row.whole("DurationFormat", 7)
    if unit not in KNOWN_FORMATS:
        rows.notices.append(row.notice("DurationFormat", f"Unit {unit} is not known."))
    constraint = _constraint(row, rows)
    return PlanTask(
        uid=uid,
        name=rows.name(row),
        outline_level=level,
        wbs=rows.clip(row, "WBS", 100),
        milestone=row.flag("Milestone"),
        duration_minutes=row.minutes("Duration") or 0,
        elapsed_duration=unit in ELAPSED_FORMATS,
        estimated=row.flag("Estimated"),
        calendar_uid=row.optional_uid("CalendarUID"),
        ignore_resource_calendar=row.flag("IgnoreResourceCalendar"),
        constraint=constraint,
        constraint_date=None if constraint in UNDATED else row.moment("ConstraintDate"),
        constraint_hard=constraint in HARD,
        deadline=row.moment("Deadline"),
        manual=row.flag("Manual"),
        active=row.flag("Active") if row.has("Active") else True,
        external=row.flag("ExternalTask"),
        priority=_priority(row, rows),
        work_type=_work_type(row, rows),
        effort_driven=row.flag("EffortDriven"),
        work_minutes=row.work("Work"),
        actual_work_minutes=row.work("ActualWork"),
        cost=row.money("Cost"),
        percent_complete=_percent(row, "PercentComplete") or Decimal(0),
        physical_percent=_percent(row, "PhysicalPercentComplete"),
        actual_start=row.moment("ActualStart"),
        actual_finish=row.moment("ActualFinish"),
        actual_duration_minutes=row.minutes("ActualDuration"),
        remaining_minutes=row.minutes("RemainingDuration"),
        stop=row.moment("Stop"),
        resume=row.moment("Resume"),
        leveling_delay_minutes=row.tenths("LevelingDelay") or 0,
        notes=_notes(row, rows),
        stored=_stored(row),
        baselines=_baselines(element, row, rows),
    )


def _stored(row: Row) -> StoredDates:
    return StoredDates(
        start=row.moment("Start"),
        finish=row.moment("Finish"),
        early_start=row.moment("EarlyStart"),
        early_finish=row.moment("EarlyFinish"),
        late_start=row.moment("LateStart"),
        late_finish=row.moment("LateFinish"),
        total_float_minutes=row.tenths("TotalSlack"),
        free_float_minutes=row.tenths("FreeSlack"),
        critical=row.flag("Critical") if row.has("Critical") else None,
    )


def _constraint(row: Row, rows: Rows) -> ConstraintType:
    number = row.whole("ConstraintType")
    if not 0 <= number < len(CONSTRAINTS):
        rows.notices.append(
            row.notice("ConstraintType", f"Constraint {number} is not known; as soon as possible.")
        )
        return ConstraintType.ASAP
    kind = CONSTRAINTS[number]
    if kind not in UNDATED and row.moment("ConstraintDate") is None:
        rows.notices.append(
            row.notice("ConstraintDate", f"{kind.upper()} has no date; as soon as possible.")
        )
        return ConstraintType.ASAP
    return kind


def _priority(row: Row, rows: Rows) -> int:
    value = row.whole("Priority", 500)
    if 0 <= value <= 1000:
        return value
    rows.notices.append(row.notice("Priority", f"{value} is out of range; 500 is taken."))
    return 500


def _work_type(row: Row, rows: Rows) -> WorkType:
    number = row.whole("Type")
    if 0 <= number < len(WORK_TYPES):
        return WORK_TYPES[number]
    rows.notices.append(row.notice("Type", f"Task type {number} is not known; fixed units."))
    return WorkType.FIXED_UNITS


def _percent(row: Row, name: str) -> Decimal | None:
    value = row.number(name)
    if value is not None and not 0 <= value <= 100:
        row.refuse("value", name, f"is {value}, which is not between 0 and 100")
    return value


def _notes(row: Row, rows: Rows) -> str:
    text = row.text("Notes")
    if len(text) > rows.limits.notes_length:
        rows.notices.append(row.notice("Notes", f"Cut to {rows.limits.notes_length} characters."))
        text = text[: rows.limits.notes_length].rstrip()
    return text


def _baselines(element: etree._Element, task: Row, rows: Rows) -> tuple[TaskBaseline, ...]:
    found: dict[int, TaskBaseline] = {}
    for child in parts(element, task, "Baseline"):
        row = Row(child, "", task.place)
        number = row.whole("Number")
        if not 0 <= number <= 10:
            rows.notices.append(task.notice("Baseline", f"Number {number} is not known; left out."))
            continue
        found[number] = TaskBaseline(
            number,
            row.moment("Start"),
            row.moment("Finish"),
            row.minutes("Duration"),
            row.minutes("Work", 10**12),
            row.money("Cost"),
        )
    return tuple(found[number] for number in sorted(found))


def _link(element: etree._Element, task: Place, rows: Rows, successor: int) -> None:
    row = Row(element, "", task)
    kind = row.whole("Type", 1)
    if not 0 <= kind < len(LINK_TYPES):
        row.refuse("value", "PredecessorLink", f"has type {kind}; 0 to 3 are known")
    unit = row.whole("LagFormat", 7)
    percent = Decimal(0)
    lag = 0
    if unit in PERCENT_FORMATS | ELAPSED_PERCENT_FORMATS:
        percent = row.number("LinkLag") or percent
        if abs(percent) > MAX_LAG_PERCENT:
            row.refuse("value", "LinkLag", f"is {percent} %, which is out of range")
        lag_kind = LagKind.PERCENT if unit in PERCENT_FORMATS else LagKind.ELAPSED_PERCENT
    else:
        if unit not in KNOWN_FORMATS:
            rows.notices.append(row.notice("LagFormat", f"Unit {unit} is not known."))
        lag = row.tenths("LinkLag") or 0
        lag_kind = LagKind.ELAPSED if unit in ELAPSED_FORMATS else LagKind.WORKING
    link = Link(row.uid("PredecessorUID"), successor, LINK_TYPES[kind], lag, lag_kind, percent)
    rows.links.append((link, task, row.flag("CrossProject")))
    rows.bound("links", len(rows.links))


def read_resource(element: etree._Element, rows: Rows) -> None:
    """Add a resource; the nameless resource 0 stands for nobody and is left out."""
    row = Row(element, "resource")
    uid = row.uid()
    name = rows.name(row)
    if row.flag("IsNull") or (uid == 0 and not name):
        return
    if uid in rows.resource_uids:
        row.refuse("duplicate", "UID", f"{uid} is taken by another resource")
    rows.resource_uids.add(uid)
    rows.bound("resources", len(rows.resource_uids))
    kind = "material" if row.whole("Type", 1) == 0 else "work"
    if row.flag("IsCostResource") or row.whole("Type", 1) == 2:
        kind = "cost"
    rows.resources.append(
        PlanResource(
            uid,
            name,
            kind,
            row.optional_uid("CalendarUID") or None,
            _units(row, "MaxUnits"),
            rows.clip(row, "Initials", 20),
            rows.clip(row, "EmailAddress", 254),
        )
    )


def _units(row: Row, name: str) -> Decimal:
    value = row.number(name)
    if value is None:
        return Decimal(1)
    if not 0 <= value <= MAX_UNITS:
        row.refuse("value", name, f"is {value}, which is out of range")
    return value


def read_assignment(element: etree._Element, rows: Rows) -> None:
    """Add an assignment; a negative resource means that nobody is assigned yet."""
    row = Row(element, "assignment")
    uid = row.uid()
    if uid in rows.assignment_uids:
        row.refuse("duplicate", "UID", f"{uid} is taken by another assignment")
    rows.assignment_uids.add(uid)
    rows.bound("assignments", len(rows.assignment_uids))
    resource = row.optional_uid("ResourceUID")
    if resource == 0 and 0 not in rows.resource_uids:
        resource = None
    task = row.uid("TaskUID")
    assignment = PlanAssignment(
        uid,
        task,
        resource,
        _units(row, "Units"),
        row.work("Work"),
        row.work("ActualWork"),
        row.work("RemainingWork"),
        row.moment("Start"),
        row.moment("Finish"),
    )
    rows.assignments.append((assignment, row.place))
