# SPDX-License-Identifier: Apache-2.0
"""The sums of budget, accruals, orders and forecast by period, kept beside the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models import (
    Accrual,
    Budget,
    BudgetLine,
    ContingencyDraw,
    CostTotal,
    Forecast,
    ForecastLine,
    StreamTotal,
)
from pilothouse.delivery.finance.queries.open_orders import open_orders
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock

ZERO = Decimal(0)
Key = tuple[int, int, str, str]
"""Project, period, category, nature."""
AMOUNTS = ("budget", "accrual", "constant", "committed", "forecast", "to_come")


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


def restream(project_ids: Collection[int], today: date) -> None:
    """Sum budget, accruals, open orders and forecast of these projects anew.

    Writes: StreamTotal.

    An open order whose day is past counts in the period of today; where no period holds a day, the
    nearest one does.
    """
    ids = sorted(set(project_ids))
    sums = _Sums()
    _add_budgets(sums, ids)
    _add_accruals(sums, ids)
    _add_orders(sums, ids, today)
    _add_forecasts(sums, ids)
    _add_to_come(sums, ids)
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


def _add_orders(sums: _Sums, ids: Collection[int], today: date) -> None:
    offices = dict(Project.objects.filter(pk__in=ids).values_list("pk", "office_id"))
    periods: dict[int, Periods] = {}
    for order in open_orders(ids, today):
        office_id = offices[order.order.project_id]
        if office_id not in periods:
            periods[office_id] = Periods(office_id)
        for row in order.lines:
            if not row.own_open:
                continue
            period = periods[office_id].nearest(max(row.line.expected_on, today))
            if period is not None:
                key = (order.order.project_id, period.pk, row.line.category, row.line.nature)
                sums.add("committed", key, row.own_open)


def _add_forecasts(sums: _Sums, ids: Collection[int]) -> None:
    lines = ForecastLine.objects.filter(
        forecast__project_id__in=ids,
        forecast__state=Forecast.State.APPROVED,
    )
    sums.add_rows("forecast", _grouped(lines, "own_amount", "forecast__project_id"))


def _add_to_come(sums: _Sums, ids: Collection[int]) -> None:
    forecast = set(
        Forecast.objects.filter(project_id__in=ids, state=Forecast.State.APPROVED).values_list(
            "project_id", flat=True
        )
    )
    spent = {
        (project, period, category, nature): amount
        for project, period, category, nature, amount in CostTotal.objects.filter(
            project_id__in=ids
        ).values_list("project_id", "period_id", "category", "nature", "actual")
    }
    for key, amounts in sums.found.items():
        if key[0] in forecast:
            amounts["to_come"] = amounts["forecast"] + amounts["committed"]
        else:
            cost = spent.get(key, ZERO) + amounts["accrual"]
            amounts["to_come"] = max(amounts["budget"] - cost, ZERO)


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
