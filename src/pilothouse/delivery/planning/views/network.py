# SPDX-License-Identifier: Apache-2.0
"""The network diagram of a plan, or of a part of it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pilothouse.delivery.planning import queries
from pilothouse.engine.drawing import Drawing, Heading, Link, Node, Style, headed, network
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.drawn import inline, svg_file
from pilothouse.foundation.core.numbers import number
from pilothouse.foundation.core.pages import address_of
from pilothouse.foundation.core.parsing import Reader


@require_GET
def diagram(request: HttpRequest, project_id: int) -> HttpResponse:
    """Tasks in layers from left to right with their links; ``as=svg`` is a file."""
    reader = Reader(request.GET)
    uid = reader.whole("uid", 0, 2**31 - 1) if request.GET.get("uid", "").strip() else None
    steps = reader.whole("steps", queries.STEPS.start, queries.STEPS.stop - 1, 2)
    reader.check("planning.network_part")
    part = request.GET.get("part", "")
    page = queries.network_page(actor_of(request), project_id, part=part, uid=uid, steps=steps)
    drawing = _drawn(page) if page.tasks else None
    if request.GET.get("as") == "svg" and drawing is not None:
        told = {"code": page.project.code, "name": page.project.name}
        made = {"version": page.plan.plan_version, "day": written(clock.today())}
        heading = Heading(
            _("Network: %(code)s %(name)s") % told,
            _("plan %(version)d, %(day)s") % made,
            [(Style.LINK_CRITICAL, _("critical"))],
        )
        name = f"{page.project.code}-network-{page.plan.plan_version}"
        return svg_file(headed(drawing, heading), name)
    context = {
        "page": page,
        "drawing": inline(drawing, natural=True) if drawing else "",
        "parts": {
            "all": _("Whole plan"),
            "critical": _("Critical path"),
            "summary": _("A summary"),
            "around": _("Around a task"),
        },
        "most": queries.MOST_NODES,
        "all_steps": queries.STEPS,
        "address": address_of(request),
    }
    return render(request, "planning/network.html", context)


def _drawn(page: queries.NetworkPage) -> Drawing:
    nodes = [_node(page, task) for task in page.tasks]
    links = [Link(one.source, one.target, one.words, one.critical) for one in page.links]
    label = _("Network of %(count)d tasks and %(links)d links. The table below says the same.")
    return network(nodes, links, label % {"count": len(nodes), "links": len(links)})


def _node(page: queries.NetworkPage, task: queries.NetworkTask) -> Node:
    card = task.card
    days = number(task.float_days, 1)
    facts = (
        _("early %(span)s") % {"span": _span(card.early_start, card.early_finish)},
        _("late %(span)s") % {"span": _span(card.late_start, card.late_finish)},
        _("float %(days)s d · %(percent).0f %%") % {"days": days, "percent": card.percent},
    )
    return Node(
        card.uid,
        f"◆ {card.name}" if card.milestone else card.name,
        facts,
        card.critical and not card.done,
        page.part == "around" and card.uid == page.uid,
        "\n".join((card.name, *facts)),
        reverse("planning:explain", args=[page.project.pk, card.uid]),
    )


def _span(start: datetime | None, finish: datetime | None) -> str:
    if start is None or finish is None:
        return "–"
    first, last = start.date(), finish.date()
    if first == last:
        return written(first)
    short = written(first) if first.year != last.year else written(first).rpartition(" ")[0]
    return f"{short} – {written(last)}"
