# SPDX-License-Identifier: Apache-2.0
"""The sums of budget, accruals, orders and forecast by period, kept beside the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models import (
    Accrual,
    Actual,
    Budget,
    BudgetLine,
    Commitment,
    ContingencyDraw,
    CostTotal,
    Forecast,
    ForecastLine,
    StreamTotal,
)
from pilothouse.delivery.finance.money import split
from pilothouse.delivery.finance.queries.open_orders import open_orders
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.events import publish

ZERO = Decimal(0)
Key = tuple[int, int, str, str]
"""Project, period, category, nature."""
KEY = ("project_id", "period_id", "category", "nature")
AT_A_TIME = 200
AMOUNTS = ("budget", "accrual", "constant", "committed", "forecast", "to_come")


class _Known(NamedTuple):
    """What is known of a project: the periods of its office, the decimals of its currency."""

    periods: Periods
    units: int


class _Sums:
    """Amounts by key and name."""

    def __init__(self) -> None:
        self.found: defaultdict[Key, dict[str, Decimal]] = defaultdict(
            lambda: dict.fromkeys(AMOUNTS, ZERO)
        )

    def add(self, name: str, key: Key, amount: Decimal) -> None:
        self.found[key][name] += amount

    def add_rows(self, name: str, rows: Iterable[tuple[int, int, str, str, Decimal]]) -> None:
        for project, period, category, nature, amount in rows:
            self.add(name, (project, period, category, nature), amount)


def restream_after(event: MoneyChanged) -> None:
    """Reaction to any change of money."""
    restream(event.project_ids, clock.today())


@transaction.atomic
def restream(project_ids: Collection[int], today: date) -> None:
    """Sum budget, accruals, open orders and forecast of these projects anew.

    What is ordered counts in the period that it is expected in, or where that is over or closed in
    the next open one. Writes: StreamTotal; whoever changes money of these projects meanwhile waits.
    """
    ids = sorted(set(project_ids))
    projects = _locked(ids)
    sums = _Sums()
    _add_budgets(sums, ids)
    _add_accruals(sums, ids)
    due = _add_orders(sums, projects, today)
    _add_forecasts(sums, ids)
    _add_to_come(sums, projects, due, today)
    StreamTotal.objects.filter(project_id__in=ids).delete()
    StreamTotal.objects.bulk_create(
        (
            StreamTotal(
                project_id=project, period_id=period, category=category, nature=nature, **amounts
            )
            for (project, period, category, nature), amounts in sorted(sums.found.items())
            if any(amounts.values())
        ),
        batch_size=1000,
    )


def _locked(ids: Collection[int]) -> dict[int, _Known]:
    """The projects, held to the end of the transaction, each with what its sums need."""
    rows = Project.objects.filter(pk__in=ids).order_by("pk").select_related("currency")
    locked = list(rows.select_for_update(of=("self",), no_key=True))
    periods = {office: Periods(office) for office in {row.office_id for row in locked}}
    return {row.pk: _Known(periods[row.office_id], row.currency.minor_units) for row in locked}


def value_orders(office_id: int) -> int:
    """Bring new rates into the sums of the projects of an office that they move. How many.

    Those have an order in another currency, or one that was invoiced in another.
    Who: the job. Writes: as ``restream``. Publishes: MoneyChanged, some projects at a time.
    """
    foreign = ~Q(currency=F("project__currency"))
    invoiced = Actual.objects.filter(commitment=OuterRef("pk"), state=Actual.State.MAPPED).exclude(
        currency=OuterRef("currency")
    )
    orders = Commitment.objects.filter(foreign | Exists(invoiced), office_id=office_id).exclude(
        state=Commitment.State.CANCELLED
    )
    ids = sorted(set(orders.order_by().values_list("project_id", flat=True)))
    for start in range(0, len(ids), AT_A_TIME):
        with transaction.atomic():
            publish(MoneyChanged(tuple(ids[start : start + AT_A_TIME]), "exchange rates changed"))
    return len(ids)


def restream_all(today: date) -> int:
    """Sum all projects anew that have sums, as days and rates move what is to come. How many."""
    ids = sorted(StreamTotal.objects.values_list("project_id", flat=True).distinct())
    for start in range(0, len(ids), AT_A_TIME):
        restream(ids[start : start + AT_A_TIME], today)
    return len(ids)


def _add_budgets(sums: _Sums, ids: Collection[int]) -> None:
    lines = BudgetLine.objects.filter(
        budget__project_id__in=ids, budget__state=Budget.State.APPROVED
    )
    draws = ContingencyDraw.objects.filter(
        project_id__in=ids,
        budget__state=Budget.State.APPROVED,
        state=ContingencyDraw.State.APPROVED,
    )
    sums.add_rows("budget", _grouped(lines, "own_amount", "budget__project_id"))
    sums.add_rows("budget", _grouped(draws, "amount"))


def _add_accruals(sums: _Sums, ids: Collection[int]) -> None:
    posted = Accrual.objects.filter(project_id__in=ids, state=Accrual.State.POSTED)
    turned = posted.exclude(reversal_period=None)
    for name, amount in (("accrual", "own_amount"), ("constant", "constant_amount")):
        sums.add_rows(name, _grouped(posted, amount))
        for project, period, category, nature, total in _grouped(
            turned, amount, period="reversal_period_id"
        ):
            sums.add(name, (project, period, category, nature), -total)


def _add_orders(sums: _Sums, projects: Mapping[int, _Known], today: date) -> dict[Key, Decimal]:
    """Add what is open of orders; returns what came of them and is neither invoiced nor accrued."""
    due: dict[Key, Decimal] = {}
    for order in open_orders(projects, today):
        project = order.order.project_id
        known = projects[project].periods
        for row in order.lines:
            kind = (row.line.category, row.line.nature)
            expected = known.next_open(max(row.line.expected_on, today))
            if expected is not None and row.own_open:
                sums.add("committed", (project, expected.pk, *kind), row.own_open)
            now = known.next_open(today)
            if now is not None and row.own_due:
                key = (project, now.pk, *kind)
                due[key] = due.get(key, ZERO) + row.own_due
    return due


def _add_forecasts(sums: _Sums, ids: Collection[int]) -> None:
    lines = ForecastLine.objects.filter(
        forecast__project_id__in=ids,
        forecast__state=Forecast.State.APPROVED,
    )
    sums.add_rows("forecast", _grouped(lines, "own_amount", "forecast__project_id"))


def _add_to_come(
    sums: _Sums, projects: Mapping[int, _Known], due: Mapping[Key, Decimal], today: date
) -> None:
    """What is to come: by the approved forecast, else what the budget leaves."""
    spent = _spent(projects, today)
    by_project: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key, amount in spent.items():
        by_project[key[0]] += amount
    forecasts = Forecast.objects.filter(project_id__in=projects, state=Forecast.State.APPROVED)
    said = {row.project_id: row.eac or ZERO for row in forecasts}
    for key, amounts in list(sums.found.items()):
        if key[0] not in said:
            amounts["to_come"] = max(amounts["budget"] - spent.get(key, ZERO), ZERO)
    ordered: defaultdict[int, Decimal] = defaultdict(Decimal)
    for key in {*sums.found, *due}:
        if key[0] in said:
            amount = sums.found[key]["committed"] + due.get(key, ZERO)
            sums.found[key]["to_come"] = amount
            ordered[key[0]] += amount
    lines: defaultdict[int, dict[Key, Decimal]] = defaultdict(dict)
    for key, amounts in sums.found.items():
        if amounts["forecast"] > 0:
            lines[key[0]][key] = amounts["forecast"]
    for project, eac in said.items():
        rest = eac - by_project[project] - ordered[project]
        if rest > 0 and lines[project]:
            _lay_out(sums, projects[project], lines[project], rest, today)


def _spent(ids: Collection[int], today: date) -> defaultdict[Key, Decimal]:
    """Actuals, and accruals of periods that began: one that is turned back later still counts."""
    found: defaultdict[Key, Decimal] = defaultdict(Decimal)
    actuals = CostTotal.objects.filter(project_id__in=ids)
    for *key, amount in actuals.values_list(*KEY, "actual"):
        found[tuple(key)] += amount
    posted = Accrual.objects.filter(project_id__in=ids, state=Accrual.State.POSTED)
    for *key, amount in _grouped(posted.filter(period__first__lte=today), "own_amount"):
        found[tuple(key)] += amount
    turned = posted.filter(reversal_period__first__lte=today)
    for *key, amount in _grouped(turned, "own_amount", period="reversal_period_id"):
        found[tuple(key)] -= amount
    return found


def _lay_out(
    sums: _Sums, known: _Known, lines: Mapping[Key, Decimal], rest: Decimal, today: date
) -> None:
    """Spread what the forecast of a project leaves over the open periods that its lines are of."""
    periods = known.periods
    ahead = {key: amount for key, amount in lines.items() if periods.by_id[key[1]].is_open}
    if not ahead:
        period = periods.next_open(today)
        if period is None:
            return
        project, _, category, nature = max(lines, key=lambda key: lines[key])
        ahead = {(project, period.pk, category, nature): rest}
    parts = split(rest, list(ahead.values()), known.units)
    for key, part in zip(ahead, parts, strict=True):
        sums.add("to_come", key, part)


def _grouped(
    rows: QuerySet[BudgetLine]
    | QuerySet[ContingencyDraw]
    | QuerySet[Accrual]
    | QuerySet[ForecastLine],
    amount: str,
    project: str = "project_id",
    period: str = "period_id",
) -> Iterable[tuple[int, int, str, str, Decimal]]:
    names = (project, period, "category", "nature")
    total = Sum(amount, output_field=MoneyField())
    grouped = rows.order_by().values(*names).annotate(total=total)
    found: QuerySet[Any, tuple[int, int, str, str, Decimal]] = grouped.values_list(*names, "total")
    return found
