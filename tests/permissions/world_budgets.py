# SPDX-License-Identifier: Apache-2.0
"""The budgets and the funding of one project of the world."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from cast import SYSTEM
from pilothouse.delivery.finance.models import Budget, BudgetLine, FiscalPeriod
from pilothouse.delivery.finance.services.draws import AskedDraw, submit_draw
from pilothouse.delivery.finance.services.funding import AskedFunding, propose_funding
from pilothouse.delivery.projects.models import Project


def budgets_of(project: Project, period: FiscalPeriod, today: date) -> dict[str, int | str]:
    """An approved budget and a draft after it, a draw and funding that wait."""
    # Not by the services: all that has a version is in its first one here.
    states = (("approved", 60), ("draft", 0))
    approved, draft = (
        Budget.objects.create(
            project=project,
            number=number,
            state=state,
            currency_id="EUR",
            contingency=Decimal(contingency),
            reason="The case",
        )
        for number, (state, contingency) in enumerate(states, start=1)
    )
    for budget in (approved, draft):
        BudgetLine.objects.create(
            budget=budget,
            wbs="1.1",
            category="services",
            nature="opex",
            period=period,
            currency_id="EUR",
            amount=Decimal(400),
            rate=Decimal(1),
            own_amount=Decimal(400),
        )
    draw = submit_draw(
        actor=SYSTEM,
        project=project,
        asked=AskedDraw(
            *("contingency", Decimal(10), "risk", "R-7", "Rock", "services", "opex", period)
        ),
    )
    funding = propose_funding(
        actor=SYSTEM,
        project=project,
        asked=AskedFunding(
            "Gate 2", Decimal(300), today - timedelta(days=10), today + timedelta(days=30)
        ),
    )
    return {
        "budget_id": draft.pk,
        "draw_id": draw.pk,
        "funding_id": funding.pk,
        "month_id": period.pk,
        "month": period.name,
    }
