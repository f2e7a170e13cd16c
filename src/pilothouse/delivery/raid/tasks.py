# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.delivery.raid.services.watching import watch as watch_registers
from pilothouse.foundation.core.jobs import Work


def watch(work: Work) -> str:
    """Look over all registers: broken promises, what has to go up, reminders."""
    found = watch_registers(now=timezone.now())
    return (
        f"{found.breaches} broken promises, {found.sent_up} sent up, "
        f"{found.unanswered} not answered, {found.reminders} reminders of actions, "
        f"{found.reviews} of risks."
    )
