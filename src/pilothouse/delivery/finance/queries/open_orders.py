# SPDX-License-Identifier: Apache-2.0
"""What is still open of orders, line by line, in the currency of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Q, Sum

from pilothouse.delivery.finance.models import Accrual, Commitment, CommitmentLine
from pilothouse.delivery.finance.queries.orders import OrderFigures, figures_of
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A line of an order in the project's currency: what is open, and what came and is no cost yet.

    ``own_due`` is neither invoiced nor accrued.
    """

    line: CommitmentLine
    own_open: Decimal
    own_due: Decimal

    @property
    def own_ordered(self) -> Decimal:
        """What is ordered and still to come."""
        return self.own_open + self.own_due


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order of which something is open or no cost yet."""

    order: Commitment
    lines: Sequence[OpenLine]


def open_orders(project_ids: Collection[int], day: date) -> list[OpenOrder]:
    """The orders of projects with what is open of them on a day; seven queries for each office.

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
    standing = Accrual.objects.standing(day).filter(line__commitment__in=rows)
    sums = standing.order_by().values_list("line_id").annotate(Sum("own_amount"))
    accrued: dict[int | None, Decimal] = dict(sums)
    offices = OrgUnit.objects.in_bulk(by_office)
    found: list[OpenOrder] = []
    for office_id, orders in by_office.items():
        rates = Rates(offices[office_id])
        found += [_open(each, accrued, rates, day) for each in figures_of(orders, rates, day)]
    return found


def _open(
    figures: OrderFigures, accrued: Mapping[int | None, Decimal], rates: Rates, day: date
) -> OpenOrder:
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
        not_yet = max(own_due - accrued.get(row.line.pk, ZERO), ZERO)
        lines.append(OpenLine(row.line, own_open, not_yet))
    return OpenOrder(order, lines)
