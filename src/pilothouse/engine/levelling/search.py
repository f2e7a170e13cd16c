# SPDX-License-Identifier: Apache-2.0
"""The search for short schedules without maximum lags: rules first, then evolution."""

from __future__ import annotations

import numpy as np

from pilothouse.engine.levelling.generation import Rule, Schedule, ranked
from pilothouse.engine.levelling.instance import Instance
from pilothouse.engine.levelling.kernels_search import (
    BEST,
    FILLED,
    MADE,
    Population,
    evolve,
    populate,
)
from pilothouse.engine.levelling.lags import Times
from pilothouse.engine.levelling.problem import Layout

SIZE = 16
"""Schedules that are kept."""
TRIES = 10
"""Schedules made at most for each that is kept, where due dates make many fail."""
_RULES = (Rule.LATE_START, Rule.LATE_FINISH, Rule.TOTAL_FLOAT, Rule.PRIORITY)


class Search:
    """One search, which can be continued as long as somebody likes.

    Parameters
    ----------
    instance : Instance
    times : Times
    layout : Layout
    seed : int
        Searches of equal seeds are equal, however they are cut into pieces.

    Notes
    -----
    *First* the schedule of the rule of DOMAIN 4.9 and those of the other rules, disturbed by
    random numbers, by the serial and the parallel scheme, each *justified*: pushed to the right
    and back to the left as long as that shortens it (Valls, Ballestin, Quintanilla 2005).
    *Then* children: a child has the order of one parent inside a window of time, chosen for its
    work, and that of the other before and after it; some tasks are shifted; the child is
    decoded, justified, and takes the place of its worse parent if it is no worse and new. The
    crossing follows the idea of Debels and Vanhoucke (2007), in a form of our own.

    A schedule costs O(n x (links + periods waited) x words of resources). Random numbers come
    from a hash of seed and counter. Memory is 16 schedules and one profile.
    """

    def __init__(self, instance: Instance, times: Times, layout: Layout, seed: int) -> None:
        self._layout, self._seed = layout, seed & 0xFFFFFFFF
        self._rules = np.stack(
            [layout.place_values(ranked(instance, times, rule)) for rule in _RULES]
        )
        self._people = self._room(instance, layout.problem.base.shape[1], 1)
        populate(layout.problem, self._people, self._rules, self._seed, 1, TRIES)
        if self.found:
            self._widen(instance)

    @property
    def found(self) -> bool:
        """Whether there is a schedule; only due dates may leave none."""
        return bool(self._people.counters[FILLED])

    @property
    def generated(self) -> int:
        """Schedules generated."""
        return int(self._people.counters[MADE])

    @property
    def best(self) -> Schedule:
        """The shortest schedule found."""
        row = int(self._people.counters[BEST])
        starts = self._people.starts[row][self._layout.place]
        starts.setflags(write=False)
        return Schedule(starts, int(self._people.makespan[row]))

    def run(self, until: int, goal: int) -> None:
        """Go on until so many schedules are generated, or one is no longer than ``goal``."""
        problem, people = self._layout.problem, self._people
        if self.found and people.counters[FILLED] < SIZE and self.best.makespan > goal:
            populate(problem, people, self._rules, self._seed, SIZE, SIZE * TRIES)
        if people.counters[FILLED] > 1:
            evolve(problem, people, self._seed, until, goal)

    def _room(self, instance: Instance, limit: int, size: int) -> Population:
        problem, count = self._layout.problem, instance.tasks
        most = np.array([max(1, int(steps[:, 1].max())) for steps in instance.capacity])
        load = (instance.durations[:, None] * instance.demand * 1000 // most).sum(axis=1)
        return Population(
            np.zeros((size, count), dtype=np.int64),
            np.full(size, limit, dtype=np.int64),
            np.zeros(4, dtype=np.int64),
            np.zeros((len(problem.base), limit), dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(7 * limit + 3 * count + 8, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            load[self._layout.order].astype(np.int64),
            np.zeros(limit + 2, dtype=np.int64),
        )

    def _widen(self, instance: Instance) -> None:
        """Room for all, no longer than half as much again as the first schedule."""
        first = self._people
        limit = first.free.shape[1]
        shorter = int(first.makespan[0]) * 3 // 2 + int(instance.durations.max(initial=0)) + 1
        self._people = self._room(instance, min(limit, shorter), SIZE)
        self._people.starts[0], self._people.makespan[0] = first.starts[0], first.makespan[0]
        self._people.counters[:] = first.counters
