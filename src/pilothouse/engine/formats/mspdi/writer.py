# SPDX-License-Identifier: Apache-2.0
"""A plan as Microsoft Project XML, in the element order that Project itself writes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from pilothouse.engine.calendars import CalendarException, CalendarSpec, DayPattern
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
    ScheduleRules,
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
_HEAD = f"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n<Project xmlns=\"{NAMESPACE}\">"
_SPECIAL = re.compile(f"[&<>\r]|{UNPRINTABLE.pattern}")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


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
    lags, rates, kinds of percent, expected finishes, dates of other projects. Deterministic.
    """
    if notices is not None:
        notices += _left_out(plan)
    entering: defaultdict[int, list[Link]] = defaultdict(list)
    for link in plan.links:
        entering[link.successor].append(link)
    parts = [_HEAD, _header(plan), "<Calendars>", *map(_calendar, plan.calendars)]
    parts.append("</Calendars><Tasks>")
    numbers: list[int] = []
    for row, task in enumerate(plan.tasks, start=1):
        level = task.outline_level
        numbers = [*numbers[:level], *([0] * (level - len(numbers)))]
        numbers[level - 1] += 1
        parts.append(_task(task, row, ".".join(map(str, numbers)), entering[task.uid]))
    parts.append("</Tasks><Resources>")
    parts += [_resource(resource, row) for row, resource in enumerate(plan.resources, start=1)]
    parts.append("</Resources><Assignments>")
    parts += map(_assignment, plan.assignments)
    parts.append("</Assignments></Project>")
    return "".join(parts).encode()


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
        ("steps", sum(bool(task.steps) for task in plan.tasks)),
        ("custom", sum(bool(task.custom) for task in plan.tasks)),
        ("expected_finish", sum(task.expected_finish is not None for task in plan.tasks)),
        ("external_dates", sum(_has_external_dates(task) for task in plan.tasks)),
        ("longest_path", sum(task.stored.longest_path is not None for task in plan.tasks)),
        ("rates", sum(bool(resource.rates) for resource in plan.resources)),
        ("imposed_finish", int(plan.imposed_finish is not None)),
        ("lag_calendar", int(plan.lag_calendar not in (None, LagCalendar.SUCCESSOR))),
        ("rules", int(plan.rules != ScheduleRules())),
        ("notices", len(plan.notices)),
    )
    for name, count in counted:
        if count:
            yield Notice("plan", name, f"Left out, {count:,} in all: the format has no place.")


def _has_external_dates(task: PlanTask) -> bool:
    return task.external_early_start is not None or task.external_late_finish is not None


def _fields(values: Iterable[tuple[str, object]]) -> str:
    return "".join(
        [f"<{name}>{_text(value)}</{name}>" for name, value in values if value is not None]
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    text = str(value)
    return _SPECIAL.sub(_mark, text) if _SPECIAL.search(text) else text


def _mark(found: re.Match[str]) -> str:
    """What cannot stand in XML, marked or left out."""
    return _MARKS.get(found[0], "")


def _span(minutes: int | None) -> str | None:
    return None if minutes is None else f"PT{minutes // 60}H{minutes % 60}M0S"


def _tenths(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 10


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount * 100


def _header(plan: Plan) -> str:
    return _fields(
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


def _inside(name: str, *parts: str) -> str:
    return f"<{name}>{''.join(parts)}</{name}>"


def _calendar(spec: CalendarSpec) -> str:
    base = -1 if spec.base_uid is None else spec.base_uid
    fields = _fields(
        (
            ("UID", spec.uid),
            ("Name", spec.name),
            ("IsBaseCalendar", spec.base_uid is None),
            ("BaseCalendarUID", base),
        ),
    )
    exceptions = [_exception(item) for item in spec.exceptions]
    weeks = [
        _inside(
            "WorkWeek",
            _period(week.first, week.last),
            _fields((("Name", week.name),)),
            _week(week.week),
        )
        for week in spec.work_weeks
    ]
    return _inside(
        "Calendar",
        fields,
        _week(spec.week),
        _inside("Exceptions", *exceptions) if exceptions else "",
        _inside("WorkWeeks", *weeks) if weeks else "",
    )


def _exception(item: CalendarException) -> str:
    return _inside(
        "Exception",
        _fields((("EnteredByOccurrences", False),)),
        _period(item.first, item.last),
        _fields((("Name", item.name), ("Type", 1))),
        _pattern(item.intervals),
    )


def _week(week: tuple[DayPattern | None, ...]) -> str:
    days = [
        _inside("WeekDay", _fields((("DayType", kind),)), _pattern(pattern))
        for kind in range(1, 8)
        if (pattern := week[(kind - 2) % 7]) is not None
    ]
    return _inside("WeekDays", *days) if days else ""


def _period(first: date, last: date) -> str:
    dates = (("FromDate", f"{first}T00:00:00"), ("ToDate", f"{last}T23:59:00"))
    return _inside("TimePeriod", _fields(dates))


def _pattern(pattern: DayPattern) -> str:
    times = [
        _inside(
            "WorkingTime",
            _fields((("FromTime", _clock(start)), ("ToTime", _clock(end % 1440)))),
        )
        for start, end in pattern
    ]
    working = _fields((("DayWorking", bool(pattern)),))
    return working + (_inside("WorkingTimes", *times) if times else "")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def _task(task: PlanTask, row: int, outline: str, links: list[Link]) -> str:
    stored = task.stored
    unit = (_ELAPSED_DAYS if task.elapsed_duration else _DAYS) + _ESTIMATED * task.estimated
    fields = _fields(
        (
            ("UID", task.uid),
            ("GUID", task.guid or None),
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
            ("StartText", task.entered.start),
            ("FinishText", task.entered.finish),
            ("DurationText", task.entered.duration),
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
    return _inside("Task", fields, *map(_link, links), *map(_baseline, task.baselines))


def _link(link: Link) -> str:
    percent = link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT)
    return _inside(
        "PredecessorLink",
        _fields(
            (
                ("PredecessorUID", link.predecessor),
                ("Type", LINK_TYPES.index(link.type)),
                ("CrossProject", False),
                ("LinkLag", link.lag_percent if percent else _tenths(link.lag_minutes)),
                ("LagFormat", _LAG_FORMATS[link.lag_kind]),
            ),
        ),
    )


def _baseline(baseline: TaskBaseline) -> str:
    return _inside(
        "Baseline",
        _fields(
            (
                ("Number", baseline.number),
                ("Start", baseline.start),
                ("Finish", baseline.finish),
                ("Duration", _span(baseline.duration_minutes)),
                ("DurationFormat", _DAYS),
                ("Work", _span(baseline.work_minutes)),
                ("Cost", _cents(baseline.cost)),
            ),
        ),
    )


def _resource(resource: PlanResource, row: int) -> str:
    return _inside(
        "Resource",
        _fields(
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
        ),
    )


def _assignment(assignment: PlanAssignment) -> str:
    resource = _NOBODY if assignment.resource_uid is None else assignment.resource_uid
    return _inside(
        "Assignment",
        _fields(
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
        ),
    )
