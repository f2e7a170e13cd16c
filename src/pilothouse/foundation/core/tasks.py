# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from pilothouse.foundation.core.jobs import Work, forget
from pilothouse.foundation.core.logs import note
from pilothouse.foundation.core.trail.services import end_of_trail
from pilothouse.foundation.core.trail.verifying import disagreements

KEEP_RUNS = timedelta(days=90)


def tell_head(work: Work) -> str:
    """Write the end of the audit trail to the security log, and whether it fits what is kept."""
    head = end_of_trail()
    if head is None:
        return "Nothing is recorded yet."
    note("audit.head", trail=head.trail, position=head.position, seal=head.seal)
    for finding in disagreements():
        note("audit.disagrees", says=finding.says)
    return f"The audit trail ends at {head.position}."


def tidy(work: Work) -> str:
    """Remove sessions that have ended and jobs done long ago."""
    SessionStore.clear_expired()
    removed = forget(timezone.now() - KEEP_RUNS)
    return f"Ended sessions are removed, and {removed} old rows of jobs."
