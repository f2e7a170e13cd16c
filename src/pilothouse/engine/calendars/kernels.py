# SPDX-License-Identifier: Apache-2.0
"""Arithmetic over calendars laid out in one array, for loops that are compiled.

Positions are wall-clock minutes since 1900-01-01 00:00. ``work`` is a number of working
minutes of one calendar since the beginning of its table. The array is called ``book`` and
made by ``tables.py``; in it stand

- the first failure: a step that would leave what the book holds notes why, and goes on with
  some number; the caller looks there once in a while;
- for each calendar a head with the slots held and the places of the rest;
- for each calendar its segments, spans whose wall-clock minutes count one to one, closed by
  one that begins and ends at ``WORD``; by slot of ``2 ** SLOT`` minutes the first segment
  that ends after it begins; by ``2 ** MARK`` minutes of work the segment into which they
  fall; and by segment how many deserts lie before it.

A segment is named by the place of its first cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing, inlined

Book = NDArray[np.int32]

FAR = 1 << 62
"""A position after every other."""
WORD = (1 << 32) - 1
"""Mask that reads a cell as the number without sign that stands there; as such a number it is
after every position, which all lie before the year 10000."""
DAY = 1440
SLOT = 10
MARK = 6
DESERT = 731 * DAY
"""Without working time for so long a calendar gives no date (R-CAL-01)."""

CODE, CALENDAR, TIME, NODE = range(4)
HEADS = 4
"""Cells of the book: the failure, with its day, then a head of ``HEAD`` cells for each calendar."""
TOO_EARLY, TOO_LATE, NO_WORK = 1, 2, 3
"""Codes: before or after what the book holds, or no working time for two years."""
HEAD = 8
FIRST_SLOT, SLOTS, FIRST, LAST, BY_TIME, BY_WORK, ERAS = range(7)
"""Cells of a head: the slots held, places of the first and of the closing segment, of the slots,
of the marks, and of the eras; 0 where there is no ``DESERT`` between segments."""
SEGMENT = 4
START, END, STOP, BEFORE = range(SEGMENT)
"""Cells of a segment: where it begins and ends; where work stands that fills it to the end,
which is there but after a change of the clock inside a shift; the work before it."""


@borrowing
def fail(book: Book, code: int, calendar: int, position: int) -> None:
    """Note the first thing that went wrong."""
    if book[CODE] == 0:
        book[CODE], book[CALENDAR] = code, calendar
        book[TIME] = min(max(position // DAY, 0), WORD // DAY)


@borrowing
def locate(book: Book, calendar: int, position: int) -> int:
    """The first segment that ends after a position."""
    head = HEADS + HEAD * calendar
    slot = (position >> SLOT) - book[head + FIRST_SLOT]
    if slot < 0:
        fail(book, TOO_EARLY, calendar, position)
        return int(book[head + FIRST])
    if slot >= book[head + SLOTS]:
        fail(book, TOO_LATE, calendar, position)
        return int(book[head + LAST])
    segment = book[book[head + BY_TIME] + slot]
    while (book[segment + END] & WORD) <= position:
        segment += SEGMENT
    return int(segment)


@borrowing
def work_in(book: Book, segment: int, position: int) -> int:
    """Work before a position that ``segment`` was located for."""
    return int((book[segment + BEFORE] & WORD) + max(0, position - (book[segment + START] & WORD)))


@borrowing
def work_until(book: Book, calendar: int, position: int) -> int:
    """Work before a position."""
    return work_in(book, locate(book, calendar, position), position)


@inlined
def holding(book: Book, calendar: int, work: int) -> int:
    """The segment into which a minute of work falls."""
    segment = book[book[HEADS + HEAD * calendar + BY_WORK] + (work >> MARK)]
    while (book[segment + SEGMENT + BEFORE] & WORD) <= work:
        segment += SEGMENT
    return int(segment)


@borrowing
def is_parted(book: Book, calendar: int, segment: int, other: int) -> bool:
    """Whether two years without work lie between two segments; then that is noted."""
    head = HEADS + HEAD * calendar
    if book[head + ERAS] == 0:
        return False
    first, eras = book[head + FIRST], book[head + ERAS]
    if book[eras + (segment - first) // SEGMENT] == book[eras + (other - first) // SEGMENT]:
        return False
    fail(book, NO_WORK, calendar, book[segment + START] & WORD)
    return True


@inlined
def reach(book: Book, calendar: int, segment: int, position: int, work: int) -> int:
    """Where ``work`` is done, going on from a position that ``segment`` was located for."""
    if work > book[book[HEADS + HEAD * calendar + LAST] + BEFORE] & WORD:
        fail(book, TOO_LATE, calendar, position)
        return position
    found = holding(book, calendar, work - 1)
    if is_parted(book, calendar, segment, found):
        return position
    if (book[segment + START] & WORD) - position > DESERT:
        fail(book, NO_WORK, calendar, position)
    if work == (book[found + SEGMENT + BEFORE] & WORD):
        return int(book[found + STOP] & WORD)
    return int((book[found + START] & WORD) + work - (book[found + BEFORE] & WORD))


@inlined
def return_to(book: Book, calendar: int, segment: int, position: int, work: int) -> int:
    """Where ``work`` was done, going back from a position that ``segment`` was located for."""
    if work < 0:
        fail(book, TOO_EARLY, calendar, position)
        return position
    found = holding(book, calendar, work)
    last = segment if (book[segment + START] & WORD) < position else segment - SEGMENT
    if is_parted(book, calendar, last, found):
        return position
    if position - (book[last + END] & WORD) > DESERT:
        fail(book, NO_WORK, calendar, position)
    return int((book[found + START] & WORD) + work - (book[found + BEFORE] & WORD))


@borrowing
def worked_by(book: Book, calendar: int, position: int) -> int:
    """The first position before which all work is done that is done before a position."""
    work = work_until(book, calendar, position)
    if work == 0:
        return -FAR
    found = holding(book, calendar, work - 1)
    if work == (book[found + SEGMENT + BEFORE] & WORD):
        return int(book[found + STOP] & WORD)
    return int((book[found + START] & WORD) + work - (book[found + BEFORE] & WORD))


@borrowing
def add_at(book: Book, calendar: int, position: int, minutes: int) -> int:
    """``WorkingTime.add_at``."""
    if minutes == 0:
        return position
    segment = locate(book, calendar, position)
    work = work_in(book, segment, position) + minutes
    if minutes < 0:
        return return_to(book, calendar, segment, position, work)
    return reach(book, calendar, segment, position, work)


@borrowing
def sub_at(book: Book, calendar: int, position: int, minutes: int) -> int:
    """``WorkingTime.sub_at``."""
    return add_at(book, calendar, position, -minutes)


@borrowing
def diff_at(book: Book, calendar: int, first: int, second: int) -> int:
    """``WorkingTime.diff_at``."""
    if first == second:
        return 0
    return work_until(book, calendar, second) - work_until(book, calendar, first)


@borrowing
def start_in(book: Book, calendar: int, segment: int, position: int) -> int:
    """``start_at`` of a position that ``segment`` was located for."""
    start = book[segment + START] & WORD
    if start <= position:
        return position
    if start - position > DESERT:
        fail(book, TOO_LATE if start == WORD else NO_WORK, calendar, position)
        return position
    return int(start)


@borrowing
def start_at(book: Book, calendar: int, position: int) -> int:
    """``WorkingTime.start_at``."""
    return start_in(book, calendar, locate(book, calendar, position), position)


@borrowing
def finish_in(book: Book, calendar: int, segment: int, position: int) -> int:
    """``finish_at`` of a position that ``segment`` was located for."""
    if (book[segment + START] & WORD) < position:
        return position
    if segment == book[HEADS + HEAD * calendar + FIRST]:
        fail(book, TOO_EARLY, calendar, position)
        return position
    end = book[segment - SEGMENT + STOP] & WORD
    if position - end > DESERT:
        fail(book, NO_WORK, calendar, position)
    return int(end)


@borrowing
def finish_at(book: Book, calendar: int, position: int) -> int:
    """``WorkingTime.finish_at``."""
    return finish_in(book, calendar, locate(book, calendar, position), position)
