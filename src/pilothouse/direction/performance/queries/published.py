# SPDX-License-Identifier: Apache-2.0
"""Whole-life cost of a portfolio through its published years: baseline against forecast."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from pilothouse.delivery.finance import rules as finance
from pilothouse.delivery.finance.queries.published import Named, PublishedCosts
from pilothouse.delivery.projects.models import Portfolio
from pilothouse.delivery.projects.rules import Placed, projects_with, visible_projects
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor

ZERO = Decimal(0)


def published_costs(actor: Actor, place: Portfolio) -> list[PublishedCosts]:
    """The published years of a portfolio in sight, the oldest first; four queries.

    A project counts where it stood at the time, and where the actor may see its budget; of each
    year its last publication. A forecast that comes of what was spent needs the right to cost as
    well. Where no forecast is published, the whole-life cost of the year is one.
    """
    held = grants_of(actor)
    seen = visible_projects(actor, held).select_related("portfolio__org_unit")
    told = PerformanceSnapshot.objects.filter(
        kind=PerformanceSnapshot.Kind.PUBLISHED,
        in_portfolio=True,
        portfolio__path__gte=place.path,
        portfolio__path__lt=place.path + "~",
    )
    keys = told.order_by().values("project_id")
    projects = {row.pk: row for row in seen.filter(pk__in=keys)}
    placed = [
        Placed(
            row.pk,
            row.office_id,
            row.portfolio.org_unit.path,
            row.portfolio.path,
            row.programme_id,
            row.classification,
        )
        for row in projects.values()
    ]
    budgets = projects_with(held, "R", placed, finance.BUDGET)
    spent = projects_with(held, "R", placed, finance.ACTUAL)
    rows = [
        _Row(
            day,
            currency,
            Named(pk, projects[pk].code, name),
            budget,
            budget if forecast is None or (eac is not None and pk not in spent) else forecast,
        )
        for day, currency, pk, name, budget, forecast, eac in told.filter(project__in=budgets)
        .order_by("currency_code", "status_date", "project_id")
        .values_list(
            *("status_date", "currency_code", "project_id", "name"),
            *("budget", "forecast_cost", "eac"),
        )
    ]
    found: list[PublishedCosts] = []
    for currency, mine in groupby(rows, key=lambda row: row.currency):
        first: dict[int, Decimal] = {}
        before: dict[int, _Row] | None = None
        for year, lines in groupby(mine, key=lambda row: row.day.year):
            now: dict[int, _Row] = {}
            for row in lines:
                now[row.project.pk] = row
                if row.cost is not None:
                    first.setdefault(row.project.pk, row.cost)
            found.append(_year(year, currency, now, first, before))
            before = now
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    day: date
    currency: str
    project: Named
    cost: Decimal | None
    forecast: Decimal | None


def _year(
    year: int,
    currency: str,
    now: Mapping[int, _Row],
    first: Mapping[int, Decimal],
    before: Mapping[int, _Row] | None,
) -> PublishedCosts:
    told = {pk: row.forecast for pk, row in now.items() if row.forecast is not None and pk in first}
    return PublishedCosts(
        year=year,
        day=max(row.day for row in now.values()),
        currency=currency,
        projects=len(now),
        told=len(told),
        baseline=sum((first[pk] for pk in told), ZERO),
        forecast=sum(told.values(), ZERO),
        joined=[] if before is None else _but(now, before),
        left=[] if before is None else _but(before, now),
    )


def _but(these: Mapping[int, _Row], those: Container[int]) -> list[Named]:
    """Those of the first that are not among the others, by their names."""
    rows = (row.project for pk, row in these.items() if pk not in those)
    return sorted(rows, key=lambda row: row.name)
