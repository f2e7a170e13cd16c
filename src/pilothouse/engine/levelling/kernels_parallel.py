# SPDX-License-Identifier: Apache-2.0
"""Parallel schedule generation over calendars: always next what can start first."""

from __future__ import annotations

import numpy as np

from pilothouse.engine._compile import kernel
from pilothouse.engine.levelling.kernels_calendar import (
    LEAF,
    ROLL,
    STANDING,
    Axis,
    Dates,
    IntArray,
    ahead,
    fit_at,
    led_to,
    roll,
    take_cells,
)


@kernel
def decode_parallel(axis: Axis, ranking: IntArray, dates: Dates, until: int) -> bool:
    """Go forward in time and start what is ready and fits, by rank.

    False where something would not end by ``until``; there must be more cells than that.
    ``ranking`` has the nodes of whole plans. As in ``decode_calendar`` a task that finds no room
    by its latest start stands where links lead and takes nothing.
    """
    dates.free[:] = axis.base
    nodes = len(axis.kind)
    rank = np.full(nodes, -1, dtype=np.int64)
    waiting = np.zeros(nodes, dtype=np.int64)
    succ_at, succ = successors(axis, ranking, rank, waiting)
    first = np.zeros(nodes, dtype=np.int64)
    fresh, ready = np.empty(2 * len(ranking), dtype=np.int64), np.empty_like(ranking)
    newest, count = 0, 0
    for node in ranking:
        dates.unplaced[node] = False
        if waiting[node] == 0 or axis.kind[node] == STANDING:
            fresh[newest] = node
            newest += 1
    while newest > 0 or count > 0:
        if newest > 0:
            newest -= 1
            node = fresh[newest]
            if axis.kind[node] == LEAF:
                dates.led[node] = first[node] = led_to(axis, dates, node)
                if not seek(axis, dates, first, node):
                    return False
                ready[count] = node
                count += 1
                continue
            if axis.kind[node] == ROLL:
                roll(axis, dates, node)
            else:
                dates.starts[node], dates.finishes[node] = axis.starts[node], axis.finishes[node]
        else:
            at = soonest(first, rank, ready, count)
            node = ready[at]
            known = first[node]
            if not dates.unplaced[node]:
                if not seek(axis, dates, first, node):
                    return False
                if first[node] != known or dates.unplaced[node]:
                    continue  # something else took its room
                take_cells(axis, dates.free, node, known)
            dates.starts[node] = known
            dates.finishes[node] = ahead(axis, axis.calendar[node], known, axis.spans[node])
            if dates.finishes[node] > until:
                return False
            count -= 1
            ready[at] = ready[count]
        for link in range(succ_at[node], succ_at[node + 1]):
            other = succ[link]
            waiting[other] -= 1
            if waiting[other] == 0 and axis.kind[other] != STANDING:
                fresh[newest] = other
                newest += 1
    return True


@kernel
def successors(
    axis: Axis, ranking: IntArray, rank: IntArray, waiting: IntArray
) -> tuple[IntArray, IntArray]:
    """Links in compressed rows by their source; fills ranks, and how many each node waits for."""
    nodes = len(axis.kind)
    at = np.zeros(nodes + 1, dtype=np.int64)
    for position in range(len(ranking)):
        rank[ranking[position]] = position
    for node in ranking:
        waiting[node] = axis.pred_at[node + 1] - axis.pred_at[node]
        for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
            at[axis.pred[link] + 1] += 1
    for node in range(nodes):
        at[node + 1] += at[node]
    filled, succ = at.copy(), np.empty(at[nodes], dtype=np.int64)
    for node in ranking:
        for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
            succ[filled[axis.pred[link]]] = node
            filled[axis.pred[link]] += 1
    return at, succ


@kernel
def seek(axis: Axis, dates: Dates, first: IntArray, node: int) -> bool:
    """Raise ``first`` of a task to where it is free; where that is too late it stands as led.

    False beyond the axis.
    """
    end, led = axis.base.shape[1], dates.led[node]
    if led + axis.spans[node] > end:
        return False
    start = fit_at(axis, dates.free, node, first[node])
    if axis.latest[node] < end and (start < 0 or start > axis.latest[node]):
        dates.unplaced[node] = True
        start = led
    first[node] = start
    return bool(start >= 0)


@kernel
def soonest(first: IntArray, rank: IntArray, ready: IntArray, count: int) -> int:
    """The place in ``ready`` of the task that can start first; of equal ones that of first rank."""
    best = 0
    for at in range(1, count):
        node, other = ready[at], ready[best]
        if first[node] < first[other] or (first[node] == first[other] and rank[node] < rank[other]):
            best = at
    return best
