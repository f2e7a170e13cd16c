# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.organisation.second_factor import send_reminder


def remind_second_factor(work: Work) -> str:
    """Mail one person that a second factor is asked of them, unless they have one by now."""
    sent = send_reminder(
        person_id=int(work.payload["person_id"] or 0), site=str(work.payload["site"])
    )
    return "The mail is sent." if sent else "Nothing is asked of this person any more."
