# SPDX-License-Identifier: Apache-2.0
"""What many projects may spend and have spent by work package and period, in constant queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Sum

from pilothouse.delivery.finance.models import (
    Accrual,
    Actual,
    Budget,
    BudgetLine,
    Commitment,
    ContingencyDraw,
    FiscalPeriod,
    Forecast,
)
from pilothouse.delivery.projects.models import Project

ZERO = Decimal(0)


class Budgeted(NamedTuple):
    """What a work package may cost, and from when to when."""

    amount: Decimal
    first: date
    last: date


class Spent(NamedTuple):
    """Cost of a work package in a fiscal period: at the actual rate, and at the budget rate."""

    wbs: str
    first: date
    last: date
    amount: Decimal
    constant: Decimal


@dataclass(slots=True)
class ApprovedBudget:
    """The budget that counts, its draws included: BAC by work package, and the reserves left."""

    number: int
    undistributed: Decimal
    contingency: Decimal
    management_reserve: Decimal
    packages: dict[str, Budgeted] = field(default_factory=dict)

    @property
    def bac(self) -> Decimal:
        """Without what is left of contingency and management reserve."""
        return sum((part.amount for part in self.packages.values()), self.undistributed)

    @property
    def total(self) -> Decimal:
        """BAC + contingency + management reserve (R-BUD-01)."""
        return self.bac + self.contingency + self.management_reserve


@dataclass(slots=True)
class MoneyAtWork:
    """The approved budget of a project, if there is one, and all cost of the ledger."""

    budget: ApprovedBudget | None = None
    spent: list[Spent] = field(default_factory=list)


class Month(NamedTuple):
    """A fiscal period, or a calendar month where finance keeps none."""

    name: str
    first: date
    last: date


def with_money(projects: QuerySet[Project]) -> QuerySet[Project]:
    """The same projects with what says which money they have, in the same query."""
    approved = Budget.objects.filter(project=OuterRef("pk"), state=Budget.State.APPROVED)
    ordered = Commitment.objects.filter(project=OuterRef("pk"))
    foreseen = Forecast.objects.filter(project=OuterRef("pk"), state=Forecast.State.APPROVED)
    return projects.annotate(
        has_budget=Exists(approved), has_orders=Exists(ordered), has_forecast=Exists(foreseen)
    )


def money_at_work(project_ids: Collection[int]) -> dict[int, MoneyAtWork]:
    """Project → budget and cost by work package, in five queries however many there are."""
    found = {key: MoneyAtWork() for key in project_ids}
    approved = Budget.objects.filter(project_id__in=project_ids, state=Budget.State.APPROVED)
    budgets: dict[int, ApprovedBudget] = {}
    for row in approved.order_by():
        budgets[row.pk] = found[row.project_id].budget = ApprovedBudget(
            row.number, row.undistributed, row.contingency, row.management_reserve
        )
    if budgets:
        _add_lines(budgets)
        _add_draws(budgets)
    _add_actuals(found)
    _add_accruals(found)
    return found


def _add_lines(budgets: dict[int, ApprovedBudget]) -> None:
    lines = BudgetLine.objects.filter(budget_id__in=list(budgets)).order_by()
    for budget, wbs, amount, first, last in lines.values_list("budget_id", "wbs").annotate(
        Sum("own_amount"), Min("period__first"), Max("period__last")
    ):
        budgets[budget].packages[wbs] = Budgeted(amount, first, last)


def _add_draws(budgets: dict[int, ApprovedBudget]) -> None:
    draws = ContingencyDraw.objects.filter(
        budget_id__in=list(budgets), state=ContingencyDraw.State.APPROVED
    )
    for budget, wbs, reserve, amount, first, last in draws.order_by().values_list(
        "budget_id", "wbs", "reserve", "amount", "period__first", "period__last"
    ):
        known = budgets[budget]
        if reserve == ContingencyDraw.Reserve.CONTINGENCY:
            known.contingency -= amount
        else:
            known.management_reserve -= amount
        before = known.packages.get(wbs, Budgeted(ZERO, first, last))
        known.packages[wbs] = Budgeted(
            before.amount + amount, min(before.first, first), max(before.last, last)
        )


def _add_actuals(found: dict[int, MoneyAtWork]) -> None:
    rows = Actual.objects.filter(project_id__in=list(found), state=Actual.State.MAPPED)
    for project, *values in (
        rows.order_by()
        .values_list("project_id", "wbs", "period__first", "period__last")
        .annotate(Sum("own_amount"), Sum("constant_amount"))
    ):
        found[project].spent.append(Spent(*values))


def _add_accruals(found: dict[int, MoneyAtWork]) -> None:
    """A posted accrual counts in its period, and turned back in the one of its reversal."""
    rows = Accrual.objects.filter(project_id__in=list(found), state=Accrual.State.POSTED)
    for project, wbs, first, last, back_first, back_last, own, constant in (
        rows.order_by()
        .annotate(back_first=F("reversal_period__first"), back_last=F("reversal_period__last"))
        .values_list(
            *("project_id", "wbs", "period__first", "period__last", "back_first", "back_last"),
            *("own_amount", "constant_amount"),
        )
    ):
        found[project].spent.append(Spent(wbs, first, last, own, constant))
        if back_first is not None:
            found[project].spent.append(Spent(wbs, back_first, back_last, -own, -constant))


def months_of(office_ids: Collection[int]) -> dict[int, list[Month]]:
    """Office → its fiscal periods in order, in one query."""
    found: dict[int, list[Month]] = {key: [] for key in office_ids}
    rows = FiscalPeriod.objects.filter(office_id__in=office_ids).order_by("first")
    for office, name, first, last in rows.values_list("office_id", "name", "first", "last"):
        found[office].append(Month(name, first, last))
    return found
