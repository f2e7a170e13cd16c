# SPDX-License-Identifier: Apache-2.0
"""The forecast of a project: its sheet, its versions, and the way to approval."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forecast_files import forecast_file
from pilothouse.delivery.finance.forms import forecasts as forms
from pilothouse.delivery.finance.models import Category, Forecast, Nature
from pilothouse.delivery.finance.queries.forecast_page import forecast_page
from pilothouse.delivery.finance.queries.forecasts import forecast_of
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.delivery.finance.services import forecast_states as states
from pilothouse.delivery.finance.services.forecasts import (
    begin_forecast,
    set_forecast_lines,
    set_variance_reasons,
    take_forecast_lines,
)
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import as_text, attachment
from pilothouse.foundation.core.parsing import Reader


@require_GET
def forecasts(request: HttpRequest, project_id: int) -> HttpResponse:
    """The forecast that is worked on, else the one that counts."""
    opened = open_project(actor_of(request), project_id, rules.FORECAST)
    return _show(request, opened, None)


@require_GET
def forecast(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """One version."""
    opened, row = forecast_of(actor_of(request), forecast_id)
    return _show(request, opened, row)


@require_POST
def begin(request: HttpRequest, project_id: int) -> HttpResponse:
    """Begin a version from the latest one, or from the budget."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.FORECAST)
    try:
        row = begin_forecast(actor=actor, project=opened.project)
    except Invalid as error:
        return _show(request, opened, None, error)
    return redirect("finance:forecast", row.pk)


@require_POST
def lines(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """Save the cells of the sheet and the reasons beside them."""
    actor = actor_of(request)
    opened, row = forecast_of(actor, forecast_id)
    rules.require(actor, opened.project, rules.FORECAST, "U", "change the forecast")
    try:
        form = forms.read_sheet(request.POST, row.currency_id)
        with transaction.atomic():
            set_forecast_lines(actor=actor, forecast=row, rows=form.rows, version=form.version)
            if form.reasons:
                set_variance_reasons(actor=actor, forecast=row, reasons=form.reasons, version=None)
    except (Invalid, Conflict) as error:
        return _show(request, opened, row, error)
    messages.success(request, _("The forecast is saved."))
    return redirect("finance:forecast", row.pk)


@require_POST
def paste(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """Take rows that were copied from a spreadsheet."""
    actor = actor_of(request)
    opened, row = forecast_of(actor, forecast_id)
    rules.require(actor, opened.project, rules.FORECAST, "U", "change the forecast")
    reader = Reader(request.POST)
    try:
        take_forecast_lines(
            actor=actor,
            forecast=row,
            table=forms.read_table(request.POST),
            version=reader.version(),
            decimal_comma=reader.flag("decimal_comma"),
        )
    except (Invalid, Conflict) as error:
        return _show(request, opened, row, error)
    messages.success(request, _("The rows are taken."))
    return redirect("finance:forecast", row.pk)


@require_POST
def step(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """Submit, endorse, approve, return or withdraw a version."""
    actor = actor_of(request)
    opened, row = forecast_of(actor, forecast_id)
    reader = Reader(request.POST)
    reason, version = reader.text("reason", 1000), reader.version()
    verbs: dict[str, Callable[[], Forecast]] = {
        "submit": lambda: states.submit_forecast(actor=actor, forecast=row, version=version),
        "endorse": lambda: states.endorse_forecast(
            actor=actor, forecast=row, version=version, note=reason
        ),
        "approve": lambda: states.approve_forecast(
            actor=actor, forecast=row, version=version, note=reason
        ),
        "return": lambda: states.return_forecast(
            actor=actor, forecast=row, version=version, reason=reason
        ),
        "withdraw": lambda: states.withdraw_forecast(
            actor=actor, forecast=row, version=version, reason=reason
        ),
    }
    try:
        verb = reader.choice("step", verbs)
        reader.check("finance.forecast_step")
        done = verbs[verb]()
    except (Invalid, Conflict) as error:
        return _show(request, opened, row, error)
    words = {"state": _(done.get_state_display()).lower(), "number": done.number}
    messages.success(request, _("Forecast %(number)s is %(state)s.") % words)
    return redirect("finance:forecast", row.pk)


@require_GET
def export(request: HttpRequest, forecast_id: int, kind: str) -> HttpResponse:
    """A version as a file."""
    opened, row = forecast_of(actor_of(request), forecast_id)
    return attachment(*forecast_file(opened, row, kind))


def _show(
    request: HttpRequest,
    opened: OpenedProject,
    row: Forecast | None,
    error: Invalid | Conflict | None = None,
) -> HttpResponse:
    context = {
        "page": forecast_page(opened, row),
        "error": error,
        "typed": request.POST if error is not None else {},
        "categories": Category.choices,
        "natures": Nature.choices,
        "as_text": as_text,
    }
    status = 200 if error is None else error.status
    return render(request, "finance/forecast.html", context, status=status)
