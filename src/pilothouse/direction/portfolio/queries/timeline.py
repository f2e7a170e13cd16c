# SPDX-License-Identifier: Apache-2.0
"""What the timeline shows besides the rows of the list: milestones, and links between projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pilothouse.delivery.dependencies.queries import Row as Bond
from pilothouse.delivery.dependencies.queries import dependency_rows, matches
from pilothouse.delivery.planning.queries import PlanMilestone, milestones_among
from pilothouse.delivery.projects.rules import Placed, projects_with
from pilothouse.direction.portfolio.queries.page import Dashboard
from pilothouse.direction.portfolio.queries.rows import Listed
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor

MOST_OF_ONE = 12
"""Milestones of one plan on the timeline."""
YEARS_BACK, YEARS_AHEAD = 6, 12
_SPANS = {
    "quarter": (14, 92),
    "half": (30, 183),
    "year": (60, 365),
    "three": (180, 1096),
}
"""Days before the day of the page, and after it."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The days of a timeline, with the milestones and links of the projects on it.

    ``left_out`` are milestones of plans beyond ``MOST_OF_ONE``; ``is_cut`` says that some dates
    lie outside of the days.
    """

    first: date
    last: date
    is_cut: bool
    milestones: Mapping[int, Sequence[PlanMilestone]]
    left_out: int
    bonds: Sequence[Bond]


def moments_of(actor: Actor, board: Dashboard) -> Moments:
    """Milestones and open links of the projects on the page of a list.

    In the past there are none: plans and links are known as they are now. Who: milestones of a
    project for R on its tasks; links as ``dependency_rows`` has them.
    """
    rows = board.page_rows
    first, last, cut = _days(rows, board.day, board.filters.span)
    if board.filters.as_of is not None or not rows:
        return Moments(first, last, cut, {}, 0, ())
    places = [Placed._make(row[: len(Placed._fields)]) for row in rows]
    readable = projects_with(grants_of(actor), "R", places, "task")
    milestones, left = milestones_among(readable, first, last, MOST_OF_ONE)
    here = {row.project_id for row in rows}
    bonds = [
        bond
        for bond in dependency_rows(actor)
        if matches(bond, "open") and here & {bond.giver.project_id, bond.receiver.project_id}
    ]
    return Moments(first, last, cut, milestones, left, bonds)


def _days(rows: Sequence[Listed], day: date, span: str) -> tuple[date, date, bool]:
    days = [
        found
        for row in rows
        for found in (
            row.planned_start,
            row.forecast_finish,
            row.baseline_start,
            row.baseline_finish,
        )
        if found is not None
    ]
    earliest, latest = min([day, *days]), max([day, *days])
    if span:
        before, after = _SPANS[span]
        first, last = day - timedelta(days=before), day + timedelta(days=after)
    else:
        first = date(max(earliest.year, day.year - YEARS_BACK), 1, 1)
        last = date(min(latest.year, day.year + YEARS_AHEAD), 12, 31)
    return first, last, earliest < first or latest > last
