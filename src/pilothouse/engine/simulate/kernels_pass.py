# SPDX-License-Identifier: Apache-2.0
"""The critical path of a block of iterations: forward, backward, and who is critical.

Rows are nodes in topological order, columns the iterations of the block. Times are positions
on the clock, or working minutes where the whole plan shares one calendar; then no node and no
link has a calendar (-1) and only additions and comparisons are left.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel
from pilothouse.engine.simulate.kernels_clock import (
    BEYOND,
    Clock,
    begin_at,
    end_at,
    finish_at,
    moved,
    ordinal,
    snap,
    snap_back,
    start_at,
)
from pilothouse.engine.simulate.kernels_draw import LANES

NEVER = -BEYOND
"""A bound that binds nothing."""

LEAF, GATE, ROLL = range(3)
WAITING, STARTED, PINNED, HAMMOCK = range(4)
SOFT, HARD_START, HARD_LATEST_START, HARD_FINISH, HARD_LATEST_FINISH = range(5)
PLAIN_EARLY, PLAIN_LATE = 1, 2
FROM_START, TO_FINISH, START_WITHIN, OPEN_END = 1, 2, 4, 8

Ints = NDArray[np.int32]
Lanes = NDArray[np.int32]


KIND, MODE, PLAIN, CALENDAR, FLOOR, FLOOR_FINISH, GATE_ABOVE, ROLL_ABOVE, FIRST = range(9)
CAP, CAP_START, HARD, DATE, FIXED, FIXED_FINISH, DONE, SILENT, DELAY = range(9, 18)
ENTERING, LEAVING, WITHIN = range(18, 21)
"""Columns of nodes. ``FLOOR`` and ``FLOOR_FINISH`` are bounds that do not move; of a ROLL the ends
of children that do not move. ``GATE_ABOVE`` and ``ROLL_ABOVE`` are nodes of the summary above or
-1. ``FIRST`` is the project's start where a task may begin before it if a predecessor does, else
NEVER. ``CAP`` and ``CAP_START`` bound the late dates; of a GATE they are the late finish and start
of children that do not move. ``HARD`` goes with ``DATE``. ``FIXED`` and ``FIXED_FINISH`` are dates
that stand. ``DONE`` minutes lie before those that remain. ``SILENT`` neither counts for the finish
nor is critical; ``DELAY`` is by levelling. ``ENTERING``, ``LEAVING`` and ``WITHIN`` say where the
node's links in, its places in ``left`` and in ``children`` begin; a last row closes them."""
SOURCE, TARGET, LAG, FLAGS, ZONE = range(5)
"""Columns of links; ``ZONE`` is the calendar of the lag."""
SHARE, PER = range(2)
"""A lag of SHARE/PER of the predecessor; 0 of one in minutes."""


class Course(NamedTuple):
    """The network of a plan, by node in topological order.

    ``nodes`` (n + 1, 21), ``links`` (m, 5) and ``shares`` (m, 2) have the columns above. ``left``
    are links that bound backwards, ``children`` nodes, both by node; ``counted`` the leaves that
    make the finish. ``clock`` holds the calendars, ``project`` is the number of the project's.
    ``fixed_end`` is the last finish that does not move, ``imposed`` that of the plan or BEYOND,
    ``threshold`` the float of what is critical. ``keeps`` is 0 where all nodes are plain.
    """

    nodes: Ints
    links: Ints
    shares: NDArray[np.int64]
    left: Ints
    children: Ints
    counted: Ints
    clock: Clock
    project: int
    fixed_end: int
    imposed: int
    threshold: int
    keeps: int


class Dates(NamedTuple):
    """Scratch of one block: (n, LANES), or (LANES,) for the last three.

    ``start`` and ``late_finish`` have one row only where the plan needs no more (``keeps`` 0).
    """

    minutes: NDArray[np.int32]
    start: NDArray[np.int32]
    finish: NDArray[np.int32]
    late_start: NDArray[np.int32]
    late_finish: NDArray[np.int32]
    bound: Lanes
    bound_finish: Lanes
    end: Lanes


def new_dates(course: Course) -> Dates:
    """Scratch for one thread."""
    nodes = len(course.nodes) - 1
    kept = nodes if course.keeps else 1
    return Dates(
        np.zeros((nodes, LANES), np.int32),
        np.zeros((kept, LANES), np.int32),
        np.zeros((nodes, LANES), np.int32),
        np.zeros((nodes, LANES), np.int32),
        np.zeros((kept, LANES), np.int32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.int32),
    )


@kernel
def longest(course: Course, most: NDArray[np.int32]) -> int:
    """A bound on every date if each node takes ``most`` (n,) minutes, without calendars."""
    nodes = course.nodes.shape[0] - 1
    found = np.zeros(nodes, np.int64)
    last = int(course.fixed_end)
    for node in range(nodes):
        at = max(int(course.nodes[node, FLOOR_FINISH]), int(course.nodes[node, FIRST]))
        if course.nodes[node, KIND] != ROLL:
            at = max(at, int(course.nodes[node, FLOOR]))
        if course.nodes[node, GATE_ABOVE] >= 0:
            at = max(at, found[course.nodes[node, GATE_ABOVE]])
        for link in range(course.nodes[node, ENTERING], course.nodes[node + 1, ENTERING]):
            source = course.links[link, SOURCE]
            lag = int(course.links[link, LAG])
            if course.shares[link, SHARE] > 0:
                span = max(found[source], int(course.nodes[source, DONE]) + most[source])
                lag = span * course.shares[link, SHARE] // course.shares[link, PER]
            at = max(at, found[source] + max(0, lag))
        for place in range(course.nodes[node, WITHIN], course.nodes[node + 1, WITHIN]):
            if course.nodes[node, KIND] == ROLL:
                at = max(at, found[course.children[place]])
        at = max(at, int(course.nodes[node, FIXED_FINISH]))
        found[node] = min(at + most[node] + course.nodes[node, DELAY], 1 << 40)
        last = max(last, found[node])
    return last


@kernel
def _lag(course: Course, dates: Dates, link: int, lane: int) -> int:
    """Minutes of a lag; those in percent follow the predecessor's duration in this iteration."""
    share = course.shares[link, SHARE]
    if share == 0:
        return int(course.links[link, LAG])
    node = course.links[link, SOURCE]
    if course.nodes[node, KIND] == ROLL:
        minutes = ordinal(course.clock, course.project, dates.finish[node, lane]) - ordinal(
            course.clock, course.project, dates.start[node, lane]
        )
    else:
        minutes = int(course.nodes[node, DONE]) + dates.minutes[node, lane]
    size = minutes * abs(share)
    found = (2 * size + course.shares[link, PER]) // (2 * course.shares[link, PER])
    return int(found if share > 0 else -found)


@kernel
def _enter(course: Course, dates: Dates, link: int) -> None:
    """Raise the bounds of a node by one link, in every lane."""
    # Handing tuples of arrays to a kernel costs more than a lane; loops over lanes do without.
    links, clock = course.links, course.clock
    flags, node, zone = links[link, FLAGS], links[link, SOURCE], links[link, ZONE]
    lag, share = int(links[link, LAG]), course.shares[link, SHARE]
    ends = dates.start if flags & FROM_START else dates.finish
    bounds = dates.bound_finish if flags & TO_FINISH else dates.bound
    for lane in range(LANES):
        minutes = _lag(course, dates, link, lane) if share else lag
        origin = int(ends[node, lane])
        if zone < 0:
            found = origin + minutes
            found = found if found < BEYOND else BEYOND
        else:
            found = moved(clock, zone, origin, minutes)
        if found > bounds[lane]:
            bounds[lane] = np.int32(found)


@kernel
def _starts_early(course: Course, dates: Dates, node: int, lane: int) -> bool:
    """Whether a predecessor starts before the project, which lets its successors do so."""
    for link in range(course.nodes[node, ENTERING], course.nodes[node + 1, ENTERING]):
        if dates.start[course.links[link, SOURCE], lane] < course.nodes[node, FIRST]:
            return True
    return False


@kernel
def _place(course: Course, dates: Dates, node: int) -> None:
    """Start and finish of a leaf that is not plain, from the bounds gathered."""
    nodes, clock, minute_rows = course.nodes, course.clock, dates.minutes
    starts, finishes = dates.start, dates.finish
    bounds, bounds_finish, late_start = dates.bound, dates.bound_finish, dates.late_start
    calendar, mode, first = nodes[node, CALENDAR], nodes[node, MODE], int(nodes[node, FIRST])
    delay, fixed, fixed_finish = nodes[node, DELAY], nodes[node, FIXED], nodes[node, FIXED_FINISH]
    hard = nodes[node, HARD] if mode == WAITING else SOFT
    date = int(nodes[node, DATE])
    for lane in range(LANES):
        if mode == PINNED:
            starts[node, lane] = fixed
            finishes[node, lane] = fixed_finish
            continue
        minutes = int(minute_rows[node, lane])
        bound = int(bounds[lane])
        if first > bound and not _starts_early(course, dates, node, lane):
            bound = first
        finish_bound = int(bounds_finish[lane])
        if mode == HAMMOCK:
            start = start_at(clock, calendar, bound)
            if finish_bound > NEVER:
                finish = max(start, finish_at(clock, calendar, finish_bound))
            else:
                finish = moved(clock, calendar, start, minutes)
            lasts = ordinal(clock, calendar, finish) - ordinal(clock, calendar, start)
            minute_rows[node, lane] = np.int32(lasts)
        else:
            if finish_bound > NEVER:
                bound = max(bound, moved(clock, calendar, finish_bound, -minutes))
            if mode == WAITING and delay > 0:
                bound = delay + (
                    start_at(clock, calendar, bound) if minutes else snap(clock, calendar, bound)
                )
            if minutes == 0:
                start = snap(clock, calendar, bound)
                finish = start
            else:
                count = ordinal(clock, calendar, bound)
                start = begin_at(clock, calendar, count)
                finish = min(end_at(clock, calendar, count + minutes), BEYOND)
        logic = finish
        if hard == HARD_START or (
            hard == HARD_LATEST_START
            and ordinal(clock, calendar, start) > ordinal(clock, calendar, date)
        ):
            start = start_at(clock, calendar, date) if minutes else snap(clock, calendar, date)
            finish = moved(clock, calendar, start, minutes)
        elif hard == HARD_FINISH or (
            hard == HARD_LATEST_FINISH
            and ordinal(clock, calendar, finish) > ordinal(clock, calendar, date)
        ):
            finish = finish_at(clock, calendar, date) if minutes else snap(clock, calendar, date)
            start = moved(clock, calendar, finish, -minutes)
        if hard != SOFT:
            broken = ordinal(clock, calendar, logic) - ordinal(clock, calendar, finish)
            late_start[node, lane] = np.int32(max(0, broken))
        finishes[node, lane] = np.int32(finish)
        starts[node, lane] = fixed if mode == STARTED else np.int32(start)


@kernel
def forward(course: Course, dates: Dates) -> None:
    """Early dates of every node from ``dates.minutes``, and the finish of the plan.

    Where a hard constraint breaks logic, ``late_start`` holds by how much until ``backward``.
    """
    minutes, finish, bound = dates.minutes, dates.finish, dates.bound
    nodes, links, keeps = course.nodes, course.links, course.keeps
    for node in range(nodes.shape[0] - 1):
        floor = nodes[node, FLOOR]
        if nodes[node, KIND] == ROLL:
            _roll(course, dates, node)
            continue
        for lane in range(LANES):
            bound[lane] = floor
        if nodes[node, PLAIN] & PLAIN_EARLY:
            for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
                origin, lag = links[link, SOURCE], links[link, LAG]
                for lane in range(LANES):
                    found = np.int32(finish[origin, lane] + lag)
                    bound[lane] = found if found > bound[lane] else bound[lane]
            for lane in range(LANES):
                finish[node, lane] = np.int32(bound[lane] + minutes[node, lane])
            if keeps:
                for lane in range(LANES):
                    dates.start[node, lane] = bound[lane]
            continue
        for lane in range(LANES):
            dates.bound_finish[lane] = course.nodes[node, FLOOR_FINISH]
        gate = course.nodes[node, GATE_ABOVE]
        if gate >= 0:
            for lane in range(LANES):
                bound[lane] = max(bound[lane], dates.start[gate, lane])
                dates.bound_finish[lane] = max(dates.bound_finish[lane], finish[gate, lane])
        for link in range(course.nodes[node, ENTERING], course.nodes[node + 1, ENTERING]):
            _enter(course, dates, link)
        if course.nodes[node, KIND] == GATE:
            for lane in range(LANES):
                dates.start[node, lane] = bound[lane]
                finish[node, lane] = dates.bound_finish[lane]
        else:
            _place(course, dates, node)
    _finish(course, dates)


@kernel
def _roll(course: Course, dates: Dates, node: int) -> None:
    """A summary runs from the first start to the last finish of its children."""
    for lane in range(LANES):
        start, finish = course.nodes[node, FLOOR], course.nodes[node, FLOOR_FINISH]
        for place in range(course.nodes[node, WITHIN], course.nodes[node + 1, WITHIN]):
            child = course.children[place]
            start = min(start, dates.start[child, lane])
            finish = max(finish, dates.finish[child, lane])
        dates.start[node, lane] = start
        dates.finish[node, lane] = finish


@kernel
def _finish(course: Course, dates: Dates) -> None:
    """The greatest finish of what counts."""
    end, finish = dates.end, dates.finish
    for lane in range(LANES):
        end[lane] = course.fixed_end
    for place in range(course.counted.shape[0]):
        node = course.counted[place]
        for lane in range(LANES):
            found = finish[node, lane]
            end[lane] = found if found > end[lane] else end[lane]


@kernel
def _leave(course: Course, dates: Dates, link: int) -> None:
    """Lower the bounds of a node by one link that leaves it, in every lane."""
    nodes, links, clock, minute_rows = course.nodes, course.links, course.clock, dates.minutes
    flags, node, target = links[link, FLAGS], links[link, SOURCE], links[link, TARGET]
    zone, lag, share = links[link, ZONE], int(links[link, LAG]), course.shares[link, SHARE]
    mode, calendar = nodes[node, MODE], nodes[node, CALENDAR]
    of_target, delay = nodes[target, CALENDAR], nodes[target, DELAY]
    is_leaf, from_start = nodes[node, KIND] == LEAF, flags & FROM_START
    if from_start and is_leaf and mode != WAITING and mode != PINNED:
        return
    ends = dates.late_finish if flags & TO_FINISH else dates.late_start
    bounds = dates.bound_finish if from_start else dates.bound
    for lane in range(LANES):
        at = int(ends[target, lane])
        if flags & START_WITHIN:
            at = start_at(clock, of_target, at)
        at -= delay
        minutes = _lag(course, dates, link, lane) if share else lag
        if zone < 0:
            found = at - minutes
        else:
            found = moved(clock, zone, at, -minutes)
            if minutes < 0 and flags & OPEN_END:
                found = start_at(clock, zone, found)
        if from_start and is_leaf:
            found = _start_within(clock, calendar, minute_rows[node, lane], found)
        if found < bounds[lane]:
            bounds[lane] = np.int32(found)


@kernel
def _start_within(clock: Clock, calendar: int, minutes: int, position: int) -> int:
    """The last start that is not after a position: none begins outside working time."""
    if minutes == 0 or start_at(clock, calendar, position) == position:
        return position
    return finish_at(clock, calendar, position) - 1


@kernel
def _bounds(course: Course, dates: Dates, node: int) -> None:
    """Late bounds on the finish (``bound``) and on the start (``bound_finish``) of a node."""
    for lane in range(LANES):
        dates.bound_finish[lane] = course.nodes[node, CAP_START]
    for place in range(course.nodes[node, LEAVING], course.nodes[node + 1, LEAVING]):
        _leave(course, dates, course.left[place])
    roll = course.nodes[node, ROLL_ABOVE]
    if roll >= 0:
        for lane in range(LANES):
            dates.bound[lane] = min(dates.bound[lane], dates.late_finish[roll, lane])
            cap = int(dates.late_start[roll, lane])
            if course.nodes[node, KIND] == LEAF:
                if cap == BEYOND or dates.start[node, lane] != dates.start[roll, lane]:
                    continue
                cap = _start_within(
                    course.clock, course.nodes[node, CALENDAR], dates.minutes[node, lane], cap
                )
            dates.bound_finish[lane] = np.int32(min(int(dates.bound_finish[lane]), cap))


@kernel
def _place_late(
    course: Course, dates: Dates, node: int, width: int, critical: NDArray[np.int64]
) -> None:
    """Late dates of a leaf that is not plain, and whether it is critical."""
    nodes, clock, minute_rows = course.nodes, course.clock, dates.minutes
    starts, finishes, late_starts = dates.start, dates.finish, dates.late_start
    late_finishes, bounds, bounds_start = dates.late_finish, dates.bound, dates.bound_finish
    calendar, mode, hard = nodes[node, CALENDAR], nodes[node, MODE], nodes[node, HARD]
    silent, threshold = nodes[node, SILENT], course.threshold
    for lane in range(LANES):
        early_finish = int(finishes[node, lane])
        early_start = int(starts[node, lane])
        if mode == HAMMOCK:
            late_starts[node, lane] = np.int32(early_start)
            late_finishes[node, lane] = np.int32(early_finish)
            continue
        minutes = int(minute_rows[node, lane])
        finish, latest = int(bounds[lane]), int(bounds_start[lane])
        if latest < BEYOND:
            finish = min(finish, moved(clock, calendar, latest, minutes))
        if hard in (HARD_START, HARD_FINISH):
            finish = early_finish
        if minutes:
            finish = finish_at(clock, calendar, finish)
            start = moved(clock, calendar, finish, -minutes)
        else:
            finish = snap_back(clock, calendar, finish)
            start = finish
        broken = 0
        if hard != SOFT and mode == WAITING:
            broken = int(late_starts[node, lane])
        late_starts[node, lane] = np.int32(start)
        late_finishes[node, lane] = np.int32(finish)
        slack = ordinal(clock, calendar, finish) - ordinal(clock, calendar, early_finish)
        if broken > 0:
            slack = -broken
        elif mode != STARTED and not (early_start == early_finish and start == finish):
            other = ordinal(clock, calendar, start) - ordinal(clock, calendar, early_start)
            slack = min(slack, other)
        if lane < width and slack <= threshold and not silent:
            critical[node] += 1


@kernel
def backward(course: Course, dates: Dates, width: int, critical: NDArray[np.int64]) -> None:
    """Late dates of every node after ``forward``.

    ``critical`` (n,) is raised by the iterations, of the first ``width``, in which a node is.
    """
    minutes, finish, bound, end = dates.minutes, dates.finish, dates.bound, dates.end
    late_start, nodes, links, left = dates.late_start, course.nodes, course.links, course.left
    threshold, keeps, imposed = np.int32(course.threshold), course.keeps, np.int32(course.imposed)
    for node in range(nodes.shape[0] - 2, -1, -1):
        kind = nodes[node, KIND]
        if kind == GATE:
            _gate(course, dates, node)
            continue
        if kind == ROLL:
            for lane in range(LANES):
                bound[lane] = BEYOND
            _bounds(course, dates, node)
            for lane in range(LANES):
                late_start[node, lane] = dates.bound_finish[lane]
                dates.late_finish[node, lane] = bound[lane]
            continue
        cap = nodes[node, CAP]
        if imposed == BEYOND:
            for lane in range(LANES):
                bound[lane] = end[lane] if end[lane] < cap else cap
        else:
            for lane in range(LANES):
                bound[lane] = imposed if imposed < cap else cap
        if not nodes[node, PLAIN] & PLAIN_LATE:
            _bounds(course, dates, node)
            _place_late(course, dates, node, width, critical)
            continue
        for place in range(nodes[node, LEAVING], nodes[node + 1, LEAVING]):
            link = left[place]
            target, lag = links[link, TARGET], links[link, LAG]
            for lane in range(LANES):
                found = np.int32(late_start[target, lane] - lag)
                bound[lane] = found if found < bound[lane] else bound[lane]
        for lane in range(LANES):
            late_start[node, lane] = np.int32(bound[lane] - minutes[node, lane])
        number = np.int32(0)
        for lane in range(width):
            slack = np.int32(bound[lane] - finish[node, lane])
            number = np.int32(number + np.int32(slack <= threshold))
        critical[node] += number
        if keeps:
            for lane in range(LANES):
                dates.late_finish[node, lane] = bound[lane]


@kernel
def _gate(course: Course, dates: Dates, node: int) -> None:
    """The least late start and finish of what lies in a summary."""
    for lane in range(LANES):
        start, finish = course.nodes[node, CAP_START], course.nodes[node, CAP]
        for place in range(course.nodes[node, WITHIN], course.nodes[node + 1, WITHIN]):
            child = course.children[place]
            start = min(start, dates.late_start[child, lane])
            finish = min(finish, dates.late_finish[child, lane])
        dates.late_start[node, lane] = start
        dates.late_finish[node, lane] = finish
