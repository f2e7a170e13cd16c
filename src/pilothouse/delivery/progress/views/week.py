# SPDX-License-Identifier: Apache-2.0
"""My week: the form of the signed-in person, and that of somebody who tells a manager."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from pilothouse.delivery.progress import forms, services
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import (
    Week,
    own_week_page,
    person_of_plan,
    week_of,
    week_page_of,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of, person_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid

DOORS = {door.value: door for door in (TaskUpdate.Door.PAGE, TaskUpdate.Door.SHEET)}


@require_http_methods(["GET", "POST"])
def week(request: HttpRequest) -> HttpResponse:
    """The tasks of the signed-in person around today, to be typed through."""
    actor = actor_of(request)
    if request.method == "POST":
        found = send(request, person_of(request))
        if isinstance(found, services.Reported):
            messages.success(request, _thanks(found))
            return redirect("progress:week")
        context = own_week_page(found.week) | found.context
    else:
        context = own_week_page(week_of(actor, clock.today()))
    context["links"] = services.live_links(person_of(request).pk, timezone.now())
    error = context["error"]
    status = error.status if isinstance(error, Invalid) else 200
    return render(request, "progress/week.html", context, status=status)


@require_http_methods(["GET", "POST"])
def week_of_person(request: HttpRequest, project_id: int, person_id: int) -> HttpResponse:
    """The tasks of somebody else in one project, for what they tell its manager."""
    actor = actor_of(request)
    project, person = person_of_plan(actor, project_id, person_id)
    if request.method == "POST":
        found = send(request, person)
        if isinstance(found, services.Reported):
            messages.success(request, _thanks(found))
            return redirect("progress:updates", project.pk)
        context = week_page_of(project, person, found.week) | found.context
    else:
        shown = week_of(person.actor(), clock.today(), within=[project])
        context = week_page_of(project, person, shown)
    error = context["error"]
    status = error.status if isinstance(error, Invalid) else 200
    return render(request, "progress/week.html", context, status=status)


class Refused:
    """A form that comes back with its mistakes and everything as typed."""

    def __init__(self, week: Week, error: Invalid, values: Mapping[str, str]) -> None:
        self.week = week
        self.context: dict[str, object] = {
            "error": error,
            "values": values,
            "loose": [text for name, text in error.fields.items() if name.endswith(".task")],
        }


def send(request: HttpRequest, person: User) -> services.Reported | Refused:
    """Take what was typed of the tasks of a person."""
    today = clock.today()
    keys = forms.keys_of(request.POST)
    shown = week_of(person.actor(), today, only=keys, any_time=True)
    typed = forms.read_week(request.POST, shown, today)
    try:
        services.require_none(typed.wrong)
        return services.report(
            actor=actor_of(request),
            person=person,
            reports=typed.reports,
            door=DOORS.get(request.POST.get("door", ""), TaskUpdate.Door.PAGE),
            today=today,
        )
    except Invalid as error:
        return Refused(shown, error, typed.values)


@require_POST
def end_links(request: HttpRequest) -> HttpResponse:
    """End the links that were mailed to the signed-in person."""
    ended = services.end_links(actor=actor_of(request), person=person_of(request))
    text = ngettext("%(n)d link is ended.", "%(n)d links are ended.", ended) % {"n": ended}
    messages.success(request, text)
    return redirect("progress:week")


def _thanks(done: services.Reported) -> str:
    sent = ngettext("%(n)d update is sent.", "%(n)d updates are sent.", done.updates) % {
        "n": done.updates
    }
    if done.counted == done.updates:
        return f"{sent} {_('The plan has them.')}"
    if done.managers:
        who = ", ".join(done.managers)
        return f"{sent} {_('%(who)s confirms before the plan has them.') % {'who': who}}"
    return f"{sent} {_('The project manager confirms before the plan has them.')}"
