# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.foundation.accounts import services, throttle
from pilothouse.foundation.core.jobs import Work


def tidy(work: Work) -> str:
    """Forget tries to sign in that no longer count, and sessions that are over."""
    now = timezone.now()
    tries, sessions = throttle.tidy(now), services.tidy_sessions(now)
    return f"{tries} old counters of tries and {sessions} sessions are removed."
