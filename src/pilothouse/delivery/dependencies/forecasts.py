# SPDX-License-Identifier: Apache-2.0
"""When what is promised will come, by the plan of the giver, and what the receiver waits for.

All days are those of the clock of the plan that waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.planning.queries import (
    TaskEnds,
    task_ends,
    working_days,
    working_time,
    zones_of,
)
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.core import clock

State, Drive = PlanDependency.State, PlanDependency.Drive
DERIVED = ("giver_task", "receiver_task", "forecast_date", "slack_days", "red_since")
Derived = tuple[str, str, date | None, int | None, date | None]
"""Values of ``DERIVED``: names of both tasks, forecast, slack in working days, since when red."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A dependency with its tasks as the plans have them; None for a task that is gone."""

    row: PlanDependency
    giver: TaskEnds | None
    receiver: TaskEnds | None
    derived: Derived

    @property
    def wanted(self) -> datetime | None:
        """Before what instant the receiver's task must not start; None where nothing drives it.

        What is disputed or not agreed again, or over, leaves what its plan was told last.
        """
        row = self.row
        if row.drive == Drive.NOTHING or row.state == State.CANCELLED:
            return None
        if row.state not in PlanDependency.AGREED_ON:
            return row.held_until
        came = row.forecast_date if row.state == State.DELIVERED else None
        if row.drive == Drive.PROMISE:
            return _morning(min(came or row.promised_date, row.promised_date))
        if came is not None and not (self.giver and self.giver.done):
            return _morning(came)
        return self.giver.ends_at if self.giver else row.held_until

    @property
    def is_behind(self) -> bool:
        """Whether the plan of the receiver was told something else, or its hindrance changed."""
        row, receiver, wanted = self.row, self.receiver, self.wanted
        if row.receiver_uid is None:
            return False
        if wanted is None:
            return row.held_until is not None or bool(row.not_driven)
        if receiver is None or receiver.begun or receiver.summary:
            return not row.not_driven
        return bool(row.not_driven) or wanted != row.held_until


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def measured(rows: Sequence[PlanDependency], delivered: date | None = None) -> Iterator[Measured]:
    """What follows from the plans for each dependency; a task that is gone keeps its name.

    ``delivered`` stands in the place of the forecast once that day is known.
    """
    zones = zones_of({pk for row in rows for pk in (row.giver_id, row.receiver_id)})
    given = {(row.giver_id, row.giver_uid) for row in rows}
    got = {(row.receiver_id, row.receiver_uid) for row in rows if row.receiver_uid is not None}
    ends = task_ends(given | got)
    times: dict[int, WorkingTime] = {}
    for row in rows:
        giver = ends.get((row.giver_id, row.giver_uid))
        if giver is not None:
            giver = giver.by_clock(zones[row.giver_id], zones[row.receiver_id])
        receiver = ends.get((row.receiver_id, row.receiver_uid or 0))
        forecast = delivered or (giver.finish if giver else None)
        if row.state in (State.DELIVERED, State.ACCEPTED) and delivered is None:
            forecast = row.forecast_date
        slack = None
        if forecast is not None:
            if row.receiver_id not in times:
                times[row.receiver_id] = working_time(row.receiver)
            slack = working_days(times[row.receiver_id], forecast, row.need_date)
        derived = (
            giver.name if giver else row.giver_task,
            receiver.name if receiver else row.receiver_task,
            forecast,
            slack,
            (row.red_since or clock.today()) if slack is not None and slack < 0 else None,
        )
        yield Measured(row, giver, receiver, derived)
