# SPDX-License-Identifier: Apache-2.0
"""How long a session lives: it ends when nobody uses it, and at the latest after a working day."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from pilothouse.foundation.accounts.web import SESSION_STARTED, session_in_use
from pilothouse.foundation.core import logs

SEEN = "ph_seen"
NOTE_EVERY_SECONDS = 60
"""The session is written this often at most, not at each request."""


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
