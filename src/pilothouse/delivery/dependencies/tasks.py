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


def ask(work: Work) -> str:
    """Mail who has not agreed to a dependency."""
    return _mails(services.ask_sides(dependency_id=_number(work)))


def warn(work: Work) -> str:
    """Mail those whom a promise that slips concerns."""
    return _mails(services.warn_late(dependency_id=_number(work)))


def moved(work: Work) -> str:
    """Mail those above that a milestone was moved by another project."""
    text = str(work.payload["dependencies"])
    sent = services.tell_moves(
        project_id=int(work.payload["project_id"] or 0),
        dependencies=[int(number) for number in text.split(",") if number],
        moves=str(work.payload["moves"]).splitlines(),
    )
    return _mails(sent)


def remind(work: Work) -> str:
    """Mail those who may answer in the place of a side that does not."""
    return _mails(services.remind_arbiters(today=clock.today()))


def _number(work: Work) -> int:
    return int(work.payload["dependency_id"] or 0)


def _mails(count: int) -> str:
    return f"{counted(count, 'mail goes', 'mails go')} out."
