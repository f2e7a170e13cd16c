# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.direction.performance.services import refresh_all
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.jobs import Work


def refresh(work: Work) -> str:
    """Nightly healing: days pass, so colours change even where nobody changed a thing."""
    count = refresh_all(today=clock.today())
    return f"Health is computed for {count} open projects."
