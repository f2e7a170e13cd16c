# SPDX-License-Identifier: Apache-2.0
"""What the lags alone say: earliest and latest starts, order, and circles that cannot hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilothouse.engine.errors import Infeasible, InvalidInput
from pilothouse.engine.levelling.instance import NONE, Instance, IntArray
from pilothouse.engine.levelling.kernels_lags import longest_paths, sort_topologically

MOST_ROUNDS = 10**10
"""Links times tasks that are looked at where links lead round in circles."""


class Times(NamedTuple):
    """Earliest starts; ``tail``: periods from a start to the finish of all at the least;
    ``latest``: starts that keep the critical path and the due dates, as links alone allow."""

    earliest: IntArray
    tail: IntArray
    latest: IntArray

    def least_makespan(self) -> int:
        """The critical path."""
        return int((self.earliest + self.tail).max(initial=0))


def times_of(instance: Instance) -> Times:
    """Longest paths over all lags, minimum and maximum.

    Raises
    ------
    Infeasible
        ``levelling.circle`` with the tasks of a circle of lags that adds up to more than
        nothing; ``levelling.dates`` for a fixed start or a due date that the lags do not reach;
        ``levelling.demand`` for a task that needs more than there ever is.

    Notes
    -----
    Label correcting in rounds over all links (Bellman and Ford): O(n m) at the worst, one or
    two rounds where links point forward. A round after the n-th that still moves a start
    proves the circle, which is found by walking back. Deterministic.

    References
    ----------
    Neumann, Schwindt, Zimmermann, Project Scheduling with Time Windows and Scarce Resources,
    2nd ed., 2003, section 1.3.
    """
    count = instance.tasks
    moves = instance.fixed == NONE
    if count * len(instance.links) > MOST_ROUNDS and has_circle(instance):
        raise InvalidInput(
            "levelling.too_large",
            f"{count} tasks with {len(instance.links)} links that lead round in circles are more "
            "than can be checked; split the problem.",
        )
    source, target, lag = _forward(instance)
    earliest = np.where(moves, instance.release, instance.fixed).astype(np.int64)
    tail = instance.durations.copy()
    before = np.full(count, NONE, dtype=np.int64)
    caught = longest_paths(source, target, lag, earliest, before)
    if caught != NONE:
        raise _circle(instance, before, caught)
    back = (target[::-1].copy(), source[::-1].copy(), lag[::-1].copy())
    longest_paths(back[0], back[1], back[2], tail, before)
    _check_dates(instance, earliest)
    _check_demand(instance)
    return Times(earliest, tail, _latest(instance, earliest, tail, back))


def _latest(
    instance: Instance, earliest: IntArray, tail: IntArray, back: tuple[IntArray, ...]
) -> IntArray:
    path = int((earliest + tail).max(initial=0))
    if bool((instance.due == NONE).all()):
        return path - tail
    until = np.where(instance.due == NONE, 0, path - instance.due + instance.durations)
    tail = np.maximum(tail, until)
    source, target, lag = back
    longest_paths(source, target, lag, tail, np.empty_like(tail))
    return path - tail


def _forward(instance: Instance) -> tuple[IntArray, IntArray, IntArray]:
    """Links in the topological order of their sources, so that one round does most."""
    order = topological(instance)
    rank = np.full(instance.tasks, instance.tasks, dtype=np.int64)
    rank[order] = np.arange(len(order))
    links = instance.links[np.argsort(rank[instance.links[:, 0]], kind="stable")]
    source, target, lag = (np.ascontiguousarray(column) for column in links.T)
    return source, target, lag


def _circle(instance: Instance, before: IntArray, caught: int) -> Infeasible:
    task = caught
    for _ in range(instance.tasks):
        task = int(before[task])
    members = [task]
    while (task := int(before[task])) != members[0]:
        members.append(task)
    members.reverse()
    first = members.index(min(members))
    members = members[first:] + members[:first]
    names = tuple(instance.names[member] for member in members)
    told = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return Infeasible(
        "levelling.circle",
        f"The lags between the tasks {told} go round in a circle that adds up to more than "
        "nothing; shorten a minimum lag or lengthen a maximum lag.",
        names,
    )


def _check_dates(instance: Instance, earliest: IntArray) -> None:
    late = np.where(instance.due == NONE, earliest, instance.due - instance.durations)
    late = np.where(instance.fixed == NONE, late, instance.fixed)
    wrong = np.flatnonzero(earliest > late)
    if len(wrong):
        name = instance.names[int(wrong[0])]
        raise Infeasible(
            "levelling.dates",
            f"Task {name} cannot start before period {int(earliest[wrong[0]])}, which is after "
            "its fixed start or too late for its due date; change the date or the lags.",
            tuple(instance.names[int(row)] for row in wrong[:20]),
        )


def _check_demand(instance: Instance) -> None:
    most = np.array([steps[:, 1].max() for steps in instance.capacity], dtype=np.int64)
    over = (instance.demand > most) & (instance.fixed == NONE)[:, None]
    over &= (instance.durations > 0)[:, None]
    if over.any():
        task, resource = (int(place) for place in np.argwhere(over)[0])
        raise Infeasible(
            "levelling.demand",
            f"Task {instance.names[task]} needs {int(instance.demand[task, resource])} of "
            f"resource {resource}, which never has more than {int(most[resource])}; lower the "
            "demand or raise the capacity.",
            (instance.names[task], str(resource)),
        )


def has_circle(instance: Instance) -> bool:
    """Whether links lead round in circles, as maximum lags make them do."""
    return len(topological(instance)) < instance.tasks


def topological(instance: Instance) -> IntArray:
    """Tasks so that every link points forward, without those on or behind a circle."""
    source, target, _ = (np.ascontiguousarray(column) for column in instance.links.T)
    by_source = np.argsort(source, kind="stable")
    at = np.zeros(instance.tasks + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=instance.tasks), out=at[1:])
    order = np.empty(instance.tasks, dtype=np.int64)
    found = sort_topologically(at, target[by_source], order)
    return order[:found]
