# SPDX-License-Identifier: Apache-2.0
"""Two versions of a budget side by side, in the project's currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.lines import Key
from pilothouse.delivery.finance.models import Budget
from pilothouse.delivery.finance.queries.budget_pages import version_of
from pilothouse.delivery.finance.queries.budget_sheet import all_lines
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, totals_of
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.foundation.core.actor import Actor

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Beside:
    """One row of both versions."""

    key: Key
    one: Decimal
    other: Decimal

    @property
    def difference(self) -> Decimal:
        """How much more the second one has."""
        return self.other - self.one


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of one project: their totals and the rows that differ."""

    opened: OpenedProject
    one: Budget
    other: Budget
    one_totals: BudgetTotals
    other_totals: BudgetTotals
    rows: Sequence[Beside]
    same: int


def compare_budgets(actor: Actor, project_id: int, one: int, other: int) -> Comparison:
    """Versions ``one`` and ``other`` by their numbers. Raises: NotFound, NotAllowed."""
    opened = open_project(actor, project_id, rules.BUDGET)
    first, second = version_of(opened, one), version_of(opened, other)
    totals = totals_of([first, second])
    sums = [{line.key: line.own_total for line in all_lines(row)} for row in (first, second)]
    rows = [
        Beside(key, sums[0].get(key, ZERO), sums[1].get(key, ZERO))
        for key in sorted(sums[0].keys() | sums[1].keys())
    ]
    differing = [row for row in rows if row.difference]
    return Comparison(
        opened,
        first,
        second,
        totals[first.pk],
        totals[second.pk],
        differing,
        len(rows) - len(differing),
    )
