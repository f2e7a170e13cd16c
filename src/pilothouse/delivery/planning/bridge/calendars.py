# SPDX-License-Identifier: Apache-2.0
"""Calendars of a plan: resolved, checked, and typed by people."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from pilothouse.engine.calendars import (
    CalendarException,
    CalendarSpec,
    WorkingTime,
    WorkWeek,
    compile_calendars,
)
from pilothouse.engine.calendars.typed import read_day, read_exceptions, read_work_weeks
from pilothouse.engine.editing import OPTIONS
from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import Plan, ScheduleRules
from pilothouse.foundation.core.errors import Invalid

_MONDAY = date(1984, 1, 2)
_RULES = frozenset(item.name for item in fields(ScheduleRules))


def weeks_of(plan: Plan) -> dict[int, int]:
    """Uid → working minutes of a week without exceptions."""
    bare = [replace(spec, exceptions=(), work_weeks=()) for spec in plan.calendars]
    times = compile_calendars(bare)
    return {uid: sum(map(_minutes, _week(time))) for uid, time in times.items()}


def _week(time: WorkingTime) -> list[Sequence[tuple[int, int]]]:
    return [time.intervals(_MONDAY + timedelta(days=number)) for number in range(7)]


def _minutes(pattern: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in pattern)


def month_of(plan: Plan, uid: int, month: date) -> list[tuple[date, Sequence[tuple[int, int]]]]:
    """Each day of a month with its working time on a calendar."""
    time = compile_calendars(plan.calendars)[uid]
    first = month.replace(day=1)
    days = [first + timedelta(days=number) for number in range(monthrange(*_of(month))[1])]
    return [(day, time.intervals(day)) for day in days]


def _of(month: date) -> tuple[int, int]:
    return month.year, month.month


def require_calendars(plan: Plan) -> None:
    """Raise Invalid unless every calendar can be resolved and has working time."""
    try:
        times = compile_calendars(plan.calendars)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"calendar": error.message}) from error
    for spec in plan.calendars:
        worked = any(map(_minutes, _week(times[spec.uid])))
        apart = [item.intervals for item in spec.exceptions]
        apart += [day for item in spec.work_weeks for day in item.week if day is not None]
        if not worked and not any(map(_minutes, apart)):
            message = f"‘{spec.name}’ has no working time at all; give a day of the week hours."
            raise Invalid("planning.calendar_empty", message, fields={"calendar": message})


def with_options(plan: Plan, values: Mapping[str, Any]) -> Plan:
    """The plan with other options; those of the rules by their own names."""
    own = {name: value for name, value in values.items() if name in OPTIONS}
    ruled = {name: value for name, value in values.items() if name in _RULES}
    return replace(plan, rules=replace(plan.rules, **ruled), **own)


def typed_calendar(
    name: str, base: int | None, week: Sequence[str], exceptions: str, work_weeks: str
) -> CalendarSpec:
    """A calendar from what was typed; ``base`` on a day means that of the base calendar.

    Raises Invalid at each field: ``day.0`` to ``day.6``, ``exceptions``, ``work_weeks``.
    """
    problems: dict[str, str] = {}
    days: list[tuple[tuple[int, int], ...] | None] = []
    for number, text in enumerate(week):
        try:
            same = base is not None and text.strip().casefold() == "base"
            days.append(None if same else read_day(text))
        except EngineError as error:
            problems[f"day.{number}"] = error.message
    apart: tuple[CalendarException, ...] = ()
    weeks: tuple[WorkWeek, ...] = ()
    try:
        apart = read_exceptions(exceptions)
    except EngineError as error:
        problems["exceptions"] = error.message
    try:
        weeks = read_work_weeks(work_weeks)
    except EngineError as error:
        problems["work_weeks"] = error.message
    if problems:
        message = next(iter(problems.values()))
        raise Invalid("planning.calendar_wrong", message, fields=problems)
    return CalendarSpec(0, name, tuple(days), apart, weeks, base)
