# SPDX-License-Identifier: Apache-2.0
"""The board of a plan: its columns, moving a card, and the limits of the columns."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.views import page_over_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.pages import Field, Section, address_of, form_page
from pilothouse.foundation.core.parsing import Reader, page_number


@require_GET
def board(request: HttpRequest, project_id: int) -> HttpResponse:
    """Tasks as cards in columns; ``column`` shows one of them by itself, page by page."""
    page = queries.board_page(
        actor_of(request),
        project_id,
        clock.today(),
        field=request.GET.get("by", "state"),
        narrow=queries.narrow_of(request.GET),
        only=request.GET.get("column"),
        page=page_number(request.GET),
    )
    context = {
        "page": page,
        "fields": queries.field_words(),
        "may": {verb.name.lower() for verb in page.verbs},
        "address": address_of(request),
        "asked": urlencode([("by", page.field), *page.narrow.pairs()]),
    }
    return render(request, "planning/board.html", context)


@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, project_id: int, uid: int) -> HttpResponse:
    """Choose the column that a card is to lie in; what happens then is said, or why not."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.CHANGE)
    by, back = request.GET.get("by", "state"), request.GET.get("back", "")
    place = queries.place_of(queries.existing_plan(project), by, uid, clock.today())
    keys = [key for key, _name in place.present]
    source = request.GET.get("source", keys[0])
    page = page_over_plan(
        project,
        _("Move ‘%(name)s’") % {"name": place.name},
        Section(
            "",
            [
                Field("target", queries.field_words()[by], "select", True, options=place.targets),
                Field("over", _("The column may hold more than its limit"), "checkbox"),
            ],
            _("Now: %(columns)s") % {"columns": ", ".join(name for _key, name in place.present)},
        ),
        inside=(_("Board"), _board(project, by, back)),
        submit=_("Move"),
    )

    def save() -> str:
        reader = Reader(request.POST)
        target, over = reader.text("target", 40), reader.flag("over")
        asked = services.CardMove(uid, by, source, target, over)
        done = services.move_card(actor=actor, project=project, move=asked, today=clock.today())
        messages.success(request, _told(done))
        return _board(project, by, back)

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def limit(request: HttpRequest, project_id: int) -> HttpResponse:
    """Say how many tasks a column should hold at most."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.CHANGE)
    by, column = request.GET.get("by", "state"), request.GET.get("column", "")
    groups, limits = queries.columns_of(queries.existing_plan(project), by, clock.today())
    hint = _("A whole number from 1 to 999; empty for none. A move beyond it asks first.")
    page = page_over_plan(
        project,
        _("Limit of ‘%(column)s’") % {"column": groups.get(column, column[:40])},
        Section("", [Field("most", _("At most"), hint=hint, attrs={"inputmode": "numeric"})]),
        inside=(_("Board"), _board(project, by)),
        submit=_("Save"),
        initial={"most": str(limits.get(column, ""))},
    )

    def save() -> str:
        reader = Reader(request.POST)
        most = reader.whole("most", 1, services.MOST_OF_COLUMN, 0) or None
        reader.check("planning.board_limit_range")
        services.set_board_limit(actor=actor, project=project, field=by, column=column, most=most)
        messages.success(request, _("The limit is saved."))
        return _board(project, by)

    return form_page(request, page, save)


def _board(project: Project, by: str, back: str = "") -> str:
    """The board as it was looked at."""
    return f"{reverse('planning:board', args=[project.pk])}?{back[:500] or urlencode({'by': by})}"


def _told(done: services.MoveOutcome) -> str:
    """What a move did, in words."""
    told = {"name": done.name, "column": done.column}
    said = [_("‘%(name)s’ lies in ‘%(column)s’ now.") % told]
    moved = done.edit.tasks_moved
    if moved:
        said.append(
            ngettext("%(count)d task moved.", "%(count)d tasks moved.", moved) % {"count": moved}
        )
    before, after = done.edit.finish_before, done.edit.finish_after
    if before and after and before != after:
        said.append(
            _("The plan finishes on %(after)s instead of %(before)s.")
            % {"after": written(after), "before": written(before)}
        )
    return " ".join(said)
