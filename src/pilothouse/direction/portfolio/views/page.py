# SPDX-License-Identifier: Apache-2.0
"""The list of projects, the other layouts of the same rows, and their export."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio.export import file_of
from pilothouse.direction.portfolio.layouts.bubbles import bubbles_of
from pilothouse.direction.portfolio.layouts.heat import heat_of
from pilothouse.direction.portfolio.layouts.timeline import bands_of, given_on, ties_of
from pilothouse.direction.portfolio.queries import Dashboard, Moments, moments_of
from pilothouse.direction.portfolio.views.asked import context, portfolio_of
from pilothouse.engine.drawing import (
    Drawing,
    Heading,
    Mark,
    Sheet,
    Span,
    Style,
    headed,
    on_sheet,
    rows_only,
)
from pilothouse.engine.drawing import timeline as draw_timeline
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.drawn import PAPERS, SHEET, inline, svg_file, words
from pilothouse.foundation.core.pages import address_of, attachment


@require_GET
def project_list(request: HttpRequest) -> HttpResponse:
    """Every project in sight as a row, worst first."""
    board = portfolio_of(request)
    return render(request, "portfolio/list.html", context(request, board, "list"))


@require_GET
def timeline(request: HttpRequest) -> HttpResponse:
    """The same rows as bars over time; ``paper`` fits them to a sheet, ``as`` is a file."""
    board = portfolio_of(request)
    moments = moments_of(actor_of(request), board)
    paper, alone = request.GET.get("paper", ""), request.GET.get("as") == "svg"
    drawing = _timeline(board, moments, paper if paper in PAPERS else "", alone)
    if alone:
        return svg_file(drawing, f"timeline-{board.day.isoformat()}")
    page = context(request, board, "timeline") | {
        "drawing": inline(drawing),
        "moments": moments,
        "given_on": given_on,
        "paper": paper if paper in PAPERS else "",
        "address": address_of(request),
    }
    return render(request, "portfolio/timeline.html", page)


def _timeline(board: Dashboard, moments: Moments, paper: str, alone: bool) -> Drawing:
    bands, ties = bands_of(board, moments), ties_of(moments.bonds)
    said = _("%(count)d projects from %(first)s to %(last)s. The table below says the same.") % {
        "count": len(board.page_rows),
        "first": written(moments.first),
        "last": written(moments.last),
    }
    today = Mark(board.day, written(board.day), Style.TODAY, Style.TEXT_TODAY)
    span = Span(moments.first, moments.last, said, [today], words())

    def draw(count: int, width: float) -> Drawing:
        return draw_timeline(rows_only(bands, count), ties, replace(span, width=width))

    heading = _heading(board)
    if paper:
        sheet = Sheet(SHEET, span.width, PAPERS[paper][1], heading.height, span.words.left_out)
        return headed(on_sheet(draw, len(board.page_rows), sheet), heading)
    whole = draw_timeline(bands, ties, span)
    return headed(whole, heading) if alone else whole


def _heading(board: Dashboard) -> Heading:
    pages = _("page %(page)d of %(pages)d") % {"page": board.page, "pages": board.pages}
    return Heading(
        _("Timeline of the projects"),
        written(board.day) if board.pages == 1 else f"{written(board.day)}, {pages}",
        [
            (Style.BAR_GREY, _("forecast, in the overall colour")),
            (Style.BASE, _("approved")),
            (Style.MILESTONE, _("milestone")),
            (Style.MILESTONE_CRITICAL, _("critical")),
            (Style.MILESTONE_DONE, _("reached")),
            (Style.LINK_GREEN, _("link with slack")),
            (Style.LINK_AMBER, _("little slack")),
            (Style.LINK_RED, _("too late")),
        ],
    )


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
    return attachment(file.name, file.kind, file.body)
