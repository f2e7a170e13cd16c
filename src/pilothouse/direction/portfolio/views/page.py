# SPDX-License-Identifier: Apache-2.0
"""The list of projects, the other layouts of the same rows, and their export."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio.export import file_of
from pilothouse.direction.portfolio.layouts.bubbles import bubbles_of
from pilothouse.direction.portfolio.layouts.heat import heat_of
from pilothouse.direction.portfolio.layouts.timeline import timeline_of
from pilothouse.direction.portfolio.views.asked import context, portfolio_of


@require_GET
def project_list(request: HttpRequest) -> HttpResponse:
    """Every project in sight as a row, worst first."""
    board = portfolio_of(request)
    return render(request, "portfolio/list.html", context(request, board, "list"))


@require_GET
def timeline(request: HttpRequest) -> HttpResponse:
    """The same rows as bars over time."""
    board = portfolio_of(request)
    drawing = timeline_of(board.page_rows, board.day)
    page = context(request, board, "timeline") | {"drawing": drawing}
    return render(request, "portfolio/timeline.html", page)


@require_GET
def project_map(request: HttpRequest) -> HttpResponse:
    """The same rows as bubbles and as a heat map."""
    board = portfolio_of(request)
    page = context(request, board, "map") | {
        "drawing": bubbles_of(board.rows),
        "heat": heat_of(board),
    }
    return render(request, "portfolio/map.html", page)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list as a file."""
    file = file_of(portfolio_of(request), request.GET.get("format", "xlsx"))
    response = HttpResponse(file.body, content_type=file.kind)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
