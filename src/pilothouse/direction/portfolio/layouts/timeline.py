# SPDX-License-Identifier: Apache-2.0
"""The projects of a list as rows over time, for the drawing of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from pilothouse.delivery.dependencies.queries import Row as Bond
from pilothouse.delivery.planning.queries import PlanMilestone
from pilothouse.direction.portfolio.queries import Dashboard, Listed, Moments
from pilothouse.engine.drawing import Band, Milestone, Row, Tie
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.numbers import signed


def bands_of(board: Dashboard, moments: Moments) -> list[Band]:
    """The rows of a page, under the heads of their groups where the list has some."""
    bands: list[Band] = []
    for row in board.page_rows:
        name = board.label(row) if board.filters.group else ""
        drawn = _row(row, moments.milestones.get(row.project_id, ()), board.filters.as_of)
        if bands and bands[-1].name == name:
            bands[-1] = Band(name, [*bands[-1].rows, drawn])
        else:
            bands.append(Band(name, [drawn]))
    return bands


def ties_of(bonds: Sequence[Bond]) -> list[Tie]:
    """Links whose two projects are seen; the day given is the forecast, else what was promised."""
    return [
        Tie(
            bond.giver.project_id,
            given_on(bond),
            bond.receiver.project_id,
            bond.dependency.need_date,
            bond.colour,
            title_of(bond),
            reverse("dependencies:one", args=[bond.dependency.pk]),
        )
        for bond in bonds
        if bond.giver.project_id is not None and bond.receiver.project_id is not None
    ]


def given_on(bond: Bond) -> date:
    """The day on which a deliverable is to be expected."""
    return bond.dependency.forecast_date or bond.dependency.promised_date


def title_of(bond: Bond) -> str:
    """A link in a sentence."""
    return _("%(what)s: %(giver)s gives on %(given)s, %(receiver)s needs on %(needed)s") % {
        "what": bond.dependency.deliverable,
        "giver": bond.giver.code,
        "given": written(given_on(bond)),
        "receiver": bond.receiver.code,
        "needed": written(bond.dependency.need_date),
    }


def _row(row: Listed, milestones: Sequence[PlanMilestone], as_of: date | None) -> Row:
    start = row.planned_start or row.baseline_start
    later = f"?as_of={as_of.isoformat()}" if as_of else ""
    return Row(
        row.project_id,
        row.name,
        f"{row.code} · {_(row.beside_phase) or row.portfolio_name}",
        row.overall,
        _stretch(start, row.forecast_finish),
        _stretch(row.baseline_start, row.baseline_finish),
        "" if row.slip_days is None else f"{signed(row.slip_days)} d",
        bool(row.slip_days and row.slip_days > 0),
        [_milestone(one) for one in milestones] or _next(row),
        row.name,
        reverse("portfolio:project", args=[row.project_id]) + later,
    )


def _stretch(start: date | None, finish: date | None) -> tuple[date, date] | None:
    return None if start is None or finish is None or finish < start else (start, finish)


def _milestone(one: PlanMilestone) -> Milestone:
    said = f"{one.name}: {written(one.day)}"
    if one.approved:
        said += "; " + _("approved %(day)s") % {"day": written(one.approved)}
    href = reverse("planning:explain", args=[one.project_id, one.uid])
    return Milestone(one.day, one.name, "", one.critical, one.done, one.approved, said, href)


def _next(row: Listed) -> list[Milestone]:
    """Where no plan is seen, the next milestone that the report names."""
    if row.next_milestone_on is None:
        return []
    said = f"{row.next_milestone}: {written(row.next_milestone_on)}"
    return [Milestone(row.next_milestone_on, row.next_milestone, title=said)]
