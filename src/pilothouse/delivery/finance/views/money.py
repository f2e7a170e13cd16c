# SPDX-License-Identifier: Apache-2.0
"""The money of a project, and of a portfolio or programme as one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.drawing import money_chart
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.overview import money_page
from pilothouse.delivery.finance.queries.published import published_costs
from pilothouse.delivery.finance.queries.together import money_together
from pilothouse.delivery.finance.services.valuing import worth_together
from pilothouse.delivery.finance.together_files import together_file
from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import address_of, attachment
from pilothouse.foundation.core.parsing import page_number

ROWS = 50


@require_GET
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """What a project may cost, has cost and will cost."""
    opened = open_project(actor_of(request), project_id, rules.BUDGET)
    page = money_page(opened)
    sees_cost = opened.may(rules.ACTUAL, "R")
    context = {
        "opened": opened,
        "page": page,
        "sees_cost": sees_cost,
        "chart": money_chart(page.spread.months, cost=sees_cost),
        "today": clock.today(),
    }
    return render(request, "finance/money.html", context)


@require_GET
def portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """The money of a portfolio and of what lies below it."""
    return _together(request, get_portfolio(actor_of(request), portfolio_id))


@require_GET
def programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """The money of a programme."""
    return _together(request, get_programme(actor_of(request), programme_id))


@require_GET
def portfolio_export(request: HttpRequest, portfolio_id: int, kind: str) -> HttpResponse:
    """The money of a portfolio as a file."""
    return _together_file(request, get_portfolio(actor_of(request), portfolio_id), kind)


@require_GET
def programme_export(request: HttpRequest, programme_id: int, kind: str) -> HttpResponse:
    """The money of a programme as a file."""
    return _together_file(request, get_programme(actor_of(request), programme_id), kind)


def _together_file(request: HttpRequest, place: Portfolio | Programme, kind: str) -> HttpResponse:
    page = money_together(actor_of(request), place, clock.today())
    return attachment(*together_file(page, kind))


def _together(request: HttpRequest, place: Portfolio | Programme) -> HttpResponse:
    today = clock.today()
    page = money_together(actor_of(request), place, today)
    pages = Paginator(page.rows, ROWS)
    context = {
        "page": page,
        "worth": worth_together([row.project for row in page.rows], page.by_year, page.money)
        if page.sees_cost
        else None,
        "chart": money_chart(page.spread.months, cost=page.sees_cost),
        "rows": pages.get_page(page_number(request.GET)),
        "address": address_of(request),
        "years": published_costs(actor_of(request), place) if isinstance(place, Portfolio) else [],
    }
    return render(request, "finance/together.html", context)
