# SPDX-License-Identifier: Apache-2.0
"""Orders with what came of them and what was invoiced (DOMAIN 6.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.invoiced import Part, spread
from pilothouse.delivery.finance.models import Actual, Commitment, CommitmentLine, Receipt
from pilothouse.delivery.finance.queries.opening import OpenedProject, row_of_project
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

ZERO = Decimal(0)
Invoices = Mapping[int, Mapping[Part, Decimal]]
"""Order → work package and category → invoiced, in the currency of the order."""


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One line of an order; ``invoiced`` is its share of the order's invoices."""

    line: CommitmentLine
    received: Decimal
    invoiced: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """An order in its own currency; ``own_open`` is what is open in that of the project.

    The latter is at the closing rate of the day; without one it is None and ``problem`` says so.
    """

    order: Commitment
    lines: Sequence[LineFigures]
    ordered: Decimal
    received: Decimal
    invoiced: Decimal
    open: Decimal
    own_ordered: Decimal
    own_open: Decimal | None
    problem: str

    @property
    def came(self) -> bool:
        """Whether anything was received or invoiced."""
        return bool(self.received or self.invoiced)


def orders_of(opened: OpenedProject, state: str = "") -> QuerySet[Commitment]:
    """The orders of a project, the latest first; of one state."""
    rows = Commitment.objects.filter(project=opened.project).select_related(
        "currency", "project__currency"
    )
    if state in Commitment.State.values:
        rows = rows.filter(state=state)
    return rows.order_by("-ordered_on", "-pk")


def order_of(actor: Actor, order_id: int) -> tuple[OpenedProject, Commitment]:
    """One order of a project in sight. Raises: NotFound, NotAllowed."""
    rows = Commitment.objects.select_related(
        "currency", "project__currency", "project__portfolio__org_unit"
    )
    return row_of_project(actor, rows, order_id, rules.COMMITMENT)


def receipts_of(order: Commitment) -> QuerySet[Receipt]:
    """What came of an order, in order of the days."""
    rows = Receipt.objects.filter(line__commitment=order)
    return rows.select_related("line", "period", "created_by").order_by("day", "pk")


def invoices_of(order: Commitment) -> QuerySet[Actual]:
    """The rows of the ledger that bear the number of an order."""
    return Actual.objects.filter(commitment=order, state=Actual.State.MAPPED).select_related(
        "period"
    )


def figures_of(orders: Sequence[Commitment], rates: Rates, day: date) -> list[OrderFigures]:
    """Orders with their figures on a day, in three queries whatever their number."""
    lines: defaultdict[int, list[CommitmentLine]] = defaultdict(list)
    for line in CommitmentLine.objects.filter(commitment__in=orders):
        lines[line.commitment_id].append(line)
    received = received_by_line(Receipt.objects.filter(line__commitment__in=orders))
    found = []
    rows = Actual.objects.filter(commitment__in=orders)
    invoices, problems = invoices_by_part(rows, {row.pk: row.currency_id for row in orders}, rates)
    for order in orders:
        problem = problems.get(order.pk, "")
        found.append(
            _figures(order, lines[order.pk], received, invoices[order.pk], rates, day, problem)
        )
    return found


def received_by_line(receipts: QuerySet[Receipt]) -> defaultdict[int, Decimal]:
    """Line → what came of it, out of some receipts."""
    sums = receipts.order_by().values_list("line_id").annotate(Sum("amount"))
    return defaultdict(Decimal, sums)


def invoices_by_part(
    rows: QuerySet[Actual], currencies: Mapping[int, str], rates: Rates
) -> tuple[defaultdict[int, dict[Part, Decimal]], dict[int, str]]:
    """What was invoiced of orders, in their currencies; and why it cannot be told of some.

    Rows of orders that are not among the ``currencies`` are passed over.
    An invoice in another currency counts at the actual rate of its day.
    """
    found: defaultdict[int, dict[Part, Decimal]] = defaultdict(dict)
    problems: dict[int, str] = {}
    grouped = (
        rows.filter(state=Actual.State.MAPPED)
        .order_by()
        .values_list("commitment_id", "wbs", "category", "currency_id", "posting_date")
    )
    for order_id, wbs, category, currency, day, amount in grouped.annotate(Sum("amount")):
        own = currencies.get(order_id)
        if own is None:
            continue
        try:
            counted = rates.convert(Kind.ACTUAL, amount, currency, own, day)
        except Invalid as error:
            problems[order_id] = error.message
            continue
        parts = found[order_id]
        parts[wbs, category] = parts.get((wbs, category), ZERO) + counted
    return found, problems


def _figures(
    order: Commitment,
    lines: Iterable[CommitmentLine],
    received: Mapping[int, Decimal],
    invoices: Mapping[Part, Decimal],
    rates: Rates,
    day: date,
    problem: str,
) -> OrderFigures:
    rows = list(lines)
    came = [received.get(line.pk, ZERO) for line in rows]
    counted = came if order.receipts_kept else [line.amount for line in rows]
    parts = [((line.wbs, line.category), amount) for line, amount in zip(rows, counted)]
    shares = spread(parts, invoices)
    against = came if order.receipts_kept else shares
    is_open = order.state == Commitment.State.OPEN
    told = [
        LineFigures(line, one, share, max(line.amount - used, ZERO) if is_open else ZERO)
        for line, one, share, used in zip(rows, came, shares, against)
    ]
    still = sum((row.open for row in told), ZERO)
    own: Decimal | None = None
    try:
        own = rates.convert(Kind.CLOSING, still, order.currency_id, order.project.currency_id, day)
    except Invalid as error:
        problem = problem or error.message
    return OrderFigures(
        order,
        told,
        sum((line.amount for line in rows), ZERO),
        sum(came, ZERO),
        sum(invoices.values(), ZERO),
        still,
        sum((line.own_amount for line in rows), ZERO),
        own,
        problem,
    )


def may_cancel(figures: OrderFigures) -> bool:
    """Whether nothing came of an order that is open."""
    return figures.order.state == Commitment.State.OPEN and not figures.came


def something_came(order: Commitment) -> bool:
    """Whether anything of an order was received or invoiced, and stands."""
    came = Receipt.objects.filter(line__commitment=order).exists()
    return came or Actual.objects.filter(Q(commitment=order), state=Actual.State.MAPPED).exists()
