# SPDX-License-Identifier: Apache-2.0
"""A file for a plan: upload, what it would change, accept or leave."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.models import PlanArrival
from pilothouse.delivery.planning.views import asked_version
from pilothouse.delivery.planning.words import column_words, field_words, schedule_words
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import (
    Conflict,
    FileHeld,
    Invalid,
    PilothouseError,
    Unavailable,
)
from pilothouse.foundation.core.pages import address_of
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import held_for

LINES_SHOWN = 100


@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest, project_id: int) -> HttpResponse:
    """Upload a file as the plan of the project, or to be looked at where it has one."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    error: PilothouseError | None = None
    if request.method == "POST":
        try:
            return _received(request, project)
        except FileHeld as kept:
            return redirect("scanning:file", kept.file_id)
        except (Invalid, Conflict, Unavailable) as refused:
            error = refused
    context = {
        "project": project,
        "present": queries.plan_of(project),
        "held": held_for(IncomingFile.Door.PLAN, project.pk),
        "waiting_file": services.waiting_file(actor, project),
        "error": error,
        "may": project.state in OPEN_STATES,
        "file_project": request.POST.get("file_project", "")[:100],
        "megabytes": settings.PILOTHOUSE_UPLOAD_MAX_BYTES // 2**20,
    }
    return render(request, "planning/import.html", context, status=error.status if error else 200)


def _received(request: HttpRequest, project: Project) -> HttpResponse:
    upload = _upload(request)
    outcome = services.receive_plan(
        actor=actor_of(request),
        project=project,
        source=BytesIO(upload.read()),
        file_name=upload.name or "",
        file_project=Reader(request.POST).text("file_project", 100),
        version=asked_version(request),
    )
    if outcome is None:
        return redirect("planning:arrival", project.pk)
    messages.success(request, _came_over(outcome.counts["tasks"]))
    return redirect("planning:reconciliation", project.pk)


def _came_over(tasks: int) -> str:
    text = ngettext(
        "The plan has %(num)d task and is scheduled. Here is what came over.",
        "The plan has %(num)d tasks and is scheduled. Here is what came over.",
        tasks,
    )
    return text % {"num": tasks}


def _upload(request: HttpRequest) -> UploadedFile[bytes]:
    upload = request.FILES.get("file")
    if upload is None:
        message = _("Choose a file of a plan.")
        raise Invalid("planning.file", message, fields={"file": message})
    limit = settings.PILOTHOUSE_UPLOAD_MAX_BYTES
    if (upload.size or 0) > limit:
        message = f"The file is larger than {limit // 2**20} MB."
        raise Invalid("planning.file", message, fields={"file": message})
    return upload


@require_GET
def look(request: HttpRequest, project_id: int) -> HttpResponse:
    """What the waiting file would change of the plan."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    row = services.arrival_of(actor, project)
    if row.plan is None:
        return redirect("planning:arrival-columns", project.pk)
    return _look(request, project)


def _look(request: HttpRequest, project: Project, error: Conflict | None = None) -> HttpResponse:
    found = services.look_at_arrival(actor=actor_of(request), project=project)
    told = found.differences
    hangs = [(line, found.hanging[line.uid]) for line in told.tasks if line.uid in found.hanging]
    parts = {
        "tasks": (_("Tasks"), told.tasks),
        "dates": (_("Dates that move"), told.dates),
        "people": (_("Resources"), told.people),
        "calendars": (_("Calendars"), told.calendars),
        "plan": (_("Plan"), told.plan),
        "hangs": (_("Left without a task"), hangs),
        "stays": (_("Stays as it is"), tuple(found.stays.items())),
        "unread": (_("Not understood"), found.notices),
    }
    part = request.GET.get("part", "")
    if part not in parts:
        part = next((name for name, (_word, rows) in parts.items() if rows), "tasks")
    rows = parts[part][1]
    pages = max(-(-len(rows) // LINES_SHOWN), 1)
    page = min(max(page_number(request.GET), 1), pages)
    context = {
        "project": project,
        "found": found,
        "told": told,
        "parts": [(name, word, len(of)) for name, (word, of) in parts.items()],
        "part": part,
        "lines": rows[(page - 1) * LINES_SHOWN : page * LINES_SHOWN],
        "shown": len(rows),
        "page": page,
        "pages": pages,
        "address": address_of(request),
        "fields": field_words(),
        "values": schedule_words(),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "planning/arrival.html", context, status=status)


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, project_id: int) -> HttpResponse:
    """What the columns of a waiting table mean, and which of its cells cannot be read."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    row = services.arrival_of(actor, project)
    error: Invalid | Conflict | None = None
    if request.method == "POST":
        try:
            row = services.map_columns(
                actor=actor,
                project=project,
                asked=_asked(request, row),
                seen=request.POST.get("seen", ""),
            )
            if row.plan is not None:
                return redirect("planning:arrival", project.pk)
        except (Invalid, Conflict) as refused:
            error = refused
    if row.table is None:
        return redirect("planning:arrival", project.pk)
    context = {
        "project": project,
        "row": row,
        "seen": services.seen_of(row),
        "columns": _columns(row, request.POST if isinstance(error, Invalid) else {}),
        "choices": column_words(),
        "sheets": [(name, name) for name in row.columns["sheets"]],
        "error": error,
        "fields": field_words() | dict(column_words()),
    }
    refused_rows = request.method == "POST" and bool(row.columns["problem_count"])
    status = error.status if error else 422 if refused_rows else 200
    return render(request, "planning/arrival_columns.html", context, status=status)


def _asked(request: HttpRequest, row: PlanArrival) -> services.AskedOfTable:
    reader = Reader(request.POST)
    head = reader.whole("head", 1, 100_000)
    sheet = reader.text("sheet", 200)
    reader.check("planning.columns")
    places = range(len(row.columns.get("headers", ())))
    chosen = {place: reader.text(f"column-{place}", 30) for place in places}
    again = head != row.columns["head"] or (sheet or row.columns["sheet"]) != row.columns["sheet"]
    return services.AskedOfTable(
        # Other headers have other places; what was chosen for the old ones means nothing there.
        columns=None if again else chosen,
        head=head,
        sheet=sheet,
        month_first={"month": True, "day": False}.get(request.POST.get("dates", "")),
    )


def _columns(row: PlanArrival, typed: Mapping[str, str]) -> list[dict[str, object]]:
    told = row.columns
    return [
        {
            "place": place,
            "header": header,
            "samples": told["samples"][place],
            "chosen": typed.get(f"column-{place}", told["mapping"].get(str(place), "")),
        }
        for place, header in enumerate(told["headers"])
    ]


@require_POST
def accept(request: HttpRequest, project_id: int) -> HttpResponse:
    """Make the waiting file the plan; where the plan changed meanwhile, look again."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    try:
        outcome = services.accept_arrival(
            actor=actor,
            project=project,
            version=asked_version(request),
            seen=request.POST.get("seen", ""),
        )
    except Conflict as refused:
        if services.arrival_of(actor, project).plan is None:
            messages.error(request, refused.message)
            return redirect("planning:arrival-columns", project.pk)
        return _look(request, project, refused)
    messages.success(request, _came_over(outcome.counts["tasks"]))
    return redirect("planning:reconciliation", project.pk)


@require_POST
def leave(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give up the waiting file; the plan stays as it is."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.IMPORT)
    services.leave_arrival(actor=actor, project=project)
    messages.success(request, _("The file is left; the plan is as it was."))
    return redirect("planning:plan", project.pk)
