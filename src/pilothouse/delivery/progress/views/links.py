# SPDX-License-Identifier: Apache-2.0
"""The form behind the link of a mail, without sign-in."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pilothouse.delivery.progress import forms, services
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import Week, week_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.notifications.web import behind_a_link, closed, too_often


@behind_a_link
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The form of one person for the tasks of one mail, without sign-in."""
    now = timezone.now()
    way = (reverse("progress:week"), _("Sign in and open “My week”"))
    try:
        opened = services.open_link(token, now)
    except (NotFound, NotAllowed) as error:
        return closed(request, error, way, now)
    today = clock.today()
    refusal = too_often(request, f"week {opened.link.pk}", way, now)
    if refusal is not None:
        return refusal
    shown = week_of(opened.actor, today, only=opened.tasks, any_time=True)
    if request.method != "POST":
        sent = Reader(request.GET).whole("sent", 0, 10_000, default=0)
        return _page(request, opened, shown, sent=sent)
    typed = forms.read_week(request.POST, shown, today)
    try:
        services.require_none(typed.wrong)
        done = services.report(
            actor=opened.actor,
            person=opened.person,
            reports=typed.reports,
            door=TaskUpdate.Door.LINK,
            today=today,
            only=opened.tasks,
        )
    except Invalid as error:
        return _page(request, opened, shown, error, typed.values)
    return redirect(f"{reverse('progress:link', args=[token])}?sent={done.updates}")


def _page(
    request: HttpRequest,
    opened: services.OpenLink,
    shown: Week,
    error: Invalid | None = None,
    values: Mapping[str, str] | None = None,
    sent: int = 0,
) -> HttpResponse:
    fields = error.fields if error else {}
    context = {
        "week": shown,
        "error": error,
        "values": values or {},
        "loose": [text for name, text in fields.items() if name.endswith(".task")],
        "person": opened.person,
        "until": opened.link.expires_at,
        "sent": sent,
    }
    return render(request, "progress/link.html", context, status=error.status if error else 200)
