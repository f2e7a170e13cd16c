# SPDX-License-Identifier: Apache-2.0
"""The longest path of a block of iterations: back over what holds each task where it is.

The same walk as ``longest_path`` of the schedule, with a node's iterations side by side. Every node
is visited once, after all that it leads to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing
from pilothouse.engine.calendars.kernels_grid import (
    add_at,
    begin_at,
    end_at,
    stand_at,
    start_at,
    work_until,
)
from pilothouse.engine.schedule.kernels import TWO_WEEKS
from pilothouse.engine.simulate.kernels_draw import LANES
from pilothouse.engine.simulate.kernels_pass import (
    CALENDAR,
    DATE,
    DELAY,
    ENTERING,
    FINISH_AT,
    FLAGS,
    FROM_START,
    GATE,
    GATE_ABOVE,
    HAMMOCK,
    HARD,
    HARD_FINISH,
    HARD_LATEST_FINISH,
    HARD_LATEST_START,
    HARD_START,
    KIND,
    LATELY,
    LEAF,
    MODE,
    NEVER,
    PINNED,
    ROLL,
    SILENT,
    SOURCE,
    SPARED,
    START_AT,
    STARTED,
    TO_FINISH,
    WAITING,
    WITHIN,
    Course,
    Dates,
    gather,
    latest_of,
    led_to,
)

NOTHING = 1 << 30
"""A hold that no bound reaches."""

Paths = NDArray[np.int8]


@borrowing
def walk_back(
    course: Course, dates: Dates, paths: Paths, width: int, critical: NDArray[np.int64]
) -> None:
    """Who lies on a longest path after ``forward``.

    ``dates`` are those that are shown, with a row of positions for each node. ``paths``
    (2 n, LANES) is scratch: 1 where a leaf is on the path; where one leads to the finish of a
    ROLL and, n rows further, to its start; where the start of a GATE holds something and, n rows
    further, its finish. ``critical`` (n,) is raised by the iterations, of the first ``width``.
    """
    nodes, grid = course.nodes, course.grid
    count = nodes.shape[0] - 1
    for row in range(2 * count):
        for lane in range(LANES):
            paths[row, lane] = 0
    for lane in range(LANES):
        work = work_until(grid, course.project, int(dates.end[0, lane]))
        dates.latest[0, lane] = end_at(grid, course.project, work) if work else NEVER
    for node in range(count - 1, -1, -1):
        if nodes[node, KIND] == GATE:
            _pass_gate(course, dates, paths, node)
            continue
        if nodes[node, KIND] == ROLL:
            _pass_roll(course, dates, paths, node)
            continue
        reached = np.int64(0)
        for lane in range(LANES):
            last = dates.finishes[course.forms[node, FINISH_AT], lane] >= dates.latest[0, lane]
            if last and not nodes[node, SILENT]:
                paths[node, lane] = 1
            reached += paths[node, lane]
            if lane < width and not nodes[node, SPARED]:
                critical[node] += paths[node, lane]
        if reached:
            _follow(course, dates, paths, node)


@borrowing
def _pass_roll(course: Course, dates: Dates, paths: Paths, node: int) -> None:
    """Back from the finish, or the start, of a summary to what in it makes it."""
    nodes, forms, count = course.nodes, course.forms, course.nodes.shape[0] - 1
    for place in range(nodes[node, WITHIN], nodes[node + 1, WITHIN]):
        child = course.children[place]
        # By start and by finish for a summary in it; for a task in one row.
        other = child if nodes[child, KIND] == LEAF else child + count
        start, finish = forms[child, START_AT], forms[child, FINISH_AT]
        for lane in range(LANES):
            last = dates.finishes[forms[node, FINISH_AT], lane]
            if paths[node, lane] and dates.finishes[finish, lane] == last:
                paths[child, lane] = 1
            first = dates.starts[forms[node, START_AT], lane]
            if paths[node + count, lane] and dates.starts[start, lane] == first:
                paths[other, lane] = 1


@borrowing
def _follow(course: Course, dates: Dates, paths: Paths, node: int) -> None:
    """Back from a leaf to what holds it."""
    nodes, forms, grid = course.nodes, course.forms, course.grid
    mode, calendar, count = nodes[node, MODE], nodes[node, CALENDAR], nodes.shape[0] - 1
    if mode == PINNED or (mode == WAITING and nodes[node, DELAY]):
        return
    gather(course, dates, node)
    gate = nodes[node, GATE_ABOVE]
    for lane in range(LANES):
        if not paths[node, lane] or (nodes[node, LATELY] and dates.late[node, lane] > 0):
            continue
        minutes, hold = int(dates.minutes[node, lane]), _hold(course, dates, node, lane)
        for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
            bound = led_to(course, dates, link, lane)
            if course.links[link, FLAGS] & TO_FINISH:
                bound = NEVER if mode == HAMMOCK else add_at(grid, calendar, bound, -minutes)
            if bound >= hold:
                _reach(course, paths, link, lane)
        if gate < 0:
            continue
        if dates.starts[forms[gate, START_AT], lane] >= hold:
            paths[gate, lane] = 1
        bound = int(dates.finishes[forms[gate, FINISH_AT], lane])
        if bound > NEVER and mode != HAMMOCK and add_at(grid, calendar, bound, -minutes) >= hold:
            paths[gate + count, lane] = 1


@borrowing
def _hold(course: Course, dates: Dates, node: int, lane: int) -> int:
    """From where on bounds hold a leaf where it is, ``NOTHING`` where none does."""
    nodes, grid, calendar = course.nodes, course.grid, course.nodes[node, CALENDAR]
    mode, minutes = nodes[node, MODE], int(dates.minutes[node, lane])
    if mode == STARTED and minutes == 0:
        return NOTHING
    latest = latest_of(course, dates, node, lane)
    if mode == HAMMOCK:
        return latest
    if minutes:
        start = start_at(grid, calendar, latest)
    else:
        start = stand_at(grid, calendar, latest)
    work = work_until(grid, calendar, start)
    if mode == WAITING:
        hard, most = nodes[node, HARD], work_until(grid, calendar, int(nodes[node, DATE]))
        if (
            hard in (HARD_START, HARD_FINISH)
            or (hard == HARD_LATEST_START and work > most)
            or (hard == HARD_LATEST_FINISH and work + minutes > most)
        ):
            return NOTHING
    hold = start - TWO_WEEKS
    if work > 0:
        # Between the end of the last minute of work and the start nothing is worked.
        hold = max(hold, begin_at(grid, calendar, work - 1) + 1)
    return min(hold, latest)


@borrowing
def _reach(course: Course, paths: Paths, link: int, lane: int) -> None:
    """Put on the path what a link leaves."""
    node = course.links[link, SOURCE]
    if course.nodes[node, KIND] == ROLL and course.links[link, FLAGS] & FROM_START:
        node += course.nodes.shape[0] - 1
    paths[node, lane] = 1


@borrowing
def _pass_gate(course: Course, dates: Dates, paths: Paths, node: int) -> None:
    """Back from a summary's bounds to the links, and to the bounds above, that make them."""
    nodes, forms, count = course.nodes, course.forms, course.nodes.shape[0] - 1
    above = nodes[node, GATE_ABOVE]
    for lane in range(LANES):
        for finish in range(2):
            if not paths[node + finish * count, lane]:
                continue
            rows = dates.finishes if finish else dates.starts
            column = FINISH_AT if finish else START_AT
            bound = rows[forms[node, column], lane]
            for link in range(nodes[node, ENTERING], nodes[node + 1, ENTERING]):
                enters = 1 if course.links[link, FLAGS] & TO_FINISH else 0
                if enters == finish and led_to(course, dates, link, lane) == bound:
                    _reach(course, paths, link, lane)
            if above >= 0 and rows[forms[above, column], lane] == bound:
                paths[above + finish * count, lane] = 1
