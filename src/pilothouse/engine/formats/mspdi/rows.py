# SPDX-License-Identifier: Apache-2.0
"""Tasks, links, resources and assignments from their elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element

from pilothouse.engine.formats.guids import read_guid
from pilothouse.engine.formats.mspdi.scan import SKIPPED, Limits, Lines, Tally, refuse
from pilothouse.engine.formats.mspdi.values import (
    ELAPSED_FORMATS,
    ELAPSED_PERCENT_FORMATS,
    FLAG,
    FLAG_SET,
    KNOWN_FORMATS,
    MINUTES,
    MOMENT,
    MONEY,
    NUMBER,
    OPTIONAL_FLAG,
    OPTIONAL_PERCENT,
    OPTIONAL_TENTHS,
    OPTIONAL_UID,
    OPTIONAL_WHOLE,
    OPTIONAL_WORK,
    PERCENT,
    PERCENT_FORMATS,
    PRIORITY,
    SPAN,
    TENTHS,
    UID,
    UNIT,
    UNITS,
    WHOLE,
    WHOLE_OR_1,
    WORDS,
    WORK,
    Kinds,
    Place,
    Row,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
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
ENTERED_LENGTH = 255
"""Characters that Microsoft Project keeps of a text instead of a date or a duration."""
NOTHING_ENTERED = EnteredText()


@dataclass(slots=True)
class Rows:
    """What was read so far.

    ``found`` has the number in the file, the number for people and the name of the row of each
    task, ``links`` know whether they lead out of the plan, ``assignments`` their row in the file.
    """

    limits: Limits
    lines: Lines
    tally: Tally
    notices: list[Notice] = field(default_factory=list)
    tasks: list[PlanTask] = field(default_factory=list)
    found: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    flagged_summary: set[int] = field(default_factory=set)
    links: list[tuple[Link, bool]] = field(default_factory=list)
    resources: list[PlanResource] = field(default_factory=list)
    resource_uids: set[int] = field(default_factory=set)
    assignments: list[tuple[PlanAssignment, int]] = field(default_factory=list)
    assignment_uids: set[int] = field(default_factory=set)
    left_out: set[int] = field(default_factory=set)
    empty_rows: int = 0
    summary_name: str = ""

    def place(self, uid: int) -> Place:
        """Where a task stands."""
        row, number, name = self.found[uid]
        return Place("task", number, name, row, self.lines)

    def bound(self, name: str, rows: int) -> None:
        """Refuse one row more than the limit."""
        limit: int = getattr(self.limits, name)
        if rows > limit:
            refuse("limit", f"The file has more than {limit:,} {name}.", name)

    def clip(self, row: Row, name: str, text: str, length: int) -> str:
        """The text of a field as one line, cut with a notice."""
        text = " ".join(text.split())
        if len(text) > length:
            self.notices.append(row.notice(name, f"Cut to {length} characters."))
            text = text[:length].rstrip()
        return text

    def name(self, row: Row, text: str) -> str:
        """The name of a row; a longer one than the limit is refused."""
        text = " ".join(text.split())
        if len(text) > self.limits.name_length:
            row.refuse(
                "limit", "Name", f"has {len(text):,} characters; {self.limits.name_length} may be"
            )
        return text


_TOLD = (
    ("uid", "UID", UID),
    ("guid", "GUID", WORDS),
    ("id", "ID", WORDS),
    ("name", "Name", WORDS),
    ("empty", "IsNull", FLAG),
    ("outline", "OutlineNumber", WORDS),
    ("wbs", "WBS", WORDS),
    ("notes", "Notes", WORDS),
    ("constraint_date", "ConstraintDate", MOMENT),
    ("level", "OutlineLevel", OPTIONAL_WHOLE),
    ("summary", "Summary", FLAG),
    ("inserted", "IsSubproject", FLAG),
    ("unit", "DurationFormat", UNIT),
    ("constraint", "ConstraintType", WHOLE),
    ("priority", "Priority", PRIORITY),
    ("work_type", "Type", WHOLE),
)
"""Of a task what is looked at before it is taken."""
_OWN = (
    ("milestone", "Milestone", FLAG),
    ("duration_minutes", "Duration", SPAN),
    ("estimated", "Estimated", FLAG),
    ("calendar_uid", "CalendarUID", OPTIONAL_UID),
    ("ignore_resource_calendar", "IgnoreResourceCalendar", FLAG),
    ("deadline", "Deadline", MOMENT),
    ("manual", "Manual", FLAG),
    ("active", "Active", FLAG_SET),
    ("external", "ExternalTask", FLAG),
    ("effort_driven", "EffortDriven", FLAG),
    ("work_minutes", "Work", WORK),
    ("actual_work_minutes", "ActualWork", WORK),
    ("cost", "Cost", MONEY),
    ("percent_complete", "PercentComplete", PERCENT),
    ("physical_percent", "PhysicalPercentComplete", OPTIONAL_PERCENT),
    ("actual_start", "ActualStart", MOMENT),
    ("actual_finish", "ActualFinish", MOMENT),
    ("actual_duration_minutes", "ActualDuration", MINUTES),
    ("remaining_minutes", "RemainingDuration", MINUTES),
    ("stop", "Stop", MOMENT),
    ("resume", "Resume", MOMENT),
    ("leveling_delay_minutes", "LevelingDelay", TENTHS),
)
"""Fields of a task that need no other: ours, that of the file, and its kind."""
_STORED = (
    ("start", "Start", MOMENT),
    ("finish", "Finish", MOMENT),
    ("early_start", "EarlyStart", MOMENT),
    ("early_finish", "EarlyFinish", MOMENT),
    ("late_start", "LateStart", MOMENT),
    ("late_finish", "LateFinish", MOMENT),
    ("total_float_minutes", "TotalSlack", OPTIONAL_TENTHS),
    ("free_float_minutes", "FreeSlack", OPTIONAL_TENTHS),
    ("critical", "Critical", OPTIONAL_FLAG),
)
_ENTERED = (
    ("start", "StartText", WORDS),
    ("finish", "FinishText", WORDS),
    ("duration", "DurationText", WORDS),
)
"""An element that is there and empty says that nothing was entered."""
_UNREAD = tuple(("skipped", name, None) for name in SKIPPED)
_PARTS = (("links", "PredecessorLink", None), ("baselines", "Baseline", None), *_UNREAD)
_TASK = Kinds(_TOLD, _OWN, _STORED, _ENTERED, _PARTS, needed=("UID",))
_BASELINE = Kinds(
    (("number", "Number", WHOLE),),
    (
        ("start", "Start", MOMENT),
        ("finish", "Finish", MOMENT),
        ("duration_minutes", "Duration", MINUTES),
        ("work_minutes", "Work", OPTIONAL_WORK),
        ("cost", "Cost", MONEY),
    ),
)
_LINK = Kinds(
    (
        ("predecessor", "PredecessorUID", UID),
        ("type", "Type", WHOLE_OR_1),
        ("unit", "LagFormat", UNIT),
        ("lag", "LinkLag", WORDS),
        ("external", "CrossProject", FLAG),
    ),
    needed=("PredecessorUID",),
)
_ASSIGNMENT = Kinds(
    (
        ("uid", "UID", UID),
        ("resource_uid", "ResourceUID", OPTIONAL_UID),
        ("task_uid", "TaskUID", UID),
        ("units", "Units", UNITS),
    ),
    (
        ("work_minutes", "Work", WORK),
        ("actual_work_minutes", "ActualWork", WORK),
        ("remaining_work_minutes", "RemainingWork", WORK),
        ("start", "Start", MOMENT),
        ("finish", "Finish", MOMENT),
    ),
    _UNREAD,
    needed=("UID", "TaskUID"),
)


def read_task(row: Row, rows: Rows) -> None:
    """Add a task with its baselines and the links that enter it."""
    told, own, stored, entered, parts, _ = row.of(_TASK)
    uid = told["uid"]
    if told["empty"]:
        rows.empty_rows += 1
        rows.left_out.add(uid)
        return
    level = told["level"]
    if level is None:
        level = told["outline"].count(".") + 1
    if not 0 <= level <= 1000:
        row.refuse("value", "OutlineLevel", f"is {level}, which is out of range")
    if uid == 0 and level == 0:
        rows.summary_name = rows.name(row, told["name"])
        rows.left_out.add(uid)
        return
    if uid in rows.found:
        row.refuse("duplicate", "UID", f"{uid} is taken by {rows.place(uid).words} already")
    rows.found[uid] = (row.number, told["id"] or str(uid), told["name"])
    rows.bound("tasks", len(rows.found))
    if told["summary"]:
        rows.flagged_summary.add(uid)
    if told["inserted"]:
        rows.notices.append(
            row.notice("IsSubproject", "The tasks of the inserted project are not in this file.")
        )
    unit = told["unit"]
    if unit not in KNOWN_FORMATS:
        rows.notices.append(row.notice("DurationFormat", f"Unit {unit} is not known."))
    constraint = _constraint(row, told["constraint"], told["constraint_date"], rows)
    rows.tasks.append(
        PlanTask(
            uid=uid,
            name=rows.name(row, told["name"]),
            outline_level=level,
            wbs=rows.clip(row, "WBS", told["wbs"], 100),
            guid=read_guid(told["guid"]),
            elapsed_duration=unit in ELAPSED_FORMATS,
            constraint=constraint,
            constraint_date=None if constraint in UNDATED else told["constraint_date"],
            constraint_hard=constraint in HARD,
            priority=_priority(row, told["priority"], rows),
            work_type=_work_type(row, told["work_type"], rows),
            notes=_notes(row, told["notes"], rows),
            stored=StoredDates(**stored),
            baselines=_baselines(row, parts["baselines"], rows) if "baselines" in parts else (),
            entered=_entered(row, entered, rows) if entered else NOTHING_ENTERED,
            **own,
        )
    )
    for link in parts.get("links", ()):
        _link(row.part(link), rows, uid)
    rows.tally.count(parts.get("skipped", ()))


def _constraint(row: Row, number: int, date: datetime | None, rows: Rows) -> ConstraintType:
    if not 0 <= number < len(CONSTRAINTS):
        rows.notices.append(
            row.notice("ConstraintType", f"Constraint {number} is not known; as soon as possible.")
        )
        return ConstraintType.ASAP
    kind = CONSTRAINTS[number]
    if kind not in UNDATED and date is None:
        rows.notices.append(
            row.notice("ConstraintDate", f"{kind.upper()} has no date; as soon as possible.")
        )
        return ConstraintType.ASAP
    return kind


def _priority(row: Row, value: int, rows: Rows) -> int:
    if 0 <= value <= 1000:
        return value
    rows.notices.append(row.notice("Priority", f"{value} is out of range; 500 is taken."))
    return 500


def _work_type(row: Row, number: int, rows: Rows) -> WorkType:
    if 0 <= number < len(WORK_TYPES):
        return WORK_TYPES[number]
    rows.notices.append(row.notice("Type", f"Task type {number} is not known; fixed units."))
    return WorkType.FIXED_UNITS


def _notes(row: Row, text: str, rows: Rows) -> str:
    if len(text) > rows.limits.notes_length:
        rows.notices.append(row.notice("Notes", f"Cut to {rows.limits.notes_length} characters."))
        text = text[: rows.limits.notes_length].rstrip()
    return text


def _entered(row: Row, texts: dict[str, str], rows: Rows) -> EnteredText:
    return EnteredText(
        **{
            ours: rows.clip(row, name, texts[ours], ENTERED_LENGTH)
            for ours, name, _ in _ENTERED
            if ours in texts
        }
    )


def _baselines(task: Row, elements: list[Element], rows: Rows) -> tuple[TaskBaseline, ...]:
    found: dict[int, TaskBaseline] = {}
    rows.tally.count(elements)
    for element in elements:
        row = task.part(element)
        told, own, _ = row.of(_BASELINE)
        number = told["number"]
        if not 0 <= number <= 10:
            rows.notices.append(task.notice("Baseline", f"Number {number} is not known; left out."))
            continue
        found[number] = TaskBaseline(number, **own)
    return tuple(found[number] for number in sorted(found))


def _link(row: Row, rows: Rows, successor: int) -> None:
    told, _ = row.of(_LINK)
    kind, unit = told["type"], told["unit"]
    if not 0 <= kind < len(LINK_TYPES):
        row.refuse("value", "PredecessorLink", f"has type {kind}; 0 to 3 are known")
    percent = Decimal(0)
    lag = 0
    if unit in PERCENT_FORMATS or unit in ELAPSED_PERCENT_FORMATS:
        percent = row.meaning(NUMBER, "LinkLag", told["lag"]) or percent
        if abs(percent) > MAX_LAG_PERCENT:
            row.refuse("value", "LinkLag", f"is {percent} %, which is out of range")
        lag_kind = LagKind.PERCENT if unit in PERCENT_FORMATS else LagKind.ELAPSED_PERCENT
    else:
        if unit not in KNOWN_FORMATS:
            rows.notices.append(row.notice("LagFormat", f"Unit {unit} is not known."))
        lag = row.meaning(TENTHS, "LinkLag", told["lag"])
        lag_kind = LagKind.ELAPSED if unit in ELAPSED_FORMATS else LagKind.WORKING
    link = Link(told["predecessor"], successor, LINK_TYPES[kind], lag, lag_kind, percent)
    rows.links.append((link, told["external"]))
    rows.bound("links", len(rows.links))


def read_resource(row: Row, rows: Rows) -> None:
    """Add a resource; the nameless resource 0 stands for nobody and is left out."""
    uid = row.value(UID, "UID")
    name = rows.name(row, row.text("Name"))
    if row.value(FLAG, "IsNull") or (uid == 0 and not name):
        return
    if uid in rows.resource_uids:
        row.refuse("duplicate", "UID", f"{uid} is taken by another resource")
    rows.resource_uids.add(uid)
    rows.bound("resources", len(rows.resource_uids))
    kind = {0: "material", 2: "cost"}.get(row.value(WHOLE_OR_1, "Type"), "work")
    if row.value(FLAG, "IsCostResource"):
        kind = "cost"
    rows.resources.append(
        PlanResource(
            uid,
            name,
            kind,
            row.value(OPTIONAL_UID, "CalendarUID") or None,
            row.value(UNITS, "MaxUnits"),
            rows.clip(row, "Initials", row.text("Initials"), 20),
            rows.clip(row, "EmailAddress", row.text("EmailAddress"), 254),
        )
    )


def read_assignment(row: Row, rows: Rows) -> None:
    """Add an assignment; a negative resource means that nobody is assigned yet."""
    told, own, parts, _ = row.of(_ASSIGNMENT)
    rows.tally.count(parts.get("skipped", ()))
    uid = told["uid"]
    if uid in rows.assignment_uids:
        row.refuse("duplicate", "UID", f"{uid} is taken by another assignment")
    rows.assignment_uids.add(uid)
    rows.bound("assignments", len(rows.assignment_uids))
    if told["resource_uid"] == 0 and 0 not in rows.resource_uids:
        told["resource_uid"] = None
    rows.assignments.append((PlanAssignment(**told, **own), row.number))
