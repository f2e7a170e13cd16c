# SPDX-License-Identifier: Apache-2.0
"""The whole file: header, rows, and the checks that need all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarSpec,
    WorkingTime,
    compile_calendars,
)
from pilothouse.engine.errors import FormatError, InvalidInput
from pilothouse.engine.formats.bounds import MAX_MEASURED_DAYS
from pilothouse.engine.formats.collector import collector_paused
from pilothouse.engine.formats.mspdi.calendars import read_calendar
from pilothouse.engine.formats.mspdi.rows import (
    Rows,
    read_assignment,
    read_resource,
    read_task,
)
from pilothouse.engine.formats.mspdi.scan import Limits, Lines, Tally, scan
from pilothouse.engine.formats.mspdi.values import (
    FLAG_SET,
    MOMENT,
    OPTIONAL_UID,
    OPTIONAL_WHOLE,
    WHOLE,
    Place,
    Row,
)
from pilothouse.engine.formats.remedies import with_remedy
from pilothouse.engine.network.plan import Link, Notice, Plan, PlanAssignment, PlanTask

SOURCE = "Microsoft Project XML"
STANDARD = CalendarSpec(1, "Standard", STANDARD_WEEK)
NOTICE_LIMIT = 500
_DEFAULT_LIMITS = Limits()


def read_mspdi(
    source: BinaryIO,
    *,
    limits: Limits = _DEFAULT_LIMITS,
    default_calendar: CalendarSpec = STANDARD,
) -> Plan:
    """Read a Microsoft Project XML file.

    Parameters
    ----------
    source : binary file
        Read once from its present position to its end.
    limits : Limits
        What is refused before it costs time or memory.
    default_calendar : CalendarSpec
        The plan's calendar where the file brings none.

    Returns
    -------
    Plan
        With a notice for everything that was left out, changed or doubted.

    Raises
    ------
    FormatError
        Codes ``mspdi.*``; the sentence names line, row, field and reason.

    Notes
    -----
    One pass; memory grows with the rows of the plan, not with the file. Deterministic.
    """
    with collector_paused():
        return _read(source, limits, default_calendar)


def _read(source: BinaryIO, limits: Limits, default_calendar: CalendarSpec) -> Plan:
    lines, tally = Lines(source), Tally()
    rows = Rows(limits, lines, tally)
    calendars: list[CalendarSpec] = []
    exceptions = 0
    for kind, element, number in scan(source, limits, lines):
        if kind == "Task":
            read_task(Row(element, "task", number, lines), rows)
        elif kind == "Assignment":
            read_assignment(Row(element, "assignment", number, lines), rows)
        elif kind == "Resource":
            tally.count(element)
            read_resource(Row(element, "resource", number, lines), rows)
        elif kind == "Calendar":
            tally.count(element)
            row = Row(element, "calendar", number, lines)
            calendars.append(read_calendar(row, limits, rows.notices))
            rows.bound("calendars", len(calendars))
            exceptions += len(calendars[-1].exceptions)
            rows.bound("exceptions", exceptions)
        else:
            head = Row(element, "plan")
    for label, number in sorted(tally.skipped.items()):
        rows.notices.append(Notice("plan", label, f"{number:,} are not read."))
    if rows.empty_rows:
        left = "1 empty row is" if rows.empty_rows == 1 else f"{rows.empty_rows} empty rows are"
        rows.notices.append(Notice("plan", "IsNull", f"{left} left out."))
    return _assemble(head, rows, calendars or [default_calendar], not calendars)


def _assemble(
    head: Row, rows: Rows, calendars: list[CalendarSpec], without_calendars: bool
) -> Plan:
    default = _default_calendar(head, rows, calendars, without_calendars)
    compiled = _compiled(calendars)
    _check_calendars(rows, compiled, default)
    tasks = _outlined(rows)
    links, assignments = _links(rows), _assignments(rows)
    status_date = head.value(MOMENT, "StatusDate")
    _note_order(tasks, rows, status_date)
    _note_splits(tasks, rows, assignments, compiled, default)
    per_day = _length(head, "MinutesPerDay", 480, 1440)
    threshold = head.value(WHOLE, "CriticalSlackLimit") * per_day
    if abs(threshold) > 10**9:
        head.refuse("value", "CriticalSlackLimit", "is out of range")
    name = " ".join((head.text("Title") or head.text("Name") or rows.summary_name).split())
    return Plan(
        name=name[:300] or "Plan",
        start=_start(head, tasks, rows),
        calendars=tuple(calendars),
        default_calendar_uid=default,
        tasks=tasks,
        links=links,
        resources=tuple(rows.resources),
        assignments=assignments,
        status_date=status_date,
        finish=head.value(MOMENT, "FinishDate"),
        schedule_from_finish=not head.value(FLAG_SET, "ScheduleFromStart"),
        critical_threshold_minutes=threshold,
        minutes_per_day=per_day,
        minutes_per_week=_length(head, "MinutesPerWeek", 2400, 10080),
        days_per_month=_length(head, "DaysPerMonth", 20, 31),
        currency=head.text("CurrencyCode")[:3],
        source=SOURCE,
        notices=_capped(rows.notices),
    )


def _length(head: Row, name: str, default: int, most: int) -> int:
    given = head.value(OPTIONAL_WHOLE, name)
    value = default if given is None else given
    if not 1 <= value <= most:
        head.refuse("value", name, f"is {value}, which is not between 1 and {most}")
    return value


def _capped(notices: list[Notice]) -> tuple[Notice, ...]:
    if len(notices) <= NOTICE_LIMIT:
        return tuple(notices)
    rest = len(notices) - NOTICE_LIMIT
    more = Notice("plan", "notices", f"{rest:,} more notices are not listed.")
    return (*notices[:NOTICE_LIMIT], more)


def _start(head: Row, tasks: tuple[PlanTask, ...], rows: Rows) -> datetime:
    start = head.value(MOMENT, "StartDate")
    if start is not None:
        return start
    starts = [task.stored.start for task in tasks if task.stored.start is not None]
    if not starts:
        head.refuse("missing", "StartDate", "is missing, and no task has a start either")
    rows.notices.append(
        head.notice("StartDate", "It is missing; the first start of a task is taken.")
    )
    return min(starts)


def _default_calendar(
    head: Row, rows: Rows, calendars: list[CalendarSpec], without_calendars: bool
) -> int:
    if without_calendars:
        rows.notices.append(
            head.notice("Calendars", f"There are none; ‘{calendars[0].name}’ is taken.")
        )
        return calendars[0].uid
    uid = head.value(OPTIONAL_UID, "CalendarUID")
    known = {calendar.uid for calendar in calendars}
    if uid is None:
        base = next((item for item in calendars if item.base_uid is None), calendars[0])
        rows.notices.append(head.notice("CalendarUID", f"It is missing; ‘{base.name}’ is taken."))
        return base.uid
    if uid not in known:
        head.refuse("missing_calendar", "CalendarUID", f"is {uid}, but there is no such calendar")
    return uid


def _compiled(calendars: list[CalendarSpec]) -> dict[int, WorkingTime]:
    try:
        return compile_calendars(calendars)
    except InvalidInput as error:
        kind = error.code.replace("calendar.", "calendar_")
        raise FormatError(
            f"mspdi.{kind}", with_remedy(kind, error.message), error.places
        ) from error


def _check_calendars(rows: Rows, known: dict[int, WorkingTime], default: int) -> None:
    for task in rows.tasks:
        if task.calendar_uid is not None and task.calendar_uid not in known:
            rows.place(task.uid).refuse(
                "missing_calendar",
                "CalendarUID",
                f"is {task.calendar_uid}, but there is no such calendar",
            )
    for number, resource in enumerate(rows.resources):
        if resource.calendar_uid is not None and resource.calendar_uid not in known:
            rows.notices.append(
                Notice(
                    f"resource {resource.uid} ‘{resource.name[:60]}’",
                    "CalendarUID",
                    f"There is no calendar {resource.calendar_uid}; the plan's is taken.",
                )
            )
            rows.resources[number] = replace(resource, calendar_uid=None)


def _outlined(rows: Rows) -> tuple[PlanTask, ...]:
    """Levels without gaps from 1 on; a summary is what has rows below it."""
    tasks: list[PlanTask] = []
    above = 0
    for task in rows.tasks:
        level = min(max(task.outline_level, 1), above + 1)
        if level != task.outline_level:
            rows.notices.append(
                rows.place(task.uid).notice(
                    "OutlineLevel", f"{task.outline_level} leaves a gap; {level} is taken."
                )
            )
            task = replace(task, outline_level=level)
        above = level
        tasks.append(task)
    for index, task in enumerate(tasks):
        follower = tasks[index + 1].outline_level if index + 1 < len(tasks) else 0
        if follower > task.outline_level:
            tasks[index] = replace(task, summary=True)
        elif task.uid in rows.flagged_summary:
            rows.notices.append(
                rows.place(task.uid).notice("Summary", "It has no rows below; read as a task.")
            )
    return tuple(tasks)


def _links(rows: Rows) -> tuple[Link, ...]:
    links: list[Link] = []
    for link, external in rows.links:
        if link.predecessor in rows.found:
            links.append(link)
        elif external or link.predecessor in rows.left_out:
            rows.notices.append(
                rows.place(link.successor).notice(
                    "PredecessorLink", "It leads out of this plan and is left out."
                )
            )
        else:
            rows.place(link.successor).refuse(
                "dangling_link",
                "PredecessorLink",
                f"names task {link.predecessor}, which is not in the file",
            )
    return tuple(links)


def _assignments(rows: Rows) -> tuple[PlanAssignment, ...]:
    kept: list[PlanAssignment] = []
    for assignment, number in rows.assignments:
        task, resource = assignment.task_uid, assignment.resource_uid
        known = resource is None or resource in rows.resource_uids
        if task in rows.found and known:
            kept.append(assignment)
            continue
        place = Place("assignment", str(assignment.uid), "", number, rows.lines)
        if task in rows.found:
            place.refuse(
                "dangling_assignment",
                "ResourceUID",
                f"is {resource}, but there is no such resource",
            )
        if task not in rows.left_out:
            place.refuse("dangling_assignment", "TaskUID", f"is {task}, but there is no such task")
        rows.notices.append(place.notice("TaskUID", "It is not on a task and is left out."))
    return tuple(kept)


def _note_order(tasks: tuple[PlanTask, ...], rows: Rows, status_date: datetime | None) -> None:
    """Tell which dates cannot be as they stand; those that were kept to are kept (R-PRG-01)."""
    for task in tasks:
        start, finish = task.stored.start, task.stored.finish
        if start is not None and finish is not None and finish < start:
            rows.notices.append(
                rows.place(task.uid).notice("Finish", "It lies before the start of the task.")
            )
        for name, actual in (
            ("ActualStart", task.actual_start),
            ("ActualFinish", task.actual_finish),
        ):
            if status_date and actual and actual.date() > status_date.date():
                rows.notices.append(
                    rows.place(task.uid).notice(
                        name,
                        f"{actual.date()} lies after the status date {status_date.date()}; "
                        "it is kept.",
                    )
                )


def _note_splits(
    tasks: tuple[PlanTask, ...],
    rows: Rows,
    assignments: tuple[PlanAssignment, ...],
    compiled: dict[int, WorkingTime],
    default: int,
) -> None:
    """Tell which tasks the file interrupts; we plan the rest in one piece from ``resume`` on."""
    assigned = {item.task_uid for item in assignments if item.resource_uid is not None}
    for task in tasks:
        if task.summary or task.elapsed_duration or task.uid in assigned:
            continue
        start, finish = task.stored.start, task.stored.finish
        if start is None or finish is None or finish < start or task.manual:
            continue
        if (finish - start).days > MAX_MEASURED_DAYS:
            continue
        calendar = compiled[default if task.calendar_uid is None else task.calendar_uid]
        try:
            span = calendar.diff(start, finish)
        except InvalidInput as error:
            raise FormatError("mspdi.calendar_empty", error.message, error.places) from error
        if span > task.duration_minutes + 1:
            rows.notices.append(
                rows.place(task.uid).notice(
                    "Finish",
                    f"From start to finish there are {span:,} working minutes for a duration of "
                    f"{task.duration_minutes:,}: it is split. It is planned in one piece.",
                )
            )
