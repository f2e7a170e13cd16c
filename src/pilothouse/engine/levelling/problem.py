# SPDX-License-Identifier: Apache-2.0
"""The instance as the kernels read it: tasks in topological order, capacities in packed words.

The units of several resources share one 64-bit word, each in a lane with a guard bit above it.
The guard bits of what is free are set; taking a demand away clears the guard bit of each lane
that has too little, so that one subtraction asks all resources of a word at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.instance import NONE, Instance, IntArray
from pilothouse.engine.levelling.lags import Times, topological

MOST_CELLS = 16_000_000
"""Words of the profile of capacity: 128 MB."""
NEVER = 4 * 10**18 // 2**20
"""Beyond every date."""


class Problem(NamedTuple):
    """Columns over tasks in topological order; ``pred`` and ``succ`` in compressed rows."""

    durations: IntArray
    pred_at: IntArray
    pred: IntArray
    pred_lag: IntArray
    succ_at: IntArray
    succ: IntArray
    succ_lag: IntArray
    need_at: IntArray
    need_word: IntArray
    need_units: IntArray
    guard: int
    release: IntArray
    latest: IntArray
    """Latest starts."""
    base: IntArray
    """Words x periods: what is free before any task that can move."""


class Layout(NamedTuple):
    """A problem with the way back to the instance: ``order[place]`` is the task."""

    problem: Problem
    order: IntArray
    place: IntArray

    def place_values(self, tasks: IntArray) -> IntArray:
        """Places in a ranking of tasks, for each task in the order of the problem."""
        ranks = np.empty_like(tasks)
        ranks[self.place[tasks]] = np.arange(len(tasks))
        return ranks


def horizon_of(instance: Instance) -> int:
    """Periods in which every task fits, whatever the order, if it fits at all."""
    lags = instance.links[:, 2].clip(min=0).sum()
    changes = max((int(steps[-1, 0]) for steps in instance.capacity), default=0)
    first = max(int(instance.release.max(initial=0)), changes)
    ends = (instance.fixed + instance.durations)[instance.fixed != NONE].max(initial=0)
    return int(instance.durations.sum() + lags + first + ends) + 1


def lay_out(instance: Instance, times: Times, horizon: int) -> Layout:
    """Pack an instance whose links form no circle.

    Parameters
    ----------
    instance : Instance
    times : Times
        Its earliest starts.
    horizon : int
        Periods of the profile.

    Returns
    -------
    Layout

    Raises
    ------
    InvalidInput
        ``levelling.too_large`` where the profile would need too much memory.
    """
    order = topological(instance)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    used = [row for row in range(instance.resources) if instance.demand[:, row].any()]
    lane, lanes = lanes_for([int(instance.capacity[row][:, 1].max()) for row in used])
    words = -(-len(used) // lanes) if used else 1
    if words * horizon > MOST_CELLS:
        raise InvalidInput(
            "levelling.too_large",
            f"A profile of {len(used)} resources over {horizon} periods is more than can be "
            "levelled; use a coarser period or fewer resources.",
        )
    moves = instance.fixed == NONE
    demand = np.where(moves[:, None], instance.demand, 0)[order][:, used]
    pred_at, pred, pred_lag = _rows(instance.links, place, 1, 0, len(order))
    succ_at, succ, succ_lag = _rows(instance.links, place, 0, 1, len(order))
    need_at, need_word, need_units = pack(demand, lane, lanes)
    guard = guard_of(lane, lanes)
    latest = np.where(instance.due == NONE, NEVER, instance.due - instance.durations)
    latest = np.where(moves, latest, instance.fixed)
    problem = Problem(
        np.ascontiguousarray(instance.durations[order]),
        pred_at,
        pred,
        pred_lag,
        succ_at,
        succ,
        succ_lag,
        need_at,
        need_word,
        need_units,
        guard,
        np.ascontiguousarray(times.earliest[order]),
        np.ascontiguousarray(latest[order]),
        _profile(instance, used, lane, lanes, horizon) | guard,
    )
    return Layout(problem, order, place)


def lanes_for(capacities: Sequence[int]) -> tuple[int, int]:
    """Bits of a lane, guard included, and lanes of a word; the top bit of a word stays 0."""
    bits = max((most.bit_length() for most in capacities), default=1) + 1
    return bits, 63 // bits


def guard_of(lane: int, lanes: int) -> int:
    """The guard bits of a word."""
    return sum(1 << (lane * (number + 1) - 1) for number in range(lanes))


def _rows(
    links: IntArray, place: IntArray, by: int, other: int, count: int
) -> tuple[IntArray, IntArray, IntArray]:
    own, ends = place[links[:, by]], place[links[:, other]]
    sorted_ = np.lexsort((ends, own))
    at = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(own, minlength=count), out=at[1:])
    return at, ends[sorted_], links[sorted_, 2].copy()


def pack(demand: IntArray, lane: int, lanes: int) -> tuple[IntArray, IntArray, IntArray]:
    """Demands in compressed rows: for each task its words, and its units packed as in them."""
    at, word_of, units = [0], [], []
    for row in demand:
        packed: dict[int, int] = {}
        for number in np.flatnonzero(row):
            word, within = divmod(int(number), lanes)
            packed[word] = packed.get(word, 0) + (int(row[number]) << (lane * within))
        word_of += list(packed)
        units += list(packed.values())
        at.append(len(units))
    return (
        np.array(at, dtype=np.int64),
        np.array(word_of, dtype=np.int64),
        np.array(units, dtype=np.int64),
    )


def _profile(
    instance: Instance, used: Sequence[int], lane: int, lanes: int, horizon: int
) -> IntArray:
    words = -(-len(used) // lanes) if used else 1
    profile = np.zeros((words, horizon), dtype=np.int64)
    fixed = np.flatnonzero(instance.fixed != NONE)
    for number, row in enumerate(used):
        free = capacity_over(instance.capacity[row], horizon)
        for task in fixed:
            begin = int(instance.fixed[task])
            free[begin : begin + int(instance.durations[task])] -= instance.demand[task, row]
        word, within = divmod(number, lanes)
        profile[word] += free.clip(min=0) << (lane * within)
    return profile


def capacity_over(steps: IntArray, horizon: int) -> IntArray:
    """Units in each period."""
    which = np.searchsorted(steps[:, 0], np.arange(horizon), side="right") - 1
    units: IntArray = steps[which, 1]
    return units
