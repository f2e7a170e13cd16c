# SPDX-License-Identifier: Apache-2.0
"""Plans on one calendar as a problem in whole periods, which is searched faster and proved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pilothouse.engine.levelling.axis import Ground
from pilothouse.engine.levelling.instance import NONE, Instance, IntArray, make_instance
from pilothouse.engine.levelling.kernels_calendar import LEAF, ROLL, STANDING, Dates
from pilothouse.engine.levelling.problem import horizon_of

MOST_PERIODS = 4_000_000
"""Periods times resources of a problem; finer ones are searched as plans."""


class Whole(NamedTuple):
    """Nodes as tasks of a problem whose period is so many working cells of a calendar."""

    instance: Instance
    calendar: int
    step: int


def as_whole(ground: Ground) -> Whole | None:
    """All plans as one problem that has the same schedules; None where there is none.

    Parameters
    ----------
    ground : Ground
        Nothing is placed yet.

    Returns
    -------
    Whole or None
        None where tasks run on several calendars, a lag on another one or elapsed, or a link
        leaves the start of a summary, which is the earliest of several.

    Notes
    -----
    Time is counted in working cells, of which as many make a period as divide all durations,
    lags, releases and what stands. Schedules in which nothing can be earlier lie on that grid,
    and for every other one there is such a schedule that ends no later. The finish of a summary
    is a task of no duration. Links to what does not move are left out, as its dates hold.
    """
    axis = ground.axis
    calendars = np.unique(axis.calendar[axis.kind != ROLL])
    if len(calendars) != 1:
        return None
    calendar = int(calendars[0])
    links = _links(ground, calendar)
    if links is None:
        return None
    ordinal = axis.worked[calendar]
    stands = axis.kind == STANDING
    begins = ordinal[axis.starts.clip(0, len(ordinal) - 1)]
    spans = np.where(axis.kind == LEAF, axis.spans, 0)
    spans = np.where(stands, ordinal[axis.finishes] - begins, spans)
    release = np.where(axis.kind == LEAF, ordinal[axis.release], 0)
    fixed = np.where(stands, begins, 0)
    step = int(np.gcd.reduce(np.concatenate([spans, release, fixed, links[:, 2]]))) or 1
    bounded = (axis.kind == LEAF) & (axis.latest < len(ordinal) - 1)
    due = ordinal[axis.latest.clip(0, len(ordinal) - 1)] + spans
    fits = (ground.need.demand <= np.array(ground.need.capacity, dtype=np.int64)).all(axis=1)
    takes = stands | ((axis.kind == LEAF) & fits)
    instance = make_instance(
        spans // step,
        np.column_stack([links[:, :2], links[:, 2] // step]),
        np.where(takes[:, None], ground.need.demand, 0),
        ground.need.capacity,
        release=release // step,
        due=np.where(bounded, due // step, NONE),
        project=ground.project,
        fixed=np.where(stands, fixed // step, NONE),
    )
    if horizon_of(instance) * max(1, instance.resources) > MOST_PERIODS:
        return None
    return Whole(instance, calendar, step)


def _links(ground: Ground, calendar: int) -> IntArray | None:
    """Links as lags between starts, in working cells."""
    axis, found = ground.axis, []
    spans = np.where(axis.kind == ROLL, 0, axis.spans)
    spans = np.where(
        axis.kind == STANDING,
        axis.worked[calendar, axis.finishes] - axis.worked[calendar, axis.starts],
        spans,
    )
    for node in np.flatnonzero(axis.kind != STANDING).tolist():
        for link in range(axis.pred_at[node], axis.pred_at[node + 1]):
            source, lag = int(axis.pred[link]), int(axis.pred_lag[link])
            if axis.kind[node] == ROLL:
                found.append((source, node, int(spans[source])))
                continue
            from_start = bool(axis.pred_from_start[link])
            if (lag and axis.pred_calendar[link] != calendar) or (
                from_start and axis.kind[source] == ROLL
            ):
                return None
            if not from_start:
                lag += int(spans[source])
            if axis.pred_to_finish[link]:
                lag -= int(spans[node])
            found.append((source, node, lag))
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def end_in_periods(ground: Ground, whole: Whole, cell: int) -> int:
    """The first whole period by which what ends at a cell has ended."""
    return -(-int(ground.axis.worked[whole.calendar, cell]) // whole.step)


def starts_in_periods(ground: Ground, whole: Whole, dates: Dates) -> IntArray:
    """The starts of the tasks of a problem in a schedule of its plans."""
    at = np.where(ground.axis.kind == ROLL, dates.finishes, dates.starts)
    starts: IntArray = ground.axis.worked[whole.calendar, at] // whole.step
    return starts


def cell_of_end(ground: Ground, whole: Whole, periods: int) -> int:
    """The cell at which so many periods of working time have passed."""
    if periods <= 0:
        return 0
    return int(ground.axis.cell[whole.calendar, periods * whole.step - 1]) + 1
