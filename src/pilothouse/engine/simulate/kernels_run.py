# SPDX-License-Identifier: Apache-2.0
"""Blocks of iterations: draw, schedule, cost, and add up what the results need.

All sums are of whole numbers, so that they are the same in any order and over any split of the
iterations; what an iteration gives depends on its number alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel
from pilothouse.engine.calendars.kernels_grid import work_until
from pilothouse.engine.simulate.kernels_draw import (
    LANES,
    SCORES,
    SPAN,
    Draws,
    Lanes,
    Room,
    draw_block,
    new_room,
)
from pilothouse.engine.simulate.kernels_draw import LOW as LOWEST
from pilothouse.engine.simulate.kernels_pass import (
    DONE,
    FINISH_AT,
    Course,
    Dates,
    backward,
    count_critical,
    new_dates,
    new_shown,
    put,
)
from pilothouse.engine.simulate.kernels_path import Paths, walk_back

CELLS = 512
"""Cells of the table that gives the rank of a duration which risks change."""
MOST = 1 << 19
"""Deviations of the finish and the cost are whole numbers between -MOST and MOST."""

X, XX, S, SS = range(4)
"""Columns of the sums of an input: its value and its rank score, and their squares."""
XF, SF, LOW_F, HIGH_F, XC, SC, LOW_C, HIGH_C, LOW, HIGH = range(4, 14)
"""Products with the finish and the cost; their sums and numbers near its P10 and its P90."""
COLUMNS = 14
LOW_FROM, LOW_TO = int(0.05 * SCORES), int(0.15 * SCORES)
HIGH_FROM, HIGH_TO = int(0.85 * SCORES), int(0.95 * SCORES)

_HALF = np.float32(0.5)
_STEPS = np.float32((1 << 20) - 1)


NODE, DRAW, BASE, SHIFT, TOUCHED = range(5)
"""Columns of ``tasks``: a node; its draw or -1; a value less BASE shifted right by SHIFT is less
than 2^20; TOUCHED is a row of the rank tables where risks change the duration, or -1."""
OCCURS, PRICE = range(2)
"""Columns of ``events``: draws; PRICE may be -1."""
EVENT, IMPACT, PARALLEL = range(3)
"""Columns of ``strikes``: a row of ``events``, a draw, and 1 where only the greatest counts."""
AMOUNT, BURNS = range(2)
"""Columns of ``items``: a draw, and whose minutes it is multiplied by: a node, -2 the plan's, -1
nothing."""


class Inputs(NamedTuple):
    """What varies: ``tasks`` (t, 5), then ``events`` (e, 2), then cost ``items`` (k, 2).

    ``left`` (n,) are minutes of every node before anything is drawn. ``chances`` (e,) are the
    probabilities of events. ``hit`` (h + 1, 2) are nodes and where their ``strikes`` (i, 3) begin;
    a last row closes them. ``watched`` (w,) are nodes whose finish is kept. ``fixed_cost`` is the
    sum of what never varies, ``origin`` where the plan starts, ``costs`` whether there are any.
    """

    left: NDArray[np.int32]
    tasks: NDArray[np.int32]
    events: NDArray[np.int32]
    chances: NDArray[np.float64]
    hit: NDArray[np.int32]
    strikes: NDArray[np.int32]
    items: NDArray[np.int32]
    watched: NDArray[np.int32]
    fixed_cost: float
    origin: int
    costs: int


class Scales(NamedTuple):
    """How values become whole numbers, from the first iterations.

    ``finishes`` and ``prices`` (p,) are sorted samples, for ranks. ``finish`` and ``cost`` are the
    values that deviations are counted from, ``finish_step`` and ``cost_step`` the units.
    ``least`` and ``step`` (r,) with ``ranks`` (r, CELLS) are the rank tables.
    """

    finishes: NDArray[np.int32]
    prices: NDArray[np.float64]
    finish: int
    finish_step: int
    cost: float
    cost_step: float
    least: NDArray[np.int32]
    step: NDArray[np.int32]
    ranks: NDArray[np.int16]


class Work(NamedTuple):
    """Scratch of one thread: rows by LANES, but for the last (5, LANES) or (LANES,).

    ``paths`` has two rows for each node where the longest path is asked for.

    ``shown`` are the dates that are shown, which are ``dates`` but where levelling delays move
    them. ``happened`` holds 1 for events that happen, ``ranks`` the rank scores of tasks that risks
    touch, ``targets`` finish and cost as whole numbers and as rank scores.
    """

    room: Room
    dates: Dates
    shown: Dates
    paths: Paths
    happened: NDArray[np.int32]
    ranks: NDArray[np.int16]
    targets: NDArray[np.int32]
    worst: Lanes
    best: Lanes
    cost: NDArray[np.float64]


def new_work(course: Course, draws: Draws, inputs: Inputs) -> Work:
    """Scratch for one thread."""
    dates = new_dates(course)
    return Work(
        new_room(draws),
        dates,
        new_shown(course, dates),
        np.zeros((2 * len(course.forms) if course.by_path else 0, LANES), np.int8),
        np.zeros((len(inputs.events), LANES), np.int32),
        np.zeros((len(inputs.hit), LANES), np.int16),
        np.zeros((4, LANES), np.int32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.int32),
        np.zeros(LANES, np.float64),
    )


@kernel
def _take_tasks(draws: Draws, inputs: Inputs, work: Work) -> None:
    """Durations of all tasks as drawn, without risks."""
    minutes, y, tasks = work.dates.minutes, work.room.y, inputs.tasks
    values, lefts = draws.values, inputs.left
    for task in range(tasks.shape[0]):
        row, node = tasks[task, DRAW], tasks[task, NODE]
        if row < 0:
            left = lefts[node]
            for lane in range(LANES):
                minutes[node, lane] = left
            continue
        low, span = np.int32(values[row, LOWEST] + 0.5), np.float32(values[row, SPAN])
        for lane in range(LANES):
            minutes[node, lane] = np.int32(low + np.int32(span * y[row, lane] + _HALF))


@kernel
def _take_events(inputs: Inputs, work: Work) -> None:
    """Which risk events happen."""
    y, happened = work.room.y, work.happened
    for event in range(inputs.events.shape[0]):
        row, chance = inputs.events[event, OCCURS], inputs.chances[event]
        for lane in range(LANES):
            # A draw may round to 1; whatever is certain happens all the same.
            happens = np.float64(y[row, lane]) < chance or chance >= 1.0
            happened[event, lane] = 1 if happens else 0


@kernel
def _strike(draws: Draws, inputs: Inputs, work: Work) -> None:
    """Add to durations what the events that happen bring."""
    minutes, y = work.dates.minutes, work.room.y
    worst, best, happened = work.worst, work.best, work.happened
    for place in range(inputs.hit.shape[0] - 1):
        node = inputs.hit[place, 0]
        for lane in range(LANES):
            worst[lane] = 0
            best[lane] = 0
        for strike in range(inputs.hit[place, 1], inputs.hit[place + 1, 1]):
            row, event = inputs.strikes[strike, IMPACT], inputs.strikes[strike, EVENT]
            low, span = draws.values[row, LOWEST], draws.values[row, SPAN]
            parallel = inputs.strikes[strike, PARALLEL]
            for lane in range(LANES):
                drawn = math.floor(low + span * np.float64(y[row, lane]) + 0.5)
                found = np.int32(drawn) * happened[event, lane]
                if parallel:
                    worst[lane] = max(worst[lane], found)
                    best[lane] = min(best[lane], found)
                else:
                    minutes[node, lane] += found
        for lane in range(LANES):
            total = minutes[node, lane] + worst[lane] + best[lane]
            minutes[node, lane] = max(total, 0)


@kernel
def draw_minutes(draws: Draws, inputs: Inputs, work: Work, block: int) -> None:
    """What happens in a block of iterations, and the durations of tasks with it."""
    draw_block(draws, block, work.room)
    _take_tasks(draws, inputs, work)
    _take_events(inputs, work)
    _strike(draws, inputs, work)


@kernel
def _spend(course: Course, draws: Draws, inputs: Inputs, work: Work) -> None:
    """The cost of each iteration."""
    cost, dates, y, ends = work.cost, work.dates, work.room.y, work.shown.end
    begin = work_until(course.grid, course.project, inputs.origin)
    for lane in range(LANES):
        cost[lane] = inputs.fixed_cost
    for item in range(inputs.items.shape[0]):
        row, node = inputs.items[item, AMOUNT], inputs.items[item, BURNS]
        low, span = draws.values[row, LOWEST], draws.values[row, SPAN]
        for lane in range(LANES):
            amount = low + span * np.float64(y[row, lane])
            if node >= 0:
                amount *= np.float64(course.nodes[node, DONE] + dates.minutes[node, lane])
            elif node == -2:
                end = work_until(course.grid, course.project, int(ends[0, lane]))
                amount *= np.float64(end - begin)
            cost[lane] += amount
    for event in range(inputs.events.shape[0]):
        row = inputs.events[event, PRICE]
        if row >= 0:
            low, span = draws.values[row, LOWEST], draws.values[row, SPAN]
            for lane in range(LANES):
                price = low + span * np.float64(y[row, lane])
                cost[lane] += price if work.happened[event, lane] else 0.0


@kernel
def working_minutes(
    course: Course, begin: int, positions: NDArray[np.int32], found: NDArray[np.int32]
) -> None:
    """Working minutes of the project's calendar from ``begin`` to each position, (m,) each."""
    before = work_until(course.grid, course.project, begin)
    for place in range(positions.shape[0]):
        found[place] = work_until(course.grid, course.project, int(positions[place])) - before


@kernel
def rank_tables(
    touched: NDArray[np.int32],
    least: NDArray[np.int32],
    step: NDArray[np.int32],
    ranks: NDArray[np.int16],
) -> None:
    """Middle rank scores by cell of the durations ``touched`` (r, p); the rest is filled."""
    count = touched.shape[1]
    for row in range(touched.shape[0]):
        low, high = touched[row, 0], touched[row, 0]
        for place in range(count):
            low = min(low, touched[row, place])
            high = max(high, touched[row, place])
        shift = 0
        while (high - low) >> shift >= CELLS:
            shift += 1
        numbers = np.zeros(CELLS, np.int64)
        for place in range(count):
            numbers[(touched[row, place] - low) >> shift] += 1
        before = 0
        for cell in range(CELLS):
            ranks[row, cell] = np.int16((2 * before + numbers[cell]) * (SCORES - 1) // (2 * count))
            before += numbers[cell]
        least[row], step[row] = low, shift


@kernel
def _place_among(sample: NDArray[np.int32] | NDArray[np.float64], value: float) -> int:
    """The middle rank score of a value in a sorted sample."""
    count = sample.shape[0]
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if sample[middle] < value:
            low = middle + 1
        else:
            high = middle
    last = low
    high = count
    while last < high:
        middle = (last + high) >> 1
        if sample[middle] <= value:
            last = middle + 1
        else:
            high = middle
    return int(((low + last) * (SCORES - 1)) // (2 * count))


@kernel
def _aim(
    course: Course,
    scales: Scales,
    inputs: Inputs,
    work: Work,
    width: int,
    aims: NDArray[np.int64],
) -> None:
    """Finish and cost as whole numbers and as rank scores, and their sums."""
    targets, ends = work.targets, work.shown.end
    begin = work_until(course.grid, course.project, inputs.origin)
    for lane in range(width):
        finish = work_until(course.grid, course.project, int(ends[0, lane])) - begin
        moved = (finish - scales.finish) // scales.finish_step
        targets[0, lane] = np.int32(min(max(moved, -MOST), MOST))
        targets[1, lane] = np.int32(_place_among(scales.finishes, finish))
        if inputs.costs:
            deviation = (work.cost[lane] - scales.cost) / scales.cost_step
            targets[2, lane] = np.int32(min(max(deviation, -MOST * 1.0), MOST * 1.0))
            targets[3, lane] = np.int32(_place_among(scales.prices, work.cost[lane]))
        for row in range(4):
            value = int(targets[row, lane])
            aims[row, 0] += value
            aims[row, 1] += value * value


@kernel
def _add_task(
    minutes: NDArray[np.int32],
    node: int,
    base: int,
    shift: int,
    ranks: NDArray[np.int16],
    row: int,
    targets: NDArray[np.int32],
    width: int,
    sums: NDArray[np.int64],
    task: int,
) -> None:
    """Sums of one task's duration and of its products with the finish."""
    x1, x2, xf = 0, 0, 0
    for lane in range(width):
        x = int(np.int32(np.int32(minutes[node, lane] - base) >> shift))
        x1 += x
        x2 += x * x
        xf += x * int(targets[0, lane])
    s1, s2, sf = np.int32(0), np.int32(0), np.int32(0)
    low, high, lows, highs = np.int32(0), np.int32(0), np.int32(0), np.int32(0)
    for lane in range(width):
        s = np.int32(ranks[row, lane])
        f = targets[0, lane]
        s1 = np.int32(s1 + s)
        s2 = np.int32(s2 + np.int32(s * s))
        sf = np.int32(sf + np.int32(s * targets[1, lane]))
        near = np.int32(np.int32(s >= LOW_FROM) & np.int32(s < LOW_TO))
        lows = np.int32(lows + near)
        low = np.int32(low + np.int32(near * f))
        near = np.int32(np.int32(s >= HIGH_FROM) & np.int32(s < HIGH_TO))
        highs = np.int32(highs + near)
        high = np.int32(high + np.int32(near * f))
    sums[task, X] += x1
    sums[task, XX] += x2
    sums[task, XF] += xf
    sums[task, S] += s1
    sums[task, SS] += s2
    sums[task, SF] += sf
    sums[task, LOW] += lows
    sums[task, HIGH] += highs
    sums[task, LOW_F] += low
    sums[task, HIGH_F] += high


@kernel
def _add_cost(
    minutes: NDArray[np.int32],
    node: int,
    base: int,
    shift: int,
    ranks: NDArray[np.int16],
    row: int,
    targets: NDArray[np.int32],
    width: int,
    sums: NDArray[np.int64],
    task: int,
) -> None:
    """Sums of products of one input with the cost."""
    xc, sc, low, high = 0, 0, 0, 0
    for lane in range(width):
        x = int(np.int32(np.int32(minutes[node, lane] - base) >> shift))
        s, c = int(ranks[row, lane]), int(targets[2, lane])
        xc += x * c
        sc += s * int(targets[3, lane])
        low += c if LOW_FROM <= s < LOW_TO else 0
        high += c if HIGH_FROM <= s < HIGH_TO else 0
    sums[task, XC] += xc
    sums[task, SC] += sc
    sums[task, LOW_C] += low
    sums[task, HIGH_C] += high


@kernel
def _add_events(inputs: Inputs, work: Work, width: int, sums: NDArray[np.int64]) -> None:
    """Sums of events, whose value is 1 where they happen; low is without, high is with them."""
    targets, first = work.targets, inputs.tasks.shape[0]
    for event in range(inputs.events.shape[0]):
        row = first + event
        for lane in range(width):
            x = work.happened[event, lane]
            sums[row, X] += x
            sums[row, XX] += x
            sums[row, S] += x
            sums[row, SS] += x
            sums[row, XF] += x * targets[0, lane]
            sums[row, SF] += x * targets[1, lane]
            sums[row, XC] += x * targets[2, lane]
            sums[row, SC] += x * targets[3, lane]
            sums[row, HIGH] += x
            sums[row, HIGH_F] += x * targets[0, lane]
            sums[row, HIGH_C] += x * targets[2, lane]
            sums[row, LOW] += 1 - x
            sums[row, LOW_F] += (1 - x) * targets[0, lane]
            sums[row, LOW_C] += (1 - x) * targets[2, lane]


@kernel
def _rank_touched(scales: Scales, row: int, node: int, work: Work) -> None:
    """Rank scores of a duration that risks changed."""
    least, step = scales.least[row], scales.step[row]
    for lane in range(LANES):
        cell = (int(work.dates.minutes[node, lane]) - least) >> step
        work.ranks[row, lane] = scales.ranks[row, min(max(cell, 0), CELLS - 1)]


@kernel
def run(
    course: Course,
    draws: Draws,
    inputs: Inputs,
    scales: Scales,
    work: Work,
    first: int,
    last: int,
    ends: NDArray[np.int32],
    costs: NDArray[np.float64],
    watched: NDArray[np.int32],
    touched: NDArray[np.int32],
    critical: NDArray[np.int64],
    sums: NDArray[np.int64],
    aims: NDArray[np.int64],
) -> None:
    """Blocks ``first`` to ``last`` (excluded).

    ``ends`` and ``costs`` (iterations,) and ``watched`` (w, iterations) are filled where the
    blocks lie. With ``touched`` (r, iterations) the durations that risks change are kept as well,
    and that is all. Else (no columns) ``critical`` (n,) iterations in which a node is critical,
    ``sums`` (tasks + events + items, COLUMNS) and ``aims`` (4, 2) are added to.
    """
    dates, shown, iterations = work.dates, work.shown, ends.shape[0]
    for node in range(inputs.left.shape[0]):
        for lane in range(LANES):
            dates.minutes[node, lane] = inputs.left[node]
    for block in range(first, last):
        draw_minutes(draws, inputs, work, block)
        put(course, dates, shown, critical)
        if inputs.costs:
            _spend(course, draws, inputs, work)
        begin = block * LANES
        width = min(LANES, iterations - begin)
        for lane in range(width):
            ends[begin + lane] = shown.end[0, lane]
            costs[begin + lane] = work.cost[lane]
        for place in range(inputs.watched.shape[0]):
            row = course.forms[inputs.watched[place], FINISH_AT]
            for lane in range(width):
                watched[place, begin + lane] = shown.finishes[row, lane]
        if touched.shape[1]:
            for task in range(inputs.tasks.shape[0]):
                row, node = inputs.tasks[task, TOUCHED], inputs.tasks[task, NODE]
                if row >= 0:
                    for lane in range(width):
                        touched[row, begin + lane] = dates.minutes[node, lane]
            continue
        _aim(course, scales, inputs, work, width, aims)
        if course.by_path:
            walk_back(course, shown, work.paths, width, critical)
        elif course.lately:
            count_critical(course, dates, shown, width, critical)
        else:
            backward(course, dates, shown.end, width, critical)
        _add_tasks(scales, inputs, work, width, sums)
        _add_events(inputs, work, width, sums)
        if inputs.costs:
            _add_items(inputs, work, width, sums)


@kernel
def _add_tasks(
    scales: Scales, inputs: Inputs, work: Work, width: int, sums: NDArray[np.int64]
) -> None:
    """Sums of the durations of tasks."""
    minutes, drawn, changed = work.dates.minutes, work.room.ranks, work.ranks
    targets, tasks, costs = work.targets, inputs.tasks, inputs.costs
    for task in range(tasks.shape[0]):
        node, row = tasks[task, NODE], tasks[task, TOUCHED]
        base, shift = tasks[task, BASE], tasks[task, SHIFT]
        ranks = drawn
        if row >= 0:
            _rank_touched(scales, row, node, work)
            ranks = changed
        else:
            row = tasks[task, DRAW]
        _add_task(minutes, node, base, shift, ranks, row, targets, width, sums, task)
        if costs:
            _add_cost(minutes, node, base, shift, ranks, row, targets, width, sums, task)


@kernel
def _add_items(inputs: Inputs, work: Work, width: int, sums: NDArray[np.int64]) -> None:
    """Sums of the cost items, whose value is the draw in steps of 2^-20."""
    targets, tasks, events = work.targets, inputs.tasks.shape[0], inputs.events.shape[0]
    for item in range(inputs.items.shape[0]):
        row, draw = tasks + events + item, inputs.items[item, AMOUNT]
        for lane in range(width):
            x = int(work.room.y[draw, lane] * _STEPS)
            s, c = int(work.room.ranks[draw, lane]), int(targets[2, lane])
            sums[row, X] += x
            sums[row, XX] += x * x
            sums[row, S] += s
            sums[row, SS] += s * s
            sums[row, XC] += x * c
            sums[row, SC] += s * int(targets[3, lane])
            if LOW_FROM <= s < LOW_TO:
                sums[row, LOW] += 1
                sums[row, LOW_C] += c
            elif HIGH_FROM <= s < HIGH_TO:
                sums[row, HIGH] += 1
                sums[row, HIGH_C] += c
