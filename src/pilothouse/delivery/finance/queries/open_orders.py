# SPDX-License-Identifier: Apache-2.0
"""What is still open of orders, line by line, in the currency of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q

from pilothouse.delivery.finance.models import Commitment, CommitmentLine
from pilothouse.delivery.finance.queries.orders import OrderFigures, figures_of
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of an order in the project's currency: what is open, what came and is not invoiced."""

    line: CommitmentLine
    own_open: Decimal
    own_due: Decimal


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order of which something is open or not invoiced yet."""

    order: Commitment
    lines: Sequence[OpenLine]

    @property
    def own_open(self) -> Decimal:
        return sum((row.own_open for row in self.lines), ZERO)

    @property
    def own_due(self) -> Decimal:
        """What came of it and is not invoiced yet."""
        return sum((row.own_due for row in self.lines), ZERO)


def open_orders(project_ids: Collection[int], day: date) -> list[OpenOrder]:
    """The orders of projects with what is open of them on a day; six queries for each office.

    Of a closed order nothing is open, but what came of it is still to be paid.
    At the closing rate of the day (R-FX-01); where there is none, at the rate of the order, which
    the page of the order says.
    """
    kept = Q(state=Commitment.State.OPEN) | Q(state=Commitment.State.CLOSED, receipts_kept=True)
    rows = Commitment.objects.filter(kept, project_id__in=project_ids).select_related(
        "currency", "project__currency"
    )
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
        rate = Fraction(figures.own_ordered) / Fraction(figures.ordered or 1)
    lines = []
    for row in figures.lines:
        due = max(row.received - row.invoiced, ZERO) if order.receipts_kept else ZERO
        own_open, own_due = (rates.at(rate, each, unit) for each in (row.open, due))
        lines.append(OpenLine(row.line, own_open, own_due))
    return OpenOrder(order, lines)
