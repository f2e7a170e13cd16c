# SPDX-License-Identifier: Apache-2.0
"""By which scales an office rates, and what its working time is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pilothouse.delivery.planning.queries import office_time, working_time
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid.models import Entry, RaidPolicy
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.core import clock

LONGEST_REST = 60
"""Days that are looked back for a working day."""


def policy_of(office_id: int) -> RaidPolicy:
    """The newest scales of an office; the usual ones, as number 0, where it set none."""
    found = RaidPolicy.objects.filter(office_id=office_id).first()
    return found or RaidPolicy(office_id=office_id, number=0)


def time_of(entry: Entry) -> WorkingTime:
    """The calendar in which the clocks of an entry run: the project's while it holds it itself."""
    if isinstance(entry.place, Project) and not entry.is_lifted:
        return working_time(entry.place)
    return office_time(entry.office_id)


def after(time: WorkingTime, start: datetime, minutes: int) -> datetime:
    """The instant when so much working time has elapsed, by the clocks of the office."""
    wall = clock.local(start).replace(tzinfo=None)
    return time.add(wall, minutes).replace(tzinfo=clock.zone())


def last_working_day(office_id: int, today: date) -> date:
    """The last working day of an office up to today: what was due before it is overdue.

    So a promise is overdue one working day after its day, and a weekend makes nothing overdue.
    """
    time = office_time(office_id)
    for back in range(LONGEST_REST):
        day = today - timedelta(days=back)
        if time.intervals(day):
            return day
    return today
