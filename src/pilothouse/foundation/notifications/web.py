# SPDX-License-Identifier: Apache-2.0
"""What the pages behind links of mails have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.core.errors import NotAllowed, NotFound

WRONG = throttle.Limit("week-link", 30, timedelta(minutes=15))
SENDS = throttle.Limit("week-send", 60, timedelta(hours=1))
BAD_LINK = 410
"""One answer for a link that is altered, expired, ended or was never there."""
Page = Callable[[HttpRequest, str], HttpResponse]


def behind_a_link(page: Page) -> Page:
    """A page that the address alone lets in: without a session, never kept or listed."""

    @wraps(page)
    def answered(request: HttpRequest, token: str) -> HttpResponse:
        # Whoever is signed in here acts as the person of the link, and sees no page of their own.
        request.user = AnonymousUser()
        answer = page(request, token)
        answer["Referrer-Policy"] = "no-referrer"
        answer["X-Robots-Tag"] = "noindex, nofollow"
        answer["Cache-Control"] = "no-store"
        return answer

    # Other sites do not know the address. Besides, browsers that send no referrer send no origin
    # either, and are refused by the guard against forged requests.
    return login_not_required(csrf_exempt(require_http_methods(["GET", "POST"])(answered)))


def closed(
    request: HttpRequest, error: NotFound | NotAllowed, way: tuple[str, str], now: datetime
) -> HttpResponse:
    """A link that opens nothing; wrong ones are counted. ``way``: where else to go, its label."""
    if isinstance(error, NotAllowed):
        return _closed(request, error.message, way, error.status)
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    if not throttle.count([(WRONG, network)], now):
        return _closed(request, _("Too many wrong links. Wait a quarter of an hour."), way, 429)
    return _closed(request, error.message, way, BAD_LINK)


def too_often(
    request: HttpRequest, link: str, way: tuple[str, str], now: datetime
) -> HttpResponse | None:
    """A refusal where something was sent by this link too often, else None."""
    if request.method != "POST" or throttle.count([(SENDS, link)], now):
        return None
    return _closed(request, _("Too many updates in an hour. Wait, then send again."), way, 429)


def _closed(request: HttpRequest, sentence: str, way: tuple[str, str], status: int) -> HttpResponse:
    href, label = way
    context = {"sentence": sentence, "href": href, "label": label}
    return render(request, "notices/link_closed.html", context, status=status)
