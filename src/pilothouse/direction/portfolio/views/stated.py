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
from pilothouse.direction.portfolio.forms import STATED, stated_values, version_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid, PilothouseError


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
        return _form(request, fresh, _values(fresh), error, typed=_typed(request))
    except Invalid as error:
        return _form(request, project, _values(project) | _typed(request), error)
    messages.success(request, _("%(name)s is saved.") % {"name": project.name})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(f"{reverse('portfolio:list')}?view=0")


def _values(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in STATED}


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in STATED if name in request.POST}


def _form(
    request: HttpRequest,
    project: Project,
    values: dict[str, Any],
    error: PilothouseError | None = None,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    """The form with what is stored; after a conflict also what was typed, to enter again."""
    inside = bool(request.headers.get("HX-Request"))
    template = "portfolio/stated_form.html" if inside else "portfolio/stated.html"
    context = {
        "project": project,
        "values": values,
        "error": error,
        "typed": typed,
        "colours": [("", _("Not stated")), *Project.Colour.choices],
        "inside": inside,
    }
    return render(request, template, context, status=error.status if error else 200)
