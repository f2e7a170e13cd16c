# SPDX-License-Identifier: Apache-2.0
"""Earned value of a project, a programme and a portfolio, and how packages are measured."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules as finance
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.direction.performance import forms
from pilothouse.direction.performance.drawing import Period, Status, bulls_eye, s_curve
from pilothouse.direction.performance.files import value_file
from pilothouse.direction.performance.models import PackageMeasure, PackageValue
from pilothouse.direction.performance.queries.earned import (
    COSTS,
    GROUPS,
    PAGE_SIZE,
    FigureShown,
    ValuePage,
    costs_of,
    measure_of,
    packages_of,
    releases_to_count,
    require_measures_seen,
    value_page,
)
from pilothouse.direction.performance.rules import can_on_measures
from pilothouse.direction.performance.services.measures import set_measure
from pilothouse.direction.performance.services.sums import value_of_place
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import attachment
from pilothouse.foundation.core.parsing import page_number

ONLY = ("", "behind", "over")


@require_GET
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """Figures, course and packages of one project at its status date."""
    page = value_page(actor_of(request), project_id)
    only = request.GET.get("only", "")
    only = only if only in ONLY and (page.sees_cost or only != "over") else ""
    rows = Paginator(packages_of(page.opened.project, only), PAGE_SIZE)
    part = rows.get_page(page_number(request.GET))

    def address(**changes: object) -> str:
        asked = {"only": only, "page": part.number, **changes}
        kept = {name: str(value) for name, value in asked.items() if value and value != 1}
        return f"?{urlencode(kept)}#packages"

    context = {
        "page": page,
        "chart": _curve_of(page),
        "eye": bulls_eye(page.points) if page.sees_cost else None,
        "packages": list(part.object_list),
        "pager": {"page": part.number, "pages": rows.num_pages, "total": rows.count},
        "only": only,
        "address": address,
        "methods": dict(PackageMeasure.Method.choices),
    }
    return render(request, "performance/earned_value.html", context)


@require_GET
def export(request: HttpRequest, project_id: int, kind: str) -> HttpResponse:
    """Packages, periods and figures of a project as a file."""
    return attachment(*value_file(value_page(actor_of(request), project_id), kind))


def _curve_of(page: ValuePage) -> object:
    status = page.status
    if status is None:
        return None
    return s_curve(
        page.points,
        Status(
            status.status_date,
            status.pv,
            status.ev,
            status.ac if page.sees_cost else None,
            _costs(page.figures),
            _value(page.figures, "ieac_t"),
        ),
    )


def _costs(figures: Mapping[str, FigureShown]) -> dict[str, Decimal]:
    found = {key: _value(figures, key) for key in COSTS}
    return {key: value for key, value in found.items() if value is not None}


def _value(figures: Mapping[str, FigureShown], key: str) -> Decimal | None:
    figure = figures.get(key)
    return None if figure is None else figure.value


@require_GET
def portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Earned value of a portfolio, from sums."""
    row = get_portfolio(actor_of(request), portfolio_id)
    return _place(request, row, "projects:portfolio")


@require_GET
def programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Earned value of a programme, from sums."""
    row = get_programme(actor_of(request), programme_id)
    return _place(request, row, "projects:programme")


def _place(request: HttpRequest, place: Portfolio | Programme, record: str) -> HttpResponse:
    today = clock.today()
    value = value_of_place(actor_of(request), place, today)
    months: list[Period] = list(value.months)
    chart = None
    if value.projects:
        status = Status(
            today,
            sum((row.pv for row in value.projects), Decimal(0)),
            sum((row.ev for row in value.projects), Decimal(0)),
            sum((row.ac or Decimal(0) for row in value.projects), Decimal(0))
            if value.sees_cost
            else None,
            _costs(value.figures),
            _value(value.figures, "ieac_t"),
        )
        chart = s_curve(months, status)
    groups = {
        name: [value.figures[key] for key in keys if key in value.figures]
        for name, keys in GROUPS.items()
    }
    context = {
        "place": place,
        "record": record,
        "value": value,
        "groups": groups,
        "chart": chart,
        "costs": costs_of(value.figures),
        "eye": bulls_eye(months) if value.sees_cost else None,
        "today": today,
    }
    return render(request, "performance/place_value.html", context)


@require_http_methods(["GET", "POST"])
def measure(request: HttpRequest, project_id: int) -> HttpResponse:
    """How one work package is measured, and what is claimed for it."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, finance.BUDGET)
    own = opened.project
    require_measures_seen(actor, own)
    wbs = request.POST.get("wbs", request.GET.get("wbs", ""))[:100]
    row = measure_of(own, wbs)
    releases = releases_to_count(own)

    def show(
        values: Mapping[str, str], error: Invalid | Conflict | None = None, status: int = 200
    ) -> HttpResponse:
        name = PackageValue.objects.filter(project=own, wbs=wbs).values_list("name", flat=True)
        context = {
            "project": own,
            "opened": opened,
            "wbs": wbs,
            "name": name.first() or wbs or own.name,
            "values": values,
            "error": error,
            "releases": [("", "The whole backlog"), *((one.pk, one.name) for one in releases)],
            "methods": PackageMeasure.Method.choices,
            "contours": PackageMeasure.Contour.choices,
            "may_change": can_on_measures(actor, own, "C" if row is None else "U"),
            "version": "" if row is None else row.version,
        }
        return render(request, "performance/measure.html", context, status=status)

    if request.method != "POST":
        return show(forms.measure_initial(row or PackageMeasure(wbs=wbs)))
    try:
        form = forms.read_measure(request.POST, releases)
        set_measure(
            actor=actor,
            project=own,
            wbs=wbs,
            values=form.values,
            version=form.version,
            reason=form.reason,
        )
    except (Invalid, Conflict) as error:
        typed = {name: text for name, text in request.POST.items() if isinstance(text, str)}
        return show(typed, error, error.status)
    messages.success(request, "The measure is kept and earned value computed anew.")
    return redirect("performance:earned-value", own.pk)
