# SPDX-License-Identifier: Apache-2.0
"""Whole-life cost of a portfolio through its published years: baseline against forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """The publications of a portfolio in sight, the oldest first; three queries or so.

    A project counts where it stood at the time, and where the actor may see its budget; a forecast
    that comes of cost needs the right to cost as well.
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
            forecast if eac is None or pk in spent else None,
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
        before: dict[int, Named] | None = None
        for day, lines in groupby(mine, key=lambda row: row.day):
            year = list(lines)
            now = {row.project.pk: row.project for row in year}
            found.append(_year(day, currency, year, before, now))
            before = now
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    day: date
    currency: str
    project: Named
    baseline: Decimal | None
    forecast: Decimal | None


def _year(
    day: date,
    currency: str,
    rows: Sequence[_Row],
    before: dict[int, Named] | None,
    now: dict[int, Named],
) -> PublishedCosts:
    pairs = [
        (row.baseline, row.forecast)
        for row in rows
        if row.baseline is not None and row.forecast is not None
    ]
    baselines = [row.baseline for row in rows if row.baseline is not None]
    forecasts = [row.forecast for row in rows if row.forecast is not None]
    return PublishedCosts(
        day=day,
        currency=currency,
        projects=len(rows),
        baseline=sum(baselines, ZERO),
        baselines=len(baselines),
        forecast=sum(forecasts, ZERO),
        forecasts=len(forecasts),
        both=len(pairs),
        both_baseline=sum((baseline for baseline, _ in pairs), ZERO),
        both_forecast=sum((forecast for _, forecast in pairs), ZERO),
        joined=[] if before is None else _but(now, before),
        left=[] if before is None else _but(before, now),
    )


def _but(these: dict[int, Named], those: Iterable[int]) -> list[Named]:
    """Those of the first that are not among the others, by their names."""
    there = set(those)
    return sorted((row for pk, row in these.items() if pk not in there), key=lambda row: row.name)
