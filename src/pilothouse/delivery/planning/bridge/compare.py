# SPDX-License-Identifier: Apache-2.0
"""Our dates against those that the file stores, task by task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pilothouse.delivery.planning.bridge.baselines import Dates, Promised
from pilothouse.delivery.planning.bridge.engine import Scheduled
from pilothouse.engine.baselines import moved
from pilothouse.engine.calendars import CalendarSpec, WorkingTime, compile_calendars


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which tasks could be compared, in words where they differ, and how far they moved.

    ``promised`` are start and finish of the baseline that counts now; ``variances`` the working
    minutes from them, in the calendar of the project, positive if late (R-BAS-02).
    """

    compared: frozenset[int]
    differences: Mapping[int, str]
    promised: Promised
    variances: Mapping[int, tuple[int | None, int | None]]


def compare(
    scheduled: Scheduled, promised: Promised, only: Collection[int] | None = None
) -> Comparison:
    """Compare start and finish of every task, or some, that the file gives dates for.

    Two instants without working time between them are the same: 17:00 and 08:00 of the next
    working day. Inactive and external tasks are not compared.
    """
    plan = scheduled.plan
    calendars = _compiled(plan.calendars)
    time = calendars[plan.default_calendar_uid]
    compared: set[int] = set()
    differences: dict[int, str] = {}
    variances: dict[int, tuple[int | None, int | None]] = {}
    for task in plan.tasks:
        if only is not None and task.uid not in only:
            continue
        stored, ours = task.stored, scheduled.result.tasks[task.uid]
        own = plan.default_calendar_uid if task.calendar_uid is None else task.calendar_uid
        if (dates := promised.get(task.uid)) is not None:
            variances[task.uid] = variances_of(dates, (ours.start, ours.finish), time)
        if not task.active or task.external or (stored.start is None and stored.finish is None):
            continue
        compared.add(task.uid)
        words = [
            _words(name, theirs, mine, calendars[own], plan.minutes_per_day)
            for name, theirs, mine in (
                ("Start", stored.start, ours.start),
                ("Finish", stored.finish, ours.finish),
            )
            if theirs is not None and theirs != mine
        ]
        text = " ".join(word for word in words if word)
        if text:
            differences[task.uid] = text[:300]
    return Comparison(frozenset(compared), differences, promised, variances)


def variances_of(then: Dates, now: Dates, time: WorkingTime) -> tuple[int | None, int | None]:
    """Working minutes from what was promised to what is planned, start and finish."""
    return moved(then[0], now[0], time), moved(then[1], now[1], time)


@lru_cache(maxsize=16)
def _compiled(specs: tuple[CalendarSpec, ...]) -> dict[int, WorkingTime]:
    """The calendars of a plan; an edit looks at those of the edit before."""
    return compile_calendars(specs)


def _words(name: str, theirs: datetime, ours: datetime, calendar: WorkingTime, per_day: int) -> str:
    minutes = calendar.diff(theirs, ours)
    if minutes == 0:
        return ""
    side = "later" if minutes > 0 else "earlier"
    return f"{name} {_amount(abs(minutes), per_day)} {side}: {when(ours)}, file {when(theirs)}."


def _amount(minutes: int, per_day: int) -> str:
    days = f"{minutes / per_day:,.2f}".rstrip("0").rstrip(".")
    if minutes * 100 < per_day:
        return f"{minutes} min"
    return f"{days} day" if days == "1" else f"{days} days"


def when(value: datetime) -> str:
    """An instant in words."""
    return f"{value.day} {value:%b %Y %H:%M}"
