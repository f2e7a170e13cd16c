# SPDX-License-Identifier: Apache-2.0
"""What budgets come to: BAC, reserves and totals, of one version or of many projects at once.

``budget_totals`` asks the database the same few times whatever the number of projects; it checks no
rights, so callers hand in projects whose money the reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from pilothouse.delivery.finance.models import Budget, BudgetLine, ContingencyDraw
from pilothouse.foundation.core.among import among

ZERO = Decimal(0)
COUNTED = ("project_id", "currency_id", "undistributed", "contingency", "management_reserve")
"""Columns of a version that its totals are made of."""
_APPROVED = ContingencyDraw.State.APPROVED
_CONTINGENCY = ContingencyDraw.Reserve.CONTINGENCY


@dataclass(frozen=True, slots=True)
class BudgetTotals:
    """What one version of a budget comes to, in the project's currency (R-BUD-01)."""

    budget_id: int
    currency: str
    distributed: Decimal
    undistributed: Decimal
    contingency: Decimal
    management_reserve: Decimal
    contingency_drawn: Decimal
    reserve_drawn: Decimal

    @property
    def drawn(self) -> Decimal:
        """What approved draws moved into BAC."""
        return self.contingency_drawn + self.reserve_drawn

    @property
    def bac(self) -> Decimal:
        """Budget at completion: distributed, undistributed, and what was drawn."""
        return self.distributed + self.undistributed + self.drawn

    @property
    def contingency_left(self) -> Decimal:
        """Contingency that is not drawn."""
        return self.contingency - self.contingency_drawn

    @property
    def reserve_left(self) -> Decimal:
        """Management reserve that is not drawn."""
        return self.management_reserve - self.reserve_drawn

    @property
    def total(self) -> Decimal:
        """The whole budget; no draw changes it."""
        return self.bac + self.contingency_left + self.reserve_left


@dataclass(frozen=True, slots=True)
class Adequacy:
    """What is left to what is needed: green from 1 on, amber from 0.8 (R-BUD-04).

    Where nothing is needed there is nothing to compare with (R-GEN-04): no ratio, and no colour.
    """

    ratio: Decimal | None
    colour: str


def contingency_adequacy(totals: BudgetTotals, needed: Decimal) -> Adequacy:
    """Whether what is left of the contingency covers what is needed of it."""
    if needed <= 0:
        return Adequacy(None, "")
    ratio = totals.contingency_left / needed
    colour = "green" if ratio >= 1 else "amber" if ratio >= Decimal("0.8") else "red"
    return Adequacy(ratio, colour)


def budget_totals(
    project_ids: Collection[int], spread: Mapping[int, Decimal] | None = None
) -> dict[int, BudgetTotals]:
    """Project → what its approved budget comes to; a project without one is left out.

    ``spread`` is what the lines and approved draws of each project come to, for who knows that
    already; without it every line is added up.
    """
    approved = Budget.objects.filter(project_id__in=among(project_ids), state=Budget.State.APPROVED)
    rows = list(approved.order_by().only(*COUNTED))
    if spread is None:
        found = totals_of(rows)
        return {row.project_id: found[row.pk] for row in rows}
    drawn = _drawn(rows)
    return {
        row.project_id: _totals(
            row, spread.get(row.project_id, ZERO) - sum(drawn[row.pk].values(), ZERO), drawn[row.pk]
        )
        for row in rows
    }


def totals_of(budgets: Iterable[Budget]) -> dict[int, BudgetTotals]:
    """Budget → what this version comes to, in two queries."""
    rows = list(budgets)
    keys = among([row.pk for row in rows])
    lines = BudgetLine.objects.filter(budget_id__in=keys).order_by().values_list("budget_id")
    distributed = dict(lines.annotate(total=Sum("own_amount")).values_list("budget_id", "total"))
    drawn = _drawn(rows)
    return {row.pk: _totals(row, distributed.get(row.pk, ZERO), drawn[row.pk]) for row in rows}


def _drawn(rows: Collection[Budget]) -> defaultdict[int, dict[str, Decimal]]:
    """Budget → reserve → what approved draws took of it."""
    found: defaultdict[int, dict[str, Decimal]] = defaultdict(dict)
    keys = among([row.pk for row in rows])
    draws = ContingencyDraw.objects.filter(budget_id__in=keys, state=_APPROVED).order_by()
    for pk, reserve, total in draws.values_list("budget_id", "reserve").annotate(Sum("amount")):
        found[pk][reserve] = total
    return found


def _totals(row: Budget, distributed: Decimal, drawn: Mapping[str, Decimal]) -> BudgetTotals:
    return BudgetTotals(
        budget_id=row.pk,
        currency=row.currency_id,
        distributed=distributed,
        undistributed=row.undistributed,
        contingency=row.contingency,
        management_reserve=row.management_reserve,
        contingency_drawn=drawn.get(_CONTINGENCY, ZERO),
        reserve_drawn=drawn.get(ContingencyDraw.Reserve.MANAGEMENT, ZERO),
    )
