# SPDX-License-Identifier: Apache-2.0
"""What closing a fiscal period would do, and what stands in its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q

from pilothouse.delivery.finance.invoiced import spread
from pilothouse.delivery.finance.models import (
    Accrual,
    Actual,
    Commitment,
    CommitmentLine,
    FiscalPeriod,
    Receipt,
)
from pilothouse.delivery.finance.money import kept_rate
from pilothouse.delivery.finance.queries.orders import invoices_by_part, received_by_line
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Accrued:
    """What came of a line and is not invoiced at the end of the period."""

    line: CommitmentLine
    received: Decimal
    invoiced: Decimal
    rate: Decimal
    own_amount: Decimal
    constant_amount: Decimal

    @property
    def amount(self) -> Decimal:
        return self.received - self.invoiced


@dataclass(frozen=True, slots=True)
class Closing:
    """The accruals to post, the rows that wait, and the sentences that say why it cannot be.

    ``suspense`` and ``held`` are rows of the ledger whose day lies in the period; closing over
    them needs a reason.
    """

    period: FiscalPeriod
    following: FiscalPeriod | None
    accruals: Sequence[Accrued]
    proposed: int
    suspense: int
    held: int
    problems: Sequence[str]

    @property
    def waiting(self) -> int:
        return self.suspense + self.held


def closing_of(office: OrgUnit, period: FiscalPeriod) -> Closing:
    """What closing would do now."""
    following = Periods(office.pk).after(period)
    earlier = FiscalPeriod.objects.filter(
        office=office, first__lt=period.first, state=FiscalPeriod.State.OPEN
    ).first()
    proposed = Accrual.objects.filter(period=period, state=Accrual.State.PROPOSED).count()
    states = dict(
        Actual.objects.filter(
            Q(period=period) | Q(posting_date__range=(period.first, period.last)),
            office_id=office.pk,
            state__in=[Actual.State.SUSPENSE, Actual.State.HELD],
        )
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    problems = []
    if not period.is_open:
        problems.append(f"Period {period.name} is closed already.")
    if earlier is not None:
        problems.append(f"Period {earlier.name} is still open; close the periods in order.")
    if following is None:
        problems.append(
            f"There is no period after {period.name} in which accruals are turned back; open the "
            "next fiscal year first."
        )
    if proposed:
        problems.append(
            f"{proposed} proposed accruals of {period.name} wait; post or reject them first."
            if proposed > 1
            else f"A proposed accrual of {period.name} waits; post or reject it first."
        )
    accruals: Sequence[Accrued] = []
    try:
        accruals = _accruals(office, period)
    except Invalid as error:
        problems.append(error.message)
    return Closing(
        period,
        following,
        accruals,
        proposed,
        states.get(Actual.State.SUSPENSE, 0),
        states.get(Actual.State.HELD, 0),
        problems,
    )


def _accruals(office: OrgUnit, period: FiscalPeriod) -> list[Accrued]:
    """Received and not invoiced at the end of a period, line by line."""
    until = {"period__first__lte": period.first}
    orders = Commitment.objects.filter(office_id=office.pk, receipts_kept=True).exclude(
        state=Commitment.State.CANCELLED
    )
    received = received_by_line(Receipt.objects.filter(line__commitment__in=orders, **until))
    by_order: defaultdict[int, list[CommitmentLine]] = defaultdict(list)
    with_receipts = CommitmentLine.objects.filter(
        Exists(Receipt.objects.filter(line=OuterRef("pk"), **until)), commitment__in=orders
    )
    for line in with_receipts.select_related("commitment__project"):
        by_order[line.commitment_id].append(line)
    rates = Rates(office)
    currencies = {pk: rows[0].commitment.currency_id for pk, rows in by_order.items()}
    rows = Actual.objects.filter(commitment__in=orders, **until)
    invoices, missing = invoices_by_part(rows, currencies, rates)
    if missing:
        number, problem = next(iter(missing.items()))
        order = by_order[number][0].commitment
        raise Invalid("finance.close_rate", f"Order {order.number}: {problem}")
    found = []
    for pk, lines in by_order.items():
        parts = [((line.wbs, line.category), received[line.pk]) for line in lines]
        for line, share in zip(lines, spread(parts, invoices[pk])):
            came = max(received[line.pk], Decimal(0))
            if came > share:
                found.append(_accrued(line, came, share, rates, period))
    return found


def _accrued(
    line: CommitmentLine, came: Decimal, share: Decimal, rates: Rates, period: FiscalPeriod
) -> Accrued:
    one, own = line.commitment.currency_id, line.commitment.project.currency_id
    rate = rates.rate(Kind.ACTUAL, one, own, period.last)
    amount = came - share
    return Accrued(
        line,
        came,
        share,
        kept_rate(rate),
        rates.at(rate, amount, own),
        rates.convert(Kind.BUDGET, amount, one, own, period.last),
    )
