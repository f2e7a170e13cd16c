# SPDX-License-Identifier: Apache-2.0
"""The week of a person as a spreadsheet: out, and read back into the form of the week."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pilothouse.delivery.progress.queries import (
    Week,
    WeekPage,
    own_week_page,
    person_of_plan,
    week_of,
    week_page_of,
)
from pilothouse.delivery.progress.services import require_none
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.services import read_week_sheet, week_sheet
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of, person_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import FileHeld, Invalid
from pilothouse.foundation.core.pages import attachment
from pilothouse.foundation.core.tables import TYPES


@require_GET
def sheet(request: HttpRequest) -> HttpResponse:
    """One's own week as a spreadsheet."""
    return _file(person_of(request), week_of(actor_of(request), clock.today()))


@require_GET
def sheet_of(request: HttpRequest, project_id: int, person_id: int) -> HttpResponse:
    """The week of somebody of a project as a spreadsheet, to be sent to them."""
    project, person = person_of_plan(actor_of(request), project_id, person_id)
    return _file(person, week_of(person.actor(), clock.today(), within=[project]))


def _file(person: User, week: Week) -> HttpResponse:
    name, body = week_sheet(person, week)
    return attachment(name, TYPES["xlsx"], body)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Show what a returned sheet says, in the form of one's own week."""
    week = week_of(actor_of(request), clock.today())
    return _shown(request, person_of(request), None, own_week_page(week))


@require_POST
def read_of(request: HttpRequest, project_id: int, person_id: int) -> HttpResponse:
    """Show what the returned sheet of somebody says, in the form of their week."""
    project, person = person_of_plan(actor_of(request), project_id, person_id)
    week = week_of(person.actor(), clock.today(), within=[project])
    return _shown(request, person, project, week_page_of(project, person, week))


def _shown(
    request: HttpRequest, person: User, project: Project | None, page: WeekPage
) -> HttpResponse:
    error: Invalid | None = None
    try:
        upload = request.FILES.get("file")
        if upload is None:
            message = "Choose the sheet that you filled in."
            raise Invalid("exchange.file", message, fields={"file": message})
        found = read_week_sheet(
            actor=actor_of(request),
            person=person,
            file_name=upload.name or "",
            data=upload.read(),
            today=clock.today(),
            project=project,
        )
        page |= {
            "week": found.week,
            "values": found.values,
            "action": page["sends"],
            "door": "sheet",
            "changed": found.changed,
        }
        require_none(found.wrong)
    except FileHeld as held:
        return redirect("scanning:file", held.file_id)
    except Invalid as refused:
        error = page["error"] = refused
    return render(request, "progress/week.html", page, status=error.status if error else 200)
