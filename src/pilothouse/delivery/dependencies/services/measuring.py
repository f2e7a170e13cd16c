# SPDX-License-Identifier: Apache-2.0
"""What follows from the plans: forecast and slack, and who must be told or driven by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from pilothouse.delivery.dependencies.forecasts import DERIVED, Measured, measured
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.services.telling import order_warning
from pilothouse.delivery.planning.events import PlanChanged
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor

DRIVE = "dependencies.drive"


def refresh_forecasts(event: PlanChanged) -> None:
    """Keep the forecast and the slack of what a changed plan gives or waits for.

    Who: the system. Writes: PlanDependency, Job, an audit event where it falls behind the need.
    """
    rows = PlanDependency.objects.open().locked_of(event.project_id)
    measure(list(rows.select_related("giver", "receiver__calendar")))


def measure(rows: Sequence[PlanDependency], delivered: date | None = None) -> None:
    """Save what follows from the plans; note who falls behind, and order what follows from it."""
    changed = []
    for found in measured(rows, delivered):
        row, before = found.row, tuple(getattr(found.row, name) for name in DERIVED)
        if found.derived != before:
            for name, value in zip(DERIVED, found.derived, strict=True):
                setattr(row, name, value)
            changed.append(row)
            if delivered is None:
                _note_fall(row, before)
                order_warning(row)
        if found.is_behind:
            _order_drive(found)
    core.save_many(changed, DERIVED)


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


def _order_drive(found: Measured) -> None:
    """Let the plan that waits be told, after the commit and by itself."""
    wanted = found.wanted
    jobs.enqueue(
        name=DRIVE,
        payload={"project_id": found.row.receiver_id},
        run_at=timezone.now(),
        unique_key=f"{DRIVE}:{found.row.pk}:{wanted.isoformat() if wanted else 'free'}",
    )
