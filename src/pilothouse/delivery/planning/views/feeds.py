# SPDX-License-Identifier: Apache-2.0
"""Calendars of a plan: download, links to subscribe to, and what is behind such a link."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.pages import attachment

WRONG_LINKS = throttle.Limit("plan-feed", 30, timedelta(minutes=15))
_TYPE = "text/calendar; charset=utf-8"


@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest, project_id: int) -> HttpResponse:
    """What of a plan goes into calendars elsewhere; a new link is shown once."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    error: Invalid | None = None
    made = ""
    if request.method == "POST":
        try:
            kinds = request.POST.getlist("kinds")
            _row, token = services.make_feed(actor=actor, project=project, kinds=kinds)
            made = request.build_absolute_uri(reverse("planning:feed", args=[token]))
        except Invalid as refused:
            error = refused
    context = {
        "project": project,
        "plan": queries.existing_plan(project),
        "feeds": services.feeds_of(actor, project, timezone.now()),
        "kinds": [
            ("milestones", _("Milestones")),
            ("deadlines", _("Deadlines")),
            ("own", _("My tasks")),
        ],
        "chosen": request.POST.getlist("kinds") or ["milestones", "deadlines"],
        "made": made,
        "error": error,
    }
    return render(request, "planning/calendar.html", context, status=error.status if error else 200)


@require_GET
def calendar_file(request: HttpRequest, project_id: int) -> HttpResponse:
    """The calendar as a file."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    kinds = request.GET.getlist("kinds") or ["milestones", "deadlines"]
    found = services.plan_calendar(actor=actor, project=project, kinds=kinds)
    return attachment(found.name, _TYPE, found.body)


@require_POST
def end_feed(request: HttpRequest, project_id: int, feed_id: int) -> HttpResponse:
    """End a link of one's own."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    services.end_feed(actor=actor, project=project, feed_id=feed_id)
    messages.success(request, _("The link is ended; it gives nothing more."))
    return redirect("planning:calendar", project.pk)


@login_not_required
@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a link, without sign-in; the link alone says whose it is."""
    now = timezone.now()
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    try:
        found = services.open_feed(token, now)
    except NotFound as error:
        status = 410 if throttle.count([(WRONG_LINKS, network)], now) else 429
        return _kept_apart(
            HttpResponse(error.message, status=status, content_type="text/plain; charset=utf-8")
        )
    tag = f'"{hashlib.sha256(found.body).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return _kept_apart(HttpResponse(status=304))
    answer = attachment(found.name, _TYPE, found.body)
    answer["ETag"] = tag
    return _kept_apart(answer)


def _kept_apart(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Cache-Control"] = "private, no-store"
    return answer
