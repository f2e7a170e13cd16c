# SPDX-License-Identifier: Apache-2.0
"""What the tests of budgets begin with: Harbour with periods and an approved budget."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import Budget, FundingRelease
from pilothouse.delivery.finance.services.budget_lines import set_lines
from pilothouse.delivery.finance.services.budget_states import (
    approve_budget,
    endorse_budget,
    submit_budget,
)
from pilothouse.delivery.finance.services.budgets import Start, begin_budget, change_budget
from pilothouse.delivery.finance.services.funding import (
    AskedFunding,
    approve_funding,
    propose_funding,
    release_funding,
)

PILES = Key("1.1", "services", "capex", "EUR", "")
CREW = Key("1.2", "labour_internal", "opex", "EUR", "Crew")


def draft(cast, months, *rows, **header) -> Budget:
    """A draft that Piet has written: 600 for piles and 300 for the crew, unless told otherwise."""
    piet = cast.piet.actor()
    budget = begin_budget(actor=piet, project=cast.harbour, start=Start.EMPTY)
    values = {"name": "First", "reason": "As the case says", **header}
    change_budget(actor=piet, budget=budget, values=values, version=None)
    chosen = rows or (
        SheetRow(1, PILES, {months[3].pk: Decimal(400), months[4].pk: Decimal(200)}),
        SheetRow(2, CREW, {months[3].pk: Decimal(300)}),
    )
    set_lines(actor=piet, budget=budget, rows=chosen, version=None)
    budget.refresh_from_db()
    return budget


def approved(cast, months, *rows, **header) -> Budget:
    """A budget that went all the way: Piet, Femi, Sam."""
    budget = draft(cast, months, *rows, **header)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=budget, version=None)
    approve_budget(actor=cast.sam.actor(), budget=budget, version=None)
    budget.refresh_from_db()
    return budget


def released(
    cast, amount, first=date(2026, 1, 1), last=date(2026, 6, 30), gate="Gate 2"
) -> FundingRelease:
    """Funding that went all the way: Piet, Sam, Femi."""
    release = propose_funding(
        actor=cast.piet.actor(),
        project=cast.harbour,
        asked=AskedFunding(gate, Decimal(amount), first, last),
    )
    approve_funding(actor=cast.sam.actor(), release=release, version=None)
    release_funding(actor=cast.femi.actor(), release=release, version=None)
    release.refresh_from_db()
    return release
