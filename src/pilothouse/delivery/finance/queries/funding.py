# SPDX-License-Identifier: Apache-2.0
"""The releases of a project with what they hold, and what of all is free (R-BUD-03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import FundingRelease
from pilothouse.delivery.finance.queries.available import Available, available
from pilothouse.delivery.finance.queries.releases import Held, held_of
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock

ZERO = Decimal(0)
State = FundingRelease.State


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
        return sum((held.lapsed for held in self.held), ZERO)


def funding_of(project: Project, day: date | None = None) -> Funding:
    """The funding of a project on a day, today without one."""
    rows = FundingRelease.objects.filter(project=project).select_related(
        "created_by", "approved_by", "released_by", "carried_to"
    )
    day = day or clock.today()
    free = available(project, day)
    return Funding(held_of(list(rows), free.used, free.cost, day), free)


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
