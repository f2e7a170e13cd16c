# SPDX-License-Identifier: Apache-2.0
"""From rows of calendars to the engine's specifications."""

from __future__ import annotations

from datetime import date
from typing import Any

from pilothouse.delivery.planning.models import PlanCalendar
from pilothouse.engine.calendars import CalendarException, CalendarSpec, DayPattern, WorkWeek


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
