# SPDX-License-Identifier: Apache-2.0
"""The calendar of a plan: a month as a grid, on a phone as a list."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pilothouse.delivery.planning import queries
from pilothouse.delivery.planning.queries import EntryKind
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import address_of


@require_GET
def month(request: HttpRequest, project_id: int) -> HttpResponse:
    """A month with what begins, ends, is due and is reached; ``day`` shows one day in full."""
    page = queries.calendar_page(
        actor_of(request),
        project_id,
        clock.today(),
        month=request.GET.get("month", ""),
        narrow=queries.narrow_of(request.GET),
        chosen=request.GET.get("day", ""),
    )
    context = {
        "page": page,
        "address": address_of(request),
        "name_of": month_name,
        "weekdays": weekday_names(),
        "kinds": {
            EntryKind.MILESTONE: _("milestone"),
            EntryKind.DEADLINE: _("due"),
            EntryKind.END: _("ends"),
            EntryKind.BEGIN: _("begins"),
            EntryKind.WHOLE: _("one day"),
        },
    }
    return render(request, "planning/month.html", context)


def month_name(day: date) -> str:
    """The month of a day in words."""
    return f"{MONTHS[day.month]} {day.year}"


def weekday_names() -> list[tuple[str, str]]:
    """Short and long names, Monday first."""
    return [(str(WEEKDAYS_ABBR[day]), str(WEEKDAYS[day])) for day in range(7)]
