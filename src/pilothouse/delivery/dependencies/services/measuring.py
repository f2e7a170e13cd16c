# SPDX-License-Identifier: Apache-2.0
"""What follows from the plans: forecast and slack, and who must be told or driven by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.delivery.dependencies.forecasts import DERIVED, Measured, measured
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.services.telling import order_warning
from pilothouse.delivery.planning.events import PlanChanged
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.prepared import prepared_for

DRIVE = "dependencies.drive"


def refresh_forecasts(event: PlanChanged) -> None:
    """Keep the forecast and the slack of what a changed plan gives or waits for.

    Who: the system. Writes: PlanDependency, Job, an audit event where it falls behind the need.
    """
    found = measure(_bound_of(event.project_id))
    if any(_has_lost(item, event.project_id, found) for item in found):
        _order_drive(event.project_id, f"{event.project_id}:{event.plan_version}")


@prepared_for(1)
def _bound_of(project_id: int) -> QuerySet[PlanDependency]:
    """What binds a project to others, locked."""
    rows = PlanDependency.objects.bound().locked_of(project_id)
    return rows.select_related("giver", "receiver__calendar")


def measure(rows: Sequence[PlanDependency], delivered: date | None = None) -> list[Measured]:
    """Save what follows from the plans; note who falls behind, and order what follows from it."""
    changed, every = [], list(measured(rows, delivered))
    for found in every:
        row, before = found.row, tuple(getattr(found.row, name) for name in DERIVED)
        if found.derived != before:
            for name, value in zip(DERIVED, found.derived, strict=True):
                setattr(row, name, value)
            changed.append(row)
            if delivered is None:
                _note_fall(row, before)
        if delivered is None and (found.derived != before or row.told_late is None):
            order_warning(row)
        if found.is_behind:
            wanted = found.wanted
            _order_drive(row.receiver_id, f"{row.pk}:{wanted.isoformat() if wanted else 'free'}")
    core.save_many(changed, DERIVED)
    return every


def _has_lost(item: Measured, project_id: int, every: Sequence[Measured]) -> bool:
    """Whether a task of this plan is no longer held as it was told last."""
    row, receiver = item.row, item.receiver
    if row.receiver_id != project_id or row.held_until is None or receiver is None:
        return False
    of_task = [other.row for other in every if _task_of(other.row) == _task_of(row)]
    told = [when for one in of_task for when in (one.held_until, one.found_until) if when]
    return not (receiver.begun or receiver.summary) and receiver.held_until != max(told)


def _task_of(row: PlanDependency) -> tuple[int, int | None]:
    return row.receiver_id, row.receiver_uid


def _note_fall(row: PlanDependency, before: Sequence[object]) -> None:
    """An entry in the trail where the slack falls below 0, once for each fall."""
    was, slack = before[DERIVED.index("slack_days")], row.slack_days
    if slack is None or slack >= 0 or (isinstance(was, int) and was < 0):
        return
    core.record(
        actor=Actor.system("forecast"),
        action="plandependency.slipped",
        obj=row,
        before={"forecast_date": before[DERIVED.index("forecast_date")], "slack_days": was},
        after={"forecast_date": row.forecast_date, "slack_days": slack},
        office_id=row.giver.office_id,
    )


def _order_drive(project_id: int, key: str) -> None:
    """Let the plan that waits be told, after the commit and by itself."""
    jobs.enqueue(
        name=DRIVE,
        payload={"project_id": project_id},
        run_at=timezone.now(),
        unique_key=f"{DRIVE}:{key}",
    )
