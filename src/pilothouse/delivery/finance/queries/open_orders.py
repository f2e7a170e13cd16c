# SPDX-License-Identifier: Apache-2.0
"""What is still open of orders, line by line, in the currency of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import Commitment, CommitmentLine
from pilothouse.delivery.finance.queries.orders import OrderFigures, figures_of
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of an order and what is still open of it, in the project's currency."""

    line: CommitmentLine
    own_open: Decimal


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that is open; ``own_due`` is what came of it and is not invoiced yet."""

    order: Commitment
    lines: Sequence[OpenLine]
    own_due: Decimal

    @property
    def own_open(self) -> Decimal:
        return sum((row.own_open for row in self.lines), ZERO)


def open_orders(project_ids: Collection[int], day: date) -> list[OpenOrder]:
    """The open orders of projects on a day, in six queries for each office that they lie in.

    At the closing rate of the day (R-FX-01); where there is none, at the rate of the order, which
    the page of the order says.
    """
    rows = Commitment.objects.filter(
        project_id__in=project_ids, state=Commitment.State.OPEN
    ).select_related("currency", "project__currency")
    by_office: defaultdict[int, list[Commitment]] = defaultdict(list)
    for row in rows:
        by_office[row.office_id].append(row)
    offices = OrgUnit.objects.in_bulk(by_office)
    found: list[OpenOrder] = []
    for office_id, orders in by_office.items():
        rates = Rates(offices[office_id])
        found += [_open(figures, rates, day) for figures in figures_of(orders, rates, day)]
    return found


def _open(figures: OrderFigures, rates: Rates, day: date) -> OpenOrder:
    order = figures.order
    unit = order.project.currency_id
    try:
        rate = rates.rate(Kind.CLOSING, order.currency_id, unit, day)
    except Invalid:
        rate = figures.own_ordered / figures.ordered if figures.ordered else Decimal(1)
    due = max(figures.received - figures.invoiced, ZERO) if order.receipts_kept else ZERO
    lines = [OpenLine(row.line, rates.rounded(row.open * rate, unit)) for row in figures.lines]
    return OpenOrder(order, lines, rates.rounded(due * rate, unit))
