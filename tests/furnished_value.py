# SPDX-License-Identifier: Apache-2.0
"""Plan and money of Harbour in the furnished office: a budget by month, a ledger, a forecast."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cast import Cast
from pilothouse.delivery.finance.models import (
    Actual,
    Budget,
    BudgetLine,
    FiscalPeriod,
    Forecast,
    LedgerBatch,
)
from pilothouse.delivery.finance.services.forecasts import begin_forecast
from pilothouse.direction.performance.models import PackageMeasure
from pilothouse.direction.performance.services import refresh_performance

KIND = {"category": "services", "nature": "capex", "currency_id": "EUR", "rate": Decimal(1)}


def value_of(cast: Cast, today: date) -> Forecast:
    """Two packages over the year, one of them dear and late, and the forecast that says so."""
    harbour = cast.harbour
    periods = FiscalPeriod.objects.filter(office=cast.office, year=today.year)
    months = list(periods.order_by("first"))
    batch = LedgerBatch.objects.create(office=cast.office, number=1, name="Ledger <monthly>")
    budget = Budget.objects.create(
        project=harbour, number=1, state="approved", currency_id="EUR", contingency=Decimal(60_000)
    )
    parts = {"1": (Decimal(60_000), Decimal(66_000)), "2": (Decimal(35_000), Decimal(31_000))}
    for place, month in enumerate(months):
        for wbs, (planned, spent) in parts.items():
            BudgetLine.objects.create(
                budget=budget, wbs=wbs, period=month, amount=planned, own_amount=planned, **KIND
            )
            if month.first <= today:
                Actual.objects.create(
                    office_id=cast.office.pk,
                    batch=batch,
                    row=place + 1,
                    state="mapped",
                    source_system="BOOK",
                    document_no=f"{wbs}-{place}",
                    line_no="1",
                    posting_date=month.first,
                    period=month,
                    account="6000",
                    project=harbour,
                    wbs=wbs,
                    amount=spent,
                    own_amount=spent,
                    constant_amount=spent,
                    **KIND,
                )
    for wbs, percent in (("1", 40), ("2", 55)):
        PackageMeasure.objects.create(
            project=harbour, wbs=wbs, percent=Decimal(percent), contour="bell"
        )
    forecast = begin_forecast(actor=cast.piet.actor(), project=harbour)
    refresh_performance(project_id=harbour.pk, today=today)
    return forecast
