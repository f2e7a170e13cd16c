# SPDX-License-Identifier: Apache-2.0
"""Plans on one axis of time: cells fine enough for every date, duration, lag and shift."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd
from typing import NamedTuple

import numpy as np

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.facts import Bond, Facts, Row
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels_calendar import (
    ELAPSED,
    LEAF,
    ROLL,
    STANDING,
    Axis,
    Dates,
    latest_starts,
)
from pilothouse.engine.levelling.needs import Need, needs_of
from pilothouse.engine.levelling.problem import guard_of, lanes_for, pack

MOST_CELLS = 40_000_000
"""Numbers in calendars and profile: 320 MB."""
DAY = 1440
_FIRST = date(1900, 1, 1).toordinal()


class Holds(NamedTuple):
    """What no task is delayed past: its total float, and the latest dates that plans name."""

    floats: bool
    dates: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """All plans on one axis. ``nodes`` are (project, row, whether a summary's dates)."""

    axis: Axis
    nodes: tuple[tuple[int, int, bool], ...]
    number: Mapping[tuple[int, int], int]
    project: IntArray
    need: Need
    origin: int
    unit: int
    column: Mapping[int, int]
    """Of a calendar by its identity."""

    def cell(self, minutes: int) -> int:
        """The cell that begins at an instant."""
        return (minutes - self.origin) // self.unit


def room_on(axis: Axis) -> Dates:
    """Room for one schedule."""
    count = len(axis.kind)
    return Dates(
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.bool_),
        np.empty_like(axis.base),
    )


def common_unit(projects: Sequence[Facts], days: range) -> int:
    """The greatest length of cells that divides every border, duration, lag and date."""
    unit = DAY
    for facts in projects:
        for row in facts.rows:
            if row.summary or not row.counts:
                continue
            for minutes in (row.minutes, row.start, row.finish, row.release):
                unit = gcd(unit, minutes)
        for bond in facts.bonds:
            unit = gcd(unit, bond.minutes)
    for calendar in _calendars(projects).values():
        for pattern in {calendar.intervals(date.fromordinal(_FIRST + day)) for day in days}:
            for start, end in pattern:
                unit = gcd(gcd(unit, start), end)
    return unit


def _calendars(projects: Sequence[Facts]) -> dict[int, WorkingTime]:
    found: dict[int, WorkingTime] = {}
    for facts in projects:
        for row in facts.rows:
            found.setdefault(id(row.calendar), row.calendar)
        for bond in facts.bonds:
            if bond.calendar is not None:
                found.setdefault(id(bond.calendar), bond.calendar)
    return found


def lay_ground(projects: Sequence[Facts], holds: Holds, extra_days: int) -> Ground:
    """Put plans on an axis that reaches so many days beyond their finish.

    Raises
    ------
    InvalidInput
        ``levelling.too_large``, ``levelling.resource``.
    """
    counted = [row for facts in projects for row in facts.rows if row.counts]
    first = min((min(row.start, row.release) for row in counted), default=0) // DAY
    last = max((row.finish for row in counted), default=0) // DAY + 2 + extra_days
    days = range(first, last)
    unit = common_unit(projects, days)
    calendars = _calendars(projects)
    cells = len(days) * DAY // unit
    if cells * (2 * len(calendars) + 1) > MOST_CELLS:
        raise InvalidInput(
            "levelling.too_large",
            f"{len(days)} days in steps of {unit} minutes over {len(calendars)} calendars are "
            "more than can be levelled; round durations and lags, or use fewer calendars.",
        )
    column = {key: number for number, key in enumerate(calendars)}
    worked, cell = _tables(list(calendars.values()), days, unit)
    nodes = tuple(_nodes(projects))
    number = {
        (project, row + (len(projects[project].rows) if rolled else 0)): node
        for node, (project, row, rolled) in enumerate(nodes)
    }
    need = needs_of(projects, nodes)
    axis = _axis(projects, nodes, number, need, column, worked, cell, first * DAY, unit)
    ground = Ground(
        axis,
        nodes,
        number,
        np.array([node[0] for node in nodes], dtype=np.int64),
        need,
        first * DAY,
        unit,
        column,
    )
    _bound(projects, ground, holds)
    return ground


def _nodes(projects: Sequence[Facts]) -> Iterator[tuple[int, int, bool]]:
    for project, facts in enumerate(projects):
        count = len(facts.rows)
        sources = {bond.source for bond in facts.bonds if bond.of_summary}
        for node in facts.order:
            row = facts.rows[node % count]
            if node >= count:
                if node - count in sources:
                    yield project, node - count, True
            elif not row.summary:
                yield project, node, False


def _tables(calendars: Sequence[WorkingTime], days: range, unit: int) -> tuple[IntArray, IntArray]:
    cells = len(days) * DAY // unit
    worked = np.zeros((len(calendars), cells + 1), dtype=np.int64)
    cell = np.full((len(calendars), cells + 1), cells, dtype=np.int64)
    for number, calendar in enumerate(calendars):
        works = np.zeros(cells, dtype=np.bool_)
        for index, day in enumerate(days):
            base = index * DAY
            for start, end in calendar.intervals(date.fromordinal(_FIRST + day)):
                works[(base + start) // unit : (base + end) // unit] = True
        np.cumsum(works, out=worked[number, 1:])
        found = np.flatnonzero(works)
        cell[number, : len(found)] = found
    return worked, cell


def _axis(
    projects: Sequence[Facts],
    nodes: Sequence[tuple[int, int, bool]],
    number: Mapping[tuple[int, int], int],
    need: Need,
    column: Mapping[int, int],
    worked: IntArray,
    cell: IntArray,
    origin: int,
    unit: int,
) -> Axis:
    rows = [projects[project].rows[row] for project, row, _ in nodes]
    kind = [_kind(row, rolled) for row, (_, _, rolled) in zip(rows, nodes)]
    end = worked.shape[1] - 1

    def cells(values: Sequence[int]) -> IntArray:
        return ((np.array(values, dtype=np.int64) - origin) // unit).clip(0, end)

    starts, finishes = cells([row.start for row in rows]), cells([row.finish for row in rows])
    calendar = np.array([column[id(row.calendar)] for row in rows], dtype=np.int64)
    kinds = np.array(kind, dtype=np.int64)
    lane, lanes = lanes_for([max(1, *need.capacity)] if need.capacity else [1])
    fits = (need.demand <= np.array(need.capacity, dtype=np.int64)).all(axis=1)
    moving = np.where(((kinds == LEAF) & fits)[:, None], need.demand, 0)
    guard = guard_of(lane, lanes)
    need_at, need_word, need_units = pack(moving, lane, lanes)
    free = np.repeat(np.array(need.capacity, dtype=np.int64)[:, None], end, axis=1)
    for node in np.flatnonzero((kinds == STANDING) & need.demand.any(axis=1)):
        table = calendar[node]
        taken = cell[table, worked[table, starts[node]] : worked[table, finishes[node]]]
        for short in np.flatnonzero(need.demand[node]):
            free[short, taken] -= need.demand[node, short]
    base = np.full((max(1, -(-len(free) // lanes)), end), guard, dtype=np.int64)
    for resource, left in enumerate(free.clip(min=0)):
        base[resource // lanes] |= left << (lane * (resource % lanes))
    bonds = sorted(_links(projects, nodes, number), key=lambda link: (link[0], link[1]))
    at = np.zeros(len(nodes) + 1, dtype=np.int64)
    np.cumsum(np.bincount([bond[0] for bond in bonds], minlength=len(nodes)), out=at[1:])
    links = [bond for _, _, bond in bonds]
    return Axis(
        kinds,
        calendar,
        np.array([row.minutes // unit for row in rows], dtype=np.int64),
        cells([row.release for row in rows]),
        np.full(len(nodes), end, dtype=np.int64),
        at,
        np.array([source for _, source, _ in bonds], dtype=np.int64),
        np.array([bond.from_start for bond in links], dtype=np.int64),
        np.array([bond.to_finish for bond in links], dtype=np.int64),
        np.array([bond.minutes // unit for bond in links], dtype=np.int64),
        np.array(
            [ELAPSED if b.calendar is None else column[id(b.calendar)] for b in links],
            dtype=np.int64,
        ),
        need_at,
        need_word,
        need_units,
        guard,
        base,
        worked,
        cell,
        starts,
        finishes,
    )


def _kind(row: Row, rolled: bool) -> int:
    if rolled:
        return ROLL
    return LEAF if row.moves else STANDING


def _links(
    projects: Sequence[Facts],
    nodes: Sequence[tuple[int, int, bool]],
    number: Mapping[tuple[int, int], int],
) -> Iterator[tuple[int, int, Bond]]:
    """Links as (target, source, bond); those of a summary's dates come from the tasks in it."""
    for project, facts in enumerate(projects):
        count = len(facts.rows)
        for bond in facts.bonds:
            source = number.get((project, bond.source + (count if bond.of_summary else 0)))
            target = number.get((project, bond.target))
            if source is not None and target is not None:
                yield target, source, bond
    for node, (project, row, rolled) in enumerate(nodes):
        if rolled:
            for leaf in projects[project].inside[row]:
                within = Bond(leaf, False, row, False, False, 0, None)
                yield node, number[project, leaf], within


def _bound(projects: Sequence[Facts], ground: Ground, holds: Holds) -> None:
    """Latest starts: none is later than its float or its dates, or pushes a task that stands."""
    axis, end = ground.axis, ground.axis.base.shape[1]
    ends = np.full_like(axis.latest, end)
    for node, (project, row, rolled) in enumerate(ground.nodes):
        facts = projects[project].rows[row]
        if rolled:
            continue
        if facts.holds:
            axis.latest[node] = ground.cell(facts.start)
        elif facts.moves:
            if holds.floats:
                axis.latest[node] = ground.cell(facts.late_start)
            if holds.dates:
                start, finish = ground.cell(facts.start_by), ground.cell(facts.finish_by)
                axis.latest[node] = min(axis.latest[node], max(0, start))
                ends[node] = min(end, max(0, finish))
    latest_starts(axis, axis.latest, ends)
    early = np.array(
        [ground.cell(projects[project].rows[row].start) for project, row, _ in ground.nodes],
        dtype=np.int64,
    )
    np.maximum(axis.latest, np.minimum(early, end), out=axis.latest)
