# SPDX-License-Identifier: Apache-2.0
"""The quick search: a good selection at once, better ones while time lasts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from graphlib import TopologicalSorter

import numpy as np

from pilothouse.engine.selection import kernels
from pilothouse.engine.selection.model import Candidate, SelectionModel
from pilothouse.engine.selection.problem import Floats, Ints, LimitKind, Problem, build

TOLERANCE = 1e-6
"""By how much, in its unit, a limit may be exceeded for rounding; the solver's is the same."""

_ROUNDING = 1e-12

_SHARE_WEIGHT = 10.0
_RELAX_ROUNDS = 1000
_SHORT = 8
_FIRST_TURNS, _MOST_TURNS = 4, 256
_MOST_OUT = 30


_MARGIN = 0.5
_ORDERS, _NEW_ORDERS = 12, 2
_NOISE = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)


class Search:
    """Ruin and recreate over the columns of a problem.

    Parts of a selection are taken out at random or around one limit, a column may be forced in,
    and what fits is filled up in an order of value per weighted use of the limits. A round is
    kept if it is little worse than the best. The weights are the limits' tightness until `relax`
    finds their prices and what the relaxed program would select. The same problem, seed, calls
    and offers give the same selections.
    """

    def __init__(self, problem: Problem, seed: int = 1) -> None:
        self.problem = problem
        self._ground = _ground(problem)
        self._random = np.random.default_rng(seed)
        self._seed = self._random.integers(1, 2_000_000_000, 2).astype(np.int64)
        self._at = np.full(len(problem.codes), -1, dtype=np.int64)
        self.best = self._at.copy()
        self._weights = _tightness(problem)
        self._gain = _gain_with_bonus(problem)
        self._share = np.zeros(len(problem.gain))
        self._merit = self._merits()
        self._orders = np.empty((_ORDERS, len(problem.gain)), dtype=np.int64)
        self._lengths = np.zeros(_ORDERS, dtype=np.int64)
        self._next_order = 0
        self._turn, self._turns = 0, _FIRST_TURNS
        self._fresh = True

    def run(self, rounds: int) -> None:
        """Search on; afterwards ``best`` is no worse than before."""
        problem = self.problem
        if not len(problem.gain):
            return
        self._renew_orders(_ORDERS if self._fresh else _NEW_ORDERS)
        chosen = int(np.count_nonzero(self.best >= 0))
        most = int(max(1, min(_MOST_OUT, chosen // 4)))
        cooling = 1.0 - self._turn / (self._turns - 1)
        margin = cooling * _MARGIN * abs(self.value) / max(chosen, 1)
        if self._fresh:
            kernels.construct(self._ground, self.best, self._orders, self._lengths, self._seed)
            self._fresh = False
            self._at[:] = self.best
        if self._turn == 0:
            self._at[:] = self.best
        self._turn += 1
        if self._turn == self._turns:
            self._turn, self._turns = 0, min(2 * self._turns, _MOST_TURNS)
        kernels.search(
            self._ground,
            self._at,
            self.best,
            self._orders,
            self._lengths,
            self._merit,
            rounds,
            most,
            margin,
            self._seed,
        )

    @property
    def value(self) -> float:
        """Value of the best selection."""
        return self.problem.value(self.best)

    @property
    def is_valid(self) -> bool:
        """Whether the best selection keeps every limit."""
        return keeps_limits(self.problem, self.best)

    def offer(self, at: Ints) -> None:
        """Go on from another selection if it is better, or the first that keeps the limits."""
        if not keeps_limits(self.problem, at):
            return
        if not self.is_valid or self.problem.value(at) > self.value:
            self.best = at.copy()
            self._at = at.copy()

    def relax(self) -> float:
        """Learn shares of columns and prices of limits; gives a proven bound of the value."""
        problem = self.problem
        prices = np.zeros(len(problem.right))
        exactly = self._ground._replace(limit=problem.right)
        bound = kernels.relax(exactly, self._gain, prices, self._share, _RELAX_ROUNDS)
        if np.any(prices > 0):
            floor = 1e-4 * np.max(prices) / (np.max(self._weights) or 1.0)
            self._weights = prices + floor * self._weights
        self._sort_entries()
        self._merit = self._merits()
        self._fresh = True
        return bound + 1e-9 * abs(bound)

    def _sort_entries(self) -> None:
        """In each column the dearest use first: what does not fit fails there soonest."""
        ground = self._ground
        columns = np.repeat(np.arange(len(self.problem.gain)), np.diff(ground.entry_first))
        order = np.lexsort((-ground.entry_size * self._weights[ground.entry_row], columns))
        self._ground = ground._replace(
            entry_row=ground.entry_row[order], entry_size=ground.entry_size[order]
        )

    def _merits(self) -> Floats:
        """Value per weighted use, for each column."""
        problem = self.problem
        rows = np.repeat(np.arange(len(problem.right)), np.diff(problem.row_first))
        weighed = np.maximum(problem.row_coefficient, 0.0) * self._weights[rows]
        use = np.bincount(problem.row_column, weighed, minlength=len(problem.gain))
        floor = 1e-3 * (float(np.sum(use)) / max(len(use), 1) or 1.0)
        return np.asarray(self._gain / (use + floor), dtype=np.float64)

    def _renew_orders(self, count: int) -> None:
        """Make some of the orders anew: columns by merit, each with another noise.

        Columns with a high share come first; the odd orders fill up without their tail.
        """
        columns = len(self._merit)
        for _ in range(count):
            number = self._next_order
            noise = _NOISE[number % len(_NOISE)]
            factors = np.exp(noise * self._random.standard_normal(columns))
            factors *= 1.0 + _SHARE_WEIGHT * self._share
            self._orders[number] = np.argsort(-self._merit * factors, kind="stable")
            short = max(columns // _SHORT, min(columns, 200))
            self._lengths[number] = short if number % 2 else columns
            self._next_order = (number + 1) % _ORDERS


def _gain_with_bonus(problem: Problem) -> Floats:
    """What a column is worth at most: half of its synergies' bonuses on top of its own."""
    halves = np.zeros(len(problem.codes))
    np.add.at(halves, problem.pair_first, np.maximum(problem.pair_bonus, 0.0) / 2)
    np.add.at(halves, problem.pair_second, np.maximum(problem.pair_bonus, 0.0) / 2)
    return np.asarray(problem.gain + halves[problem.owner], dtype=np.float64)


@cache
def warm_up() -> None:
    """Compile the kernels, or load them compiled, by searching the smallest problem."""
    search = Search(build(SelectionModel((Candidate("A", 1.0, (1.0,)),), budget=(1.0,))))
    search.relax()
    search.run(1)


def keeps_limits(problem: Problem, at: Ints) -> bool:
    """Whether a selection keeps every limit, within ``TOLERANCE``."""
    held = np.zeros(len(problem.gain))
    held[at[at >= 0]] = 1.0
    if np.any((at >= 0) < problem.least) or np.any((at >= 0) > problem.most):
        return False
    rows = np.repeat(np.arange(len(problem.right)), np.diff(problem.row_first))
    weights = problem.row_coefficient * held[problem.row_column]
    used = np.bincount(rows, weights, minlength=len(problem.right))
    return bool(np.all(used <= problem.right + _slack(problem)))


def _slack(problem: Problem) -> Floats:
    return np.asarray(TOLERANCE + _ROUNDING * np.abs(problem.right), dtype=np.float64)


def _tightness(problem: Problem) -> Floats:
    """A weight for each row: how much more is wanted than there is, per unit of what there is."""
    rows = np.repeat(np.arange(len(problem.right)), np.diff(problem.row_first))
    sizes = np.maximum(problem.row_coefficient, 0.0)
    starts = max(1.0, len(problem.gain) / max(len(problem.codes), 1))
    wanted = np.bincount(rows, sizes / starts, minlength=len(problem.right))
    right = np.maximum(problem.right, 1e-6 * np.maximum(wanted, 1.0))
    return np.asarray(np.maximum(wanted / right - 1.0, 1e-3) / right, dtype=np.float64)


def _ground(problem: Problem) -> kernels.Ground:
    columns, count = len(problem.gain), len(problem.codes)
    rows = np.repeat(np.arange(len(problem.right)), np.diff(problem.row_first))
    by_column = np.lexsort((rows, problem.row_column))
    sizes = np.bincount(problem.row_column, minlength=columns)
    above, below = _lineage(problem)
    mates = _mates(problem)
    minimal = np.array(
        [
            row
            for row, limit in enumerate(problem.limits)
            if limit.kind is LimitKind.BUCKET and _asks_for_more(problem, row)
        ],
        dtype=np.int64,
    )
    asks = np.isin(rows, minimal) & (problem.row_coefficient < 0)
    helps = np.zeros(columns, dtype=np.int64)
    helps[problem.row_column[asks]] = 1
    return kernels.Ground(
        first_column=problem.first_column,
        owner=problem.owner.astype(np.int64),
        entry_first=_firsts(sizes),
        entry_row=rows[by_column].astype(np.int64),
        entry_size=problem.row_coefficient[by_column],
        limit=problem.right + _slack(problem),
        scale=np.maximum(np.abs(problem.right), 1.0),
        gain=problem.gain,
        least=problem.least,
        most=problem.most,
        above_first=_firsts([len(own) for own in above]),
        above=_joined(above),
        below_first=_firsts([len(own) for own in below]),
        below=_joined(below),
        mate_first=_firsts([len(own) for own in mates]),
        mate=_flat([[other for other, _ in own] for own in mates]),
        mate_bonus=np.array([extra for own in mates for _, extra in own], dtype=np.float64),
        minimal=minimal,
        helps=helps,
        penalty=float(np.sum(np.abs(problem.gain)) + np.sum(np.abs(problem.pair_bonus)) + 1.0)
        * (1 + count),
    )


def _asks_for_more(problem: Problem, row: int) -> bool:
    own = problem.row_coefficient[problem.row_first[row] : problem.row_first[row + 1]]
    return bool(np.any(own < 0))


def _firsts(sizes: Sequence[int] | Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(np.asarray(sizes, dtype=np.int64))]).astype(np.int64)


def _flat(lists: Sequence[Sequence[int]]) -> Ints:
    return np.array([item for own in lists for item in own], dtype=np.int64)


def _joined(arrays: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *arrays])


def _lineage(problem: Problem) -> tuple[list[Ints], list[Ints]]:
    """What each candidate needs, and who needs it, through all levels, needed ones first."""
    count = len(problem.codes)
    direct: list[list[int]] = [[] for _ in range(count)]
    for own, other in zip(problem.need_of.tolist(), problem.need_for.tolist()):
        direct[own].append(other)
    graph = {number: direct[number] for number in range(count) if direct[number]}
    order = np.array(list(TopologicalSorter(graph).static_order()), dtype=np.int64)
    rank = np.zeros(count, dtype=np.int64)
    rank[order] = np.arange(len(order))
    above = [np.zeros(0, dtype=np.int64)] * count
    for number in order.tolist():
        parts = [above[other] for other in direct[number]]
        if len(parts) == 1:
            above[number] = np.append(parts[0], direct[number])
        elif parts:
            above[number] = order[np.unique(rank[np.concatenate([*parts, direct[number]])])]
    sizes = [len(above[number]) for number in order]
    needed = np.concatenate([above[number] for number in order] or [order])
    needy = np.repeat(order, sizes)[np.argsort(needed.astype(np.uint16), kind="stable")]
    below = np.split(needy, np.cumsum(np.bincount(needed, minlength=count)))[:count]
    return above, below


def _mates(problem: Problem) -> list[list[tuple[int, float]]]:
    mates: list[list[tuple[int, float]]] = [[] for _ in problem.codes]
    pairs = zip(problem.pair_first.tolist(), problem.pair_second.tolist(), problem.pair_bonus)
    for first, second, extra in pairs:
        mates[first].append((second, float(extra)))
        mates[second].append((first, float(extra)))
    return mates
