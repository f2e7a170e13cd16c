# SPDX-License-Identifier: Apache-2.0
"""A replan: what is done keeps its promise, what is left gets a new one (R-BAS-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pilothouse.engine.baselines.promise import Progress, Promise, money_of, sum_of

Between = Callable[[int, datetime, datetime], int]
"""uid, start, finish → working minutes between them on the calendar of that row."""


def replan(
    now: Sequence[Promise],
    before: Mapping[int, Promise],
    progress: Mapping[int, Progress],
    between: Between,
) -> list[Promise]:
    """The rows of a baseline that promises anew only what is left to do.

    Parameters
    ----------
    now : sequence of Promise
        The plan as it stands, in outline order.
    before : mapping
        uid → row of the baseline that holds so far.
    progress : mapping
        uid → how far a task is; not started where it is missing.
    between : callable
        Working minutes between two instants for a row.

    Returns
    -------
    list of Promise
        In the order of ``now``. A complete task has its row of before, if it had one, and is
        ``carried``; without one it stays out. One in progress keeps the promised start and gets
        the rest as it stands. One that is not started has everything as it stands. A summary
        spans what lies inside; its work and cost differ from those of the plan as much as those
        of the carried rows inside.

    Notes
    -----
    Linear in the number of rows times their depth. A complete summary has all rows inside
    carried, so it keeps the promise of before without being asked.
    """
    made = [_leaf(row, before, progress, between) for row in now]
    for place in reversed(range(len(now))):
        if now[place].summary:
            made[place] = _summary(place, now, made, before, between)
    return [row for row in made if row is not None]


def _leaf(
    row: Promise,
    before: Mapping[int, Promise],
    progress: Mapping[int, Progress],
    between: Between,
) -> Promise | None:
    old = before.get(row.uid)
    how_far = progress.get(row.uid, Progress.NOT_STARTED)
    if row.summary or how_far is Progress.NOT_STARTED:
        return row
    if how_far is Progress.COMPLETE:
        return None if old is None else replace(_named(old, row), carried=True)
    if old is None or old.start is None or row.finish is None:
        return row
    return replace(row, start=old.start, duration_minutes=between(row.uid, old.start, row.finish))


def _named(old: Promise, row: Promise) -> Promise:
    """The values of before under the name and at the place of today."""
    return replace(
        old,
        name=row.name,
        wbs=row.wbs,
        outline_level=row.outline_level,
        milestone=row.milestone,
        summary=row.summary,
    )


def _summary(
    place: int,
    now: Sequence[Promise],
    made: Sequence[Promise | None],
    before: Mapping[int, Promise],
    between: Between,
) -> Promise | None:
    row = now[place]
    inside: list[tuple[Promise, Promise | None]] = []
    for other, result in zip(now[place + 1 :], made[place + 1 :], strict=True):
        if other.outline_level <= row.outline_level:
            break
        if not other.summary:
            inside.append((other, result))
    kept = [result for _, result in inside if result is not None]
    if not kept:
        old = before.get(row.uid)
        return None if old is None else replace(_named(old, row), carried=True)
    start = min((item.start for item in kept if item.start is not None), default=row.start)
    finish = max((item.finish for item in kept if item.finish is not None), default=row.finish)
    span = None if start is None or finish is None else between(row.uid, start, finish)
    work = sum_of(item.work_minutes for item in kept)
    cost = money_of(item.cost for item in kept)
    own_work = sum_of(item.work_minutes for item, _ in inside)
    own_cost = money_of(item.cost for item, _ in inside)
    return replace(
        row,
        start=start,
        finish=finish,
        duration_minutes=span,
        work_minutes=row.work_minutes
        if row.work_minutes is None or work is None
        else row.work_minutes + work - (own_work or 0),
        cost=row.cost if row.cost is None or cost is None else row.cost + cost - (own_cost or 0),
        carried=all(item.carried for item in kept),
    )
