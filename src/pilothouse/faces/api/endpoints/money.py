# SPDX-License-Identifier: Apache-2.0
"""The money of a project, and of a portfolio or programme as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.overview import (
    Contingency,
    Month,
    Share,
    Spread,
    money_page,
)
from pilothouse.delivery.finance.queries.published import PublishedCosts, published_costs
from pilothouse.delivery.finance.queries.streams import Stream
from pilothouse.delivery.finance.queries.together import (
    ProjectMoney,
    Together,
    money_together,
)
from pilothouse.delivery.finance.queries.variances import Variances
from pilothouse.delivery.finance.services.valuing import worth_together
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.replies import reply
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_money import (
    ContingencyOut,
    Funding,
    MoneyTogether,
    PartVarianceOut,
    PeriodSums,
    ProjectLine,
    ProjectMoneyOut,
    PublishedProject,
    PublishedYear,
    ShareSums,
    Sums,
)
from pilothouse.foundation.core import clock

router = Router(tags=["Money"])


@router.get("/projects/{int:project_id}/money", response=read(ProjectMoneyOut))
def read_project_money(request: HttpRequest, project_id: int) -> HttpResponse:
    """What a project may cost, has cost and will cost, by period, category and nature."""
    opened = open_project(actor_of(request), project_id, rules.BUDGET)
    page = money_page(opened)
    seen = opened.may(rules.ACTUAL, "R")
    funding = page.funding
    return reply(
        ProjectMoneyOut(
            currency=opened.project.currency_id,
            budget_at_completion=page.budget.bac if page.budget else None,
            budget_total=page.budget.total if page.budget else None,
            outlook=page.outlook if seen else None,
            forecast_number=page.forecast.number if page.forecast else None,
            funding=None
            if funding is None
            else Funding(
                released=funding.released,
                actuals=funding.actuals,
                accruals=funding.accruals,
                received=funding.received,
                commitments=funding.commitments,
                available=funding.available,
            ),
            contingency=_contingency(page.contingency if seen else None),
            variances=None if page.variances is None else _variances(page.variances),
            **_spread(page.spread, seen),
        )
    )


def _contingency(found: Contingency | None) -> ContingencyOut | None:
    if found is None:
        return None
    ratio, colour = found.adequacy.ratio, found.adequacy.colour
    return ContingencyOut(left=found.left, even_use=found.even, ratio=ratio, colour=colour)


def _variances(found: Variances) -> list[PartVarianceOut]:
    return [
        PartVarianceOut(
            **row.part._asdict(),
            budget=row.variance.budget,
            cost_at_budget_rate=row.variance.constant,
            cost=row.variance.actual,
            price_and_volume=row.variance.price_volume,
            exchange=row.variance.exchange,
        )
        for row in found.rows
    ]


@router.get("/portfolios/{int:portfolio_id}/money", response=read(MoneyTogether))
def read_portfolio_money(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """The money of a portfolio and of what lies below it."""
    actor = actor_of(request)
    place = get_portfolio(actor, portfolio_id)
    years = published_costs(actor, place)
    return _answer(money_together(actor, place, clock.today()), years)


@router.get("/programmes/{int:programme_id}/money", response=read(MoneyTogether))
def read_programme_money(request: HttpRequest, programme_id: int) -> HttpResponse:
    """The money of a programme."""
    actor = actor_of(request)
    return _answer(money_together(actor, get_programme(actor, programme_id), clock.today()), [])


def _answer(page: Together, years: Sequence[PublishedCosts]) -> HttpResponse:
    projects = [row.project for row in page.rows]
    worth = worth_together(projects, page.by_year, page.money) if page.sees_cost else None
    return reply(
        MoneyTogether(
            currency=page.currency,
            as_of=page.day,
            budgeted=page.budgeted,
            envelope=page.envelope,
            released=page.released,
            outlook=page.outlook if page.sees_cost else None,
            npv_approved=worth.approved if worth else None,
            npv_latest=worth.latest if worth and worth.known else None,
            unseen=page.unseen,
            problems=page.problems,
            projects=[_line(row) for row in page.rows],
            published=[_year(year) for year in years],
            **_spread(page.spread, page.sees_cost),
        )
    )


def _line(row: ProjectMoney) -> ProjectLine:
    return ProjectLine(
        project_id=row.project.pk,
        code=row.project.code,
        currency=row.project.currency_id,
        budget_total=row.budget.total if row.budget else None,
        released=row.released,
        committed=row.stream.committed if row.stream else None,
        cost=row.stream.cost if row.stream else None,
        outlook=row.outlook,
        over_pct=row.over_pct,
    )


def _year(year: PublishedCosts) -> PublishedYear:
    joined, left = (
        [PublishedProject(project_id=row.pk, code=row.code, name=row.name) for row in rows]
        for rows in (year.joined, year.left)
    )
    return PublishedYear(
        year=year.year,
        day=year.day,
        currency=year.currency,
        projects=year.projects,
        told=year.told,
        baseline=year.baseline,
        forecast=year.forecast,
        over_pct=year.over_pct,
        joined=joined,
        left=left,
    )


def _spread(spread: Spread, seen: bool) -> dict[str, Any]:
    return {
        "whole": Sums(**_sums(spread.whole, seen)),
        "periods": [_period(month, seen) for month in spread.months],
        "categories": _shares(spread.categories, seen),
        "natures": _shares(spread.natures, seen),
    }


def _period(month: Month, seen: bool) -> PeriodSums:
    period = month.period
    return PeriodSums(
        period_id=period.pk,
        name=period.name,
        year=period.year,
        is_open=period.is_open,
        **_sums(month.stream, seen),
    )


def _shares(rows: Sequence[Share], seen: bool) -> list[ShareSums]:
    return [ShareSums(key=row.key, **_sums(row.stream, seen)) for row in rows]


def _sums(stream: Stream, seen: bool) -> dict[str, Any]:
    found = {
        "committed": stream.committed,
        "actual": stream.actual,
        "accrual": stream.accrual,
        "cost_at_budget_rate": stream.constant,
        "to_come": stream.to_come,
    }
    return {"budget": stream.budget, **(found if seen else dict.fromkeys(found))}
