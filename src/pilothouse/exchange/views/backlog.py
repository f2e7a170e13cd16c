# SPDX-License-Identifier: Apache-2.0
"""A table that is read into the backlog of a project: chosen, looked at, taken or left."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from pilothouse.delivery.agile.queries import open_backlog
from pilothouse.delivery.agile.rules import require_on_backlog
from pilothouse.delivery.agile.services import COLUMNS
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange import services
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import FileHeld, Invalid
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import held_for

ROWS_SHOWN = 200


@require_http_methods(["GET", "POST"])
def read(request: HttpRequest, project_id: int) -> HttpResponse:
    """Choose a table; it is looked at before anything is taken."""
    project = _project(request, project_id)
    error: Invalid | None = None
    if request.method == "POST":
        try:
            upload = request.FILES.get("file")
            if upload is None:
                message = "Choose the table."
                raise Invalid("exchange.file", message, fields={"file": message})
            services.receive_backlog(
                actor=actor_of(request),
                project=project,
                file_name=upload.name or "",
                data=upload.read(),
            )
        except FileHeld as held:
            return redirect("scanning:file", held.file_id)
        except Invalid as refused:
            error = refused
        else:
            return redirect("exchange:backlog-table", project.pk)
    context = {
        "project": project,
        "held": held_for(IncomingFile.Door.BACKLOG, project.pk),
        "error": error,
    }
    return render(request, "exchange/backlog.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def look(request: HttpRequest, project_id: int) -> HttpResponse:
    """What the table would do, row by row; say what its columns mean, or take it."""
    actor, project = actor_of(request), _project(request, project_id)
    error: Invalid | None = None
    if request.method == "POST":
        try:
            if request.POST.get("do") == "accept":
                taken = services.accept_backlog(actor=actor, project=project, today=clock.today())
                words = _("%(added)s items added, %(changed)s changed, %(same)s as they were.")
                told = {"added": taken.added, "changed": taken.changed, "same": taken.same}
                messages.success(request, words % told)
                return redirect("agile:backlog", project.pk)
            columns = {
                int(name.removeprefix("column-")): str(value)
                for name, value in request.POST.items()
                if name.removeprefix("column-").isdecimal() and len(name) < 12
            }
            services.tell_backlog_columns(actor=actor, project=project, columns=columns)
        except Invalid as refused:
            error = refused
        else:
            return redirect("exchange:backlog-table", project.pk)
    found = services.look_at_backlog(actor=actor, project=project)
    context = {
        "project": project,
        "found": found,
        "columns": COLUMNS,
        "shown": ROWS_SHOWN,
        "error": error or found.problem,
    }
    status = error.status if error else 200
    return render(request, "exchange/backlog_table.html", context, status=status)


@require_POST
def leave(request: HttpRequest, project_id: int) -> HttpResponse:
    """Leave the table; the backlog is as it was."""
    project = _project(request, project_id)
    services.leave_backlog(actor=actor_of(request), project=project)
    messages.success(request, _("The table is left; the backlog is as it was."))
    return redirect("agile:backlog", project.pk)


def _project(request: HttpRequest, project_id: int) -> Project:
    actor = actor_of(request)
    opened = open_backlog(actor, project_id)
    opened.require()
    require_on_backlog(actor, opened.project, "U")
    return opened.project
