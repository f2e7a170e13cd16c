# SPDX-License-Identifier: Apache-2.0
"""Our dates and floats beside those that another tool stored in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.network.plan import Plan, StoredDates
from pilothouse.engine.schedule.result import ScheduleResult, TaskState

_DATES = ("early_start", "early_finish", "late_start", "late_finish")
_FLOATS = ("total_float_minutes", "free_float_minutes")
_BEHIND_CRITICAL = ("late_start", "late_finish", *_FLOATS)
_BEFORE = timedelta(days=700)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one task on which we differ from its file."""

    uid: int
    name: str
    summary: bool
    field: str
    stored: datetime | int | bool
    ours: datetime | int | bool | None


def compare(plan: Plan, result: ScheduleResult) -> Iterator[Difference]:
    """Every field in which a task differs from what its file stores.

    Parameters
    ----------
    plan : Plan
        With ``stored`` dates; a field that is not stored is not compared.
    result : ScheduleResult
        Of ``schedule_plan`` on this plan.

    Yields
    ------
    Difference
        In the order of the tasks.

    Notes
    -----
    Early and late dates are compared as working minutes of the plan's calendar: 17:00 and 08:00 of
    the next working day are one instant. Floats (minutes) and the critical flag are compared as
    they are; finished work has no float here and float 0 in Microsoft Project. A critical flag
    follows from late dates or floats, so it is compared only where the file stores one of them for
    that task: without any it is no result of a calculation.
    """
    calendar = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    for task in plan.tasks:
        ours, stored = result.tasks[task.uid], task.stored
        for name in _DATES:
            first, second = getattr(stored, name), getattr(ours, name)
            if first is not None and _worked(calendar, plan, first) != _worked(
                calendar, plan, second
            ):
                yield Difference(task.uid, task.name, task.summary, name, first, second)
        for name in _figures(stored):
            first, second = getattr(stored, name), getattr(ours, name)
            same = first == second or (
                second is None and first == 0 and ours.state is TaskState.COMPLETE
            )
            if first is not None and not same:
                yield Difference(task.uid, task.name, task.summary, name, first, second)


def comparable(plan: Plan) -> int:
    """Tasks that bring at least one date, float or flag to compare with."""
    return sum(
        any(getattr(task.stored, name) is not None for name in (*_DATES, *_figures(task.stored)))
        for task in plan.tasks
    )


def _figures(stored: StoredDates) -> tuple[str, ...]:
    """The figures of a task to compare, the critical flag where the file can know it."""
    known = any(getattr(stored, name) is not None for name in _BEHIND_CRITICAL)
    return (*_FLOATS, "critical") if known else _FLOATS


def _worked(calendar: WorkingTime, plan: Plan, instant: datetime) -> int:
    return calendar.diff(plan.start - _BEFORE, instant)
