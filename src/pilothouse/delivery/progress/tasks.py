# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from django.utils import timezone

from pilothouse.delivery.progress.services import ask_due, mail_week, tidy
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.jobs import Work


def ask(work: Work) -> str:
    """Mail the people of projects that ask for weekly updates on this day, from its hour on."""
    now = timezone.now()
    mails = ask_due(actor=Actor.system("weekly updates"), now=now)
    gone = tidy(now)
    return f"{mails} people are asked; {gone} old links are removed."


def mail_week_of(work: Work) -> str:
    """Mail one person their tasks of the weeks around today, with a link to report on them."""
    text = str(work.payload["projects"])
    sent = mail_week(
        person_id=int(work.payload["person_id"] or 0),
        projects=[int(number) for number in text.split(",") if number],
        site=str(work.payload["site"]),
        today=clock.today(),
    )
    return "The mail is sent." if sent else "Nothing is due for this person."
