# SPDX-License-Identifier: Apache-2.0
"""A plan as Microsoft Project XML, in the element order that Project itself writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from lxml import etree

from pilothouse.engine.calendars import CalendarSpec, DayPattern
from pilothouse.engine.formats.bounds import UNPRINTABLE
from pilothouse.engine.formats.mspdi.rows import CONSTRAINTS, LINK_TYPES, WORK_TYPES
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagCalendar,
    LagKind,
    Link,
    Notice,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    TaskBaseline,
)

NAMESPACE = "http://schemas.microsoft.com/project"
_LAG_FORMATS = {
    LagKind.WORKING: 7,
    LagKind.ELAPSED: 8,
    LagKind.PERCENT: 19,
    LagKind.ELAPSED_PERCENT: 20,
}
_DAYS, _ELAPSED_DAYS, _ESTIMATED = 7, 8, 32
_NOBODY = -65535


def write_mspdi(plan: Plan, notices: list[Notice] | None = None) -> bytes:
    """Write a plan as a file that Microsoft Project opens.

    Parameters
    ----------
    plan : Plan
    notices : list of Notice, optional
        What the format has no place for is added to it.

    Returns
    -------
    bytes
        UTF-8 with declaration.

    Notes
    -----
    ``read_mspdi`` gives the same plan back, but for what the format has no place for:
    level of effort, whether a constraint is soft, notices, an imposed finish, the calendar of
    lags, rates, kinds of percent. Deterministic.
    """
    if notices is not None:
        notices += _left_out(plan)
    root = etree.Element("Project", xmlns=NAMESPACE)
    _header(root, plan)
    calendars = etree.SubElement(root, "Calendars")
    for spec in plan.calendars:
        _calendar(calendars, spec)
    entering: defaultdict[int, list[Link]] = defaultdict(list)
    for link in plan.links:
        entering[link.successor].append(link)
    tasks = etree.SubElement(root, "Tasks")
    numbers: list[int] = []
    for row, task in enumerate(plan.tasks, start=1):
        level = task.outline_level
        numbers = [*numbers[:level], *([0] * (level - len(numbers)))]
        numbers[level - 1] += 1
        _task(tasks, task, row, ".".join(map(str, numbers)), entering[task.uid])
    resources = etree.SubElement(root, "Resources")
    for row, resource in enumerate(plan.resources, start=1):
        _resource(resources, resource, row)
    assignments = etree.SubElement(root, "Assignments")
    for assignment in plan.assignments:
        _assignment(assignments, assignment)
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return body


def _left_out(plan: Plan) -> Iterator[Notice]:
    """What the file cannot say, counted."""
    soft = (ConstraintType.MSO, ConstraintType.MFO)
    counted = (
        ("level_of_effort", sum(task.level_of_effort for task in plan.tasks)),
        (
            "constraint_hard",
            sum(task.constraint_hard != (task.constraint in soft) for task in plan.tasks),
        ),
        (
            "percent_type",
            sum(task.percent_type is not PercentType.DURATION for task in plan.tasks),
        ),
        ("longest_path", sum(task.stored.longest_path is not None for task in plan.tasks)),
        ("rates", sum(bool(resource.rates) for resource in plan.resources)),
        ("imposed_finish", int(plan.imposed_finish is not None)),
        ("lag_calendar", int(plan.lag_calendar not in (None, LagCalendar.SUCCESSOR))),
        ("notices", len(plan.notices)),
    )
    for name, count in counted:
        if count:
            yield Notice("plan", name, f"Left out, {count:,} in all: the format has no place.")


def _put(parent: etree._Element, values: Iterable[tuple[str, object]]) -> None:
    for name, value in values:
        if value is not None:
            etree.SubElement(parent, name).text = _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return UNPRINTABLE.sub("", str(value))


def _span(minutes: int | None) -> str | None:
    return None if minutes is None else f"PT{minutes // 60}H{minutes % 60}M0S"


def _tenths(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 10


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount * 100


def _header(root: etree._Element, plan: Plan) -> None:
    _put(
        root,
        (
            ("SaveVersion", 14),
            ("Name", plan.name),
            ("Title", plan.name),
            ("ScheduleFromStart", not plan.schedule_from_finish),
            ("StartDate", plan.start),
            ("FinishDate", plan.finish),
            ("CriticalSlackLimit", plan.critical_threshold_minutes // plan.minutes_per_day),
            ("CurrencyCode", plan.currency or None),
            ("CalendarUID", plan.default_calendar_uid),
            ("MinutesPerDay", plan.minutes_per_day),
            ("MinutesPerWeek", plan.minutes_per_week),
            ("DaysPerMonth", plan.days_per_month),
            ("StatusDate", plan.status_date),
        ),
    )


def _calendar(parent: etree._Element, spec: CalendarSpec) -> None:
    node = etree.SubElement(parent, "Calendar")
    base = -1 if spec.base_uid is None else spec.base_uid
    _put(
        node,
        (
            ("UID", spec.uid),
            ("Name", spec.name),
            ("IsBaseCalendar", spec.base_uid is None),
            ("BaseCalendarUID", base),
        ),
    )
    _week(node, spec.week)
    if spec.exceptions:
        exceptions = etree.SubElement(node, "Exceptions")
        for item in spec.exceptions:
            part = etree.SubElement(exceptions, "Exception")
            _put(part, (("EnteredByOccurrences", False),))
            _period(part, item.first, item.last)
            _put(part, (("Name", item.name), ("Type", 1)))
            _pattern(part, item.intervals)
    if spec.work_weeks:
        weeks = etree.SubElement(node, "WorkWeeks")
        for week in spec.work_weeks:
            part = etree.SubElement(weeks, "WorkWeek")
            _period(part, week.first, week.last)
            _put(part, (("Name", week.name),))
            _week(part, week.week)


def _week(parent: etree._Element, week: tuple[DayPattern | None, ...]) -> None:
    if all(day is None for day in week):
        return
    node = etree.SubElement(parent, "WeekDays")
    for kind in range(1, 8):
        pattern = week[(kind - 2) % 7]
        if pattern is not None:
            day = etree.SubElement(node, "WeekDay")
            _put(day, (("DayType", kind),))
            _pattern(day, pattern)


def _period(parent: etree._Element, first: date, last: date) -> None:
    part = etree.SubElement(parent, "TimePeriod")
    _put(part, (("FromDate", f"{first}T00:00:00"), ("ToDate", f"{last}T23:59:00")))


def _pattern(parent: etree._Element, pattern: DayPattern) -> None:
    _put(parent, (("DayWorking", bool(pattern)),))
    if pattern:
        times = etree.SubElement(parent, "WorkingTimes")
        for start, end in pattern:
            _put(
                etree.SubElement(times, "WorkingTime"),
                (("FromTime", _clock(start)), ("ToTime", _clock(end % 1440))),
            )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def _task(
    parent: etree._Element, task: PlanTask, row: int, outline: str, links: list[Link]
) -> None:
    node = etree.SubElement(parent, "Task")
    stored = task.stored
    unit = (_ELAPSED_DAYS if task.elapsed_duration else _DAYS) + _ESTIMATED * task.estimated
    _put(
        node,
        (
            ("UID", task.uid),
            ("ID", row),
            ("Name", task.name),
            ("Active", task.active),
            ("Manual", task.manual),
            ("Type", WORK_TYPES.index(task.work_type)),
            ("IsNull", False),
            ("WBS", task.wbs or None),
            ("OutlineNumber", outline),
            ("OutlineLevel", task.outline_level),
            ("Priority", task.priority),
            ("Start", stored.start),
            ("Finish", stored.finish),
            ("Duration", _span(task.duration_minutes)),
            ("ManualStart", stored.start if task.manual else None),
            ("ManualFinish", stored.finish if task.manual else None),
            ("ManualDuration", _span(task.duration_minutes) if task.manual else None),
            ("DurationFormat", unit),
            ("Work", _span(task.work_minutes)),
            ("Stop", task.stop),
            ("Resume", task.resume),
            ("EffortDriven", task.effort_driven),
            ("Estimated", task.estimated),
            ("Milestone", task.milestone),
            ("Summary", task.summary),
            ("Critical", stored.critical),
            ("ExternalTask", task.external),
            ("EarlyStart", stored.early_start),
            ("EarlyFinish", stored.early_finish),
            ("LateStart", stored.late_start),
            ("LateFinish", stored.late_finish),
            ("FreeSlack", _tenths(stored.free_float_minutes)),
            ("TotalSlack", _tenths(stored.total_float_minutes)),
            ("PercentComplete", task.percent_complete),
            ("Cost", _cents(task.cost)),
            ("ActualStart", task.actual_start),
            ("ActualFinish", task.actual_finish),
            ("ActualDuration", _span(task.actual_duration_minutes)),
            ("ActualWork", _span(task.actual_work_minutes)),
            ("RemainingDuration", _span(task.remaining_minutes)),
            ("ConstraintType", CONSTRAINTS.index(task.constraint)),
            ("CalendarUID", -1 if task.calendar_uid is None else task.calendar_uid),
            ("ConstraintDate", task.constraint_date),
            ("Deadline", task.deadline),
            ("LevelingDelay", _tenths(task.leveling_delay_minutes)),
            ("LevelingDelayFormat", _ELAPSED_DAYS),
            ("IgnoreResourceCalendar", task.ignore_resource_calendar),
            ("Notes", task.notes or None),
            ("PhysicalPercentComplete", task.physical_percent),
        ),
    )
    for link in links:
        _link(node, link)
    for baseline in task.baselines:
        _baseline(node, baseline)


def _link(parent: etree._Element, link: Link) -> None:
    percent = link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT)
    _put(
        etree.SubElement(parent, "PredecessorLink"),
        (
            ("PredecessorUID", link.predecessor),
            ("Type", LINK_TYPES.index(link.type)),
            ("CrossProject", False),
            ("LinkLag", link.lag_percent if percent else _tenths(link.lag_minutes)),
            ("LagFormat", _LAG_FORMATS[link.lag_kind]),
        ),
    )


def _baseline(parent: etree._Element, baseline: TaskBaseline) -> None:
    _put(
        etree.SubElement(parent, "Baseline"),
        (
            ("Number", baseline.number),
            ("Start", baseline.start),
            ("Finish", baseline.finish),
            ("Duration", _span(baseline.duration_minutes)),
            ("DurationFormat", _DAYS),
            ("Work", _span(baseline.work_minutes)),
            ("Cost", _cents(baseline.cost)),
        ),
    )


def _resource(parent: etree._Element, resource: PlanResource, row: int) -> None:
    _put(
        etree.SubElement(parent, "Resource"),
        (
            ("UID", resource.uid),
            ("ID", row),
            ("Name", resource.name),
            ("Type", 0 if resource.kind == "material" else 1),
            ("IsNull", False),
            ("Initials", resource.initials or None),
            ("EmailAddress", resource.email or None),
            ("MaxUnits", resource.max_units),
            ("CalendarUID", -1 if resource.calendar_uid is None else resource.calendar_uid),
            ("IsCostResource", resource.kind == "cost"),
        ),
    )


def _assignment(parent: etree._Element, assignment: PlanAssignment) -> None:
    resource = _NOBODY if assignment.resource_uid is None else assignment.resource_uid
    _put(
        etree.SubElement(parent, "Assignment"),
        (
            ("UID", assignment.uid),
            ("TaskUID", assignment.task_uid),
            ("ResourceUID", resource),
            ("ActualWork", _span(assignment.actual_work_minutes)),
            ("Finish", assignment.finish),
            ("RemainingWork", _span(assignment.remaining_work_minutes)),
            ("Start", assignment.start),
            ("Units", assignment.units),
            ("Work", _span(assignment.work_minutes)),
        ),
    )
