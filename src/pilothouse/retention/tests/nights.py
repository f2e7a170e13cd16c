# SPDX-License-Identifier: Apache-2.0
"""A run as it finds the trail: what was recorded is sealed, as each commit does it."""

from collections.abc import Callable
from datetime import date

from pilothouse.foundation.core.trail.sealing import seal_events
from pilothouse.retention import services
from pilothouse.retention.services import Removed


def apply_rules(*, today: date, between: Callable[[], None] | None = None) -> list[Removed]:
    """A transaction of a test has no commit of its own that would seal."""
    seal_events()
    if between is None:
        return services.apply_rules(today=today)
    return services.apply_rules(today=today, between=between)
