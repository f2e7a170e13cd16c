# SPDX-License-Identifier: Apache-2.0
"""When what is promised will come, by the plan of the giver, and how much slack is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.planning.queries import task_ends, working_days, working_time
from pilothouse.engine.calendars import WorkingTime

Derived = tuple[str, str, date | None, int | None]
"""Name of the giver's task, name of the receiver's task, forecast, slack in working days."""


def forecasts_of(
    rows: Sequence[PlanDependency], delivered: date | None = None
) -> Iterator[tuple[PlanDependency, Derived]]:
    """What follows from the plans for each dependency; a task that is gone keeps its name.

    ``delivered`` stands in the place of the forecast once that day is known.
    """
    given = {(row.giver_id, row.giver_uid) for row in rows}
    got = {(row.receiver_id, row.receiver_uid) for row in rows if row.receiver_uid is not None}
    ends = task_ends(given | got)
    times: dict[int, WorkingTime] = {}
    for row in rows:
        giver = ends.get((row.giver_id, row.giver_uid))
        receiver = ends.get((row.receiver_id, row.receiver_uid or 0))
        forecast = delivered or (giver.finish if giver else None)
        slack = None
        if forecast is not None:
            if row.receiver_id not in times:
                times[row.receiver_id] = working_time(row.receiver)
            slack = working_days(times[row.receiver_id], forecast, row.need_date)
        yield (
            row,
            (
                giver.name if giver else row.giver_task,
                receiver.name if receiver else row.receiver_task,
                forecast,
                slack,
            ),
        )
