# SPDX-License-Identifier: Apache-2.0
"""The office's clock: the one way to ask what day it is, here and at an instant.

The time zone is one for the installation. Instants are stored in UTC; a day begins and ends where
the office is. An architecture test keeps every other way out.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from pilothouse.foundation.core.models import DEFAULT_ZONE, Installation

KEPT_SECONDS = 60.0
"""Other processes notice a new zone within this time; the one that sets it at once."""

_kept: list[tuple[ZoneInfo, float]] = []


def zone() -> ZoneInfo:
    """The time zone that the installation chose; UTC until it does."""
    # A copy: another thread may forget it at any time.
    for known, until in _kept.copy():
        if monotonic() < until:
            return known
    name = Installation.objects.values_list("time_zone", flat=True).first()
    found = ZoneInfo(name or DEFAULT_ZONE)
    keep(found, KEPT_SECONDS)
    return found


def keep(found: ZoneInfo, seconds: float) -> None:
    """Take this zone without asking again for so long."""
    _kept[:] = [(found, monotonic() + seconds)]


def forget() -> None:
    """Ask again at the next occasion."""
    _kept.clear()


def today() -> date:
    """The day it is in the office."""
    return day_of(timezone.now())


def today_in(where: ZoneInfo) -> date:
    """The day it is by another clock than the office's."""
    return today() if where.key == zone().key else timezone.now().astimezone(where).date()


def day_of(instant: datetime) -> date:
    """The office's day of an instant."""
    return local(instant).date()


def local(instant: datetime) -> datetime:
    """An instant as the clocks of the office show it."""
    return instant.astimezone(zone())


def start_of(day: date) -> datetime:
    """The first instant of a day of the office."""
    return datetime.combine(day, time.min, zone())


def end_of(day: date) -> datetime:
    """The first instant after a day."""
    return start_of(day + timedelta(days=1))


def is_zone(name: str) -> bool:
    """Whether a name is one that may be chosen."""
    return bool(name) and name in zone_names()


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name, that of the installation without one."""
    return ZoneInfo(name) if name else zone()


def zone_names() -> list[str]:
    """Names that may be chosen: UTC, and places as the tz database calls them."""
    regions = {name.partition("/")[0] for name in available_timezones() if "/" in name}
    regions -= {"Etc", "SystemV", "US", "Brazil", "Canada", "Chile", "Mexico", "posix", "right"}
    places = (name for name in available_timezones() if name.partition("/")[0] in regions)
    return [DEFAULT_ZONE, *sorted(name for name in places if "/" in name)]
