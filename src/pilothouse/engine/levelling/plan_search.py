# SPDX-License-Identifier: Apache-2.0
"""The search for better schedules of plans that are served together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pilothouse.engine.levelling.axis import Ground, room_on
from pilothouse.engine.levelling.evolution import Evolution, first_size
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels import keep_order
from pilothouse.engine.levelling.kernels_calendar import (
    LEAF,
    Dates,
    decode_calendar,
    push_right_calendar,
)
from pilothouse.engine.levelling.kernels_parallel import decode_parallel
from pilothouse.engine.levelling.kernels_search import (
    BEST,
    COUNTERS,
    FILLED,
    LEAD,
    LOW,
    MADE,
    SINCE,
    Population,
    breed,
    replace,
)

Worth = tuple[int, int, int]
"""Tasks without room, the last finish, the sum of the starts; less is better."""
HOPELESS = 1060
"""A child longer than so many thousandths of its longer parent is given up at once."""
NEAR = 0.1
"""Part of the starts that are shifted in a schedule near the best."""


class PlanSearch(Evolution):
    """Evolution of the schedules of a group of plans; the best is in ``dates`` at any time.

    Parameters
    ----------
    ground : Ground
    group : int array
        The nodes of these plans, each after those that it waits for.
    dates : Dates
        The schedule of the rule, which better ones take the place of.
    seed : int
    over : callable
        Whether time is over.

    Notes
    -----
    At first half of the schedules come from disturbed rules (late start, late finish, the middle
    of early and late start; by the serial and the parallel scheme), half from the best with a
    tenth of its starts disturbed; later ones all from rules. Everything is justified as long as
    that makes it better. Parents, children and who stays are those of ``Search``; a child past
    106 % of its longer parent is given up.
    """

    def __init__(
        self, ground: Ground, group: IntArray, dates: Dates, seed: int, over: Callable[[], bool]
    ) -> None:
        self._axis, self._group, self._best, self._over = ground.axis, group, dates, over
        self._seed = seed & 0xFFFFFFFF
        self._random = np.random.Generator(np.random.Philox(key=seed))
        self._moves = group[ground.axis.kind[group] == LEAF]
        self._trial, self._spare, self._right = (room_on(ground.axis) for _ in range(3))
        self._end = ground.axis.base.shape[1] - 1
        self._begin = int(dates.starts[group].min(initial=self._end))
        self._record = worth_of(dates, self._group)
        self._rules = _rules(ground, self._record[1])
        most = np.array([max(1, units) for units in ground.need.capacity], dtype=np.int64)
        shares = ground.need.demand * 1000 // most
        self._load = (self._axis.spans[:, None] * shares).sum(axis=1)
        self._tried = 0
        self._people = self._room(first_size(len(self._moves)))
        self._add(dates, self._record)
        self._unfilled = True

    def _room(self, size: int) -> Population:
        count = len(self._axis.kind)
        return Population(
            np.zeros((size, count), dtype=np.int64),
            np.zeros(size, dtype=np.int64),
            np.zeros(size, dtype=np.int64),
            np.zeros(COUNTERS, dtype=np.int64),
            np.zeros((1, 1), dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            self._load,
            np.zeros(self._end + 3, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
            np.zeros(1, dtype=np.int64),
        )

    def _fill(self, size: int, until: int) -> bool:
        counters = self._people.counters
        while counters[FILLED] < size:
            if counters[MADE] >= until or self._over():
                return False
            if self._tried == 0:
                copy_dates(self._best, self._trial)
            if self._tried == 0 or self._disturb():
                worth = self._justify()
                self._add(self._trial, worth)
            self._tried += 1
        return True

    def _disturb(self) -> bool:
        """Decode the keys of a rule, or of the best, with some noise."""
        counters, draw = self._people.counters, self._random.integers
        if not counters[LOW] and self._tried % 2:
            keys = self._best.starts.copy()
            reach = max(1, (self._record[1] - self._begin) // 8)
            chosen = self._moves[self._random.random(len(self._moves)) < NEAR]
            keys[chosen] += draw(-reach, reach + 1, len(chosen))
        else:
            keys = self._rules[self._tried % len(self._rules)].copy()
            reach = int(keys.max() - keys.min()) * (1 + self._tried // 6 % 8) // 50
            keys += draw(0, reach + 1, len(keys))
            if self._tried // len(self._rules) % 2:
                counters[MADE] += 1
                ranking = self._group[np.argsort(keys[self._group], kind="stable")]
                return decode_parallel(self._axis, ranking, self._trial, self._end)
        counters[MADE] += 1
        return self._decode(keys, self._end)

    def _add(self, dates: Dates, worth: Worth) -> None:
        people, counters = self._people, self._people.counters
        row = counters[FILLED]
        self._hand_over(dates)
        people.starts[row] = people.child
        people.makespan[row], people.worth[row] = self._measures(worth)
        counters[FILLED] += 1
        if people.worth[row] < people.worth[counters[BEST]]:
            counters[BEST] = row
        if row == counters[LOW] or people.worth[row] < people.worth[counters[LEAD]]:
            counters[LEAD] = row

    def _cross(self, until: int, goal: int, patience: int) -> bool:
        people, counters = self._people, self._people.counters
        while counters[MADE] < until and self._least() > goal and not self._over():
            if counters[MADE] - counters[SINCE] >= patience:
                return True
            first, second = breed(people, self._seed)
            counters[MADE] += 1
            longest = int(max(people.makespan[first], people.makespan[second]))
            longest = self._begin + longest * HOPELESS // 1000
            if self._decode(people.keys, min(self._end, longest)):
                makespan, worth = self._measures(self._justify())
                self._hand_over(self._trial)
                replace(people, makespan, worth, first, second)
        return False

    def _decode(self, keys: IntArray, until: int) -> bool:
        return decode_calendar(self._axis, self._order(keys), self._trial, until)

    def _order(self, keys: IntArray) -> IntArray:
        return listed(self._axis.pred_at, self._axis.pred, keys, self._group)

    def _justify(self) -> Worth:
        """Push the trial right, up to its last finish, and left, as long as that is better."""
        worth = worth_of(self._trial, self._group)
        while True:
            self._keep(worth)
            self._people.counters[MADE] += 2
            until = np.full(len(self._axis.kind), worth[1], dtype=np.int64)
            order, latest = self._order(self._trial.finishes), self._axis.latest.copy()
            push_right_calendar(self._axis, order, self._right, latest, until)
            order = self._order(self._right.starts)
            if not decode_calendar(self._axis, order, self._spare, self._end):
                return worth
            found = worth_of(self._spare, self._group)
            if found >= worth:
                return worth
            worth = found
            self._trial, self._spare = self._spare, self._trial

    def _keep(self, worth: Worth) -> None:
        if worth < self._record:
            self._record = worth
            copy_dates(self._trial, self._best)

    def _measures(self, worth: Worth) -> tuple[int, int]:
        """How long a schedule is, and what it is compared by."""
        return max(0, worth[1] - self._begin), worth[0] * (self._end + 1) + worth[1]

    def _hand_over(self, dates: Dates) -> None:
        """The starts as those of a child, from the first of these plans."""
        starts = dates.starts[self._group] - self._begin
        self._people.child[self._group] = starts.clip(min=0)


def worth_of(dates: Dates, group: IntArray) -> Worth:
    """What the schedule of a group of plans is compared by."""
    finishes, starts = dates.finishes[group], dates.starts[group]
    return int(dates.unplaced[group].sum()), int(finishes.max(initial=0)), int(starts.sum())


def listed(pred_at: IntArray, pred: IntArray, keys: IntArray, group: IntArray) -> IntArray:
    """The nodes of a group by key, each after those that it waits for."""
    keys = keys.copy()
    keep_order(pred_at, pred, keys)
    return group[np.argsort(keys[group], kind="stable")]


def _rules(ground: Ground, until: int) -> IntArray:
    """Late starts, late finishes, and the middle of early and late starts, without capacities."""
    axis = ground.axis._replace(need_at=np.zeros_like(ground.axis.need_at))
    order = np.arange(len(ground.nodes))
    early, late = room_on(axis), room_on(axis)
    decode_calendar(axis, order, early, axis.base.shape[1] - 1)
    ends = np.full(len(order), until, dtype=np.int64)
    push_right_calendar(axis, order, late, axis.latest.copy(), ends)
    return np.stack([late.starts, late.finishes, late.starts + early.starts])


def copy_dates(source: Dates, target: Dates) -> None:
    """Make a schedule equal to another."""
    for old, new in zip(target, source):
        old[...] = new
