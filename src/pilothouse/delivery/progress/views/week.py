# SPDX-License-Identifier: Apache-2.0
"""My week: the form of the signed-in person, and the same behind the link of a mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from pilothouse.delivery.progress import forms, services
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import Week, week_of
from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.accounts.web import actor_of, person_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.parsing import Reader

WRONG_LINKS = throttle.Limit("week-link", 30, timedelta(minutes=15))
SENDS = throttle.Limit("week-send", 60, timedelta(hours=1))
BAD_LINK = 410
"""One answer for a link that is altered, expired, ended or was never there."""


@require_http_methods(["GET", "POST"])
def week(request: HttpRequest) -> HttpResponse:
    """The tasks of the signed-in person around today, to be typed through."""
    actor = actor_of(request)
    today = clock.today()
    if request.method == "POST":
        keys = forms.keys_of(request.POST)
        shown = week_of(actor, today, only=keys, any_time=True)
        typed = forms.read_week(request.POST, shown, today)
        try:
            services.require_none(typed.wrong)
            done = services.report(
                actor=actor,
                person=person_of(request),
                reports=typed.reports,
                door=TaskUpdate.Door.PAGE,
                today=today,
            )
        except Invalid as error:
            return _page(request, shown, error, typed.values)
        messages.success(request, _thanks(done))
        return redirect("progress:week")
    return _page(request, week_of(actor, today))


@require_POST
def end_links(request: HttpRequest) -> HttpResponse:
    """End the links that were mailed to the signed-in person."""
    ended = services.end_links(actor=actor_of(request), person=person_of(request))
    text = ngettext("%(n)d link is ended.", "%(n)d links are ended.", ended) % {"n": ended}
    messages.success(request, text)
    return redirect("progress:week")


def _page(
    request: HttpRequest,
    shown: Week,
    error: Invalid | None = None,
    values: Mapping[str, str] | None = None,
) -> HttpResponse:
    context = _context(shown, error, values) | {
        "links": services.live_links(person_of(request).pk, timezone.now()),
        "by_link": False,
    }
    return render(request, "progress/week.html", context, status=error.status if error else 200)


def _context(
    shown: Week, error: Invalid | None, values: Mapping[str, str] | None
) -> dict[str, object]:
    return {
        "week": shown,
        "error": error,
        "values": values or {},
        "seen": {row.key: forms.seen_text(row) for row in shown.rows},
        "loose": [
            message
            for name, message in (error.fields.items() if error else ())
            if name.endswith(".task")
        ],
    }


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
    now, today = timezone.now(), clock.today()
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    try:
        opened = services.open_link(token, now)
    except NotFound as error:
        if not throttle.count([(WRONG_LINKS, network)], now):
            return _closed(request, _("Too many wrong links. Wait a quarter of an hour."), 429)
        return _closed(request, error.message, BAD_LINK)
    except NotAllowed as error:
        return _closed(request, error.message, error.status)
    if request.method != "POST":
        shown = week_of(opened.actor, today, only=opened.tasks, any_time=True)
        sent = Reader(request.GET).whole("sent", 0, 10_000, default=0)
        return _linked(request, opened, shown, sent=sent)
    if not throttle.count([(SENDS, str(opened.link.pk))], now):
        return _closed(request, _("Too many updates in an hour. Wait, then send again."), 429)
    shown = week_of(opened.actor, today, only=opened.tasks, any_time=True)
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
        return _linked(request, opened, shown, error, typed.values)
    return redirect(f"{reverse('progress:link', args=[token])}?sent={done.updates}")


def _linked(
    request: HttpRequest,
    opened: services.OpenLink,
    shown: Week,
    error: Invalid | None = None,
    values: Mapping[str, str] | None = None,
    sent: int = 0,
) -> HttpResponse:
    context = _context(shown, error, values) | {
        "by_link": True,
        "person": opened.person,
        "until": opened.link.expires_at,
        "sent": sent,
    }
    return render(request, "progress/link.html", context, status=error.status if error else 200)


def _closed(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "progress/link_closed.html", {"sentence": sentence}, status=status)
