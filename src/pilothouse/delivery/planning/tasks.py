# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.delivery.planning.services import tidy
from pilothouse.foundation.core.jobs import Work


def forget_files(work: Work) -> str:
    """Remove files for plans that nobody accepted for a week, and links that have expired."""
    return f"{tidy(timezone.now())} files that waited for a plan are removed."
