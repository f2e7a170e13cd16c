# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.delivery.dependencies import services
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.numbers import counted


def drive(work: Work) -> str:
    """Tell a plan what its tasks wait for in other projects."""
    outcome = services.drive_plan(project_id=int(work.payload["project_id"] or 0))
    if outcome is None:
        return "The plan knows it already, or cannot be told."
    return f"{counted(outcome.tasks_moved, 'task', 'tasks')} moved."


def warn(work: Work) -> str:
    """Order mails for those whom a promise that slips concerns."""
    return _mails(services.warn_late(dependency_id=_number(work)))


def mail(work: Work) -> str:
    """Send one mail."""
    sent = services.send(
        dependency_id=_number(work),
        person_id=int(work.payload["person_id"] or 0),
        letter=services.Letter(str(work.payload["letter"])),
        moves=str(work.payload["moves"]).splitlines(),
    )
    return "The mail is sent." if sent else "It no longer holds, or is not for this person."


def remind(work: Work) -> str:
    """Order mails for those who may answer in the place of a side that does not."""
    return _mails(services.remind_arbiters(today=clock.today()))


def _number(work: Work) -> int:
    return int(work.payload["dependency_id"] or 0)


def _mails(count: int) -> str:
    return f"{counted(count, 'mail goes', 'mails go')} out."
