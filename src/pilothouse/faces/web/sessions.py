# SPDX-License-Identifier: Apache-2.0
"""How long a session lives, and what it opens.

It ends when nobody uses it, and at the latest after a working day. While a second factor is a must
and not there, it opens nothing but the page where one is set up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from pilothouse.foundation.accounts.web import SESSION_STARTED, is_shut, session_in_use
from pilothouse.foundation.core import logs

SEEN = "ph_seen"
NOTE_EVERY_SECONDS = 60
"""The session is written this often at most, not at each request."""


OPEN_WITHOUT_FACTOR = frozenset(
    {"accounts:second-factor", "accounts:password-change", "accounts:sign-out"}
)
"""What is open to a person who must have a second factor and has none."""


def has_ended(started: int, seen: int, now: int, *, idle: int, absolute: int) -> bool:
    """Whether a session begun and last seen at these seconds is over."""
    return now - seen > idle or now - started > absolute


def limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """End sessions on the server; the sign-in page then stands before the next page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            check(request, int(time.time()))
        return get_response(request)

    return middleware


def lead(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Lead whoever must set up a second factor to the page for it, from every other.

    Asked at each request, so that a rule binds the sessions that are open when it begins. What
    needs no sign-in stays open; the API refuses by itself.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(
        request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not is_shut(request):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in OPEN_WITHOUT_FACTOR:
            return None
        target = reverse("accounts:second-factor")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return redirect(target)

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def check(request: HttpRequest, now: int) -> None:
    """Sign out, or note that the session is in use."""
    session = request.session
    started = session.get(SESSION_STARTED)
    seen = session.get(SEEN, started)
    if started is None or seen is None:
        session[SESSION_STARTED] = session[SEEN] = now
    elif has_ended(
        started,
        seen,
        now,
        idle=settings.PILOTHOUSE_SESSION_IDLE_SECONDS,
        absolute=settings.SESSION_COOKIE_AGE,
    ):
        logs.note("session-ended", who=request.user.pk)
        logout(request)
    elif now - seen >= NOTE_EVERY_SECONDS:
        session[SEEN] = now
        session_in_use(request, now)
