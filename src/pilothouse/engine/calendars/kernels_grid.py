# SPDX-License-Identifier: Apache-2.0
"""Arithmetic over calendars by direct address, for loops over many positions at once.

Positions are wall-clock minutes since 1900-01-01 00:00; work is a number of working minutes of
one calendar since its days begin here. The same working time as in ``kernels.py``, laid out so
that every answer is a few reads and no search, by ``grid.py``. What lies before the days that
are held has the work 0, and what lies after them all of it; more work than there is leads to
``BEYOND``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing

Ints = NDArray[np.int32]

BEYOND = 1 << 30
"""A position after every other."""
DAY = 1440

BASE, DAYS, SPAN, SLOTS, SHIFT, TOTAL, FOLDED = range(7)
"""Cells of a head: where the first day begins, its row of ``days``, the minutes held; the first
row of ``slots``, how many times two minutes of work share one of them; all work; and whether
two minutes of work have one position, as where the clock is put back within a shift."""
HEAD = 8
WORKED, PATTERN = range(2)
"""Cells of a day: the work before it, and the place of its pattern."""
POSITION, CUT, GAP, STOP = range(4)
"""Cells of a slot: where its first minute begins; from which of its minutes on there is a gap,
and how long; and after which of them work goes on at once, which is the same but where the
clock is put forward or back within a shift."""


class Grid(NamedTuple):
    """Calendars by number; int32 but for ``patterns``.

    ``heads`` has HEAD cells for each calendar, ``days`` two for each day, ``slots`` four for each
    slot. ``patterns`` (int16) has for each minute of a day the work done before it on that day.
    """

    heads: Ints
    days: Ints
    patterns: NDArray[np.int16]
    slots: Ints


@borrowing
def works(
    grid: Grid, calendar: int, rows: Ints, row: int, later: int, found: Ints, to: int
) -> None:
    """``work_until`` of the positions in a row, ``later`` minutes later each, into row ``to``."""
    heads, days, patterns = grid.heads, grid.days, grid.patterns
    head = HEAD * calendar
    base, span = np.int32(heads[head + BASE] - later), heads[head + SPAN]
    first = np.uint32(heads[head + DAYS])
    for lane in range(found.shape[1]):
        at = np.int32(rows[row, lane] - base)
        at = np.int32(max(at, np.int32(0)))
        at = np.int32(min(at, span))
        day = np.uint32(np.uint32(at) // np.uint32(DAY))
        cell = np.uint64(2) * np.uint64(np.uint32(first + day))
        minute = np.uint32(np.uint32(at) - np.uint32(day * np.uint32(DAY)))
        place = np.uint64(np.uint32(days[cell + np.uint64(PATTERN)])) + np.uint64(minute)
        found[to, lane] = np.int32(days[cell] + patterns[place])


@borrowing
def begins(grid: Grid, calendar: int, rows: Ints, row: int, found: Ints, to: int) -> None:
    """``begin_at`` of the work in a row, into row ``to``."""
    heads, slots = grid.heads, grid.slots
    head = HEAD * calendar
    first, shift = np.uint32(heads[head + SLOTS]), np.uint32(heads[head + SHIFT])
    total, mask = heads[head + TOTAL], np.int32((1 << heads[head + SHIFT]) - 1)
    for lane in range(found.shape[1]):
        count = np.int32(max(rows[row, lane], np.int32(0)))
        count = np.int32(min(count, total))
        cell = np.uint64(4) * np.uint64(np.uint32(first + np.uint32(np.uint32(count) >> shift)))
        rest = np.int32(count & mask)
        gap = slots[cell + np.uint64(GAP)] if rest >= slots[cell + np.uint64(CUT)] else np.int32(0)
        at = np.int32(slots[cell] + rest + gap)
        found[to, lane] = at if count < total else np.int32(BEYOND)


@borrowing
def ends(grid: Grid, calendar: int, rows: Ints, row: int, found: Ints, to: int) -> None:
    """``end_at`` of the work in a row, into row ``to``."""
    heads, slots = grid.heads, grid.slots
    head = HEAD * calendar
    first, shift = np.uint32(heads[head + SLOTS]), np.uint32(heads[head + SHIFT])
    total, mask = heads[head + TOTAL], np.int32((1 << heads[head + SHIFT]) - 1)
    for lane in range(found.shape[1]):
        count = np.int32(rows[row, lane] - np.int32(1))
        count = np.int32(max(count, np.int32(0)))
        count = np.int32(min(count, total))
        cell = np.uint64(4) * np.uint64(np.uint32(first + np.uint32(np.uint32(count) >> shift)))
        rest = np.int32(count & mask)
        gap = slots[cell + np.uint64(GAP)] if rest >= slots[cell + np.uint64(STOP)] else np.int32(0)
        at = np.int32(slots[cell] + rest + gap + np.int32(1))
        found[to, lane] = at if count < total else np.int32(BEYOND)


@borrowing
def work_until(grid: Grid, calendar: int, position: int) -> int:
    """Work before a position."""
    heads, days = grid.heads, grid.days
    head = HEAD * calendar
    at = min(max(0, position - heads[head + BASE]), heads[head + SPAN])
    day = at // DAY
    cell = 2 * (heads[head + DAYS] + day)
    return int(days[cell]) + int(grid.patterns[days[cell + PATTERN] + at - DAY * day])


@borrowing
def begin_at(grid: Grid, calendar: int, work: int) -> int:
    """Where the minute after ``work`` of them begins."""
    heads, slots = grid.heads, grid.slots
    head = HEAD * calendar
    if work >= heads[head + TOTAL]:
        return BEYOND
    work = max(work, 0)
    slot = work >> heads[head + SHIFT]
    cell = 4 * (heads[head + SLOTS] + slot)
    rest = work - (slot << heads[head + SHIFT])
    gap = slots[cell + GAP] if rest >= slots[cell + CUT] else 0
    return int(slots[cell] + rest + gap)


@borrowing
def end_at(grid: Grid, calendar: int, work: int) -> int:
    """Where ``work`` minutes are done: their end, or later where the clock is put forward there."""
    heads, slots = grid.heads, grid.slots
    head = HEAD * calendar
    last = max(work - 1, 0)
    if last >= heads[head + TOTAL]:
        return BEYOND
    slot = last >> heads[head + SHIFT]
    cell = 4 * (heads[head + SLOTS] + slot)
    rest = last - (slot << heads[head + SHIFT])
    gap = slots[cell + GAP] if rest >= slots[cell + STOP] else 0
    return int(slots[cell] + rest + gap + 1)


@borrowing
def add_at(grid: Grid, calendar: int, position: int, minutes: int) -> int:
    """``WorkingTime.add_at``."""
    if minutes == 0:
        return min(position, BEYOND)
    work = work_until(grid, calendar, position) + minutes
    return end_at(grid, calendar, work) if minutes > 0 else begin_at(grid, calendar, work)


@borrowing
def start_at(grid: Grid, calendar: int, position: int) -> int:
    """``WorkingTime.start_at``."""
    return begin_at(grid, calendar, work_until(grid, calendar, position))


@borrowing
def finish_at(grid: Grid, calendar: int, position: int) -> int:
    """``WorkingTime.finish_at``."""
    return end_at(grid, calendar, work_until(grid, calendar, position))


@borrowing
def stand_at(grid: Grid, calendar: int, position: int) -> int:
    """Where a milestone stands: in or at the border of working time, else the next start."""
    if finish_at(grid, calendar, position) == position:
        return position
    return start_at(grid, calendar, position)


@borrowing
def stand_back(grid: Grid, calendar: int, position: int) -> int:
    """The mirror of ``stand_at``."""
    if start_at(grid, calendar, position) == position:
        return position
    return finish_at(grid, calendar, position)
