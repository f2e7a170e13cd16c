# SPDX-License-Identifier: Apache-2.0
"""The form behind the link of a mail, without sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.progress import forms, services
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import Week, week_of
from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.parsing import Reader

WRONG_LINKS = throttle.Limit("week-link", 30, timedelta(minutes=15))
SENDS = throttle.Limit("week-send", 60, timedelta(hours=1))
BAD_LINK = 410
"""One answer for a link that is altered, expired, ended or was never there."""


@login_not_required
# Nothing is done here with a session: the address itself says who may, and other sites do not
# know it. Besides, browsers that send no referrer send no origin either, and are refused then.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The form of one person for the tasks of one mail, without sign-in."""
    # Whoever is signed in here acts as the person of the link, and sees no page of their own.
    request.user = AnonymousUser()
    answer = _by_link(request, token)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Cache-Control"] = "no-store"
    return answer


def _by_link(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    try:
        opened = services.open_link(token, now)
    except NotFound as error:
        if not throttle.count([(WRONG_LINKS, network)], now):
            return _closed(request, _("Too many wrong links. Wait a quarter of an hour."), 429)
        return _closed(request, error.message, BAD_LINK)
    except NotAllowed as error:
        return _closed(request, error.message, error.status)
    today = clock.today()
    if request.method == "POST" and not throttle.count([(SENDS, str(opened.link.pk))], now):
        return _closed(request, _("Too many updates in an hour. Wait, then send again."), 429)
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


def _closed(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "progress/link_closed.html", {"sentence": sentence}, status=status)
