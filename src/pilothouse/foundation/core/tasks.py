# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from pilothouse.foundation.core.jobs import Work, forget

KEEP_RUNS = timedelta(days=90)


def tidy(work: Work) -> str:
    """Remove sessions that have ended and jobs done long ago."""
    SessionStore.clear_expired()
    removed = forget(timezone.now() - KEEP_RUNS)
    return f"Ended sessions are removed, and {removed} old rows of jobs."
