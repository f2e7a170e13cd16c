# SPDX-License-Identifier: Apache-2.0
"""What a selection comes out as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilothouse.engine.selection.problem import Ints, Limit, Problem
from pilothouse.engine.selection.search import keeps_limits

SOLVER = "HiGHS (OR-Tools) with own search"
SEARCH = "own search"


class Status(StrEnum):
    """How far a selection is proven."""

    OPTIMAL = "optimal"
    FEASIBLE_GAP = "feasible_gap"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"


@dataclass(frozen=True, slots=True)
class Selected:
    """A candidate that is selected: its start, the value left at it, and its money."""

    code: str
    start: int
    value: float
    cost: float


@dataclass(frozen=True, slots=True)
class Relaxation:
    """By how much a limit must be relaxed, in its own unit, so that a selection exists.

    For logic (mandatory, exclusion, prerequisite) 1 means that the rule must be given up.
    """

    limit: Limit
    amount: float


@dataclass(frozen=True, slots=True)
class SelectionResult:
    """A selection, what it is worth, and what could at most be.

    ``value``, ``total_cost``, ``exposure`` and ``gap`` are None without a selection. ``bound``
    is proven: no selection is worth more; None where none is possible. ``gap`` is
    (bound - value) / value. ``ties_settled`` tells that of all selections of the same value this
    is the one that R-SEL-01 asks for. ``relaxations`` explain an infeasible model.
    """

    status: Status
    value: float | None
    bound: float | None
    gap: float | None
    selected: tuple[Selected, ...]
    total_cost: float | None
    exposure: float | None
    solver: str
    seconds: float
    ties_settled: bool = False
    relaxations: tuple[Relaxation, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the selected, in order."""
        return tuple(item.code for item in self.selected)


def result_of(
    problem: Problem,
    at: Ints,
    bound: float,
    *,
    optimal: bool,
    solver: str,
    seconds: float,
    ties_settled: bool = False,
) -> SelectionResult:
    """Tell a selection; without one that keeps the limits, that time was over."""
    if not keeps_limits(problem, at):
        return SelectionResult(
            Status.TIME_LIMIT, None, bound, None, (), None, None, solver, seconds
        )
    value = problem.value(at)
    bound = value if optimal else max(bound, value)
    gap = 0.0 if bound == value else (bound - value) / abs(value) if value else float("inf")
    items = []
    for number, column in enumerate(at.tolist()):
        if column >= 0:
            gain, cost = float(problem.gain[column]), float(problem.money[number])
            items.append(Selected(problem.codes[number], int(problem.start[column]), gain, cost))
    return SelectionResult(
        status=Status.OPTIMAL if optimal else Status.FEASIBLE_GAP,
        value=value,
        bound=bound,
        gap=gap,
        selected=tuple(sorted(items, key=lambda item: item.code)),
        total_cost=problem.total_cost(at),
        exposure=problem.total_exposure(at),
        solver=solver,
        seconds=seconds,
        ties_settled=ties_settled,
    )
