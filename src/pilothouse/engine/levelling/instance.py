# SPDX-License-Identifier: Apache-2.0
"""Tasks, lags and capacities as arrays: what the levelling methods take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilothouse.engine.errors import InvalidInput

IntArray = NDArray[np.int64]

NONE = -1
"""No due date, or a start that is not fixed."""
MOST_TASKS = 100_000
MOST_LINKS = 1_000_000
MOST_RESOURCES = 10_000
GREATEST = 10**9
"""Greatest duration, lag, date, demand or capacity."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A levelling problem in whole periods from 0. Make it with ``make_instance``.

    Parameters
    ----------
    names : tuple of str, n
        For messages.
    durations : int array, n
        Periods.
    links : int array, m x 3
        ``from, to, lag``: ``start[to] >= start[from] + lag``. Finish to start is a lag of the
        duration of the first; a maximum lag from a to b is ``b, a, -lag``.
    demand : int array, n x k
        Units of each resource while a task runs.
    capacity : tuple of k int arrays, steps x 2
        ``from period, units``, the first from 0, the last for ever.
    priority : int array, n
        0 to 1000, greater is sooner where a rule asks.
    project : int array, n
        Which project a task belongs to, from 0.
    project_priority : int array, number of projects
        Greater is sooner.
    release : int array, n
        Earliest starts.
    due : int array, n
        Latest finishes, -1 for none.
    fixed : int array, n
        Starts that do not move, -1 for none.
    """

    names: tuple[str, ...]
    durations: IntArray
    links: IntArray
    demand: IntArray
    capacity: tuple[IntArray, ...]
    priority: IntArray
    project: IntArray
    project_priority: IntArray
    release: IntArray
    due: IntArray
    fixed: IntArray

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return len(self.durations)

    @property
    def resources(self) -> int:
        """Number of resources."""
        return len(self.capacity)


def make_instance(
    durations: ArrayLike,
    links: Iterable[Sequence[int]] = (),
    demand: ArrayLike | None = None,
    capacity: Sequence[int | Sequence[Sequence[int]]] = (),
    *,
    names: Sequence[str] | None = None,
    priority: ArrayLike | None = None,
    project: ArrayLike | None = None,
    project_priority: ArrayLike | None = None,
    release: ArrayLike | None = None,
    due: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
) -> Instance:
    """Check the columns of a problem and lay them out.

    Parameters
    ----------
    durations : n whole numbers
        Periods, 0 or more.
    links : triples
        ``from, to, lag`` between starts, see ``Instance``.
    demand : n x k whole numbers, optional
    capacity : k entries
        Units, or steps ``(from period, units)`` that begin at 0.
    names, priority, project, release, due, fixed : n values, optional
    project_priority : one value for each project, optional

    Returns
    -------
    Instance
        With arrays that cannot be written to.

    Raises
    ------
    InvalidInput
        ``levelling.shape``, ``levelling.number``, ``levelling.too_large``,
        ``levelling.link``, ``levelling.capacity``.

    Examples
    --------
    >>> pair = make_instance([3, 2], [(0, 1, 3)], [[1], [1]], [1])
    >>> pair.tasks, pair.resources
    (2, 1)
    """
    spans = _numbers(durations, "duration", 0)
    count = len(spans)
    _bound("tasks", count, MOST_TASKS)
    labels = tuple(names) if names is not None else tuple(str(row) for row in range(count))
    steps = tuple(_steps(entry, number) for number, entry in enumerate(capacity))
    _bound("resources", len(steps), MOST_RESOURCES)
    _bound("demands", count * len(steps), 50 * MOST_LINKS)
    needs = _needs(demand, count, len(steps))
    belongs = _column(project, "project", count, 0, 0)
    most = int(belongs.max(initial=0)) + 1
    _bound("projects", most, MOST_TASKS)
    if len(labels) != count:
        raise _shape("names", count)
    return Instance(
        labels,
        spans,
        _links(links, labels),
        needs,
        steps,
        _column(priority, "priority", count, 500, 0),
        belongs,
        _column(project_priority, "priority of a project", most, 500, 0),
        _column(release, "release", count, 0, 0),
        _column(due, "due date", count, NONE, NONE),
        _column(fixed, "fixed start", count, NONE, NONE),
    )


def _numbers(values: ArrayLike, what: str, least: int) -> IntArray:
    try:
        array = np.asarray(values)
        with np.errstate(invalid="ignore"):
            whole = array.astype(np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise _number(what, least) from error
    if whole.size and (
        array.dtype.kind not in "iufb"
        or not bool(np.all(whole == array))
        or int(whole.min()) < least
        or int(whole.max()) > GREATEST
    ):
        raise _number(what, least)
    whole = np.ascontiguousarray(whole)
    whole.setflags(write=False)
    return whole


def _number(what: str, least: int) -> InvalidInput:
    return InvalidInput(
        "levelling.number",
        f"A {what} is no whole number from {least} to {GREATEST}; correct it.",
        (what,),
    )


def _shape(what: str, count: int) -> InvalidInput:
    return InvalidInput(
        "levelling.shape", f"There must be {count} {what}, one for each; give all of them.", (what,)
    )


def _bound(what: str, count: int, most: int) -> None:
    if count > most:
        raise InvalidInput(
            "levelling.too_large",
            f"{count} {what} are more than the {most} that can be levelled; split the problem.",
            (what,),
        )


def _column(
    values: ArrayLike | None, what: str, count: int, otherwise: int, least: int
) -> IntArray:
    column = _numbers(np.full(count, otherwise) if values is None else values, what, least)
    if column.shape != (count,):
        raise _shape(what + " values", count)
    return column


def _links(links: Iterable[Sequence[int]], labels: tuple[str, ...]) -> IntArray:
    rows = links.tolist() if isinstance(links, np.ndarray) else list(links)
    _bound("links", len(rows), MOST_LINKS)
    if any(len(row) != 3 for row in rows):
        raise _shape("numbers in a link: from, to, lag", 3)
    array = _numbers(rows, "link", -GREATEST).reshape(-1, 3)
    ends = array[:, :2]
    wrong = (ends < 0).any(axis=1) | (ends >= len(labels)).any(axis=1)
    wrong |= (ends[:, 0] == ends[:, 1]) & (array[:, 2] > 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidInput(
            "levelling.link",
            f"Link {row} joins tasks {int(array[row, 0])} and {int(array[row, 1])} of "
            f"{len(labels)}; join two different tasks of the problem.",
            (str(row),),
        )
    kept = np.ascontiguousarray(array[ends[:, 0] != ends[:, 1]])
    kept.setflags(write=False)
    return kept


def _steps(entry: int | Sequence[Sequence[int]], number: int) -> IntArray:
    steps = _numbers([[0, entry]] if np.ndim(entry) == 0 else entry, "capacity", 0)
    in_order = steps.ndim == 2 and steps.shape[1:] == (2,) and len(steps) > 0
    if not in_order or steps[0, 0] != 0 or bool(np.any(np.diff(steps[:, 0]) <= 0)):
        raise InvalidInput(
            "levelling.capacity",
            f"The capacity of resource {number} is neither a number nor steps (from period, "
            "units) in order from period 0; write it so.",
            (str(number),),
        )
    return steps


def _needs(demand: ArrayLike | None, count: int, resources: int) -> IntArray:
    needs = _numbers(np.zeros((count, resources)) if demand is None else demand, "demand", 0)
    if needs.size == 0:
        needs = needs.reshape(count, resources)
    if needs.shape != (count, resources):
        raise _shape("demands", count * resources)
    return needs
