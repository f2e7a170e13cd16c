# SPDX-License-Identifier: Apache-2.0
"""Makespans that no schedule undercuts: critical path, energy, energy in windows of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilothouse.engine.levelling.instance import NONE, Instance, IntArray
from pilothouse.engine.levelling.kernels_bounds import overfull
from pilothouse.engine.levelling.lags import Times
from pilothouse.engine.levelling.problem import capacity_over

MOST_EDGES = 64
"""Begins and ends of windows that are tried for each resource."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Periods, each no more than the makespan of any schedule."""

    critical_path: int
    energy: int
    windows: int

    @property
    def best(self) -> int:
        """The greatest of them."""
        return max(self.critical_path, self.energy, self.windows)


def lower_bounds(instance: Instance, times: Times, most: int) -> Bounds:
    """Bounds on the makespan by three arguments.

    Parameters
    ----------
    instance : Instance
    times : Times
        Its earliest starts and tails.
    most : int
        The makespan of a schedule that is known; bounds are not looked for beyond.

    Returns
    -------
    Bounds

    Notes
    -----
    *Energy*: until when the capacity of a resource adds up to all the work on it. *Windows*:
    a makespan is impossible if, with the latest finishes it leaves, tasks must do more in some
    window than its capacity; the least possible one is found by bisection. Windows run from up
    to 64 earliest starts to up to 64 latest finishes of the users of a resource, so that the
    cost is bounded by 4,096 steps for each demand and trial. Deterministic.

    References
    ----------
    P. Baptiste, C. Le Pape, W. Nuijten, Satisfiability tests and time-bound adjustments for
    cumulative scheduling problems, Annals of Operations Research 92 (1999).
    """
    path = times.least_makespan()
    free = [_cumulated(instance, row, most) for row in range(instance.resources)]
    work = instance.durations[:, None] * instance.demand
    work = np.where((instance.fixed == NONE)[:, None], work, 0).sum(axis=0)
    least = [int(np.searchsorted(free[row], work[row])) for row in range(instance.resources)]
    energy = min(most, max(least, default=0))
    low, high = max(path, energy), most
    while low < high:
        middle = (low + high) // 2
        if _impossible(instance, times, middle, free):
            low = middle + 1
        else:
            high = middle
    return Bounds(path, energy, low)


def _cumulated(instance: Instance, row: int, most: int) -> IntArray:
    """What the tasks that move can have of a resource, summed before each period."""
    free = capacity_over(instance.capacity[row], most)
    for task in np.flatnonzero((instance.fixed != NONE) & (instance.demand[:, row] > 0)):
        begin = int(instance.fixed[task])
        free[begin : begin + int(instance.durations[task])] -= instance.demand[task, row]
    return np.concatenate([[0], np.cumsum(free.clip(min=0))])


def _impossible(instance: Instance, times: Times, makespan: int, free: list[IntArray]) -> bool:
    latest = makespan - times.tail + instance.durations
    latest = np.where(instance.due == NONE, latest, np.minimum(latest, instance.due))
    for row in range(instance.resources):
        users = np.flatnonzero((instance.demand[:, row] > 0) & (instance.fixed == NONE))
        if len(users) and overfull(
            times.earliest[users],
            latest[users],
            instance.durations[users],
            instance.demand[users, row],
            edges_of(times.earliest[users]),
            edges_of(latest[users]),
            free[row],
        ):
            return True
    return False


def edges_of(values: IntArray) -> IntArray:
    """The values, each once and none below 0; of more than 64 a choice with both ends."""
    edges = np.unique(values.clip(min=0))
    if len(edges) <= MOST_EDGES:
        return edges
    chosen: IntArray = edges[np.linspace(0, len(edges) - 1, MOST_EDGES).round().astype(np.int64)]
    return chosen
