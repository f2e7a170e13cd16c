# SPDX-License-Identifier: Apache-2.0
"""The books of Harbour, written row by row, for tests that read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.models import (
    Accrual,
    Actual,
    Budget,
    BudgetLine,
    Commitment,
    CommitmentLine,
    FundingRelease,
    LedgerBatch,
    Receipt,
)
from pilothouse.delivery.finance.services.totals import retotal
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.foundation.organisation.models import Currency

DAY = date(2026, 3, 16)
KIND = {"category": "services", "nature": "capex"}


class Books:
    """Writes what stands in the books of Harbour, row by row."""

    def __init__(self, cast):
        Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar", "minor_units": 2})
        self.project, self.office = cast.harbour, cast.office
        self.months = months(cast.office, 2026)
        self.batch = LedgerBatch.objects.create(office=cast.office, number=1, name="March")

    def release(self, amount, **values):
        return FundingRelease.objects.create(
            project=self.project,
            number=FundingRelease.objects.count() + 1,
            gate="Gate 2",
            amount=Decimal(amount),
            first=date(2026, 1, 1),
            last=date(2099, 12, 31),
            **({"state": "released"} | values),
        )

    def actual(self, amount, own=None, order=None, **values):
        row = Actual.objects.create(
            **KIND,
            office_id=self.office.pk,
            batch=self.batch,
            row=1,
            source_system="SAP",
            document_no=str(Actual.objects.count() + 1),
            line_no="1",
            posting_date=DAY,
            period=self.months[3],
            account="6100",
            commitment=order,
            amount=Decimal(amount),
            own_amount=Decimal(own or amount),
            constant_amount=Decimal(own or amount),
            **({"state": "mapped", "project": self.project, "currency_id": "EUR"} | values),
        )
        if row.project_id:
            retotal([row.project_id])
        return row

    def order(self, *amounts, rate="1", **values):
        row = Commitment.objects.create(
            project=self.project,
            office_id=self.office.pk,
            number=f"PO-{Commitment.objects.count() + 1}",
            supplier="Piles Ltd",
            ordered_on=DAY,
            **({"currency_id": "EUR"} | values),
        )
        for place, amount in enumerate(amounts, start=1):
            CommitmentLine.objects.create(
                **KIND,
                commitment=row,
                position=place,
                amount=Decimal(amount),
                rate=Decimal(rate),
                own_amount=Decimal(amount) * Decimal(rate),
                expected_on=DAY,
            )
        return row

    def budget(self, amount, month, currency_id="EUR", project=None):
        row = Budget.objects.create(
            project=project or self.project,
            number=1,
            state="approved",
            currency_id=currency_id,
            reason="Gate 1",
        )
        BudgetLine.objects.create(
            **KIND,
            budget=row,
            period=self.months[month],
            currency_id=currency_id,
            amount=Decimal(amount),
            rate=Decimal(1),
            own_amount=Decimal(amount),
        )
        return row

    def receive(self, order, amount, position=1):
        line = order.lines.get(position=position)
        Receipt.objects.create(line=line, day=DAY, period=self.months[3], amount=Decimal(amount))

    def accrue(self, amount, month, **values):
        return Accrual.objects.create(
            **KIND,
            project=self.project,
            period=self.months[month],
            reversal_period=self.months[month + 1],
            currency_id="EUR",
            amount=Decimal(amount),
            rate=Decimal(1),
            own_amount=Decimal(amount),
            constant_amount=Decimal(amount),
            basis="Work done",
            **({"state": "posted"} | values),
        )
