# SPDX-License-Identifier: Apache-2.0
"""The search for short schedules without maximum lags: rules first, then evolution."""

from __future__ import annotations

import numpy as np

from pilothouse.engine.levelling.evolution import Evolution, first_size
from pilothouse.engine.levelling.generation import Rule, Schedule, ranked
from pilothouse.engine.levelling.instance import Instance, IntArray
from pilothouse.engine.levelling.kernels_search import (
    BEST,
    COUNTERS,
    Population,
    evolve,
    populate,
)
from pilothouse.engine.levelling.lags import Times
from pilothouse.engine.levelling.problem import Layout

TRIES = 10
"""Schedules made at most for each that is kept, where due dates make many fail."""


class Search(Evolution):
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
    *First* the schedule of the rule of DOMAIN 4.9, and those by late start, late finish, the
    middle between early and late start, and early start, also with tasks that take much of what
    is scarce the sooner, by the serial and the parallel scheme, as they are and disturbed by
    random numbers, several projects at once or one behind the other, each *justified*: pushed
    to the right and back to the left as long as that shortens it (Valls, Ballestin, Quintanilla
    2005). The shorter half is kept.
    *Then* children: most have the order of one parent inside a window of time, chosen for its
    work, and that of the other before and after it; the rest take each task from either. A few
    tasks are shifted, the child is decoded, given up if it gets much longer than its parents,
    else justified, and takes the place of the worse one if it is no worse and new. The crossing
    follows the idea of Debels and Vanhoucke (2007), in a form of our own. Where this brings
    nothing better for long, others are made from disturbed rules (``Evolution``).

    A schedule costs O(n x (links + periods waited) x words of resources). Random numbers come
    from a hash of seed and counter. Memory is 500 schedules and one profile at most.
    """

    def __init__(self, instance: Instance, times: Times, layout: Layout, seed: int) -> None:
        self._layout, self._seed = layout, seed & 0xFFFFFFFF
        most = np.array([max(1, int(steps[:, 1].max())) for steps in instance.capacity])
        shares = instance.demand[layout.order] * 1000 // most.astype(np.int64)
        self._load = layout.problem.durations * shares.sum(axis=1)
        self._rules = _rules(times, layout, shares)
        _, project = np.unique(instance.project[layout.order], return_inverse=True)
        self._project = project.astype(np.int64)
        self._limit = layout.problem.base.shape[1]
        self._people = self._room(1)
        self._unfilled = False
        first = layout.place_values(ranked(instance, times, Rule.LATE_START))
        populate(layout.problem, self._people, first[None, :], self._seed, 1, 1)
        populate(layout.problem, self._people, self._rules, self._seed, 1, TRIES)
        if self.found:
            limit = self.best.makespan * 3 // 2 + int(instance.durations.max(initial=0)) + 1
            self._limit = min(limit, self._limit)
            self._widen(first_size(instance.tasks))

    @property
    def best(self) -> Schedule:
        """The shortest schedule found."""
        row = int(self._people.counters[BEST])
        starts = self._people.starts[row][self._layout.place]
        starts.setflags(write=False)
        return Schedule(starts, int(self._people.makespan[row]))

    def _fill(self, size: int, until: int) -> bool:
        problem, people = self._layout.problem, self._people
        populate(problem, people, self._rules, self._seed, size, size * TRIES)
        return True

    def _cross(self, until: int, goal: int, patience: int) -> bool:
        return evolve(self._layout.problem, self._people, self._seed, until, goal, patience)

    def _room(self, size: int) -> Population:
        problem, count, limit = self._layout.problem, len(self._load), self._limit
        makespan = np.full(size, limit, dtype=np.int64)
        return Population(
            np.zeros((size, count), dtype=np.int64),
            makespan,
            makespan,
            np.zeros(COUNTERS, dtype=np.int64),
            np.zeros((len(problem.base), limit), dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(7 * limit + 3 * count + 8, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            self._load,
            np.zeros(limit + 2, dtype=np.int64),
            self._project,
            np.arange(self._project.max(initial=0) + 1),
        )


def _rules(times: Times, layout: Layout, shares: IntArray) -> IntArray:
    """Keys of the rules, where less is sooner; ``shares`` of capacity are in thousandths."""
    path = times.least_makespan()
    early, spans = layout.problem.release, layout.problem.durations
    late = times.latest[layout.order].clip(min=-path)
    work = spans @ shares
    scarce = shares * work // max(1, int(work.max(initial=0)))
    widest = scarce.max(axis=1, initial=0) * path // 1000
    widths = scarce.sum(axis=1)
    widths = widths * path // max(1, int(widths.max(initial=0)))
    starts = [late, late - widest // 3, late - widest, late - 3 * widest]
    return np.stack([*starts, late + spans, late + spans - widths, late + early, early])
