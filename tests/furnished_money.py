# SPDX-License-Identifier: Apache-2.0
"""The finance desk of the furnished office: years, rates and rules, kept by Femi."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cast import Cast
from pilothouse.delivery.finance.models import (
    AccountRule,
    Accrual,
    Actual,
    CodeRule,
    Commitment,
    CostRate,
    FiscalPeriod,
    FundingRelease,
    LedgerBatch,
)
from pilothouse.delivery.finance.services.accruals import NewAccrual, propose_accrual
from pilothouse.delivery.finance.services.cost_rates import NewCost, enter_cost_rate
from pilothouse.delivery.finance.services.exchange import NewRate, enter_rate, void_rate
from pilothouse.delivery.finance.services.orders import NewLine, NewOrder, place_order
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.finance.services.receipts import NewReceipt, receive
from pilothouse.delivery.finance.services.tellings import save_account_rule, save_code_rule
from pilothouse.foundation.organisation.models import Currency


class Desk(NamedTuple):
    """One row of each of the tables that finance keeps."""

    closed: FiscalPeriod
    period: FiscalPeriod
    rate: int
    cost: CostRate
    account: AccountRule
    code: CodeRule
    order: Commitment
    untouched: Commitment
    accrual: Accrual


def desk_of(cast: Cast, today: date) -> Desk:
    """Last year, this one and the next; one closed month; rates of each kind, one of them void."""
    femi, office = cast.femi.actor(), cast.office
    years = [open_year(actor=femi, office=office, year=today.year + n) for n in (-1, 0, 1)]
    closed, period = years[0][:2]
    FiscalPeriod.objects.filter(pk=closed.pk).update(state="closed", closed_by=cast.femi)
    Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    first = date(today.year, 1, 1)
    made = [
        enter_rate(
            actor=femi,
            office=office,
            new=NewRate(kind, "USD", "EUR", Decimal(value), first, source="Treasury <weekly>"),
        )
        for kind, value in (("budget", "0.9"), ("actual", "0.92"), ("closing", "0.915"))
    ]
    void_rate(actor=femi, rate=made[2], version=1, reason="Of the day before")
    euro = Currency.objects.get(code="EUR")
    enter_cost_rate(
        actor=femi,
        office=office,
        new=NewCost(None, "Diver <senior>", "standard", Decimal(75), euro, first, None),
    )
    cost = enter_cost_rate(
        actor=femi,
        office=office,
        new=NewCost(cast.tess, "", "overtime", Decimal("82.50"), euro, first, None),
    )
    account = save_account_rule(
        actor=femi,
        office=office,
        rule=None,
        values={"account": "6*", "category": "services", "nature": "opex"},
    )
    code = save_code_rule(
        actor=femi,
        office=office,
        rule=None,
        values={"code": "P-77 <old>", "project": cast.harbour, "wbs": "1.2"},
    )
    return Desk(
        closed,
        period,
        made[0].pk,
        cost,
        account,
        code,
        *_orders(cast, today, years[1][today.month - 1]),
    )


def _orders(
    cast: Cast, today: date, period: FiscalPeriod
) -> tuple[Commitment, Commitment, Accrual]:
    """An order of which some came and was invoiced, one of which nothing did, and an accrual."""
    femi, project = cast.femi.actor(), cast.harbour
    FundingRelease.objects.create(
        project=project,
        number=1,
        gate="Gate 2",
        amount=Decimal(90_000),
        first=today,
        last=today,
        state="released",
    )
    euro, dollar = (Currency.objects.get(code=code) for code in ("EUR", "USD"))
    amounts = (Decimal("12500.50"), Decimal(8000))
    lines = [NewLine("", "services", "capex", "Piles <steel>", amount, today) for amount in amounts]
    order, untouched = (
        place_order(
            actor=femi,
            project=project,
            new=NewOrder(number, "Dredgers & Sons", "Piles", money, today, True, lines),
            today=today,
        )
        for number, money in (("PO-1 <a>", euro), ("PO-2", dollar))
    )
    receive(
        actor=femi,
        order=order,
        new=NewReceipt(1, today, Decimal(9000), "First load"),
        version=order.version,
        today=today,
    )
    batch, _ = LedgerBatch.objects.get_or_create(
        office=cast.office, number=900, defaults={"name": "Invoices"}
    )
    paid = Decimal("4321.00")
    Actual.objects.create(
        office_id=cast.office.pk,
        batch=batch,
        row=1,
        state="mapped",
        source_system="SAP",
        document_no="900100",
        line_no="1",
        posting_date=today,
        period=period,
        account="6100",
        project=project,
        commitment=order,
        category="services",
        nature="capex",
        amount=paid,
        currency=euro,
        rate=Decimal(1),
        own_amount=paid,
        constant_amount=paid,
    )
    accrual = propose_accrual(
        actor=cast.piet.actor(),
        project=project,
        new=NewAccrual(period, "1.2", "services", "opex", euro, Decimal(500), "Divers <two>"),
    )
    return order, untouched, accrual
