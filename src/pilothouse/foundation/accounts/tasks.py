# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.foundation.accounts import throttle
from pilothouse.foundation.core.jobs import Work


def tidy(work: Work) -> str:
    """Forget tries to sign in that no longer count."""
    return f"{throttle.tidy(timezone.now())} old counters of tries are removed."
