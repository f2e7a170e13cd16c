# SPDX-License-Identifier: Apache-2.0
"""Earned value of a programme or portfolio, computed from the kept rows when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from pilothouse.delivery.finance import rules as finance
from pilothouse.delivery.finance.money import in_decimals
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import (
    ACTIVE_STATES,
    Placed,
    projects_with,
    visible_projects,
)
from pilothouse.direction.performance.bridge.sums import MonthSum, Share, summed
from pilothouse.direction.performance.models import EarnedValuePoint, EarnedValueStatus
from pilothouse.direction.performance.queries.earned import FigureShown, figures_shown
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

MOST_PROJECTS = 2000


@dataclass(frozen=True, slots=True)
class ProjectShare:
    """One project of the sum, in the currency of the sum."""

    project_id: int
    code: str
    name: str
    status_date: date
    bac: Decimal
    pv: Decimal
    ev: Decimal
    ac: Decimal | None

    @property
    def spi(self) -> Decimal | None:
        return self.ev / self.pv if self.pv else None

    @property
    def cpi(self) -> Decimal | None:
        return self.ev / self.ac if self.ac else None


@dataclass(frozen=True, slots=True)
class PlaceValue:
    """Σ of the active projects whose budget the actor sees.

    ``without`` are codes of those without earned value, ``left_out`` code and reason of those
    whose currency has no rate. Without R on actual everywhere, no figure of cost is told.
    """

    currency: str
    projects: Sequence[ProjectShare]
    figures: Mapping[str, FigureShown]
    months: Sequence[MonthSum]
    warnings: Sequence[str]
    sees_cost: bool
    without: Sequence[str]
    left_out: Sequence[tuple[str, str]]
    oldest: date | None


def value_of_place(actor: Actor, place: Portfolio | Programme, today: date) -> PlaceValue:
    """Earned value of a portfolio or programme, in constant queries."""
    portfolio = place if isinstance(place, Portfolio) else place.portfolio
    seen, costs = _projects_in(actor, place)
    keys = [row.pk for row in seen]
    statuses = EarnedValueStatus.objects.filter(project_id__in=keys)
    found = {row.project_id: row for row in statuses.defer("figures", "warnings", "notices")}
    points: dict[int, list[EarnedValuePoint]] = {}
    for point in EarnedValuePoint.objects.filter(project_id__in=list(found)).order_by("last"):
        points.setdefault(point.project_id, []).append(point)
    rates = Rates(OrgUnit.objects.get(pk=seen[0].office_id)) if found else None
    shares: list[Share] = []
    told: list[ProjectShare] = []
    left_out: list[tuple[str, str]] = []
    for row in seen:
        status = found.get(row.pk)
        if status is None or rates is None:
            continue
        try:
            exact = rates.rate(
                Kind.BUDGET, status.currency_code, portfolio.currency_id, status.status_date
            )
        except Invalid as error:
            left_out.append((row.code, error.message))
            continue
        rate = in_decimals(exact)
        shares.append(Share(status, points[row.pk], rate))
        told.append(_told(row, status, rate, sees_cost=row.pk in costs))
    sees_cost = all(share.ac is not None for share in told)
    whole = summed(shares, today) if shares else None
    return PlaceValue(
        currency=portfolio.currency_id,
        projects=told,
        figures={} if whole is None else figures_shown(whole.figures, sees_cost),
        months=[] if whole is None else whole.months,
        warnings=[] if whole is None or not sees_cost else list(whole.found.warnings),
        sees_cost=sees_cost,
        without=[row.code for row in seen if row.pk not in found],
        left_out=left_out,
        oldest=min((share.status_date for share in told), default=None),
    )


def _projects_in(
    actor: Actor, place: Portfolio | Programme
) -> tuple[list[Project], frozenset[int]]:
    """The active projects whose budget the actor sees, and those whose cost as well."""
    inside = (
        Q(portfolio__path__gte=place.path, portfolio__path__lt=place.path + "~")
        if isinstance(place, Portfolio)
        else Q(programme=place)
    )
    held = grants_of(actor)
    rows = list(
        visible_projects(actor, held)
        .filter(inside, state__in=ACTIVE_STATES)
        .select_related("portfolio__org_unit")
        .order_by("code")[:MOST_PROJECTS]
    )
    placed = [
        Placed(
            row.pk,
            row.office_id,
            row.portfolio.org_unit.path,
            row.portfolio.path,
            row.programme_id,
            row.classification,
        )
        for row in rows
    ]
    budgets = projects_with(held, "R", placed, finance.BUDGET)
    costs = projects_with(held, "R", placed, finance.ACTUAL)
    return [row for row in rows if row.pk in budgets], costs


def _told(
    row: Project, status: EarnedValueStatus, rate: Decimal, *, sees_cost: bool
) -> ProjectShare:
    return ProjectShare(
        row.pk,
        row.code,
        row.name,
        status.status_date,
        status.bac * rate,
        status.pv * rate,
        status.ev * rate,
        status.ac * rate if sees_cost else None,
    )
