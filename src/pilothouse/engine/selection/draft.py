# SPDX-License-Identifier: Apache-2.0
"""A problem as a mixed-integer program to which columns and rows can be added."""

from __future__ import annotations

import copy

import numpy as np

from pilothouse.engine.selection.problem import Floats, Ints, Problem
from pilothouse.engine.selection.program import Program

INFINITE = float("inf")


class Draft:
    """Columns: one for each candidate and start, then one for each synergy, then those added.

    Rows: one for each candidate (selected at most once, or exactly), the problem's limits, the
    synergies', then those added.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        columns, pairs = len(problem.gain), len(problem.pair_bonus)
        self._lower = [np.zeros(columns + pairs)]
        self._upper = [np.ones(columns + pairs)]
        self._whole = [np.concatenate([np.ones(columns, bool), np.zeros(pairs, bool)])]
        self._row_lower: list[float] = problem.least.astype(float).tolist()
        self._row_upper: list[float] = problem.most.astype(float).tolist()
        self.first_limit = len(problem.codes)
        limits = len(problem.right)
        rows = np.repeat(np.arange(limits), np.diff(problem.row_first)) + self.first_limit
        self._entries: list[tuple[Ints, Ints, Floats]] = [
            (problem.owner.astype(np.int64), np.arange(columns), np.ones(columns)),
            (rows.astype(np.int64), problem.row_column, problem.row_coefficient),
        ]
        self._row_lower += [-INFINITE] * limits
        self._row_upper += problem.right.tolist()
        self.width = columns + pairs
        for number in range(pairs):
            self._add_pair(number, columns + number)

    def _add_pair(self, number: int, column: int) -> None:
        problem = self.problem
        first = self._columns_of(int(problem.pair_first[number]))
        second = self._columns_of(int(problem.pair_second[number]))
        own = np.array([column])
        if problem.pair_bonus[number] >= 0:
            for one in (first, second):
                sizes = np.concatenate([-np.ones(len(one)), [1.0]])
                self.add_row(np.concatenate([one, own]), sizes, upper=0.0)
            return
        both = np.concatenate([first, second, own])
        self.add_row(both, np.concatenate([np.ones(len(both) - 1), [-1.0]]), upper=1.0)

    def _columns_of(self, candidate: int) -> Ints:
        first = self.problem.first_column
        return np.arange(first[candidate], first[candidate + 1])

    def copy(self) -> Draft:
        """The same draft, to be added to by itself."""
        other = copy.copy(self)
        for name in ("_lower", "_upper", "_whole", "_row_lower", "_row_upper", "_entries"):
            setattr(other, name, list(getattr(self, name)))
        return other

    def add_row(
        self, columns: Ints, sizes: Floats, *, lower: float = -INFINITE, upper: float = INFINITE
    ) -> None:
        """Append lower <= sum of size times column <= upper."""
        row = np.full(len(columns), len(self._row_lower), dtype=np.int64)
        self._entries.append((row, columns.astype(np.int64), sizes))
        self._row_lower.append(lower)
        self._row_upper.append(upper)

    def add_objective_row(
        self, objective: Floats, *, lower: float = -INFINITE, upper: float = INFINITE
    ) -> None:
        """Append a bound of what another program optimised."""
        told = np.flatnonzero(objective)
        self.add_row(told, objective[told], lower=lower, upper=upper)

    def add_slack(self, rows: Ints, places: Ints, signs: Floats) -> Ints:
        """Append columns of any amount from 0, numbered by ``places``; gives their numbers.

        Column ``places[k]`` of them enters row ``rows[k]`` with ``signs[k]``.
        """
        count = int(np.max(places, initial=-1)) + 1
        self._entries.append((rows, places + self.width, signs))
        self._lower.append(np.zeros(count))
        self._upper.append(np.full(count, INFINITE))
        self._whole.append(np.zeros(count, bool))
        self.width += count
        return np.arange(self.width - count, self.width)

    def value(self) -> Floats:
        """The objective of value."""
        return self.padded(np.concatenate([self.problem.gain, self.problem.pair_bonus]))

    def padded(self, sizes: Floats) -> Floats:
        """An objective over the columns of candidates, with zeros for all others."""
        return np.concatenate([sizes, np.zeros(self.width - len(sizes))])

    def first_solution(self, at: Ints) -> Floats:
        """The columns' values of a selection, without slack."""
        problem = self.problem
        values = np.zeros(self.width)
        values[at[at >= 0]] = 1.0
        both = (at[problem.pair_first] >= 0) & (at[problem.pair_second] >= 0)
        values[len(problem.gain) : len(problem.gain) + len(both)] = both
        return values

    def selection(self, values: Floats) -> Ints:
        """The column of each candidate in a solution, or -1."""
        problem = self.problem
        at = np.full(len(problem.codes), -1, dtype=np.int64)
        held = np.flatnonzero(values[: len(problem.gain)] > 0.5)
        at[problem.owner[held]] = held
        return at

    def program(self, objective: Floats, *, maximise: bool = True) -> Program:
        """The program as it stands."""
        rows = np.concatenate([entry[0] for entry in self._entries])
        columns = np.concatenate([entry[1] for entry in self._entries])
        sizes = np.concatenate([entry[2] for entry in self._entries])
        order = np.lexsort((columns, rows))
        counts = np.bincount(rows, minlength=len(self._row_lower))
        return Program(
            objective=objective,
            lower=np.concatenate(self._lower),
            upper=np.concatenate(self._upper),
            whole=np.concatenate(self._whole),
            row_first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            row_column=columns[order].astype(np.int64),
            row_coefficient=sizes[order],
            row_lower=np.array(self._row_lower),
            row_upper=np.array(self._row_upper),
            maximise=maximise,
        )
