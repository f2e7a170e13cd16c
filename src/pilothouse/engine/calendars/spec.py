# SPDX-License-Identifier: Apache-2.0
"""Plain data that describes a working calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Interval = tuple[int, int]
"""Half-open span of wall-clock minutes after midnight, ``0 <= start < end <= 1440``."""

DayPattern = tuple[Interval, ...]
"""Working intervals of one day in order, not overlapping; empty means a day off.

A shift over midnight is written as two intervals on two days.
"""


@dataclass(frozen=True, slots=True)
class CalendarException:
    """Days from ``first`` to ``last`` (both included) that do not follow the week pattern."""

    first: date
    last: date
    intervals: DayPattern
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """A week pattern that replaces the ordinary one from ``first`` to ``last`` (included).

    ``week`` has seven entries, Monday first; ``None`` falls through to the calendar's
    ordinary week.
    """

    first: date
    last: date
    week: tuple[DayPattern | None, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """One calendar as written in a plan or in the office's register.

    ``week`` has seven entries, Monday first; ``None`` inherits from ``base_uid``.
    A calendar without base must not contain ``None``.
    """

    uid: int
    name: str
    week: tuple[DayPattern | None, ...]
    exceptions: tuple[CalendarException, ...] = ()
    work_weeks: tuple[WorkWeek, ...] = ()
    base_uid: int | None = None


STANDARD_DAY: DayPattern = ((480, 720), (780, 1020))
STANDARD_WEEK: tuple[DayPattern | None, ...] = (STANDARD_DAY,) * 5 + ((), ())
"""Monday to Friday, 08:00-12:00 and 13:00-17:00."""
