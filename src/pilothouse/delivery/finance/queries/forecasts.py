# SPDX-License-Identifier: Apache-2.0
"""Forecasts beside budget, cost and orders: by part of the work, by period and as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models import (
    Accrual,
    Actual,
    Budget,
    BudgetLine,
    Category,
    ContingencyDraw,
    FinancePolicy,
    FiscalPeriod,
    Forecast,
    ForecastLine,
    VarianceReason,
)
from pilothouse.delivery.finance.money import kept_rate
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, budget_totals
from pilothouse.delivery.finance.queries.open_orders import open_orders
from pilothouse.delivery.finance.queries.opening import OpenedProject, row_of_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ZERO = Decimal(0)


class Part(NamedTuple):
    """One part of the work and one kind of cost: a line that is held against its budget."""

    wbs: str
    category: str
    nature: str


def category_label(part: Part) -> str:
    """What the kind of cost is called."""
    return dict(Category.choices).get(part.category, part.category)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Cost to date, what is ordered and still to come, the rest, and what that comes to."""

    cost: Decimal
    ordered: Decimal
    to_complete: Decimal
    budget: BudgetTotals | None

    @property
    def eac(self) -> Decimal:
        """AC + open commitments still needed + uncommitted estimate to complete."""
        return self.cost + self.ordered + self.to_complete

    @property
    def vac(self) -> Decimal | None:
        """BAC − EAC: left over at completion; below 0 where it does not suffice."""
        return None if self.budget is None else self.budget.bac - self.eac

    @property
    def warning(self) -> str:
        """Told where less is to come than is ordered already."""
        if self.to_complete < self.ordered:
            return (
                f"The estimate to complete ({self.to_complete:,.2f}) is less than what is still "
                f"open of orders ({self.ordered:,.2f}); cancel orders that are not needed."
            )
        return ""


@dataclass(slots=True)
class PartRow:
    """A part of the work with all that is known of its money."""

    part: Part
    budget: Decimal = ZERO
    cost: Decimal = ZERO
    ordered: Decimal = ZERO
    to_complete: Decimal = ZERO
    spent: dict[int, Decimal] = field(default_factory=dict)
    planned: dict[int, Decimal] = field(default_factory=dict)
    reason: str = ""
    asks: bool = False

    @property
    def eac(self) -> Decimal:
        return self.cost + self.ordered + self.to_complete

    @property
    def variance(self) -> Decimal:
        """Above 0 where it is to cost more than its budget."""
        return self.eac - self.budget

    @property
    def category_label(self) -> str:
        return category_label(self.part)


@dataclass(frozen=True, slots=True)
class ForecastSheet:
    """All parts of a forecast and the periods they are spread over.

    ``lines`` are those of the version; in a draft they have the worth of today. ``problem`` says
    that a rate is missing, and that what it is of has the worth of the day it was typed.
    """

    rows: Sequence[PartRow]
    periods: Sequence[FiscalPeriod]
    outlook: Outlook
    lines: Sequence[ForecastLine]
    problem: str

    @property
    def asking(self) -> list[PartRow]:
        """Parts that leave their budget by more than the policy and say no reason."""
        return [row for row in self.rows if row.asks and not row.reason]


def forecasts_of(opened: OpenedProject) -> QuerySet[Forecast]:
    """The forecasts of a project, the latest first."""
    rows = Forecast.objects.filter(project=opened.project)
    return rows.select_related("project", "created_by", "submitted_by", "approved_by")


def forecast_of(actor: Actor, forecast_id: int) -> tuple[OpenedProject, Forecast]:
    """One forecast of a project in sight. Raises: NotFound, NotAllowed."""
    rows = Forecast.objects.select_related(
        *("project__currency", "project__portfolio__org_unit", "currency"),
        *("submitted_by", "endorsed_by", "approved_by"),
    )
    return row_of_project(actor, rows, forecast_id, rules.FORECAST)


def approved_forecasts(project_ids: Collection[int]) -> dict[int, tuple[int, Decimal]]:
    """Project → number and estimate at completion of its approved forecast, in one query."""
    rows = Forecast.objects.filter(project_id__in=project_ids, state=Forecast.State.APPROVED)
    return {row.project_id: (row.number, row.eac or ZERO) for row in rows.order_by()}


def sheet_of(forecast: Forecast) -> ForecastSheet:
    """The sheet of a forecast: each part by period, its past replaced by what was spent.

    A draft stands as of today: lines in other currencies at the closing rate (R-FX-01), while those
    of closed periods count no more, for their cost has taken their place. What was submitted stands
    as of then.
    """
    project = forecast.project
    periods = Periods(project.office_id)
    rows: dict[Part, PartRow] = {}
    lines, problem = list(forecast.lines.all()), ""
    _add_budget(rows, project)
    if forecast.cost is None:
        today = clock.today()
        problem = _value(lines, forecast, today)
        _add_spent(rows, project, today)
        _add_ordered(rows, project, today)
    else:
        _add_kept(rows, forecast)
    _add_planned(rows, lines, forecast, periods)
    for reason in VarianceReason.objects.filter(forecast=forecast):
        part = Part(reason.wbs, reason.category, reason.nature)
        _row(rows, part).reason = reason.reason
    policy = FinancePolicy.objects.filter(office_id=project.office_id).first() or FinancePolicy()
    for row in rows.values():
        row.asks = breaks(row, policy)
    used = {key for row in rows.values() for key in (*row.spent, *row.planned)}
    shown = [row for row in periods.rows if row.is_open or row.pk in used]
    return ForecastSheet(
        [rows[key] for key in sorted(rows)], shown, _outlook(forecast, rows), lines, problem
    )


def _outlook(forecast: Forecast, rows: Mapping[Part, PartRow]) -> Outlook:
    return Outlook(
        cost=sum((row.cost for row in rows.values()), ZERO),
        ordered=sum((row.ordered for row in rows.values()), ZERO),
        to_complete=sum((row.to_complete for row in rows.values()), ZERO),
        budget=budget_totals([forecast.project_id]).get(forecast.project_id),
    )


def breaks(row: PartRow, policy: FinancePolicy) -> bool:
    """Whether a part is off its budget by more than the share and the amount of the policy."""
    off = abs(row.variance)
    return off > policy.variance_amount and off > row.budget * policy.variance_pct / 100


def _row(rows: dict[Part, PartRow], part: Part) -> PartRow:
    return rows.setdefault(part, PartRow(part))


def _add_budget(rows: dict[Part, PartRow], project: Project) -> None:
    approved = Budget.State.APPROVED
    lines = BudgetLine.objects.filter(budget__project=project, budget__state=approved)
    draws = ContingencyDraw.objects.filter(
        budget__project=project,
        budget__state=approved,
        state=ContingencyDraw.State.APPROVED,
    )
    for part, amount in (*by_part(lines, "own_amount"), *by_part(draws, "amount")):
        _row(rows, part).budget += amount


def by_part(rows: QuerySet[Any], *columns: str) -> Iterable[tuple[Any, ...]]:
    """Each part of the work with the sums of some columns of its rows."""
    grouped = rows.order_by().values_list("wbs", "category", "nature")
    for wbs, category, nature, *sums in grouped.annotate(*map(Sum, columns)):
        yield Part(wbs, category, nature), *sums


def _add_spent(rows: dict[Part, PartRow], project: Project, today: date) -> None:
    """Actuals, and accruals of periods that began, by the period that they stand in."""
    actuals = Actual.objects.filter(project=project, state=Actual.State.MAPPED)
    posted = Accrual.objects.filter(project=project, state=Accrual.State.POSTED)
    for found, period, sign in (
        (actuals, "period_id", 1),
        (posted.filter(period__first__lte=today), "period_id", 1),
        (posted.filter(reversal_period__first__lte=today), "reversal_period_id", -1),
    ):
        grouped = found.order_by().values_list("wbs", "category", "nature", period)
        for *part, key, amount in grouped.annotate(Sum("own_amount")):
            row = _row(rows, Part(*part))
            row.spent[key] = row.spent.get(key, ZERO) + sign * amount
            row.cost += sign * amount


def _add_ordered(rows: dict[Part, PartRow], project: Project, today: date) -> None:
    """What is ordered and still to come, line by line."""
    for order in open_orders([project.pk], today):
        for row in order.lines:
            if row.own_ordered:
                part = Part(row.line.wbs, row.line.category, row.line.nature)
                _row(rows, part).ordered += row.own_ordered


def _add_kept(rows: dict[Part, PartRow], forecast: Forecast) -> None:
    """What was spent and ordered when the version was submitted."""
    for kept in forecast.parts.all():
        row = _row(rows, Part(kept.wbs, kept.category, kept.nature))
        row.ordered += kept.ordered
        if kept.period_id is not None:
            row.spent[kept.period_id] = kept.spent
            row.cost += kept.spent


def _value(lines: Iterable[ForecastLine], forecast: Forecast, today: date) -> str:
    """Give lines in other currencies their worth of today; why some keep what they had."""
    own = forecast.currency_id
    others = [line for line in lines if line.currency_id != own]
    if not others:
        return ""
    rates = Rates(OrgUnit.objects.get(pk=forecast.project.office_id))
    problem = ""
    for line in others:
        try:
            rate = rates.rate(Kind.CLOSING, line.currency_id, own, today)
        except Invalid as error:
            problem = error.message
            continue
        worth = rates.at(rate, line.amount, own)
        if worth > LARGEST:
            problem = f"{line.currency_id} {line.amount:,.2f} is too large in {own}."
        else:
            line.rate, line.own_amount = kept_rate(rate), worth
    return problem


def _add_planned(
    rows: dict[Part, PartRow],
    lines: Iterable[ForecastLine],
    forecast: Forecast,
    periods: Periods,
) -> None:
    for line in lines:
        row = _row(rows, Part(line.wbs, line.category, line.nature))
        row.planned[line.period_id] = row.planned.get(line.period_id, ZERO) + line.own_amount
        if periods.by_id[line.period_id].is_open or forecast.cost is not None:
            row.to_complete += line.own_amount
