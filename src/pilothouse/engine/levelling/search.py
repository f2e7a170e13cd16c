# SPDX-License-Identifier: Apache-2.0
"""The search for short schedules without maximum lags: rules first, then evolution."""

from __future__ import annotations

import numpy as np

from pilothouse.engine.levelling.generation import Rule, Schedule, ranked
from pilothouse.engine.levelling.instance import Instance
from pilothouse.engine.levelling.kernels_search import (
    BEST,
    COUNTERS,
    FILLED,
    LEAD,
    LOW,
    MADE,
    SINCE,
    Population,
    evolve,
    populate,
)
from pilothouse.engine.levelling.lags import Times
from pilothouse.engine.levelling.problem import Layout

FEWEST, MANY, MOST = 16, 150, 256
"""Schedules that are kept: at first for large problems and for small ones, and when there are no
more of them."""
PATIENCE = 600
"""Schedules for each of those that are crossed; if they bring nothing better, as many others are
searched for apart, and then put together with these."""
TRIES = 10
"""Schedules made at most for each that is kept, where due dates make many fail."""


def _size(tasks: int) -> int:
    """Schedules to keep at first: many where they are made and mixed fast."""
    return max(FEWEST, min(MANY, 90_000_000 // max(1, tasks) ** 3))


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
    *First* the schedule of the rule of DOMAIN 4.9, and those by late start, late finish and the
    middle between early and late, disturbed by random numbers, by the serial and the parallel
    scheme, each *justified*: pushed to the right and back to the left as long as that shortens
    it (Valls, Ballestin, Quintanilla 2005).
    *Then* children: most have the order of one parent inside a window of time, chosen for its
    work, and that of the other before and after it; the rest take each task from either. A few
    tasks are shifted, the child is decoded, given up if it gets much longer than its parents,
    else justified, and takes the place of the worse one if it is no worse and new. Where this
    brings nothing better for long, as many others are made from disturbed rules and evolve
    apart until they stand still too; then both are crossed. Others that met the old ones at
    once would be replaced by their children before they had found anything of their own. The
    crossing follows the idea of Debels and Vanhoucke (2007), in a form of our own.

    A schedule costs O(n x (links + periods waited) x words of resources). Random numbers come
    from a hash of seed and counter. Memory is 500 schedules and one profile at most.
    """

    def __init__(self, instance: Instance, times: Times, layout: Layout, seed: int) -> None:
        self._layout, self._seed = layout, seed & 0xFFFFFFFF
        path = times.least_makespan()
        latest = times.latest[layout.order].clip(min=-path)
        earliest, spans = layout.problem.release, layout.problem.durations
        self._rules = np.stack([latest, latest + spans, latest + earliest])
        most = np.array([max(1, int(steps[:, 1].max())) for steps in instance.capacity])
        load = (instance.durations[:, None] * instance.demand * 1000 // most).sum(axis=1)
        self._load = load[layout.order].astype(np.int64)
        self._people = self._room(layout.problem.base.shape[1], 1)
        self._unfilled = False
        first = layout.place_values(ranked(instance, times, Rule.LATE_START))
        populate(layout.problem, self._people, first[None, :], self._seed, 1, 1)
        populate(layout.problem, self._people, self._rules, self._seed, 1, TRIES)
        if self.found:
            limit = self.best.makespan * 3 // 2 + int(instance.durations.max(initial=0)) + 1
            self._widen(_size(instance.tasks), min(limit, layout.problem.base.shape[1]))

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
        problem = self._layout.problem
        while self.found and self.generated < until and self.best.makespan > goal:
            people = self._people
            counters, size = people.counters, len(people.makespan)
            if self._unfilled:
                populate(problem, people, self._rules, self._seed, size, size * TRIES)
                counters[SINCE] = counters[MADE]
                self._unfilled = bool(counters[FILLED] < 2)
                continue
            crossed = int(counters[FILLED] - counters[LOW])
            last = size >= MOST and not counters[LOW]
            patience = until if last else PATIENCE * crossed
            if crossed > 1 and not evolve(problem, people, self._seed, until, goal, patience):
                return
            if counters[LOW]:
                counters[LOW], counters[LEAD] = 0, counters[BEST]
                counters[SINCE] = counters[MADE]
            else:
                self._widen(2 * size, people.free.shape[1])
                self._people.counters[LOW] = counters[FILLED]

    def _room(self, limit: int, size: int) -> Population:
        problem, count = self._layout.problem, len(self._load)
        return Population(
            np.zeros((size, count), dtype=np.int64),
            np.full(size, limit, dtype=np.int64),
            np.zeros(COUNTERS, dtype=np.int64),
            np.zeros((len(problem.base), limit), dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(7 * limit + 3 * count + 8, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            self._load,
            np.zeros(limit + 2, dtype=np.int64),
        )

    def _widen(self, size: int, limit: int) -> None:
        """Room for more schedules, none longer than the limit."""
        old = self._people
        self._people = new = self._room(limit, size)
        filled = int(old.counters[FILLED])
        new.starts[:filled] = old.starts[:filled]
        new.makespan[:filled] = old.makespan[:filled]
        new.counters[:] = old.counters
        self._unfilled = True
