# SPDX-License-Identifier: Apache-2.0
"""A table that is read into the backlog of a project."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.agile.queries import open_backlog
from pilothouse.delivery.agile.rules import require_on_backlog
from pilothouse.exchange.services import read_backlog
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import FileHeld, Invalid
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import held_for


@require_http_methods(["GET", "POST"])
def read(request: HttpRequest, project_id: int) -> HttpResponse:
    """Choose a table; its rows are taken over, all or none."""
    actor = actor_of(request)
    opened = open_backlog(actor, project_id)
    opened.require()
    require_on_backlog(actor, opened.project, "U")
    error: Invalid | None = None
    if request.method == "POST":
        try:
            upload = request.FILES.get("file")
            if upload is None:
                message = "Choose the table."
                raise Invalid("exchange.file", message, fields={"file": message})
            taken = read_backlog(
                actor=actor,
                project=opened.project,
                file_name=upload.name or "",
                data=upload.read(),
                today=clock.today(),
            )
        except FileHeld as held:
            return redirect("scanning:file", held.file_id)
        except Invalid as refused:
            error = refused
        else:
            words = _("%(added)s items added, %(changed)s changed, %(same)s as they were.")
            told = {"added": taken.added, "changed": taken.changed, "same": taken.same}
            messages.success(request, words % told)
            return redirect("agile:backlog", project_id)
    context = {
        "project": opened.project,
        "held": held_for(IncomingFile.Door.BACKLOG, opened.project.pk),
        "error": error,
    }
    return render(request, "exchange/backlog.html", context, status=error.status if error else 200)
