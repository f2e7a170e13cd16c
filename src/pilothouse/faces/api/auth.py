# SPDX-License-Identifier: Apache-2.0
"""Who asks: a personal token, or the session of the same origin with its CSRF seal."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.http import HttpBearer
from ninja.utils import check_csrf

from pilothouse.faces.api.parsing import require_plain_text
from pilothouse.faces.api.problems import ApiError
from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.queries import require_second_factor
from pilothouse.foundation.accounts.services import user_of_token
from pilothouse.foundation.core.actor import Actor

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REQUESTS_PER_MINUTE = 1200
FAILURES = throttle.Limit("api-failures", 30, timedelta(minutes=5))


class Caller(HttpBearer):
    """A token where one is sent; only without any is the session looked at."""

    openapi_description = "A personal token from your profile page."

    def __call__(self, request: HttpRequest) -> User | None:
        _require_plain_query(request)
        header = request.headers.get("Authorization")
        if header is None:
            return self._by_session(request)
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        now = timezone.now()
        found = user_of_token(token, now)
        if found is None:
            network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
            if not throttle.count([(FAILURES, network)], now):
                raise ApiError(429, "api.failures", "Too many wrong tokens; wait five minutes.")
            return None
        user, row = found
        if _requests_this_minute(row.pk) > REQUESTS_PER_MINUTE:
            message = f"A token may ask {REQUESTS_PER_MINUTE} times a minute."
            raise ApiError(429, "api.rate", message)
        if request.method not in SAFE and not row.may_write:
            raise ApiError(403, "api.read_only", "This token may only read.")
        require_second_factor(user)
        request.actor = user.actor("api")  # type: ignore[attr-defined]
        return user

    def _by_session(self, request: HttpRequest) -> User | None:
        if not request.user.is_authenticated:
            return None
        user = request.user
        if request.method not in SAFE and check_csrf(request) is not None:
            raise ApiError(
                403, "api.csrf", "Send the header X-CSRFToken with the value of this session."
            )
        require_second_factor(user)
        request.actor = user.actor("web")  # type: ignore[attr-defined]
        return user


def actor_of(request: HttpRequest) -> Actor:
    """The one who acts, as the caller's proof says."""
    return cast(Actor, request.actor)  # type: ignore[attr-defined]


def user_of(request: HttpRequest) -> User:
    """The person behind the request."""
    return cast(User, request.auth)  # type: ignore[attr-defined]


def _require_plain_query(request: HttpRequest) -> None:
    """A parameter stands once; of two, one layer would check the first, another use the last."""
    for name, values in request.GET.lists():
        if len(values) > 1:
            message = f"‘{name[:40]}’ is given twice."
            raise ApiError(400, "api.query", message, fields={name[:80]: message})
        require_plain_text(name)
        require_plain_text(values[0])


def _requests_this_minute(token_id: int) -> int:
    """Counted in this process only: the rate protects a process, not a secret."""
    key = f"api-token:{token_id}"
    cache.add(key, 0, 60)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The minute ended between the two calls.
        cache.set(key, 1, 60)
        return 1
