# SPDX-License-Identifier: Apache-2.0
"""Pages of one project."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio.project_page import project_page
from pilothouse.direction.portfolio.snapshot_page import record_page, snapshot_page
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import Invalid


def day_of(request: HttpRequest, name: str, today: date) -> date | None:
    """A past day of the query string; one that cannot be is an error that names it."""
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "portfolio.day",
            f"‘{text[:40]}’ is no date; write it as 2019-09-30.",
            fields={name: "Not a date."},
        ) from None
    return looked_back(day, today, name)


@require_GET
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The home of one project, today or as of a day."""
    today = clock.today()
    page = project_page(actor_of(request), project_id, day_of(request, "as_of", today), today)
    return render(request, "portfolio/project.html", {"page": page, "now": today})


@require_GET
def snapshot(request: HttpRequest, project_id: int, snapshot_id: int) -> HttpResponse:
    """One snapshot as it was kept."""
    page = snapshot_page(actor_of(request), project_id, snapshot_id)
    return render(request, "portfolio/snapshot.html", {"page": page})


@require_GET
def record(request: HttpRequest, project_id: int) -> HttpResponse:
    """The record of the register on any day."""
    today = clock.today()
    page = record_page(actor_of(request), project_id, day_of(request, "on", today), today)
    return render(request, "portfolio/record.html", {"page": page, "now": today})
