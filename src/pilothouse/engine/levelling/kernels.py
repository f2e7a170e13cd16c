# SPDX-License-Identifier: Apache-2.0
"""Schedule generation: place tasks one after another on the profile of what is free.

``free`` is words x periods, laid out as in ``problem``. Tasks are numbered topologically. A
schedule that would pass ``limit`` is given up: the kernel returns -1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel
from pilothouse.engine.levelling.problem import Problem

IntArray = NDArray[np.int64]


@kernel
def first_fit(problem: Problem, free: IntArray, task: int, start: int, limit: int) -> int:
    """The first start from ``start`` at which the demand is free and it ends by ``limit``."""
    first, end = problem.need_at[task], problem.need_at[task + 1]
    span = problem.durations[task]
    if span == 0 or first == end:
        return start if start + span <= limit else -1
    guard = problem.guard
    known = start  # what lies between start and here is free
    if end == first + 1:  # all it needs is in one word
        row, units = free[problem.need_word[first]], problem.need_units[first]
        while start + span <= limit:
            period = start + span - 1
            while period >= known and ~(row[period] - units) & guard == 0:
                period -= 1
            if period < known:
                return start
            known = start + span
            start = period + 1
        return -1
    while start + span <= limit:
        period = start + span - 1
        while period >= known:
            short = 0
            for need in range(first, end):
                left = free[problem.need_word[need], period] - problem.need_units[need]
                short |= ~left & guard
            if short != 0:
                break
            period -= 1
        if period < known:
            return start
        known = start + span
        start = period + 1
    return -1


@kernel
def last_fit(problem: Problem, free: IntArray, task: int, start: int) -> int:
    """The last start down from ``start`` at which the demand is free."""
    first, end = problem.need_at[task], problem.need_at[task + 1]
    span = problem.durations[task]
    if span == 0 or first == end:
        return start
    guard = problem.guard
    known = start + span
    if end == first + 1:
        row, units = free[problem.need_word[first]], problem.need_units[first]
        while start >= 0:
            period = start
            while period < known and ~(row[period] - units) & guard == 0:
                period += 1
            if period >= known:
                return start
            known = start
            start = period - span
        return -1
    while start >= 0:
        period = start
        while period < known:
            short = 0
            for need in range(first, end):
                left = free[problem.need_word[need], period] - problem.need_units[need]
                short |= ~left & guard
            if short != 0:
                break
            period += 1
        if period >= known:
            return start
        known = start
        start = period - span
    return -1


@kernel
def take(problem: Problem, free: IntArray, task: int, start: int) -> None:
    """Take the demand of a task out of the profile."""
    for need in range(problem.need_at[task], problem.need_at[task + 1]):
        row = free[problem.need_word[need]]
        units = problem.need_units[need]
        for period in range(start, start + problem.durations[task]):
            row[period] -= units


@kernel
def clear(problem: Problem, free: IntArray, until: int) -> None:
    """Set the profile back to what is free before any task."""
    for word in range(len(free)):
        for period in range(until):
            free[word, period] = problem.base[word, period]


@kernel
def earliest(problem: Problem, starts: IntArray, task: int) -> int:
    """The first start that the tasks before allow."""
    start: int = problem.release[task]
    for link in range(problem.pred_at[task], problem.pred_at[task + 1]):
        reached = starts[problem.pred[link]] + problem.pred_lag[link]
        if reached > start:
            start = reached
    return start


@kernel
def serial(problem: Problem, order: IntArray, free: IntArray, starts: IntArray, limit: int) -> int:
    """Place the tasks of a list as early as possible; the makespan, or -1."""
    clear(problem, free, limit)
    makespan = 0
    for position in range(len(order)):
        task = order[position]
        start = first_fit(problem, free, task, earliest(problem, starts, task), limit)
        if start < 0 or start > problem.latest[task]:
            return -1
        starts[task] = start
        take(problem, free, task, start)
        if start + problem.durations[task] > makespan:
            makespan = start + problem.durations[task]
    return makespan


@kernel
def serial_with_overload(
    problem: Problem,
    order: IntArray,
    free: IntArray,
    starts: IntArray,
    unplaced: NDArray[np.bool_],
    limit: int,
) -> int:
    """As ``serial``, but a task that does not fit by its latest start stands where links lead.

    It takes nothing out of the profile and is marked in ``unplaced``. Returns the makespan.
    """
    clear(problem, free, limit)
    makespan = 0
    for position in range(len(order)):
        task = order[position]
        led = earliest(problem, starts, task)
        start = first_fit(problem, free, task, led, limit)
        unplaced[task] = start < 0 or start > problem.latest[task]
        if unplaced[task]:
            start = led
        else:
            take(problem, free, task, start)
        starts[task] = start
        if start + problem.durations[task] > makespan:
            makespan = start + problem.durations[task]
    return makespan


@kernel
def parallel(
    problem: Problem, by_rank: IntArray, free: IntArray, starts: IntArray, limit: int
) -> int:
    """Go forward in time and start what is ready and fits, by rank; the makespan, or -1."""
    count = len(by_rank)
    clear(problem, free, limit)
    waiting = np.empty(count, dtype=np.int64)
    rank = np.empty(count, dtype=np.int64)
    ready = np.empty(count, dtype=np.int64)  # ranks of the tasks that are ready, in order
    size, makespan = 0, 0
    soonest = problem.release.copy()  # no task starts sooner, as far as is known
    for place in range(count):
        task = by_rank[place]
        rank[task] = place
        waiting[task] = problem.pred_at[task + 1] - problem.pred_at[task]
        if waiting[task] == 0:
            ready[size] = place
            size += 1
    now = 0
    while size > 0:
        following, at = limit, 0
        while at < size:
            task = by_rank[ready[at]]
            start = soonest[task]
            if start <= now:
                start = first_fit(problem, free, task, now, limit)
                if start < 0:
                    return -1
                soonest[task] = start
            if start > now:
                following = min(following, start)
                at += 1
                continue
            if start > problem.latest[task]:
                return -1
            starts[task] = start
            take(problem, free, task, start)
            makespan = max(makespan, start + problem.durations[task])
            size -= 1
            for place in range(at, size):
                ready[place] = ready[place + 1]
            for link in range(problem.succ_at[task], problem.succ_at[task + 1]):
                other = problem.succ[link]
                waiting[other] -= 1
                soonest[other] = max(soonest[other], start + problem.succ_lag[link])
                if waiting[other] == 0:
                    place = insert(ready, size, rank[other])
                    size += 1
                    at = min(at, place)  # what comes before is looked at once more
        if size > 0 and following >= limit:
            return -1
        now = following
    return makespan


@kernel
def insert(values: IntArray, size: int, value: int) -> int:
    """Put a value where it belongs in so many ascending ones, and say where that is."""
    place = size
    while place > 0 and values[place - 1] > value:
        values[place] = values[place - 1]
        place -= 1
    values[place] = value
    return place


@kernel
def sort_by(keys: IntArray, order: IntArray, work: IntArray) -> None:
    """Fill ``order`` with the tasks by key, ties by number.

    ``work`` has a place for every whole number from the least key to the greatest, and two more.
    """
    count = len(keys)
    if count == 0:
        return
    low, high = keys[0], keys[0]
    for task in range(count):
        low, high = min(low, keys[task]), max(high, keys[task])
    for key in range(high - low + 2):
        work[key] = 0
    for task in range(count):
        work[keys[task] - low + 1] += 1
    for key in range(high - low + 1):
        work[key + 1] += work[key]
    for task in range(count):
        order[work[keys[task] - low]] = task
        work[keys[task] - low] += 1


@kernel
def keep_order(pred_at: IntArray, pred: IntArray, keys: IntArray) -> None:
    """Raise ``keys`` where a task would stand before one that it waits for."""
    for task in range(len(keys)):
        for link in range(pred_at[task], pred_at[task + 1]):
            if keys[pred[link]] > keys[task]:
                keys[task] = keys[pred[link]]


@kernel
def list_by(problem: Problem, keys: IntArray, order: IntArray, work: IntArray) -> None:
    """As ``sort_by``, but each task stands after those that it waits for; raises ``keys``."""
    keep_order(problem.pred_at, problem.pred, keys)
    sort_by(keys, order, work)


@kernel
def push_right(
    problem: Problem, order: IntArray, free: IntArray, starts: IntArray, makespan: int
) -> bool:
    """Place the tasks of a list, last first, as late as the makespan and their dates allow.

    False where one has no room left, which leads and overlaps can do.
    """
    clear(problem, free, makespan)
    for position in range(len(order) - 1, -1, -1):
        task = order[position]
        start = min(makespan - problem.durations[task], problem.latest[task])
        for link in range(problem.succ_at[task], problem.succ_at[task + 1]):
            start = min(start, starts[problem.succ[link]] - problem.succ_lag[link])
        start = last_fit(problem, free, task, start)
        if start < 0:
            return False
        starts[task] = start
        take(problem, free, task, start)
    return True


@kernel
def improve(
    problem: Problem,
    starts: IntArray,
    makespan: int,
    free: IntArray,
    keys: IntArray,
    order: IntArray,
    work: IntArray,
    spare: IntArray,
) -> tuple[int, int]:
    """Push right and back left until the makespan stays; it, and the schedules generated."""
    generated = 0
    while True:
        for task in range(len(starts)):
            keys[task] = starts[task] + problem.durations[task]
        list_by(problem, keys, order, work)
        generated += 2
        if not push_right(problem, order, free, spare, makespan):
            return makespan, generated
        for task in range(len(starts)):
            keys[task] = spare[task]
        list_by(problem, keys, order, work)
        found = serial(problem, order, free, spare, makespan)
        if found < 0:
            return makespan, generated
        starts[:] = spare
        if found == makespan:
            return makespan, generated
        makespan = found
