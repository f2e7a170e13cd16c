# SPDX-License-Identifier: Apache-2.0
"""Budget, commitments, actuals and accruals by period, of one project or of many as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum

from pilothouse.delivery.finance.models import (
    CostTotal,
    FiscalPeriod,
    Forecast,
    StreamTotal,
)

ZERO = Decimal(0)


class Stream(NamedTuple):
    """Amounts of one period in the project's currency. ``constant`` is cost at the budget rate."""

    budget: Decimal = ZERO
    committed: Decimal = ZERO
    actual: Decimal = ZERO
    accrual: Decimal = ZERO
    constant: Decimal = ZERO
    forecast: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """What was spent and done: actuals and accruals."""
        return self.actual + self.accrual

    def __add__(self, other: object) -> Stream:
        if not isinstance(other, Stream):
            return NotImplemented
        return Stream(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Key(NamedTuple):
    """What a sum is of; ``project`` is left 0 where many projects are one."""

    project: int
    currency: str
    period: int
    category: str
    nature: str


def streams_of(project_ids: Collection[int], *, apart: bool) -> dict[Key, Stream]:
    """Sums of these projects by period, category and nature, each project ``apart`` or as one.

    As one, projects of different currencies still stand apart. Two queries whatever their number;
    no right is checked, so callers hand in projects whose money the reader may see.
    """
    names = ["project__currency_id", "period_id", "category", "nature"]
    names = ["project_id", *names] if apart else names
    found: dict[Key, Stream] = {}
    planned = StreamTotal.objects.filter(project_id__in=project_ids).order_by().values_list(*names)
    for *key, budget, committed, accrual, constant, forecast in planned.annotate(
        Sum("budget"), Sum("committed"), Sum("accrual"), Sum("constant"), Sum("forecast")
    ):
        put = Key(*key) if apart else Key(0, *key)
        found[put] = Stream(budget, committed, ZERO, accrual, constant, forecast)
    spent = CostTotal.objects.filter(project_id__in=project_ids).order_by().values_list(*names)
    for *key, actual, constant in spent.annotate(Sum("actual"), Sum("constant")):
        put = Key(*key) if apart else Key(0, *key)
        found[put] = found.get(put, Stream()) + Stream(actual=actual, constant=constant)
    return found


@dataclass(slots=True)
class YearlyCosts:
    """What a project costs by fiscal year: what was spent, then what is to come.

    ``to_go`` leaves out what is spent. ``source`` says where both come from.
    """

    source: str
    whole: dict[int, Decimal] = field(default_factory=dict)
    to_go: dict[int, Decimal] = field(default_factory=dict)

    def add(self, period: FiscalPeriod, spent: Decimal, to_come: Decimal) -> None:
        self.whole[period.year] = self.whole.get(period.year, ZERO) + spent + to_come
        if to_come:
            self.to_go[period.year] = self.to_go.get(period.year, ZERO) + to_come


def yearly_costs(project_ids: Collection[int]) -> dict[int, YearlyCosts]:
    """Project → its costs by fiscal year; projects without any amount are left out.

    A closed period costs what was spent in it. An open one costs what was spent so far and what is
    still to come: by the approved forecast and the open orders, or without a forecast what the
    budget of the period still leaves.
    """
    by_period: dict[tuple[int, int], Stream] = {}
    for key, stream in streams_of(project_ids, apart=True).items():
        place = (key.project, key.period)
        by_period[place] = by_period.get(place, Stream()) + stream
    periods = FiscalPeriod.objects.in_bulk({period for _, period in by_period})
    forecasts = dict(
        Forecast.objects.filter(
            project_id__in=project_ids, state=Forecast.State.APPROVED
        ).values_list("project_id", "number")
    )
    found: dict[int, YearlyCosts] = {}
    for (project, number), stream in sorted(by_period.items()):
        period, forecast = periods[number], forecasts.get(project)
        told = f"ledger and forecast {forecast}" if forecast else "ledger and budget"
        rest = stream.forecast + stream.committed
        if forecast is None:
            rest = max(stream.budget - stream.cost, ZERO)
        costs = found.setdefault(project, YearlyCosts(told))
        costs.add(period, stream.cost, rest if period.is_open else ZERO)
    return found


def whole(streams: Mapping[Key, Stream]) -> Stream:
    """The sum of all."""
    return sum(streams.values(), Stream())
