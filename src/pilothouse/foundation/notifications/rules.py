# SPDX-License-Identifier: Apache-2.0
"""When somebody is mailed, by the clock of the office."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilothouse.foundation.core import clock
from pilothouse.foundation.notifications.models import Delivery, Way

GATHERS = timedelta(minutes=1)
"""What is told within this time of a first notice goes out in one mail."""
KEPT = timedelta(days=90)
"""So long a notice stays; what nobody has read stays four times as long."""


def way_of(delivery: Delivery | None, group: str) -> Way:
    """How a person wants to be told of a group of topics."""
    chosen = delivery.ways.get(group) if delivery is not None else None
    return Way(chosen) if chosen in Way.values else Way.AT_ONCE


def is_quiet(quiet_from: int | None, quiet_until: int | None, hour: int) -> bool:
    """Whether an hour lies in the quiet ones, which may run over midnight."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return False
    if quiet_from < quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until


def quiet_at(delivery: Delivery | None, moment: datetime) -> bool:
    """Whether nothing is mailed to a person at a moment."""
    if delivery is None:
        return False
    hour = clock.local(moment).hour
    return is_quiet(delivery.quiet_from, delivery.quiet_until, hour)


def after_quiet(delivery: Delivery | None, moment: datetime) -> datetime:
    """The moment, or the end of the quiet hours that it lies in."""
    if delivery is None or delivery.quiet_until is None or not quiet_at(delivery, moment):
        return moment
    local = clock.local(moment)
    ends = local.replace(hour=delivery.quiet_until, minute=0, second=0, microsecond=0)
    return ends if ends > local else ends + timedelta(days=1)


def digest_is_due(delivery: Delivery, moment: datetime) -> bool:
    """Whether the digest of a person goes out now: once on its day, from its hour on."""
    local = clock.local(moment)
    if delivery.digest == Delivery.Digest.NONE or delivery.digested_on == local.date():
        return False
    if delivery.digest == Delivery.Digest.WEEKLY and local.weekday() != delivery.weekday:
        return False
    return local.hour >= delivery.hour and not quiet_at(delivery, moment)
