# SPDX-License-Identifier: Apache-2.0
"""By which scales an office rates, and what its working time is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pilothouse.delivery.planning.queries import office_time, working_time
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid.models import Entry, RaidPolicy
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight, unit_scopes

LONGEST_REST = 60
"""Days that are looked back for a working day."""


@dataclass(frozen=True, slots=True)
class OpenedScales:
    """The scales of an office in sight, and all its versions, the newest first."""

    office: OrgUnit
    current: RaidPolicy
    versions: list[RaidPolicy]


def open_scales(actor: Actor, office_id: int) -> OpenedScales:
    """The scales of an office; NotFound out of sight, NotAllowed without R on policy."""
    held = grants_of(actor)
    office = offices_in_sight(actor, held).filter(pk=office_id).first()
    if office is None:
        raise NotFound("raid.office", "There is no such office, or you may not see it.")
    if not held.allows("policy", "R", unit_scopes(office)):
        raise NotAllowed("raid.scales_not_seen", "Your roles do not allow you to see scales.")
    versions = list(RaidPolicy.objects.filter(office=office))
    current = versions[0] if versions else RaidPolicy(office=office, number=0)
    return OpenedScales(office, current, versions)


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
