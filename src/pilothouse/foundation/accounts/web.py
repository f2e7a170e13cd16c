# SPDX-License-Identifier: Apache-2.0
"""What every view asks of a request."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import cast

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone

from pilothouse.foundation.accounts import services, throttle
from pilothouse.foundation.accounts.browsers import described
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import logs
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

SESSION_STARTED = "ph_started"
"""Where a session keeps the second at which its person signed in."""
FRESH_SECONDS = 600
"""So long after a sign-in the password is not asked for again."""


def person_of(request: HttpRequest) -> User:
    """The signed-in person; every address but the public ones has one."""
    return cast(User, request.user)


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as the one who acts."""
    return person_of(request).actor()


def is_shut(request: HttpRequest) -> bool:
    """Whether this session opens nothing before a second factor is set up.

    The standing is read with the session; who has just signed in here is asked at the next request.
    """
    standing = getattr(request.user, "standing", None)
    return standing is not None and standing.is_shut


def finish_sign_in(request: HttpRequest, user: User) -> None:
    """The person has proved who they are: begin the session and list it."""
    login(request, user)
    now = int(time.time())
    request.session[SESSION_STARTED] = now
    if request.session.session_key is None:
        request.session.save()
    services.begin_session(
        user=user, key=session_key(request), client=_client(request), now=_moment(now)
    )
    logs.note("sign-in", who=user.pk, client=request.META.get("REMOTE_ADDR", ""))


def session_in_use(request: HttpRequest, now: int) -> None:
    """The person's list of sessions shows when each was seen."""
    services.note_session(
        user=person_of(request),
        key=session_key(request),
        client=_client(request),
        begun_at=_moment(request.session[SESSION_STARTED]),
        now=_moment(now),
    )


def session_key(request: HttpRequest) -> str:
    """The key of the session that asks; nothing where there is none."""
    return request.session.session_key or ""


def is_fresh(request: HttpRequest) -> bool:
    """Whether the sign-in is so young that it needs no second proof."""
    started: int = request.session.get(SESSION_STARTED, 0)
    return time.time() - started < FRESH_SECONDS


def confirm(request: HttpRequest, password: str) -> None:
    """Ask the signed-in person for the password again; guessing is slowed as at sign-in.

    Raises: Invalid for a password that is missing or wrong, or after too many tries.
    """
    person, client = person_of(request), request.META.get("REMOTE_ADDR", "")
    if not password:
        raise Invalid(
            "accounts.confirm", "Give your password once more.", fields={"password": "Needed."}
        )
    counters = [(throttle.CONFIRM, str(person.pk))]
    if not throttle.count(counters, timezone.now()):
        logs.note("confirm-throttled", who=person.pk, client=client)
        raise Invalid(
            "accounts.confirm_throttled",
            "Too many tries. Wait five minutes, or sign out and in again.",
            fields={"password": "Not looked at."},
        )
    if not person.check_password(password):
        logs.note("confirm-failed", who=person.pk, client=client)
        raise Invalid(
            "accounts.confirm",
            "This is not your password; type it again.",
            fields={"password": "Wrong."},
        )
    throttle.forgive(counters)


def confirm_unless_fresh(request: HttpRequest, password: str) -> None:
    """As ``confirm``, but for ten minutes the sign-in itself is proof enough."""
    if not is_fresh(request):
        confirm(request, password)


def _client(request: HttpRequest) -> str:
    return described(request.headers.get("User-Agent", ""))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
