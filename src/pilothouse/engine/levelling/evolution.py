# SPDX-License-Identifier: Apache-2.0
"""When schedules are made from rules, and when they are crossed, whatever they are schedules of."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pilothouse.engine.levelling.kernels_search import (
    BEST,
    FILLED,
    LEAD,
    LOW,
    MADE,
    SINCE,
    Population,
)

FEWEST, MANY, MOST = 16, 150, 256
"""Schedules that are kept: at first for large problems and for small ones, and when there are no
more of them."""
PATIENCE = 600
"""Schedules for each of those that are crossed; if they bring nothing better, as many others are
searched for apart, and then put together with these."""


def first_size(tasks: int) -> int:
    """Schedules to keep at first: many where they are made and mixed fast."""
    return max(FEWEST, min(MANY, 90_000_000 // max(1, tasks) ** 3))


class Evolution(ABC):
    """Populations that evolve apart, then together. Heirs say how schedules are made.

    Schedules are made from rules until there are as many as wanted, then crossed. Where this
    brings nothing better for long, as many others are made and evolve apart until they stand
    still too; then both are crossed. Others that met the old ones at once would be replaced by
    their children before they had found anything of their own.
    """

    _people: Population
    _unfilled: bool

    @property
    def found(self) -> bool:
        """Whether there is a schedule."""
        return bool(self._people.counters[FILLED])

    @property
    def generated(self) -> int:
        """Schedules generated."""
        return int(self._people.counters[MADE])

    def run(self, until: int, goal: int) -> None:
        """Go on until so many schedules are generated, or one is no worse than ``goal``."""
        while self.found and self.generated < until and self._least() > goal:
            counters, size = self._people.counters, len(self._people.makespan)
            if self._unfilled:
                if not self._fill(size, until):
                    return
                counters[SINCE] = counters[MADE]
                self._unfilled = bool(counters[FILLED] < 2)
                continue
            crossed = int(counters[FILLED] - counters[LOW])
            last = size >= MOST and not counters[LOW]
            patience = until if last else PATIENCE * crossed
            if crossed > 1 and not self._cross(until, goal, patience):
                return
            if counters[LOW]:
                counters[LOW], counters[LEAD] = 0, counters[BEST]
                counters[SINCE] = counters[MADE]
            else:
                self._widen(2 * size)
                self._people.counters[LOW] = counters[FILLED]

    def _least(self) -> int:
        return int(self._people.worth[self._people.counters[BEST]])

    def _widen(self, size: int) -> None:
        """Room for more schedules."""
        old = self._people
        self._people = new = self._room(size)
        filled = int(old.counters[FILLED])
        new.starts[:filled] = old.starts[:filled]
        new.makespan[:filled] = old.makespan[:filled]
        new.worth[:filled] = old.worth[:filled]
        new.counters[:] = old.counters
        self._unfilled = True

    @abstractmethod
    def _room(self, size: int) -> Population:
        """Room for so many schedules, and to work in."""

    @abstractmethod
    def _fill(self, size: int, until: int) -> bool:
        """Make schedules from rules until there are so many; False where time is over."""

    @abstractmethod
    def _cross(self, until: int, goal: int, patience: int) -> bool:
        """Cross and select; True where it ends before the limits as nothing gets better."""
