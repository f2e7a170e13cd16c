# SPDX-License-Identifier: Apache-2.0
"""The budget and the funding of Harbour in the furnished office."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cast import Cast, appoint
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import (
    Budget,
    ContingencyDraw,
    FiscalPeriod,
    FundingRelease,
)
from pilothouse.delivery.finance.services.budget_lines import set_lines
from pilothouse.delivery.finance.services.budget_states import (
    approve_budget,
    endorse_budget,
    submit_budget,
)
from pilothouse.delivery.finance.services.budgets import begin_budget, change_budget
from pilothouse.delivery.finance.services.draws import AskedDraw, approve_draw, submit_draw
from pilothouse.delivery.finance.services.funding import (
    AskedFunding,
    approve_funding,
    propose_funding,
    release_funding,
)
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role


class Budgets(NamedTuple):
    """A draft, a draw and releases of funding that wait for somebody."""

    draft: Budget
    draw: ContingencyDraw
    proposed: FundingRelease
    released: FundingRelease


def budgets_of(cast: Cast, today: date) -> Budgets:
    """Harbour with an approved budget and a draft after it, draws and funding; Rosa decides too."""
    months = list(FiscalPeriod.objects.filter(office=cast.office, year=today.year))
    on_project = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.rosa, Role.SCM, ("project", cast.harbour.pk), *on_project)
    piet, femi, rosa = (person.actor() for person in (cast.piet, cast.femi, cast.rosa))
    first, second = (
        propose_funding(
            actor=piet,
            project=cast.harbour,
            asked=AskedFunding(
                gate, Decimal(amount), months[0].first, months[last].last, "<Agreed>"
            ),
        )
        for gate, amount, last in (("Gate 2", "800000", 5), ("Gate 3", "300000.50", 11))
    )
    approve_funding(actor=rosa, release=first, version=None)
    release_funding(actor=femi, release=first, version=None)
    budget = begin_budget(
        actor=piet, project=cast.harbour, name="With the crane", reason="The <case>"
    )
    values = {"contingency": Decimal(60000), "management_reserve": Decimal("40000.50")}
    change_budget(actor=piet, budget=budget, values=values, version=None)
    rows = [
        SheetRow(
            number,
            Key(f"1.{number}", category, nature, unit, text),
            {month.pk: Decimal(number * 4000) for month in months[number:]},
        )
        for number, (category, nature, unit, text) in enumerate(
            [
                ("services", "capex", "EUR", "Piles <steel>"),
                ("labour_internal", "opex", "EUR", ""),
                ("hardware", "capex", "USD", "Crane"),
            ],
            start=1,
        )
    ]
    # By finance, for the rule of the accounts puts services under opex.
    set_lines(actor=femi, budget=budget, rows=rows, version=None)
    submit_budget(actor=piet, budget=budget, version=None)
    endorse_budget(actor=femi, budget=budget, version=None)
    approve_budget(actor=rosa, budget=budget, version=None)
    drawn, draw = (
        submit_draw(
            actor=piet,
            project=cast.harbour,
            asked=AskedDraw(
                "contingency",
                Decimal(amount),
                "risk",
                "R-7",
                "The <rock> is harder than the survey said",
                "services",
                "capex",
                months[5],
                "1.1",
            ),
        )
        for amount in (9000, 5000)
    )
    approve_draw(actor=piet, draw=drawn, version=None, note="Within the limit")
    after = begin_budget(actor=piet, project=cast.harbour, reason="Steel became dearer")
    again = [SheetRow(1, rows[0].key, {months[2].pk: Decimal("4500.25")})]
    set_lines(actor=piet, budget=after, rows=again, version=None)
    return Budgets(after, draw, second, first)
