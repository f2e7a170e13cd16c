# SPDX-License-Identifier: Apache-2.0
"""What a project has cost up to the end of a fiscal period: actuals and accruals (6.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Model, QuerySet, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Accrual, Actual, FiscalPeriod
from pilothouse.delivery.finance.queries.opening import OpenedProject, row_of_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CostToDate:
    """AC = actuals + accruals, never open commitments; in the currency of the project.

    ``constant`` is the same at the budget rate.
    """

    actuals: Decimal
    accruals: Decimal
    constant: Decimal

    @property
    def cost(self) -> Decimal:
        return self.actuals + self.accruals


def cost_to_date(project: Project, period: FiscalPeriod) -> CostToDate:
    """What was spent and done up to the end of a period.

    An accrual counts from its period on, and no more from that of its reversal on.
    """
    actuals = Actual.objects.filter(
        project=project, state=Actual.State.MAPPED, period__first__lte=period.first
    )
    posted = Accrual.objects.filter(project=project, state=Accrual.State.POSTED)
    made = posted.filter(period__first__lte=period.first)
    turned_back = posted.filter(reversal_period__first__lte=period.first)
    spent, done, back = (_sums(rows) for rows in (actuals, made, turned_back))
    return CostToDate(spent[0], done[0] - back[0], spent[1] + done[1] - back[1])


def _sums(rows: QuerySet[Model]) -> tuple[Decimal, Decimal]:
    found = rows.aggregate(own=Sum("own_amount"), constant=Sum("constant_amount"))
    return found["own"] or ZERO, found["constant"] or ZERO


def accruals_of(opened: OpenedProject) -> QuerySet[Accrual]:
    """The accruals of a project, the latest period first."""
    rows = Accrual.objects.filter(project=opened.project).select_related(
        "period", "reversal_period", "line__commitment", "created_by", "decided_by", "currency"
    )
    return rows.order_by("-period__first", "-pk")


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is with an accrual that is proposed: the reader's, and else whose."""

    decides: bool
    who: str


def turns_of(opened: OpenedProject, rows: Iterable[Accrual]) -> dict[int, Turn]:
    """Accrual → whose turn it is, for those that are proposed.

    Asked once for each who proposed any. Limits of delegations are asked where the decision is
    taken.
    """
    known: dict[int | None, Turn] = {}
    found = {}
    for row in rows:
        if row.state != Accrual.State.PROPOSED:
            continue
        by = row.created_by_id
        if by not in known:
            mine = rules.deciding_accrual(opened.actor, opened.project, by, opened.grants)
            who = "" if mine else rules.accrual_deciders(opened.project, by)
            known[by] = Turn(mine is not None, who)
        found[row.pk] = known[by]
    return found


def accrual_of(actor: Actor, accrual_id: int) -> tuple[OpenedProject, Accrual]:
    """One accrual of a project in sight. Raises: NotFound, NotAllowed."""
    rows = Accrual.objects.select_related(
        "project__currency", "period", "reversal_period", "line__commitment", "created_by"
    )
    return row_of_project(actor, rows, accrual_id, rules.ACCRUAL)
