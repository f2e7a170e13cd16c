# SPDX-License-Identifier: Apache-2.0
"""Working time of a plan and of its project: from rows to the engine's calendars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pilothouse.delivery.planning.models import PlanCalendar, ProjectPlan
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    DayPattern,
    WorkingTime,
    WorkWeek,
    compile_calendars,
)
from pilothouse.foundation.organisation.models import Calendar


def _pattern(data: Any) -> DayPattern:
    return tuple((int(start), int(end)) for start, end in data)


def _week(data: Any) -> tuple[DayPattern | None, ...]:
    return tuple(None if day is None else _pattern(day) for day in data)


def calendar_of(row: PlanCalendar) -> CalendarSpec:
    """A calendar as the engine takes it."""
    return CalendarSpec(
        row.uid,
        row.name,
        _week(row.data["week"]),
        tuple(
            CalendarException(
                date.fromisoformat(item["first"]),
                date.fromisoformat(item["last"]),
                _pattern(item["intervals"]),
                item["name"],
            )
            for item in row.data["exceptions"]
        ),
        tuple(
            WorkWeek(
                date.fromisoformat(item["first"]),
                date.fromisoformat(item["last"]),
                _week(item["week"]),
                item["name"],
            )
            for item in row.data["work_weeks"]
        ),
        row.base_uid,
    )


def office_calendar(project: Project, usual: Mapping[int, Calendar] | None = None) -> CalendarSpec:
    """The project's calendar, else its office's, else Monday to Friday.

    ``usual`` are the default calendars of offices, where they are at hand already.
    """
    row = project.calendar
    if row is None and usual is not None:
        row = usual.get(project.office_id)
    elif row is None:
        row = _usual(project.office_id)
    return _spec(row)


def office_time(office_id: int) -> WorkingTime:
    """The working time of an office: its default calendar, else Monday to Friday."""
    spec = _spec(_usual(office_id))
    return compile_calendars([spec])[spec.uid]


def _usual(office_id: int) -> Calendar | None:
    return Calendar.objects.filter(office_id=office_id, is_default=True).first()


def _spec(row: Calendar | None) -> CalendarSpec:
    if row is None or len(row.week) != 7:
        return CalendarSpec(1, "Standard", STANDARD_WEEK)
    exceptions = tuple(
        CalendarException(
            date.fromisoformat(item["first"]),
            date.fromisoformat(item["last"]),
            _spans(item.get("intervals", [])),
            item.get("name", ""),
        )
        for item in row.exceptions
    )
    return CalendarSpec(1, row.name, tuple(_spans(day) for day in row.week), exceptions)


def _spans(data: list[Any]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in data)


def times_of(plan: ProjectPlan) -> dict[int, WorkingTime]:
    """The working time of each calendar of a plan."""
    rows = PlanCalendar.objects.filter(plan=plan).order_by("pk")
    return compile_calendars([calendar_of(row) for row in rows])


def project_time(project: Project, plan: ProjectPlan | None) -> WorkingTime:
    """The calendar in which variances of a project are counted (R-BAS-02)."""
    if plan is not None:
        return times_of(plan)[plan.default_calendar_uid]
    spec = office_calendar(project)
    return compile_calendars([spec])[spec.uid]


def minutes_between(time: WorkingTime, then: datetime | None, now: datetime | None) -> int | None:
    """Working minutes from one kept instant to another, negative back; None without one of them."""
    if then is None or now is None:
        return None
    return time.diff(then.replace(tzinfo=None), now.replace(tzinfo=None))
