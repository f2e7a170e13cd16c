# SPDX-License-Identifier: Apache-2.0
"""Calendars as the flat tables that kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.calendars.working_time import FIRST_DAY, LAST_DAY
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.simulate.kernels_clock import BEYOND, HEAD, SHIFT, Clock

DAY = 1440
LAST_POSITION = (LAST_DAY.toordinal() - FIRST_DAY.toordinal() + 1) * DAY


def build_clock(calendars: Sequence[WorkingTime], low: int, high: int) -> Clock:
    """Tables of working time from one position to another.

    Parameters
    ----------
    calendars : sequence of WorkingTime
        Their places in the sequence are their numbers; without a zone.
    low, high : int
        Positions (wall-clock minutes since 1900); taken to whole days.

    Returns
    -------
    array of int32
        See ``kernels_clock``.

    Raises
    ------
    InvalidInput
        ``calendar.no_working_time`` for a calendar that has none in between.
    """
    first, last = max(0, low // DAY), min(LAST_POSITION, high) // DAY
    head: list[int] = []
    body: list[int] = []
    begin = HEAD * len(calendars)
    for calendar in calendars:
        starts, ends, before, by_day = _intervals(calendar, first, last)
        by_ordinal = np.searchsorted(before, np.arange(0, before[-1] + 1, 1 << SHIFT), "right") - 1
        parts = (by_day, by_ordinal.tolist(), starts, ends, before)
        places = [begin + len(body)]
        for part in parts:
            body += part
            places.append(begin + len(body))
        head += [first * DAY, last - first, before[-1], *places[:5]]
    return np.array(head + body, dtype=np.int32)


def _intervals(
    calendar: WorkingTime, first: int, last: int
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Starts and ends with a closing one beyond, ordinals of starts, first interval by day."""
    starts: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    by_day: list[int] = []
    total, ordinal = 0, FIRST_DAY.toordinal()
    for day in range(first, last):
        by_day.append(len(starts))
        for start, end in calendar.intervals(date.fromordinal(ordinal + day)):
            if end > start:
                starts.append(day * DAY + start)
                ends.append(day * DAY + end)
                before.append(total)
                total += end - start
    if not total:
        raise InvalidInput(
            "calendar.no_working_time",
            f"Calendar ‘{calendar.name}’ has no working time for two years; "
            "give it working days or choose another one.",
            (calendar.name,),
        )
    starts.append(BEYOND)
    ends.append(BEYOND + 1)
    before.append(total)
    return starts, ends, before, by_day
