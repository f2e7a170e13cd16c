# SPDX-License-Identifier: Apache-2.0
"""The list of projects, the other layouts of the same rows, and their export."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio.export import notes_of, table_of
from pilothouse.direction.portfolio.layouts.bubbles import bubbles_of
from pilothouse.direction.portfolio.layouts.heat import heat_of
from pilothouse.direction.portfolio.layouts.timeline import timeline_of
from pilothouse.direction.portfolio.views.asked import context, portfolio_of
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import write_csv, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
        "heat": heat_of(board.rows, board.places),
    }
    return render(request, "portfolio/map.html", page)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows as a file: the same projects, columns, order and day, all pages."""
    kind = request.GET.get("format", "xlsx")
    if kind not in {"xlsx", "csv"}:
        raise Invalid("portfolio.format", "The list is exported as xlsx or csv.")
    board = portfolio_of(request)
    header, rows = table_of(board)
    notes = notes_of(board)
    if kind == "csv":
        body = write_csv([*rows, [], *([note] for note in notes)], header)
        response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(
            write_xlsx(rows, header, sheet="Projects", notes=notes), content_type=XLSX
        )
    name = f"projects-{board.day.isoformat()}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
