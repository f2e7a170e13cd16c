# SPDX-License-Identifier: Apache-2.0
"""Of all selections of the best value, the one that R-SEL-01 asks for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.problem import Floats, Ints
from pilothouse.engine.selection.program import Answer
from pilothouse.engine.selection.search import keeps_limits
from pilothouse.engine.selection.solver import Solver

SAME = 1e-9
"""Values that are this part apart, or less, are the same."""

_CODES_AT_ONCE = 20

TimeLeft = Callable[[], float]


def settle_ties(draft: Draft, at: Ints, solver: Solver, left: TimeLeft) -> tuple[Ints, bool]:
    """Go to the lowest total cost, then to the first set of codes, then to the earliest starts.

    Parameters
    ----------
    draft : Draft
    at : array, shape (n,)
        An optimal selection.
    solver : Solver
    left : callable
        Seconds that are left.

    Returns
    -------
    (array, bool)
        The selection, and whether it is known to be the one; it is not where time was over.

    Notes
    -----
    Among sets of equal value and cost the one comes first that holds the first code, in the
    order of codes, in which the two differ. Twenty codes are decided by one program, the
    earlier one weighing twice the next; none is solved where no other set exists.
    """
    settler = _Settler(draft.copy(), at, solver, left)
    settled = settler.lower_cost() and settler.first_codes() and settler.earliest_starts()
    return settler.at, settled


class _Settler:
    def __init__(self, draft: Draft, at: Ints, solver: Solver, left: TimeLeft) -> None:
        self._draft, self._solver, self._left = draft, solver, left
        self._problem = draft.problem
        self._value = self._problem.value(at)
        self.at = at
        self._draft.add_objective_row(draft.value(), lower=self._value - self._room(self._value))

    def lower_cost(self) -> bool:
        """The cheapest of the best."""
        cost = self._draft.padded(self._problem.cost)
        if not self._improve(cost, maximise=False):
            return False
        total = float(np.sum(self._problem.cost[self.at[self.at >= 0]]))
        self._draft.add_objective_row(cost, upper=total + self._room(total))
        return True

    def first_codes(self) -> bool:
        """The set of codes that comes first."""
        unique = self._is_only_set()
        if unique is None:
            return False
        order = sorted(range(len(self._problem.codes)), key=self._problem.codes.__getitem__)
        for first in range(0, 0 if unique else len(order), _CODES_AT_ONCE):
            part = order[first : first + _CODES_AT_ONCE]
            weights = np.zeros(len(self._problem.codes))
            weights[part] = 2.0 ** np.arange(len(part) - 1, -1, -1)
            if not self._improve(self._draft.padded(weights[self._problem.owner]), maximise=True):
                return False
            self._keep_codes(part)
        if unique:
            self._keep_codes(order)
        return True

    def earliest_starts(self) -> bool:
        """The smallest sum of starts."""
        starts = self._problem.start.astype(np.float64)
        if np.all(np.diff(self._problem.first_column) == 1):
            return True
        return self._improve(self._draft.padded(starts), maximise=False)

    def _room(self, number: float) -> float:
        return SAME * max(1.0, abs(number))

    def _solve(self, objective: Floats, draft: Draft, *, maximise: bool) -> Answer | None:
        if self._left() <= 0:
            return None
        program = draft.program(objective, maximise=maximise)
        hint = draft.first_solution(self.at)
        answer = self._solver.solve(program, seconds=self._left(), hint=hint)
        return None if answer.status in ("limit", "feasible") else answer

    def _improve(self, objective: Floats, *, maximise: bool) -> bool:
        """Move to the best selection by a further objective; False if it is not known."""
        answer = self._solve(objective, self._draft, maximise=maximise)
        if answer is None or answer.values is None:
            return False
        found = self._draft.selection(answer.values)
        # The solver's tolerance is wider than ours: what is worth less is no tie.
        worth = self._problem.value(found)
        if worth < self._value - self._room(self._value) or not keeps_limits(self._problem, found):
            return False
        self.at = found
        return True

    def _is_only_set(self) -> bool | None:
        """Whether no other set of codes has this value at this cost; None if unknown."""
        other = self._draft.copy()
        held = (self.at >= 0)[self._problem.owner]
        signs = np.where(held, 1.0, -1.0)
        count = float(np.count_nonzero(self.at >= 0))
        other.add_row(np.arange(len(signs)), signs, upper=count - 1)
        answer = self._solve(np.zeros(other.width), other, maximise=True)
        return None if answer is None else answer.status == "infeasible"

    def _keep_codes(self, candidates: list[int]) -> None:
        for candidate in candidates:
            first = self._problem.first_column
            columns = np.arange(first[candidate], first[candidate + 1])
            held = float(self.at[candidate] >= 0)
            self._draft.add_row(columns, np.ones(len(columns)), lower=held, upper=held)
