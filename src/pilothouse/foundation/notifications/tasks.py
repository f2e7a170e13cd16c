# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.numbers import counted
from pilothouse.foundation.notifications import services


def mail(work: Work) -> str:
    """Mail one person the notices that wait for it, at once or as the digest."""
    person_id = int(work.payload["person_id"] or 0)
    send = services.mail_digest if work.payload.get("digest") else services.mail_at_once
    told = send(person_id=person_id, now=timezone.now())
    if not told:
        return "Nothing is to be mailed now."
    return f"A mail with {counted(told, 'notice', 'notices')} is sent."


def order_due(work: Work) -> str:
    """Order digests whose hour has come, and mails that nobody ordered."""
    return f"{counted(services.order_due(timezone.now()), 'mail is', 'mails are')} ordered."


def tidy(work: Work) -> str:
    """Remove notices whose time is over."""
    return f"{counted(services.tidy(timezone.now()), 'notice is', 'notices are')} removed."
