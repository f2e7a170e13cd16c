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
    """Tell those whom a promise that slips concerns."""
    return _told(services.warn_late(dependency_id=int(work.payload["dependency_id"] or 0)))


def remind(work: Work) -> str:
    """Tell those who may answer in the place of a side that does not."""
    return _told(services.remind_arbiters(today=clock.today()))


def _told(count: int) -> str:
    return f"{counted(count, 'person is', 'people are')} told."
