# SPDX-License-Identifier: Apache-2.0
"""Working time as tables: from a position to the working minutes before it, and back.

A position is a wall-clock minute, an ordinal a count of working minutes since the table begins.
Calendars are numbers; -1 works always, so that its positions and ordinals are the same. All
tables lie in one array of int32, ``clock``: for calendar ``c`` the eight numbers from ``8 c``
are the position where the table begins, its days, its working minutes and where these parts
begin: first interval by day, first interval by 256 ordinals, starts, ends, ordinals of starts.
What lies beyond the table has the position ``BEYOND``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel

BEYOND = 1 << 30
SHIFT = 8
HEAD = 8

Clock = NDArray[np.int32]


@kernel
def ordinal(clock: Clock, calendar: int, position: int) -> int:
    """Working minutes before a position."""
    if calendar < 0:
        return position
    head = HEAD * calendar
    day = (position - clock[head]) // 1440
    if day < 0:
        return 0
    if day >= clock[head + 1]:
        return int(clock[head + 2])
    at = int(clock[clock[head + 3] + day])
    ends = clock[head + 6]
    while clock[ends + at] <= position:
        at += 1
    inside = position - clock[clock[head + 5] + at]
    return int(clock[clock[head + 7] + at] + (inside if inside > 0 else 0))


@kernel
def begin_at(clock: Clock, calendar: int, count: int) -> int:
    """Where the working minute after ``count`` of them begins."""
    if calendar < 0:
        return count
    head = HEAD * calendar
    if count >= clock[head + 2]:
        return BEYOND
    if count < 0:
        count = 0
    at = int(clock[clock[head + 4] + (count >> SHIFT)])
    before = clock[head + 7]
    while clock[before + at + 1] <= count:
        at += 1
    return int(clock[clock[head + 5] + at] + count - clock[before + at])


@kernel
def end_at(clock: Clock, calendar: int, count: int) -> int:
    """Where the last of ``count`` working minutes ends."""
    if calendar < 0:
        return count
    head = HEAD * calendar
    if count > clock[head + 2]:
        return BEYOND
    if count < 0:
        count = 0
    at = int(clock[clock[head + 4] + (count >> SHIFT)])
    before = clock[head + 7]
    if at > 0 and clock[before + at] == count:
        at -= 1
    while clock[before + at + 1] < count:
        at += 1
    return int(clock[clock[head + 5] + at] + count - clock[before + at])


@kernel
def moved(clock: Clock, calendar: int, position: int, minutes: int) -> int:
    """A position ``minutes`` of working time later, or earlier if they are negative."""
    if minutes > 0:
        found = end_at(clock, calendar, ordinal(clock, calendar, position) + minutes)
    elif minutes < 0:
        found = begin_at(clock, calendar, ordinal(clock, calendar, position) + minutes)
    else:
        return position
    return found if found < BEYOND else BEYOND


@kernel
def start_at(clock: Clock, calendar: int, position: int) -> int:
    """The position itself in working time, else the next beginning."""
    return begin_at(clock, calendar, ordinal(clock, calendar, position))


@kernel
def finish_at(clock: Clock, calendar: int, position: int) -> int:
    """The position itself in or at the end of working time, else the last end."""
    return end_at(clock, calendar, ordinal(clock, calendar, position))


@kernel
def snap(clock: Clock, calendar: int, position: int) -> int:
    """Where a milestone stands: in or at the border of working time, else the next start."""
    if finish_at(clock, calendar, position) == position:
        return position
    return start_at(clock, calendar, position)


@kernel
def snap_back(clock: Clock, calendar: int, position: int) -> int:
    """The mirror of ``snap``."""
    if start_at(clock, calendar, position) == position:
        return position
    return finish_at(clock, calendar, position)


@kernel
def ordinals(clock: Clock, calendar: int, positions: Clock, found: Clock) -> None:
    """``ordinal`` of each position, (m,) each."""
    for place in range(positions.shape[0]):
        found[place] = ordinal(clock, calendar, positions[place])
