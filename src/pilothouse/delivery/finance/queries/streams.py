# SPDX-License-Identifier: Apache-2.0
"""Budget, commitments, actuals and accruals by period, of one project or of many as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, Sum

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models import (
    CostTotal,
    FiscalPeriod,
    Forecast,
    StreamTotal,
)
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.among import among

ZERO = Decimal(0)


class Stream(NamedTuple):
    """Amounts of one period in the project's currency. ``constant`` is cost at the budget rate."""

    budget: Decimal = ZERO
    committed: Decimal = ZERO
    actual: Decimal = ZERO
    accrual: Decimal = ZERO
    constant: Decimal = ZERO
    forecast: Decimal = ZERO
    to_come: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """What was spent and done: actuals and accruals."""
        return self.actual + self.accrual

    def __add__(self, other: object) -> Stream:
        if not isinstance(other, Stream):
            return NotImplemented
        return Stream(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Key(NamedTuple):
    """What a sum is of; what it is not told apart by is left out."""

    project: int = 0
    currency: str = ""
    period: int = 0
    category: str = ""
    nature: str = ""
    year: int = 0


_COLUMNS = {
    "project": "project_id",
    "currency": "project__currency_id",
    "period": "period_id",
    "year": "period__year",
}
TO_COME = Q(period__state=FiscalPeriod.State.OPEN, project__state__in=OPEN_STATES)
WHOLE = ("currency", "period", "category", "nature")


def streams_of(project_ids: Collection[int], by: Sequence[str] = WHOLE) -> dict[Key, Stream]:
    """Sums of these projects, told apart ``by`` fields of ``Key``.

    Projects of several currencies are told apart by it. Nothing is to come in closed periods and of
    projects that are over; an accrual stands until the period begins that turns it back. Two
    queries whatever the number of projects; no right is checked, so callers hand in projects whose
    money the reader may see.
    """
    names = [_COLUMNS.get(name, name) for name in by]
    keys = among(project_ids)
    found: dict[Key, Stream] = {}
    to_come = Sum("to_come", filter=TO_COME, default=ZERO, output_field=MoneyField())
    planned = StreamTotal.objects.filter(project_id__in=keys).order_by().values_list(*names)
    begun = Q(period__first__lte=clock.today())
    accrued, at_budget = (
        Sum(name, filter=begun, default=ZERO, output_field=MoneyField())
        for name in ("accrual", "constant")
    )
    for *key, budget, committed, forecast, accrual, constant, rest in planned.annotate(
        *map(Sum, ("budget", "committed", "forecast")),
        accrued=accrued,
        at_budget=at_budget,
        rest=to_come,
    ):
        put = Key(**dict(zip(by, key, strict=True)))
        found[put] = Stream(budget, committed, ZERO, accrual, constant, forecast, rest)
    spent = CostTotal.objects.filter(project_id__in=keys).order_by().values_list(*names)
    for *key, actual, constant in spent.annotate(Sum("actual"), Sum("constant")):
        put = Key(**dict(zip(by, key, strict=True)))
        found[put] = found.get(put, Stream()) + Stream(actual=actual, constant=constant)
    return found


@dataclass(slots=True)
class YearlyCosts:
    """What a project costs by fiscal year: what was spent and what is to come, and that alone."""

    whole: dict[int, Decimal] = field(default_factory=dict)
    to_go: dict[int, Decimal] = field(default_factory=dict)


BY_YEAR = ("project", "year")


def yearly_costs(streams: Mapping[Key, Stream]) -> dict[int, YearlyCosts]:
    """Project → its costs by fiscal year, from streams ``BY_YEAR``.

    A closed period costs what was spent in it, an open one what was spent so far and what is still
    to come. Projects without any amount are left out.
    """
    found: dict[int, YearlyCosts] = {}
    for key, stream in sorted(streams.items()):
        costs = found.setdefault(key.project, YearlyCosts())
        costs.whole[key.year] = stream.cost + stream.to_come
        if stream.to_come:
            costs.to_go[key.year] = stream.to_come
    return found


def source_of_costs(project_id: int) -> str:
    """Where the costs of a project come from, in words."""
    rows = Forecast.objects.filter(project_id=project_id, state=Forecast.State.APPROVED)
    number = rows.values_list("number", flat=True).first()
    return f"ledger and forecast {number}" if number else "ledger and budget"


def whole(streams: Mapping[Key, Stream]) -> Stream:
    """The sum of all."""
    return sum(streams.values(), Stream())
