# SPDX-License-Identifier: Apache-2.0
"""The match report of published portfolios: what was loaded and how it was recognised."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.exchange.published import TABS, file_of, published_years, report_of
from pilothouse.exchange.views.imports import paged
from pilothouse.foundation.accounts.web import actor_of


@require_GET
def published(request: HttpRequest) -> HttpResponse:
    """Every year that was loaded, with its source, licence and counts."""
    return render(
        request, "exchange/published.html", {"offices": published_years(actor_of(request))}
    )


@require_GET
def published_year(request: HttpRequest, file_id: int) -> HttpResponse:
    """One year: how each project was recognised, what was not, and what the file left unclear."""
    actor = actor_of(request)
    file = file_of(actor, file_id)
    asked = request.GET.get("show", "")
    shown = asked if asked in TABS else "matched"
    report = report_of(actor, file)
    context = paged(request, report.parts[shown], 100)
    context |= {"file": file, "report": report, "shown": shown, "tabs": TABS}
    return render(request, "exchange/published_year.html", context)
