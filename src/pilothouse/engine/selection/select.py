# SPDX-License-Identifier: Apache-2.0
"""Select a portfolio: the search for value, the solver for bound and proof, both at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pilothouse.engine.errors import InvalidInput, NotConverged
from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.explain import explain
from pilothouse.engine.selection.model import SelectionModel
from pilothouse.engine.selection.problem import Ints, Problem, build
from pilothouse.engine.selection.program import Answer
from pilothouse.engine.selection.result import (
    SEARCH,
    SOLVER,
    SelectionResult,
    Status,
    result_of,
)
from pilothouse.engine.selection.search import Search, warm_up
from pilothouse.engine.selection.solver import Solver
from pilothouse.engine.selection.ties import settle_ties

PROVEN = 1e-9
"""Bound and value that are this part apart, or less, are the same."""

_FIRST_ROUNDS = 200
_SLICE_SECONDS = 0.1
_SMALL = 100
_ANSWER_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running selection is; ``value`` is None before the first selection."""

    seconds: float
    value: float | None
    bound: float


def select_portfolio(
    model: SelectionModel,
    *,
    seconds: float = 60.0,
    gap: float = 0.0,
    solver: Solver | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    seed: int = 1,
) -> SelectionResult:
    """Select the candidates, with their starts, that are worth most within all limits.

    Parameters
    ----------
    model : SelectionModel
    seconds : float
        Wall time for everything but compiling kernels, above 0; what is reached by then is
        returned.
    gap : float
        Stop when (bound - value) / value is at most this; 0 asks for the optimum.
    solver : Solver, optional
        A running solver to use; one is started for this call and ended with it otherwise.
    on_progress : callable, optional
        Called from this thread with a `Progress` whenever value or bound is better.
    seed : int
        Of the search.

    Returns
    -------
    SelectionResult
        With status ``optimal``; ``feasible_gap`` for a selection that is not proven the best;
        ``infeasible`` with the limits to relax; ``time_limit`` where none was found in time.

    Raises
    ------
    InvalidInput, CycleFound
        As `checks.check`; ``selection.options`` for a time or a gap out of range.
    NotConverged
        ``selection.solver`` where the solver's process dies before there is a selection.

    Notes
    -----
    One binary column for each candidate and start. The volume algorithm gives a first bound,
    near that of the relaxed program, with prices of the limits. Guided by these the own search
    (ruin and recreate over the columns) has a selection within milliseconds and goes on in this
    process, while HiGHS improves value and bound in its own, as it does alone. The better value
    and the better bound count; both bounds are proven. Ties: lower total cost, then the set that
    holds the first code in which two differ, then the smaller sum of starts (`ties`). A result
    that is optimal with ties settled is the same in every run; others depend on the time given.

    References
    ----------
    H. Kellerer, U. Pferschy, D. Pisinger, "Knapsack Problems" (2004), chapters 9 and 11.
    F. Barahona, R. Anbil, "The volume algorithm: producing primal solutions with a subgradient
    method", Mathematical Programming 87 (2000). J. Christiaens, G. Vanden Berghe, "Slack
    induction by string removals for vehicle routing problems", Transportation Science 54
    (2020), on recreating with blinks.
    """
    if not seconds > 0 or not gap >= 0:
        raise InvalidInput(
            "selection.options",
            f"Time {seconds} and gap {gap}; give a time above 0 and a gap of 0 or more.",
            ("seconds", "gap"),
        )
    problem = build(model)
    with borrowed(solver) as running:
        warm_up()
        return _Selection(problem, running, seconds, gap, on_progress, seed).result()


def quick_selection(model: SelectionModel, *, rounds: int = 2000, seed: int = 1) -> SelectionResult:
    """A good selection by the search alone: no process, no proof, the same in every run.

    Parameters
    ----------
    model : SelectionModel
    rounds : int
        Rounds of the search; some 0.1 ms each for a thousand candidates.
    seed : int

    Returns
    -------
    SelectionResult
        ``feasible_gap`` with the bound of the relaxed program, or ``time_limit``.

    Raises
    ------
    InvalidInput, CycleFound
        As `checks.check`.

    Examples
    --------
    >>> from pilothouse.engine.selection import Candidate
    >>> candidates = (Candidate("A", 6.0, (5.0,)), Candidate("B", 5.0, (4.0,)))
    >>> found = quick_selection(SelectionModel(candidates, budget=(8.0,)))
    >>> found.codes, found.value
    (('A',), 6.0)
    """
    problem = build(model)
    started = time.monotonic()
    search = Search(problem, seed)
    bound = search.relax()
    for _ in range(max(1, rounds // _FIRST_ROUNDS)):
        search.run(min(rounds, _FIRST_ROUNDS))
    return result_of(
        problem,
        search.best,
        min(bound, problem.value_of_all()),
        optimal=False,
        solver=SEARCH,
        seconds=time.monotonic() - started,
    )


@contextmanager
def borrowed(solver: Solver | None) -> Iterator[Solver]:
    """The solver given, or one for the time of a call."""
    if solver is not None:
        yield solver
        return
    with Solver() as own:
        yield own


class _Selection:
    """One run: what is known so far, and until when."""

    def __init__(
        self,
        problem: Problem,
        solver: Solver,
        seconds: float,
        gap: float,
        on_progress: Callable[[Progress], None] | None,
        seed: int,
    ) -> None:
        self._problem, self._solver = problem, solver
        self._started = time.monotonic()
        self._end = self._started + seconds
        self._gap = gap
        self._on_progress = on_progress
        self._told: tuple[float | None, float] = (None, float("inf"))
        self._search = Search(problem, seed)
        self._rounds = 50
        self._draft = Draft(problem)
        self._bound = problem.value_of_all()

    def result(self) -> SelectionResult:
        """Run to the proof, to the gap asked for, or to the end of time."""
        self._learn_bound(self._search.relax())
        self._search.run(_FIRST_ROUNDS)
        self._tell()
        try:
            answer = self._prove()
        except NotConverged:
            # What the search has found stands, with its own bound.
            if not self._search.is_valid:
                raise
            return self._result(self._search.best, solver=SEARCH)
        if answer is not None and answer.status == "infeasible" and not self._search.is_valid:
            return self._infeasible()
        optimal = self._is_proven(answer)
        at, settled = self._search.best, False
        if optimal:
            at, settled = settle_ties(self._draft, at, self._solver, self._left)
        return self._result(at, optimal=optimal, ties_settled=settled)

    def _result(
        self,
        at: Ints,
        *,
        optimal: bool = False,
        solver: str = SOLVER,
        ties_settled: bool = False,
    ) -> SelectionResult:
        return result_of(
            self._problem,
            at,
            self._bound,
            optimal=optimal,
            solver=solver,
            seconds=time.monotonic() - self._started,
            ties_settled=ties_settled,
        )

    def _left(self) -> float:
        return self._end - time.monotonic()

    def _prove(self) -> Answer | None:
        """The whole program in the solver while the search goes on; None if time was over.

        The solver gets no first selection: with one it looks less for others by itself, and was
        no sooner at the proof.
        """
        if self._is_near() or self._left() <= 0:
            return None
        self._solver.begin(
            self._draft.program(self._draft.value()),
            seconds=max(self._left() - _ANSWER_SECONDS, 0.05),
            relative_gap=self._gap,
        )
        answer = self._work()
        if answer is not None:
            if answer.values is not None:
                self._search.offer(self._draft.selection(answer.values))
            if answer.status in ("optimal", "feasible", "limit"):
                self._learn_bound(answer.bound)
        self._tell()
        return answer

    def _work(self) -> Answer | None:
        """Search in slices until the solver answers, time is over or the gap is reached.

        What the solver still does then is broken off. A small problem is left to the solver.
        """
        small = len(self._problem.gain) <= _SMALL
        while True:
            wait = min(max(self._left(), 0.0), 0.5) if small else 0.001
            if (answer := self._solver.poll(wait, self._hear)) is not None:
                return answer
            if self._left() <= 0 or self._is_near():
                self._solver.close()
                return None
            if small:
                continue
            began = time.monotonic()
            self._search.run(self._rounds)
            took = max(time.monotonic() - began, 1e-4)
            self._rounds = max(1, min(2 * self._rounds, int(self._rounds * _SLICE_SECONDS / took)))
            self._tell()

    def _hear(self, bound: float, value: float) -> None:
        # The log shows twelve digits; what it rounds away stays on the safe side.
        self._learn_bound(bound + 1e-9 * abs(bound))
        self._tell()

    def _learn_bound(self, bound: float) -> None:
        self._bound = min(self._bound, bound)

    def _is_near(self) -> bool:
        if not self._search.is_valid:
            return False
        value = self._search.value
        return self._bound - value <= max(self._gap, PROVEN) * abs(value)

    def _is_proven(self, answer: Answer | None) -> bool:
        if not self._search.is_valid:
            return False
        value = self._search.value
        apart = self._bound - value
        solved = answer is not None and answer.status == "optimal"
        return apart <= PROVEN * max(1.0, abs(value)) or (solved and apart <= 2e-6)

    def _tell(self) -> None:
        if self._on_progress is None:
            return
        value = self._search.value if self._search.is_valid else None
        if (value, self._bound) != self._told:
            self._told = (value, self._bound)
            spent = time.monotonic() - self._started
            self._on_progress(Progress(spent, value, self._bound))

    def _infeasible(self) -> SelectionResult:
        relaxations = explain(self._draft, self._solver, self._left)
        return SelectionResult(
            status=Status.INFEASIBLE,
            value=None,
            bound=None,
            gap=None,
            selected=(),
            total_cost=None,
            exposure=None,
            solver=SOLVER,
            seconds=time.monotonic() - self._started,
            relaxations=relaxations,
        )
