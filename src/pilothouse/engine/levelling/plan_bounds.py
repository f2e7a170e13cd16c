# SPDX-License-Identifier: Apache-2.0
"""The earliest finish that levelled plans can have."""

from __future__ import annotations

import numpy as np

from pilothouse.engine.levelling.axis import Ground, room_on
from pilothouse.engine.levelling.bounds import edges_of
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels_calendar import (
    LEAF,
    Axis,
    decode_calendar,
    push_right_calendar,
)
from pilothouse.engine.levelling.problem import lanes_for


def energy_of(ground: Ground) -> IntArray:
    """Resources x (cells + 1): what is free before each cell while any user's calendar works."""
    axis, need = ground.axis, ground.need
    cells = axis.base.shape[1]
    found = np.zeros((len(need.uids), cells + 1), dtype=np.int64)
    lane, lanes = lanes_for([max(1, *need.capacity)] if need.capacity else [1])
    for resource in range(len(need.uids)):
        users = np.flatnonzero((need.demand[:, resource] > 0) & (axis.kind == LEAF))
        works = np.zeros(cells, dtype=np.bool_)
        for table in np.unique(axis.calendar[users]):
            works |= np.diff(axis.worked[table]) > 0
        word, within = divmod(resource, lanes)
        free = (axis.base[word] >> (lane * within)) & ((1 << (lane - 1)) - 1)
        np.cumsum(np.where(works, free, 0), out=found[resource, 1:])
    return found


def least_finish(ground: Ground, energy: IntArray, most: int) -> int:
    """The first cell by which all plans can end, by links, calendars and the work there is.

    Parameters
    ----------
    ground : Ground
    energy : int array, resources x (cells + 1)
        As ``energy_of`` says before anything is placed.
    most : int
        The cell at which a schedule that is known ends.

    Returns
    -------
    int
        No more than ``most``.

    Notes
    -----
    A finish is impossible if, with the latest finishes that it leaves, the tasks that lie whole
    in some window of time have more work on a resource than is free in it while any of its
    users works; the least possible finish is found by bisection. Only tasks that may wait as
    long as need be count, so that overloads which a proposal leaves do not. Windows run from up
    to 64 earliest starts to up to 64 latest finishes. O(log cells x (links + tasks x
    resources)). Deterministic.

    References
    ----------
    Baptiste, Le Pape, Nuijten, Annals of Operations Research 92 (1999), section 3.
    """
    axis = ground.axis._replace(need_at=np.zeros_like(ground.axis.need_at))
    order = np.arange(len(ground.nodes))
    early = room_on(axis)
    decode_calendar(axis, order, early, axis.base.shape[1] - 1)
    free = (axis.kind == LEAF) & (axis.latest == axis.base.shape[1]) & (axis.spans > 0)
    fits = (ground.need.demand <= np.array(ground.need.capacity, dtype=np.int64)).all(axis=1)
    tasks = np.flatnonzero(free & fits)
    work = axis.spans[tasks, None] * ground.need.demand[tasks]
    low, high = min(most, int(early.finishes.max(initial=0))), most
    while low < high:
        middle = (low + high) // 2
        late = _latest_finishes(axis, order, middle)[tasks]
        if _overfull(early.starts[tasks], late, work, energy):
            low = middle + 1
        else:
            high = middle
    return low


def _latest_finishes(axis: Axis, order: IntArray, until: int) -> IntArray:
    late = room_on(axis)
    ends = np.full(len(order), until, dtype=np.int64)
    push_right_calendar(axis, order, late, axis.latest.copy(), ends)
    return late.finishes


def _overfull(early: IntArray, late: IntArray, work: IntArray, energy: IntArray) -> bool:
    for resource in range(work.shape[1]):
        users = np.flatnonzero(work[:, resource])
        if not len(users):
            continue
        begins, ends = edges_of(early[users]), edges_of(late[users])
        first = np.searchsorted(begins, early[users], side="right") - 1
        last = np.searchsorted(ends, late[users])
        within = np.zeros((len(begins), len(ends)), dtype=np.int64)
        np.add.at(within, (first, last), work[users, resource])
        within = within[::-1].cumsum(axis=0)[::-1].cumsum(axis=1)
        room = energy[resource, ends][None, :] - energy[resource, begins][:, None]
        if bool((within > room.clip(min=0)).any()):
            return True
    return False
