# SPDX-License-Identifier: Apache-2.0
"""The roadmap of a plan on one page, to print and to take along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pilothouse.delivery.planning import queries
from pilothouse.engine.drawing import Drawing, Heading, Look, Style, fitted, headed, roadmap
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.drawn import PAPERS, SHEET, day_marks, inline, svg_file, words
from pilothouse.foundation.core.pages import address_of


@require_GET
def road(request: HttpRequest, project_id: int) -> HttpResponse:
    """Workstreams or people as lanes over time; ``paper`` fits it to a sheet, ``as`` is a file."""
    page = queries.roadmap_page(actor_of(request), project_id, request.GET.get("group", ""))
    paper = request.GET.get("paper", "")
    alone = request.GET.get("as") == "svg"
    drawing = _drawn(page, paper, alone) if page.lanes else None
    if alone and drawing is not None:
        return svg_file(drawing, f"{page.project.code}-roadmap-{page.plan.plan_version}")
    context = {
        "page": page,
        "drawing": inline(drawing) if drawing else "",
        "groups": [("stream", _("Workstreams")), ("person", _("People"))],
        "paper": paper if paper in PAPERS else "",
        "address": address_of(request),
    }
    return render(request, "planning/roadmap.html", context)


def _drawn(page: queries.RoadmapPage, paper: str, alone: bool) -> Drawing:
    span = queries.first_and_last(page.lanes)
    assert span is not None
    status = page.plan.status_date
    label = _("Roadmap of %(project)s from %(first)s to %(last)s. The same stands in the table.")
    look = Look(
        label % {"project": page.project.name, "first": written(span[0]), "last": written(span[1])},
        day_marks(clock.today(), status.date() if status else None),
        words(),
    )
    heading = _heading(page)
    if paper in PAPERS:
        widest = PAPERS[paper][1]
        above = heading.height
        return headed(fitted(page.lanes, look, ratio=SHEET, widest=widest, above=above), heading)
    drawing = roadmap(page.lanes, look)
    return headed(drawing, heading) if alone else drawing


def _heading(page: queries.RoadmapPage) -> Heading:
    told = {"code": page.project.code, "name": page.project.name}
    made = {"version": page.plan.plan_version, "day": written(clock.today())}
    return Heading(
        _("Roadmap: %(code)s %(name)s") % told,
        _("plan %(version)d, %(day)s") % made,
        [
            (Style.BAR, _("phase")),
            (Style.DONE, _("done so far")),
            (Style.BAR_CRITICAL, _("critical")),
            (Style.BASE, _("approved dates")),
            (Style.MILESTONE, _("milestone")),
            (Style.MILESTONE_DONE, _("reached")),
        ],
    )
