# SPDX-License-Identifier: Apache-2.0
"""Schedule generation over calendars: tasks use resources only while their calendar works.

Instants are cells of equal length. ``worked[c, t]`` counts the working cells of calendar ``c``
before ``t``; ``cell[c, k]`` is its k-th working cell. Nodes are numbered topologically.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel

IntArray = NDArray[np.int64]

LEAF, STANDING, ROLL = 0, 1, 2
"""What a node is: a task that may move, one that does not, the dates of a summary."""
ELAPSED = -1
"""In place of a calendar of a lag: every cell counts."""


class Axis(NamedTuple):
    """Nodes, links and calendars over cells; links in compressed rows by their target."""

    kind: IntArray
    calendar: IntArray
    spans: IntArray
    release: IntArray
    latest: IntArray
    """Latest starts."""
    pred_at: IntArray
    pred: IntArray
    pred_from_start: IntArray
    pred_to_finish: IntArray
    pred_lag: IntArray
    pred_calendar: IntArray
    need_at: IntArray
    need_word: IntArray
    need_units: IntArray
    guard: int
    base: IntArray
    worked: IntArray
    cell: IntArray
    starts: IntArray
    """Of the tasks that do not move."""
    finishes: IntArray


class Dates(NamedTuple):
    """What a decoding fills: dates, where links alone lead, and who found no room."""

    starts: IntArray
    finishes: IntArray
    led: IntArray
    unplaced: NDArray[np.bool_]
    free: IntArray


@kernel
def first_at(axis: Axis, calendar: int, instant: int) -> int:
    """The instant itself in working time, else the next start; the end of the axis if none."""
    number: int = axis.worked[calendar, instant]
    at: int = axis.cell[calendar, number]
    return at


@kernel
def ahead(axis: Axis, calendar: int, instant: int, length: int) -> int:
    """The instant when so many working cells have passed, or before which they lie."""
    end = axis.base.shape[1]
    if calendar == ELAPSED or length == 0:
        reached: int = min(end, max(0, instant + length))
        return reached
    number = axis.worked[calendar, instant] + length
    if length > 0:
        last = min(number, axis.worked[calendar, end] + 1) - 1
        after: int = min(end, axis.cell[calendar, last] + 1)
        return after
    earlier: int = axis.cell[calendar, max(0, number)]
    return earlier


@kernel
def led_to(axis: Axis, dates: Dates, node: int) -> int:
    """The start that links and release allow, in the working time of the task."""
    calendar, span = axis.calendar[node], axis.spans[node]
    start = axis.release[node]
    for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
        source = axis.pred[link]
        bound = dates.starts[source] if axis.pred_from_start[link] else dates.finishes[source]
        bound = ahead(axis, axis.pred_calendar[link], bound, axis.pred_lag[link])
        if axis.pred_to_finish[link]:
            bound = ahead(axis, calendar, bound, -span)
        start = max(start, bound)
    if span > 0:
        return first_at(axis, calendar, start)
    following = first_at(axis, calendar, start)
    touches = start > 0 and axis.worked[calendar, start] > axis.worked[calendar, start - 1]
    return start if touches else following


@kernel
def fit_at(axis: Axis, free: IntArray, node: int, start: int) -> int:
    """The first start from ``start`` at which the demand is free; -1 beyond the axis."""
    first, end = axis.need_at[node], axis.need_at[node + 1]
    calendar, span = axis.calendar[node], axis.spans[node]
    if span == 0 or first == end:
        return start
    cells = axis.cell[calendar]
    low = axis.worked[calendar, start]
    most = axis.worked[calendar, axis.base.shape[1]]
    known = low
    while low + span <= most:
        number = low + span - 1
        while number >= known:
            short = 0
            for need in range(first, end):
                left = free[axis.need_word[need], cells[number]] - axis.need_units[need]
                short |= ~left & axis.guard
            if short != 0:
                break
            number -= 1
        if number < known:
            found: int = cells[low]
            return found
        known = low + span
        low = number + 1
    return -1


@kernel
def fit_before(axis: Axis, free: IntArray, node: int, start: int) -> int:
    """The last start down from ``start`` at which the demand is free; -1 if there is none."""
    first, end = axis.need_at[node], axis.need_at[node + 1]
    calendar, span = axis.calendar[node], axis.spans[node]
    if span == 0 or first == end:
        return start
    cells = axis.cell[calendar]
    low = axis.worked[calendar, start]
    known = low + span
    while low >= 0:
        number = low
        while number < known:
            short = 0
            for need in range(first, end):
                left = free[axis.need_word[need], cells[number]] - axis.need_units[need]
                short |= ~left & axis.guard
            if short != 0:
                break
            number += 1
        if number >= known:
            found: int = cells[low]
            return found
        known = low
        low = number - span
    return -1


@kernel
def push_right_calendar(
    axis: Axis, order: IntArray, dates: Dates, latest: IntArray, own_finish: IntArray
) -> None:
    """Place the nodes of a list, last first, as late as the latest finishes allow.

    ``latest`` and ``own_finish`` hold the latest start and finish of each node and are lowered.
    A task without room stands at its latest start and takes nothing; the result is no schedule
    then, but still an order.
    """
    dates.free[:] = axis.base
    for position in range(len(order) - 1, -1, -1):
        node = order[position]
        dates.starts[node] = dates.finishes[node] = 0  # of a summary: what is in it leads
        if axis.kind[node] == STANDING:
            dates.starts[node], dates.finishes[node] = axis.starts[node], axis.finishes[node]
            latest[node], own_finish[node] = axis.starts[node], axis.finishes[node]
        if axis.kind[node] == LEAF:
            calendar, span = axis.calendar[node], axis.spans[node]
            start = min(latest[node], ahead(axis, calendar, own_finish[node], -span))
            start = last_at(axis, calendar, start, span)
            fits = fit_before(axis, dates.free, node, start)
            if fits >= 0:
                start = fits
                take_cells(axis, dates.free, node, start)
            dates.starts[node] = latest[node] = start
            dates.finishes[node] = own_finish[node] = ahead(axis, calendar, start, span)
        hold_back(axis, node, latest, own_finish)


@kernel
def decode_calendar(axis: Axis, order: IntArray, dates: Dates, until: int) -> bool:
    """Place the nodes of a list; False where one of them would not end by ``until``.

    There must be more cells than that.

    A task that finds no room by its latest start stands where links lead and takes nothing.
    """
    end = axis.base.shape[1]
    dates.free[:] = axis.base
    for node in order:
        dates.unplaced[node] = False
        if axis.kind[node] == STANDING:
            dates.starts[node], dates.finishes[node] = axis.starts[node], axis.finishes[node]
            continue
        if axis.kind[node] == ROLL:
            roll(axis, dates, node)
            continue
        led = led_to(axis, dates, node)
        if led + axis.spans[node] > end:
            return False
        start = fit_at(axis, dates.free, node, led)
        if axis.latest[node] < end and (start < 0 or start > axis.latest[node]):
            dates.unplaced[node] = True
            start = led
        elif start < 0:
            return False
        dates.led[node], dates.starts[node] = led, start
        dates.finishes[node] = ahead(axis, axis.calendar[node], start, axis.spans[node])
        if dates.finishes[node] > until:
            return False
        if not dates.unplaced[node]:
            take_cells(axis, dates.free, node, start)
    return True


@kernel
def roll(axis: Axis, dates: Dates, node: int) -> None:
    """The dates of a summary: those of the tasks in it, which are its links."""
    low, high = axis.base.shape[1], 0
    for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
        low = min(low, dates.starts[axis.pred[link]])
        high = max(high, dates.finishes[axis.pred[link]])
    dates.starts[node], dates.finishes[node] = low, high


@kernel
def take_cells(axis: Axis, free: IntArray, node: int, start: int) -> None:
    """Take the demand of a task out of the cells in which it works."""
    cells = axis.cell[axis.calendar[node]]
    first = axis.worked[axis.calendar[node], start]
    for need in range(axis.need_at[node], axis.need_at[node + 1]):
        row, units = free[axis.need_word[need]], axis.need_units[need]
        for number in range(first, first + axis.spans[node]):
            row[cells[number]] -= units


@kernel
def before(axis: Axis, calendar: int, bound: int, lag: int) -> int:
    """The last instant from which a lag leads no further than the bound."""
    end = axis.base.shape[1]
    if calendar == ELAPSED or lag >= 0:
        return ahead(axis, calendar, bound, -lag)
    number = axis.worked[calendar, min(end, bound + 1)] - 1 - lag
    found: int = axis.cell[calendar, max(0, min(number, axis.worked[calendar, end]))]
    return found


@kernel
def last_at(axis: Axis, calendar: int, instant: int, span: int) -> int:
    """The last instant up to this one at which a task of the calendar can start."""
    number = axis.worked[calendar, instant]
    works = axis.cell[calendar, number] == instant
    if works or number == 0:
        return instant
    found: int = axis.cell[calendar, number - 1] + (1 if span == 0 else 0)
    return found


@kernel
def latest_starts(axis: Axis, latest: IntArray, own_finish: IntArray) -> None:
    """Lower ``latest`` so that no task pushes one that does not move, or has a latest date.

    ``own_finish`` holds the latest finish of each node and is lowered too.
    """
    end = axis.base.shape[1]
    for node in range(len(latest) - 1, -1, -1):
        calendar, span = axis.calendar[node], axis.spans[node]
        if axis.kind[node] == STANDING and latest[node] < end:
            own_finish[node] = axis.finishes[node]
        if axis.kind[node] == LEAF:
            if own_finish[node] < end:
                latest[node] = min(latest[node], ahead(axis, calendar, own_finish[node], -span))
            if latest[node] < end:
                latest[node] = last_at(axis, calendar, latest[node], span)
                own_finish[node] = ahead(axis, calendar, latest[node], span)
        hold_back(axis, node, latest, own_finish)


@kernel
def hold_back(axis: Axis, node: int, latest: IntArray, own_finish: IntArray) -> None:
    """Lower the latest start or finish of the nodes before one to what its own allow."""
    end = axis.base.shape[1]
    for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
        source = axis.pred[link]
        if axis.kind[node] == ROLL:
            own_finish[source] = min(own_finish[source], own_finish[node])
            latest[source] = min(latest[source], latest[node])
            continue
        bound = own_finish[node] if axis.pred_to_finish[link] else latest[node]
        if bound >= end:
            continue
        bound = before(axis, axis.pred_calendar[link], bound, axis.pred_lag[link])
        if axis.pred_from_start[link]:
            latest[source] = min(latest[source], bound)
        else:
            own_finish[source] = min(own_finish[source], bound)
