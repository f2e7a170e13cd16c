# SPDX-License-Identifier: Apache-2.0
"""The whole method for an instance: rules, search, bounds, proof (DOMAIN 4.9 b)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pilothouse.engine.errors import Infeasible
from pilothouse.engine.levelling.bounds import Bounds, lower_bounds
from pilothouse.engine.levelling.generation import Schedule, laid_out
from pilothouse.engine.levelling.instance import Instance, IntArray
from pilothouse.engine.levelling.lags import Times, has_circle, times_of
from pilothouse.engine.levelling.problem import horizon_of
from pilothouse.engine.levelling.proof import Effort, Prover
from pilothouse.engine.levelling.search import Search

SLICE = 200
"""Schedules between two looks at the clock."""


class Status(StrEnum):
    """How good a result is."""

    OPTIMAL = "optimal"
    """No schedule is shorter: the bound says so."""
    GAP = "gap"
    """There may be shorter ones, down to the bound."""
    LIMIT = "limit"
    """The limits ended the search before any schedule was found; there may be one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long to search.

    Parameters
    ----------
    schedules : int
        Generated at most by the search.
    seconds : float, optional
        Of ``clock``, for the search. With it the result depends on the machine.
    proof : Effort, optional
        For the solver, which is asked where search and bounds leave a gap. Without it no
        solver is started.
    clock : callable
        Seconds that only grow; ``time.process_time`` counts CPU.
    """

    schedules: int = 20_000
    seconds: float | None = None
    proof: Effort | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, eq=False)
class Levelled:
    """A schedule with what is known about it.

    ``schedule`` is None where none was found. No schedule is shorter than ``bound``;
    ``bounds`` are those of our own. ``generated`` schedules were tried.
    """

    status: Status
    schedule: Schedule | None
    bound: int
    bounds: Bounds
    generated: int

    @property
    def gap(self) -> float | None:
        """By how much of the bound the schedule is longer; None without one, or without bound."""
        if self.schedule is None or self.bound == 0:
            return None
        return self.schedule.makespan / self.bound - 1


_DEFAULT = Limit()


def level(
    instance: Instance, limit: Limit = _DEFAULT, *, seed: int = 0, prover: Prover | None = None
) -> Levelled:
    """A short schedule, and how far from the shortest it may be.

    Parameters
    ----------
    instance : Instance
        With or without maximum lags.
    limit : Limit
    seed : int
        Where only schedules and deterministic effort with one worker limit the search, equal
        seeds give equal results.
    prover : Prover, optional
        A warm solver for many calls; without it one is started if ``limit.proof`` asks for it.

    Returns
    -------
    Levelled

    Raises
    ------
    InvalidInput
        ``levelling.too_large``.
    Infeasible
        ``levelling.circle``, ``levelling.dates``, ``levelling.demand``; ``levelling.none`` where
        the solver proved that there is no schedule.
    NotConverged
        ``levelling.solver`` where the solver cannot be started or dies.

    Examples
    --------
    >>> from pilothouse.engine.levelling.instance import make_instance
    >>> three = make_instance([3, 2, 2], [(0, 2, 3)], [[1], [1], [1]], [1])
    >>> found = level(three)
    >>> found.status, found.schedule.makespan, found.bound
    (<Status.OPTIMAL: 'optimal'>, 7, 7)

    Notes
    -----
    The search is that of ``Search``. Maximum lags are left to the solver. Deterministic but for
    ``seconds`` and parallel workers.
    """
    times = times_of(instance)
    if has_circle(instance):
        return _with_circles(instance, times, limit, seed, prover)
    search = Search(instance, times, laid_out(instance, times), seed)
    ending = None if limit.seconds is None else limit.clock() + limit.seconds
    best = search.best if search.found else None
    most = best.makespan if best else horizon_of(instance)
    bounds = lower_bounds(instance, times, most)
    while search.found and search.best.makespan > bounds.best:
        if search.generated >= limit.schedules or (ending and limit.clock() >= ending):
            break
        search.run(min(limit.schedules, search.generated + SLICE), bounds.best)
    best = search.best if search.found else None
    bound = bounds.best
    if limit.proof and (best is None or best.makespan > bound):
        best, bound = prove(instance, times, best, bound, limit.proof, seed=seed, prover=prover)
    return _told(best, bound, bounds, search.generated)


def _told(best: Schedule | None, bound: int, bounds: Bounds, generated: int) -> Levelled:
    if best is None:
        return Levelled(Status.LIMIT, None, bound, bounds, generated)
    status = Status.OPTIMAL if best.makespan <= bound else Status.GAP
    return Levelled(status, best, bound, bounds, generated)


def _with_circles(
    instance: Instance, times: Times, limit: Limit, seed: int, prover: Prover | None
) -> Levelled:
    most = horizon_of(instance)
    path = times.least_makespan()
    bounds = Bounds(path, 0, path)
    best, bound = None, path
    if limit.proof:
        best, bound = prove(
            instance, times, None, path, limit.proof, seed=seed, prover=prover, most=most
        )
    return _told(best, bound, bounds, 0)


def prove(
    instance: Instance,
    times: Times,
    best: Schedule | None,
    bound: int,
    effort: Effort,
    *,
    seed: int,
    prover: Prover | None,
    most: int | None = None,
) -> tuple[Schedule | None, int]:
    """Ask the solver for something better than the best: the best then, and a bound."""
    if most is None:
        most = horizon_of(instance) if best is None else best.makespan - 1
    if prover is None:
        with Prover() as own:
            return prove(instance, times, best, bound, effort, seed=seed, prover=own, most=most)
    hint: IntArray | None = None if best is None else best.starts
    answer = prover.ask(instance, times, bound, most, effort, hint=hint, seed=seed)
    if answer.starts is not None:
        starts = np.ascontiguousarray(answer.starts)
        starts.setflags(write=False)
        found = Schedule(starts, int((starts + instance.durations).max(initial=0)))
        return found, found.makespan if answer.proved else answer.bound
    if best is None and answer.proved:
        raise Infeasible(
            "levelling.none",
            "There is no schedule that keeps all lags, dates and capacities; it was proved by "
            "trying all. Lengthen maximum lags, move due dates, or raise capacity.",
        )
    return best, answer.bound
