# SPDX-License-Identifier: Apache-2.0
"""What the tests of orders begin with: a year, released funding, and an order in short words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import (
    Actual,
    FiscalPeriod,
    FundingRelease,
    LedgerBatch,
)
from pilothouse.delivery.finance.services.orders import NewLine, NewOrder, place_order
from pilothouse.delivery.finance.services.receipts import NewReceipt, receive
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.foundation.organisation.models import Currency

ORDERED, TODAY = date(2026, 3, 2), date(2026, 3, 31)


class Desk:
    """Harbour with funding, ordered from and received by Femi."""

    def __init__(self, cast):
        self.cast, self.project, self.office = cast, cast.harbour, cast.office
        self.months = months(cast.office, 2026)
        Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
        self.batch = LedgerBatch.objects.create(office=cast.office, number=1, name="March")

    def actor(self, who="femi"):
        return self.cast.people[who].actor()

    def release(self, amount, **values):
        return FundingRelease.objects.create(
            project=self.project,
            number=1,
            gate="Gate 2",
            amount=Decimal(amount),
            first=date(2026, 1, 1),
            **({"state": "released", "last": date(2099, 12, 31)} | values),
        )

    def order(self, *amounts, who="femi", number="PO-1", project=None, reason="", **values):
        lines = [line(amount, wbs=f"1.{place}") for place, amount in enumerate(amounts, start=1)]
        new = {
            "number": number,
            "supplier": "Dredgers Ltd",
            "text": "Dredging",
            "currency": Currency.objects.get(code=values.pop("currency", "EUR")),
            "ordered_on": ORDERED,
            "receipts_kept": True,
            "lines": values.pop("lines", lines),
        } | values
        return place_order(
            actor=self.actor(who),
            project=project or self.project,
            new=NewOrder(**new),
            today=TODAY,
            reason=reason,
        )

    def receive(self, order, amount, day=date(2026, 3, 20), who="femi", text="", position=1):
        order.refresh_from_db()
        return receive(
            actor=self.actor(who),
            order=order,
            new=NewReceipt(position, day, Decimal(amount), text),
            version=order.version,
            today=TODAY,
        )

    def actual(self, amount, order=None, month=3, **values):
        amount = Decimal(amount)
        row = Actual.objects.create(
            **{
                "office_id": self.office.pk,
                "batch": self.batch,
                "row": 1,
                "state": "mapped",
                "source_system": "SAP",
                "document_no": str(Actual.objects.count() + 1),
                "line_no": "1",
                "posting_date": date(2026, month, 25),
                "period": FiscalPeriod.objects.get(pk=self.months[month].pk),
                "account": "6100",
                "project": self.project,
                "commitment": order,
                "wbs": "1.1",
                "category": "services",
                "nature": "opex",
                "amount": amount,
                "currency_id": "EUR",
                "rate": Decimal(1),
                "own_amount": amount,
                "constant_amount": amount,
            }
            | values
        )
        retotal([self.project.pk])
        return row


def line(amount, **values):
    told = {
        "wbs": "1.1",
        "category": "services",
        "nature": "opex",
        "text": "",
        "amount": Decimal(amount),
        "expected_on": date(2026, 4, 30),
    }
    return NewLine(**(told | values))
