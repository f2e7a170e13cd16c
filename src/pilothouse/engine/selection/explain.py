# SPDX-License-Identifier: Apache-2.0
"""Which limits must be relaxed, and by how much, so that a selection exists (R-SEL-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.problem import Floats, Ints, Limit, LimitKind
from pilothouse.engine.selection.result import Relaxation
from pilothouse.engine.selection.solver import Solver

_LEAST_SECONDS = 5.0
_SMALLEST = 1e-6


def explain(draft: Draft, solver: Solver, left: Callable[[], float]) -> tuple[Relaxation, ...]:
    """The smallest relaxations, of budgets rather than of skills, of skills than of buckets.

    Parameters
    ----------
    draft : Draft
        Of a model without a solution.
    solver : Solver
    left : callable
        Seconds that are left; each step has at least 5.

    Returns
    -------
    tuple of Relaxation
        Empty where time was over.

    Notes
    -----
    Every limit gets a slack. Their sum is made smallest for logic first, then for buckets, for
    skills and for budgets, each kept for the next: so a budget is relaxed before a skill, a
    skill before a bucket, and a rule only where no amount would do.
    """
    open_draft = draft.copy()
    limits, rows, places, signs = _slacks(draft)
    slack = open_draft.add_slack(rows, places, signs)
    kinds = np.array([list(LimitKind).index(limit.kind) for limit in limits])
    values = None
    for kind in reversed(range(len(LimitKind))):
        objective = np.zeros(open_draft.width)
        objective[slack[kinds == kind]] = 1.0
        if not np.any(objective) and kind:
            continue
        program = open_draft.program(objective, maximise=False)
        answer = solver.solve(program, seconds=max(left(), _LEAST_SECONDS))
        if answer.values is None or answer.value is None:
            break
        values = answer.values
        open_draft.add_objective_row(objective, upper=max(answer.value, 0.0))
    if values is None:
        return ()
    return tuple(
        Relaxation(limit, float(values[column]))
        for limit, column in zip(limits, slack)
        if values[column] > _SMALLEST
    )


def _slacks(draft: Draft) -> tuple[list[Limit], Ints, Ints, Floats]:
    """What can be relaxed, and which rows each eases: row, place of the limit, sign."""
    problem = draft.problem
    places: dict[Limit, int] = {}
    entries: list[tuple[int, int, float]] = []
    for number in np.flatnonzero(problem.least).tolist():
        limit = Limit(LimitKind.LOGIC, f"{problem.codes[number]} is required")
        entries.append((number, places.setdefault(limit, len(places)), 1.0))
    for number, limit in enumerate(problem.limits):
        # More budget in one period eases all runs of periods that it belongs to.
        eased = [limit]
        if limit.since is not None and limit.period is not None:
            periods = range(limit.since, limit.period + 1)
            eased = [replace(limit, period=period, since=None) for period in periods]
        for one in eased:
            place = places.setdefault(one, len(places))
            entries.append((draft.first_limit + number, place, -1.0))
    rows = np.array([row for row, _, _ in entries], dtype=np.int64)
    columns = np.array([place for _, place, _ in entries], dtype=np.int64)
    return list(places), rows, columns, np.array([sign for _, _, sign in entries])
