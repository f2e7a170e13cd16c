# SPDX-License-Identifier: Apache-2.0
"""Releases of funding: what each still holds, in the order in which stages use them (R-BUD-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import FundingRelease
from pilothouse.delivery.finance.queries.available import Available, available
from pilothouse.delivery.projects.models import Project

ZERO = Decimal(0)
State = FundingRelease.State
FREED = (State.RELEASED, State.EXHAUSTED, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Held:
    """A release, what was spent and used of it, and the day on which its rest lapses."""

    release: FundingRelease
    counted: Decimal
    spent: Decimal
    used: Decimal
    last: date

    @property
    def unused(self) -> Decimal:
        """What of it is neither spent nor promised."""
        return self.counted - self.used


@dataclass(frozen=True, slots=True)
class Funding:
    """The releases of a project by their number, and what of all is free."""

    held: Sequence[Held]
    free: Available

    @property
    def approved(self) -> Decimal:
        """Approved and not released yet."""
        rows = [held.release for held in self.held]
        return sum((row.amount for row in rows if row.state == State.APPROVED), ZERO)

    @property
    def lapsed(self) -> Decimal:
        """What was released and not used when its stage ended, or withdrawn."""
        return sum((held.release.lapsed for held in self.held), ZERO)


def funding_of(project: Project, day: date | None = None) -> Funding:
    """The funding of a project on a day, today without one."""
    rows = FundingRelease.objects.filter(project=project).select_related(
        "created_by", "approved_by", "released_by", "carried_to"
    )
    free = available(project, day)
    return Funding(held_of(list(rows), free), free)


def held_of(rows: Sequence[FundingRelease], free: Available) -> list[Held]:
    """What each release of a project holds, by their number.

    Money is used release by release in the order of their last days, so that an earlier stage
    pays first.
    """
    by_id = {row.pk: row for row in rows}
    used_left, spent_left = free.used, free.cost
    found = []
    for row in sorted(rows, key=lambda row: (row.last, row.number)):
        counted = _counted(row)
        used, spent = _share(counted, used_left), _share(counted, spent_left)
        used_left, spent_left = used_left - used, spent_left - spent
        found.append(Held(row, counted, spent, used, _lasting(row, by_id)))
    return sorted(found, key=lambda held: held.release.number)


def funding_warning(project: Project, total: Decimal) -> str:
    """That a budget is above the funding which is released or approved; else nothing."""
    funding = funding_of(project)
    granted = funding.free.released + funding.approved
    if total <= granted:
        return ""
    unit = project.currency_id
    return (
        f"The budget of {unit} {total:,.2f} is {unit} {total - granted:,.2f} above the funding of "
        f"{unit} {granted:,.2f} that is released or approved."
    )


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
