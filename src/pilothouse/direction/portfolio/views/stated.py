# SPDX-License-Identifier: Apache-2.0
"""The stated fields of one row: a dialog over the list, or a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import require_on_project
from pilothouse.delivery.projects.services import update_project
from pilothouse.direction.portfolio.forms import DATES, STATED, stated_values, version_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid, PilothouseError
from pilothouse.foundation.core.pages import as_text, saved_now


@require_http_methods(["GET", "POST"])
def stated(request: HttpRequest, project_id: int) -> HttpResponse:
    """Show and take what the manager states: colour, comment, dates, forecasts."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    require_on_project(actor, project, "U")
    if request.method == "GET":
        return _form(request, project, _values(project))
    try:
        update_project(
            actor=actor,
            project=project,
            values=stated_values(request.POST),
            version=version_of(request.POST),
            reason=request.POST.get("reason", "").replace("\0", "")[:300],
        )
    except Conflict as error:
        fresh = get_project(actor, project_id)
        error.fields |= _differences(fresh, _typed(request))
        return _form(request, fresh, _values(fresh) | _typed(request), error)
    except Invalid as error:
        return _form(request, project, _values(project) | _typed(request), error)
    messages.success(request, _("%(name)s is saved.") % {"name": project.name})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(f"{reverse('portfolio:list')}?view=0")


def _values(project: Project) -> dict[str, Any]:
    return {name: as_text(getattr(project, name)) for name in STATED}


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in STATED if name in request.POST}


def _colours() -> list[tuple[str, str]]:
    colours = [(colour.value, str(colour.label)) for colour in Project.Colour]
    return [("", _("Not stated")), *colours]


def _differences(fresh: Project, typed: dict[str, str]) -> dict[str, str]:
    """What is saved now, beside each field in which something else was typed."""
    found = {}
    for name, text in typed.items():
        saved = as_text(getattr(fresh, name))
        if text.strip() != saved:
            kind = "date" if name in DATES else "text"
            found[name] = saved_now(saved, kind, _colours() if name == "stated_colour" else ())
    return found


def _form(
    request: HttpRequest,
    project: Project,
    values: dict[str, Any],
    error: PilothouseError | None = None,
) -> HttpResponse:
    """The form; after a refusal with what was typed, and the version that is saved now."""
    inside = bool(request.headers.get("HX-Request"))
    template = "portfolio/stated_form.html" if inside else "portfolio/stated.html"
    context = {
        "project": project,
        "values": values,
        "error": error,
        "colours": _colours(),
        "inside": inside,
    }
    return render(request, template, context, status=error.status if error else 200)
