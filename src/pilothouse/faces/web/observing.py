# SPDX-License-Identifier: Apache-2.0
"""What operators see of each request: an id, one log line, and counters."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pilothouse.foundation.core import logs

log = logging.getLogger("pilothouse.requests")

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the histogram in seconds."""

DENIALS = {401: "unauthenticated", 403: "forbidden", 429: "throttled"}


class Counters:
    """Requests since this process started, by method and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests: dict[tuple[str, int], int] = {}
        self.buckets = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0

    def count(self, method: str, status: int, seconds: float) -> None:
        place = next((i for i, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
        with self._lock:
            key = (method, status)
            self.requests[key] = self.requests.get(key, 0) + 1
            self.buckets[place] += 1
            self.seconds += seconds


COUNTERS = Counters()
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id and tell afterwards who did what, with what result."""

    def middleware(request: HttpRequest) -> HttpResponse:
        identity = uuid.uuid4().hex
        mark = logs.request_id.set(identity)
        started = time.perf_counter()
        try:
            response = get_response(request)
            seconds = time.perf_counter() - started
            method = request.method if request.method in METHODS else "other"
            COUNTERS.count(method or "other", response.status_code, seconds)
            tell(request, response, seconds)
            response["X-Request-ID"] = identity
            return response
        finally:
            logs.request_id.reset(mark)

    return middleware


def tell(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """The route and its ids, never the path as typed: paths of resets hold secrets."""
    match = request.resolver_match
    fields: dict[str, object] = {
        "who": who(request),
        "from": request.META.get("REMOTE_ADDR", ""),
        "method": request.method,
        "route": match.route if match else "none",
        "ids": {k: v for k, v in match.kwargs.items() if isinstance(v, int)} if match else {},
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
    }
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    log.log(level, "request", extra={"fields": fields})
    code = getattr(request, "refusal", "")
    if response.status_code in DENIALS or code:
        reason = DENIALS.get(response.status_code, "unseen")
        logs.note("denied", reason=reason, code=code, **fields)


def who(request: HttpRequest) -> int | None:
    """The id of the person, by token or session, without asking the database anew."""
    user = getattr(request, "auth", None) or getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)
