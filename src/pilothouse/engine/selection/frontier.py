# SPDX-License-Identifier: Apache-2.0
"""The efficient frontier, the cost of decisions, and the worth of more budget."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.model import SelectionModel
from pilothouse.engine.selection.problem import Floats, Ints, build
from pilothouse.engine.selection.program import Program
from pilothouse.engine.selection.result import SelectionResult
from pilothouse.engine.selection.search import keeps_limits
from pilothouse.engine.selection.select import borrowed, select_portfolio
from pilothouse.engine.selection.solver import Solver

MOST_POINTS = 1_000
_STEPS = (1.0, 0.1, 0.01, 0.001)
_SMALLEST_STEP = 1e-4


class Measure(StrEnum):
    """What value is held against."""

    COST = "cost"
    EXPOSURE = "exposure"


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A portfolio that no other beats: as much value for no more, or more value for as much."""

    measure: float
    value: float
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frontier:
    """Points from low to high; ``complete`` unless time or the number of points ended it.

    An incomplete frontier lacks points at its lower end; those it has are on the frontier.
    """

    measure: Measure
    points: tuple[FrontierPoint, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class DecisionCost:
    """What a decision costs in value: the optimum without it less the optimum with it.

    ``cost`` is None where one of the two has no selection; it is ``exact`` where both are
    proven optimal.
    """

    without: SelectionResult
    with_it: SelectionResult
    cost: float | None
    exact: bool


def efficient_frontier(
    model: SelectionModel,
    measure: Measure = Measure.COST,
    *,
    seconds: float = 60.0,
    most_points: int = 200,
    solver: Solver | None = None,
) -> Frontier:
    """All pairs of measure and value that no portfolio beats.

    Parameters
    ----------
    model : SelectionModel
    measure : Measure
        Total cost or risk exposure.
    seconds : float
        Wall time, above 0.
    most_points : int
        Between 1 and `MOST_POINTS`.
    solver : Solver, optional

    Returns
    -------
    Frontier

    Raises
    ------
    InvalidInput, CycleFound
        As `checks.check`; ``selection.options`` for a time or number out of range.
    NotConverged
        ``selection.solver`` where the solver's process dies.

    Notes
    -----
    Exact epsilon-constraint from the top: the best value under a cap on the measure, then the
    smallest measure of that value, then a cap one step below. The step is 1, 0.1, 0.01 or
    0.001 where all measures are multiples of it, else 0.0001: points nearer than that count as
    one. Two programs a point.

    References
    ----------
    M. Ehrgott, "Multicriteria Optimization" (2005), chapter 4.
    """
    if not seconds > 0 or not 1 <= most_points <= MOST_POINTS:
        raise InvalidInput(
            "selection.options",
            f"Time {seconds} and {most_points} points; give a time above 0 and 1 to "
            f"{MOST_POINTS} points.",
            ("seconds", "most_points"),
        )
    problem = build(model)
    end = time.monotonic() + seconds
    sizes = problem.cost if measure is Measure.COST else problem.exposure
    base = problem.base_cost if measure is Measure.COST else 0.0
    step = _step(np.append(sizes, base))
    points: list[FrontierPoint] = []
    draft, cap = Draft(problem), float("inf")
    with borrowed(solver) as running:
        while len(points) < most_points:
            at, over = _next_point(draft, sizes, cap, running, end)
            if at is None:
                return Frontier(measure, tuple(reversed(points)), over)
            chosen = at[at >= 0]
            total = float(np.sum(sizes[chosen]))
            codes = tuple(sorted(problem.codes[n] for n in np.flatnonzero(at >= 0)))
            points.append(FrontierPoint(base + total, problem.value(at), codes))
            cap = total - step
    return Frontier(measure, tuple(reversed(points)), False)


def _next_point(
    draft: Draft, sizes: Floats, cap: float, solver: Solver, end: float
) -> tuple[Ints | None, bool]:
    """The next portfolio below a cap; without one, whether that is because none is left."""
    capped = draft.copy()
    objective, measured = capped.value(), capped.padded(sizes)
    if np.isfinite(cap):
        capped.add_objective_row(measured, upper=cap)
    best, over = _solved(capped, capped.program(objective), solver, end)
    if best is None:
        return None, over
    value = draft.problem.value(best)
    capped.add_objective_row(objective, lower=value - 1e-9 * max(1.0, abs(value)))
    program = capped.program(measured, maximise=False)
    cheapest, _ = _solved(capped, program, solver, end)
    return cheapest, False


def _solved(draft: Draft, program: Program, solver: Solver, end: float) -> tuple[Ints | None, bool]:
    left = end - time.monotonic()
    if left <= 0:
        return None, False
    answer = solver.solve(program, seconds=left)
    if answer.status != "optimal" or answer.values is None:
        return None, answer.status == "infeasible"
    at = draft.selection(answer.values)
    return (at, False) if keeps_limits(draft.problem, at) else (None, False)


def _step(numbers: Floats) -> float:
    for step in _STEPS:
        if np.all(
            np.abs(numbers / step - np.round(numbers / step)) <= 1e-9 * (1 + np.abs(numbers))
        ):
            return step
    return _SMALLEST_STEP


def cost_of_decision(
    model: SelectionModel,
    codes: tuple[str, ...] = (),
    *,
    seconds: float = 60.0,
    solver: Solver | None = None,
) -> DecisionCost:
    """What decisions to force candidates in or out cost (R-SEL-03).

    Parameters
    ----------
    model : SelectionModel
        With the decisions in ``force_in`` and ``force_out``.
    codes : tuple of str
        The decisions in question; all of the model's where empty.
    seconds : float
        Wall time for each of the two selections.
    solver : Solver, optional

    Raises
    ------
    InvalidInput, CycleFound, NotConverged
        As `select_portfolio`; ``selection.unknown`` for a code that is not decided on.
    """
    decided = {*model.force_in, *model.force_out}
    for code in codes:
        if code not in decided:
            raise InvalidInput(
                "selection.unknown",
                f"Nothing is decided on {code}; name a candidate that is forced in or out.",
                (code, "codes"),
            )
    lifted = set(codes) or decided
    free = replace(
        model,
        force_in=tuple(code for code in model.force_in if code not in lifted),
        force_out=tuple(code for code in model.force_out if code not in lifted),
    )
    without, with_it = _both(free, model, seconds, solver)
    if without.value is None or with_it.value is None:
        return DecisionCost(without, with_it, None, False)
    exact = without.gap == 0 and with_it.gap == 0
    return DecisionCost(without, with_it, without.value - with_it.value, exact)


@dataclass(frozen=True, slots=True)
class ShadowValue:
    """What more budget is worth: the value of the selection with it less that without.

    Never negative: what can be had without it can be had with it.
    ``value`` is None where one of the two has no selection. The worth of the optima lies from
    ``low`` to ``high``, which are the same where both are proven.
    """

    without: SelectionResult
    with_more: SelectionResult
    value: float | None
    low: float | None
    high: float | None


def shadow_value(
    model: SelectionModel,
    more_pct: float = 10.0,
    *,
    seconds: float = 60.0,
    solver: Solver | None = None,
) -> ShadowValue:
    """What some per cent more of every budget, and of the cap on total cost, are worth.

    Parameters
    ----------
    model : SelectionModel
    more_pct : float
        Per cent, above 0.
    seconds : float
        Wall time for each of the two selections.
    solver : Solver, optional

    Raises
    ------
    InvalidInput, CycleFound, NotConverged
        As `select_portfolio`; ``selection.number`` for a per cent that is not above 0.
    """
    if not 0 < more_pct <= 1e6:
        raise InvalidInput(
            "selection.number", f"{more_pct} per cent is no more; give a number above 0."
        )
    without, with_more = _both(model, _with_budget(model, more_pct), seconds, solver)
    if without.value is None or with_more.value is None:
        return ShadowValue(without, with_more, None, None, None)
    assert without.bound is not None and with_more.bound is not None
    return ShadowValue(
        without,
        with_more,
        max(0.0, with_more.value - without.value),
        max(0.0, with_more.value - without.bound),
        with_more.bound - without.value,
    )


def _both(
    first: SelectionModel, second: SelectionModel, seconds: float, solver: Solver | None
) -> tuple[SelectionResult, SelectionResult]:
    with borrowed(solver) as running:
        return (
            select_portfolio(first, seconds=seconds, solver=running),
            select_portfolio(second, seconds=seconds, solver=running),
        )


def _with_budget(model: SelectionModel, more_pct: float) -> SelectionModel:
    factor = 1 + more_pct / 100
    cap = model.total_cost_cap
    return replace(
        model,
        budget=None if model.budget is None else tuple(amount * factor for amount in model.budget),
        total_cost_cap=None if cap is None else cap * factor,
    )
