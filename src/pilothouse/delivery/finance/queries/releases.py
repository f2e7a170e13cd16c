# SPDX-License-Identifier: Apache-2.0
"""What each release of funding holds, in the order in which stages use them (R-BUD-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import FundingRelease

ZERO = Decimal(0)
State = FundingRelease.State
FREED = (State.RELEASED, State.EXHAUSTED, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Held:
    """A release on a day: what was spent and used of it, and the last day of its rest.

    ``over``: that day is past, or the release was withdrawn; what nobody used has lapsed then,
    whether the daily job wrote it down already or not.
    """

    release: FundingRelease
    counted: Decimal
    spent: Decimal
    used: Decimal
    last: date
    over: bool

    @property
    def rest(self) -> Decimal:
        """What of it is neither spent nor promised."""
        return self.counted - self.used

    @property
    def lapsing(self) -> Decimal:
        """What has lapsed of it and is not written down yet."""
        return self.rest if self.over else ZERO

    @property
    def unused(self) -> Decimal:
        """What may still be spent or promised of it."""
        return self.rest - self.lapsing

    @property
    def lapsed(self) -> Decimal:
        """What was released and not used when its stage ended, or withdrawn."""
        return self.release.lapsed + self.lapsing


def held_of(rows: Sequence[FundingRelease], used: Decimal, spent: Decimal, day: date) -> list[Held]:
    """What each release of a project holds, by their number.

    ``used`` is what the project has spent or promised, ``spent`` the former. Money is used release
    by release in the order of their last days, so that an earlier stage pays first.
    """
    by_id = {row.pk: row for row in rows}
    found = []
    for row in sorted(rows, key=lambda row: (row.last, row.number)):
        counted, last = _counted(row), _lasting(row, by_id)
        own_used, own_spent = _share(counted, used), _share(counted, spent)
        used, spent = used - own_used, spent - own_spent
        over = row.state == State.WITHDRAWN or last < day
        found.append(Held(row, counted, own_spent, own_used, last, over))
    return sorted(found, key=lambda held: held.release.number)


def _counted(row: FundingRelease) -> Decimal:
    freed = row.state in FREED or (row.state == State.WITHDRAWN and row.released_at is not None)
    return row.amount - row.lapsed if freed else ZERO


def _share(counted: Decimal, rest: Decimal) -> Decimal:
    return max(ZERO, min(counted, rest))


def _lasting(row: FundingRelease, by_id: Mapping[int, FundingRelease]) -> date:
    """The last day of a release, or of the one that it was carried over to."""
    last, seen = row.last, {row.pk}
    while (after := by_id.get(row.carried_to_id or 0)) is not None and after.pk not in seen:
        row = after
        seen.add(row.pk)
        last = max(last, row.last)
    return last
