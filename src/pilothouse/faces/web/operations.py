# SPDX-License-Identifier: Apache-2.0
"""What operators' machines ask: is it well, and how much of what. No secrets, no names."""

from __future__ import annotations

import hmac
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pilothouse import __version__
from pilothouse.faces.web.observing import BUCKETS, COUNTERS
from pilothouse.foundation.core.health import health, job_figures


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when everything works, 503 with what does not."""
    state = health(timezone.now())
    body = {
        "status": "ok" if state.is_well else "failing",
        "database": state.database,
        "migrations": state.migrations,
        "jobs": state.jobs,
    }
    return JsonResponse(body, status=200 if state.is_well else 503)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in the text form of Prometheus; without a token in the settings there are none."""
    token = settings.PILOTHOUSE_METRICS_TOKEN
    if not token:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(
        "\n".join(lines(timezone.now())) + "\n",
        content_type="text/plain; version=0.0.4; charset=utf-8",
    )


def lines(now: datetime) -> list[str]:
    """Every figure of this process and of the queue."""
    found = [
        "# TYPE pilothouse_info gauge",
        f'pilothouse_info{{version="{__version__}"}} 1',
        "# TYPE pilothouse_requests_total counter",
    ]
    for (method, status), number in sorted(COUNTERS.requests.items()):
        found.append(f'pilothouse_requests_total{{method="{method}",status="{status}"}} {number}')
    found.append("# TYPE pilothouse_request_seconds histogram")
    total = 0
    for bound, number in zip([*BUCKETS, "+Inf"], COUNTERS.buckets):
        total += number
        found.append(f'pilothouse_request_seconds_bucket{{le="{bound}"}} {total}')
    found += [
        f"pilothouse_request_seconds_sum {COUNTERS.seconds:.6f}",
        f"pilothouse_request_seconds_count {total}",
        "# TYPE pilothouse_database_up gauge",
    ]
    try:
        figures = job_figures(now)
    except DatabaseError:
        return [*found, "pilothouse_database_up 0"]
    found += ["pilothouse_database_up 1", "# TYPE pilothouse_jobs gauge"]
    for state, number in sorted(figures.by_state.items()):
        found.append(f'pilothouse_jobs{{state="{state}"}} {number}')
    return [
        *found,
        "# TYPE pilothouse_job_oldest_due_seconds gauge",
        f"pilothouse_job_oldest_due_seconds {figures.oldest_due_seconds:.0f}",
        "# TYPE pilothouse_job_runners gauge",
        f"pilothouse_job_runners {figures.runners}",
    ]
