# SPDX-License-Identifier: Apache-2.0
"""The schedule screen: begin a plan, edit it, hear of others' edits, judge it."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.views import may_do, page_over_plan
from pilothouse.delivery.planning.words import quality_words, schedule_words
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import Field, Notice, Section, form_page
from pilothouse.foundation.core.parsing import Reader

OFFENDERS_SHOWN = 200
"""Tasks that a point of schedule quality names on its page; the API names all."""


@require_GET
def schedule(request: HttpRequest, project_id: int) -> HttpResponse:
    """The screen in which a plan is edited: grid and chart, drawn by script from the API."""
    return screen(request, queries.schedule_page(actor_of(request), project_id))


def screen(request: HttpRequest, page: queries.SchedulePage) -> HttpResponse:
    """The screen over a plan, or over a sandbox of it."""
    actor, own = actor_of(request), page.own_fields
    context = {
        "page": page,
        "may": may_do(actor, page.project),
        "words": schedule_words() | {f"own:{row.key}": row.label for row in own},
        "own": json.dumps([{"key": o.key, "kind": o.kind, "choices": o.choices} for o in own]),
        "me": actor.label,
        "today": clock.today(),
        "look": json.dumps(page.look),
    }
    return render(request, "planning/schedule.html", context)


@require_GET
def quality(request: HttpRequest, project_id: int) -> HttpResponse:
    """The fourteen points of schedule quality, each leading to the tasks to look at."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    context = {
        "project": project,
        "quality": services.quality_of(actor=actor, project=project),
        "words": quality_words(),
        "shown": OFFENDERS_SHOWN,
    }
    return render(request, "planning/quality.html", context)


@require_GET
def live(request: HttpRequest, project_id: int) -> StreamingHttpResponse:
    """The version of the plan whenever it changes, for open schedule screens."""
    project, _grants = queries.open_project(actor_of(request), project_id, rules.Verb.READ)
    answer = StreamingHttpResponse(
        queries.versions_of(project.pk), content_type="text/event-stream"
    )
    answer["X-Accel-Buffering"] = "no"
    return answer


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Remember how the person likes to see schedules."""
    services.keep_look(actor=actor_of(request), text=request.POST.get("look", ""))
    return HttpResponse(status=204)


def _templates_for(project: Project) -> list[Notice]:
    """That there are templates to begin with."""
    count = queries.templates_of(project).count()
    if not count:
        return []
    told = ngettext(
        "Your office keeps a template to begin with.",
        "Your office keeps %(count)s templates to begin with.",
        count,
    )
    href = reverse("planning:templates", args=[project.pk])
    return [Notice("info", told % {"count": count}, href, _("Choose a template"))]


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give the project an empty plan, to be filled in on the schedule screen."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    hint = "Nothing is planned before this day. It can be moved later."
    page = page_over_plan(
        project,
        "Begin a plan",
        Section("", [Field("start", "Start of the project", "date", True, hint)]),
        notices=_templates_for(project),
        initial={"start": (project.planned_start or clock.today()).isoformat()},
    )

    def save() -> str:
        reader = Reader(request.POST)
        start = reader.day("start", required=True)
        reader.check("planning.start")
        assert start is not None
        services.begin_plan(actor=actor, project=project, start=start)
        return reverse("planning:schedule", args=[project.pk])

    return form_page(request, page, save)
