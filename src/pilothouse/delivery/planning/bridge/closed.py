# SPDX-License-Identifier: Apache-2.0
"""Days on which a plan does not work, for the shading of a chart."""

from __future__ import annotations

from datetime import date, timedelta

from pilothouse.delivery.planning.bridge.load import load_calendars
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.engine.calendars import compile_calendars

MARGIN = timedelta(days=400)
"""Shown before the first and behind the last day of the plan."""
MOST_DAYS = 12_000
"""33 years; in a chart of a longer plan a day is less than a point wide."""


def closed_days(row: ProjectPlan) -> list[tuple[date, int]]:
    """Runs of days without working time in the calendar of the plan: the first, how many."""
    day, last = row.start.date() - MARGIN, (row.finish or row.start).date() + MARGIN
    last = min(last, day + timedelta(days=MOST_DAYS))
    hours = compile_calendars(load_calendars(row))[row.default_calendar_uid]
    runs: list[tuple[date, int]] = []
    begun: date | None = None
    while day <= last:
        if hours.intervals(day):
            if begun is not None:
                runs.append((begun, (day - begun).days))
            begun = None
        elif begun is None:
            begun = day
        day += timedelta(days=1)
    return runs if begun is None else [*runs, (begun, (day - begun).days)]
