# SPDX-License-Identifier: Apache-2.0
"""Schedules by priority rules and from lists of tasks (DOMAIN 4.9 a)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from pilothouse.engine.errors import Infeasible, InvalidInput
from pilothouse.engine.levelling.instance import Instance, IntArray
from pilothouse.engine.levelling.kernels import list_by, parallel, serial
from pilothouse.engine.levelling.lags import Times, has_circle, times_of
from pilothouse.engine.levelling.problem import Layout, horizon_of, lay_out


class Rule(StrEnum):
    """Which task comes first. Ties go on to the next measure, at last to the row of the task."""

    LATE_START = "late_start"
    """Late start, total float, priority descending: the rule of DOMAIN 4.9."""
    LATE_FINISH = "late_finish"
    """Late finish, late start, priority descending."""
    TOTAL_FLOAT = "total_float"
    """Total float, late start, priority descending."""
    PRIORITY = "priority"
    """Priority descending, late start, total float."""


class Scheme(StrEnum):
    """How schedules are generated."""

    SERIAL = "serial"
    """One task after the other, each at the earliest time that is free."""
    PARALLEL = "parallel"
    """Forward in time, at each instant what is ready and fits."""


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """Starts of the tasks in periods, in the order of the instance, and the last finish."""

    starts: IntArray
    makespan: int


def generate(
    instance: Instance, *, rule: Rule = Rule.LATE_START, scheme: Scheme = Scheme.SERIAL
) -> Schedule:
    """The schedule that a priority rule makes.

    Parameters
    ----------
    instance : Instance
        Without maximum lags.
    rule : Rule
        Inside projects of equal priority; those of greater priority come first.
    scheme : Scheme

    Returns
    -------
    Schedule

    Raises
    ------
    InvalidInput
        ``levelling.maximum_lags`` where the links lead round in circles,
        ``levelling.too_large``.
    Infeasible
        ``levelling.circle``, ``levelling.dates``, ``levelling.demand``;
        ``levelling.late`` where the rule leads past a due date (another order may not).

    Examples
    --------
    >>> from pilothouse.engine.levelling.instance import make_instance
    >>> three = make_instance([3, 2, 2], [(0, 2, 3)], [[1], [1], [1]], [1])
    >>> generate(three).starts.tolist()
    [0, 5, 3]

    Notes
    -----
    O(n log n + links) and one scan of the profile for each task. Deterministic.

    References
    ----------
    R. Kolisch, Serial and parallel resource-constrained project scheduling methods revisited,
    European Journal of Operational Research 90 (1996).
    """
    times = times_of(instance)
    layout = laid_out(instance, times)
    problem = layout.problem
    rank = layout.place_values(ranked(instance, times, rule))
    free, starts = np.empty_like(problem.base), np.zeros(instance.tasks, dtype=np.int64)
    limit = problem.base.shape[1]
    if scheme is Scheme.PARALLEL:
        makespan = parallel(problem, np.argsort(rank), free, starts, limit)
    else:
        makespan = serial(problem, listed(layout, rank), free, starts, limit)
    return _schedule(layout, starts, makespan)


def decode(instance: Instance, order: Sequence[int]) -> Schedule:
    """The serial schedule of a list in which each task stands after those it waits for.

    Parameters
    ----------
    instance : Instance
        Without maximum lags.
    order : sequence of int
        Every task once.

    Raises
    ------
    InvalidInput
        ``levelling.order`` for any other list, and as ``generate``.
    Infeasible
        As ``generate``.
    """
    times = times_of(instance)
    layout = laid_out(instance, times)
    positions = np.full(instance.tasks, -1, dtype=np.int64)
    for position, task in enumerate(order):
        if not 0 <= task < instance.tasks or positions[task] >= 0:
            raise _order()
        positions[task] = position
    before = positions[instance.links[:, 0]] < positions[instance.links[:, 1]]
    if len(order) < instance.tasks or not bool(before.all()):
        raise _order()
    starts = np.zeros(instance.tasks, dtype=np.int64)
    problem = layout.problem
    made = layout.place[np.array(order, dtype=np.int64)]
    free = np.empty_like(problem.base)
    return _schedule(layout, starts, serial(problem, made, free, starts, free.shape[1]))


def _order() -> InvalidInput:
    return InvalidInput(
        "levelling.order",
        "The list does not name every task once, each after those it waits for; put it in order.",
    )


def laid_out(instance: Instance, times: Times) -> Layout:
    """The instance for the kernels, with a profile in which every schedule fits."""
    if has_circle(instance):
        raise InvalidInput(
            "levelling.maximum_lags",
            "Maximum lags lead round in circles, which no priority rule resolves; search for a "
            "schedule instead.",
        )
    return lay_out(instance, times, horizon_of(instance))


def ranked(instance: Instance, times: Times, rule: Rule) -> IntArray:
    """All tasks by a rule, whatever they wait for; projects of greater priority first."""
    late_start = times.latest
    late_finish = late_start + instance.durations
    slack = late_start - times.earliest
    urgent = -instance.priority
    keys = {
        Rule.LATE_START: (late_start, slack, urgent),
        Rule.LATE_FINISH: (late_finish, late_start, urgent),
        Rule.TOTAL_FLOAT: (slack, late_start, urgent),
        Rule.PRIORITY: (urgent, late_start, slack),
    }[rule]
    return np.lexsort((*reversed(keys), -instance.project_priority[instance.project]))


def listed(layout: Layout, keys: IntArray) -> IntArray:
    """A list for ``serial``: by key, but each task after those that it waits for."""
    order = np.empty_like(keys)
    work = np.empty(2 * len(keys) + 2, dtype=np.int64)
    list_by(layout.problem, keys.copy(), order, work)
    return order


def _schedule(layout: Layout, starts: IntArray, makespan: int) -> Schedule:
    if makespan < 0:
        raise Infeasible(
            "levelling.late",
            "Tasks placed in this order do not all fit by their due dates or below the capacity "
            "that there is for ever; move dates, raise capacity, or search for another order.",
        )
    found = starts[layout.place]
    found.setflags(write=False)
    return Schedule(found, makespan)
