# SPDX-License-Identifier: Apache-2.0
"""Why parts of the work are off their budget: price and volume, or exchange (R-FX-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from pilothouse.delivery.finance.models import Accrual, Actual, Budget, BudgetLine, ContingencyDraw
from pilothouse.delivery.finance.money import Variance
from pilothouse.delivery.finance.queries.forecasts import Part, by_part, category_label
from pilothouse.delivery.projects.models import Project

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PartVariance:
    """One part of the work."""

    part: Part
    variance: Variance

    @property
    def category_label(self) -> str:
        return category_label(self.part)


@dataclass(frozen=True, slots=True)
class Variances:
    """All parts, those farthest off their budget first, over the periods that are over."""

    until: date
    rows: Sequence[PartVariance]

    @property
    def shown(self) -> Sequence[PartVariance]:
        """The first of them."""
        return self.rows[:SHOWN]

    @property
    def others(self) -> Variance:
        """The sum of those that are not shown."""
        return sum((row.variance for row in self.rows[SHOWN:]), Variance())

    @property
    def whole(self) -> Variance:
        return sum((row.variance for row in self.rows), Variance())


def variances_of(project: Project, until: date) -> Variances:
    """Budget and cost of the periods that ended before a day, part by part; five queries.

    No right is checked: callers ask for those who may see what the project has cost.
    """
    over = Q(period__last__lt=until)
    approved = Q(budget__project=project, budget__state=Budget.State.APPROVED)
    posted = Accrual.objects.filter(project=project, state=Accrual.State.POSTED)
    found: dict[Part, Variance] = {}

    def add(part: Part, more: Variance) -> None:
        found[part] = found.get(part, Variance()) + more

    for part, amount in by_part(BudgetLine.objects.filter(over, approved), "own_amount"):
        add(part, Variance(budget=amount))
    draws = ContingencyDraw.objects.filter(over, approved, state=ContingencyDraw.State.APPROVED)
    for part, amount in by_part(draws, "amount"):
        add(part, Variance(budget=amount))
    cost = ("constant_amount", "own_amount")
    spent = Actual.objects.filter(over, project=project, state=Actual.State.MAPPED)
    for rows in (spent, posted.filter(over)):
        for part, constant, actual in by_part(rows, *cost):
            add(part, Variance(constant=constant, actual=actual))
    turned = posted.filter(reversal_period__last__lt=until)
    for part, constant, actual in by_part(turned, *cost):
        add(part, Variance(constant=-constant, actual=-actual))
    parts = [PartVariance(part, variance) for part, variance in found.items()]
    parts.sort(key=lambda row: (-abs(row.variance.total), row.part))
    return Variances(until, parts)
