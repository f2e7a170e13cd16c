# SPDX-License-Identifier: Apache-2.0
"""Versions of a budget: how one begins, and what its header says (R-BUD-01)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Budget, BudgetLine, ContingencyDraw
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.services.opened import locked_budget, locked_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.services import invalid_from

State = Budget.State
HEADER = ("name", "reason", "undistributed", "contingency", "management_reserve")
AMOUNTS = ("undistributed", "contingency", "management_reserve")
_TOLD = ("number", "currency", "follows", *HEADER)


class Start(StrEnum):
    """What a new version begins with."""

    COPY = "copy"
    EMPTY = "empty"


@transaction.atomic
def begin_budget(
    *, actor: Actor, project: Project, start: Start = Start.COPY, name: str = "", reason: str = ""
) -> Budget:
    """Begin a version of the budget: a copy of the approved one, or empty.

    A copy has the approved draws among its lines and the reserves that are left. Where nothing is
    approved yet, it begins with the budget of the register, not distributed.
    Who: C on budget. Writes: Budget, BudgetLine. Raises: Invalid while another one is open.
    """
    allowed = rules.require(actor, project, rules.BUDGET, "C", "begin a budget")
    row = locked_project(project)
    if (open_one := row.budgets.filter(state__in=Budget.OPEN).first()) is not None:
        raise Invalid(
            "finance.budget_open",
            f"Budget {open_one.number} of project {row.code} is "
            f"{open_one.get_state_display().lower()}; approve or withdraw it before another one "
            "is begun.",
        )
    last = row.budgets.aggregate(last=Max("number"))["last"] or 0
    budget = Budget(
        project=row,
        number=last + 1,
        name=name.strip(),
        reason=reason.strip(),
        currency=row.currency,
    )
    approved = row.budgets.filter(state=State.APPROVED).first()
    if start is Start.COPY and approved is not None:
        totals = totals_of([approved])[approved.pk]
        budget.follows = approved
        budget.undistributed = approved.undistributed
        budget.contingency = totals.contingency_left
        budget.management_reserve = totals.reserve_left
    elif start is Start.COPY and row.budget is not None:
        budget.undistributed = row.budget
    try:
        core.create(actor=allowed, obj=budget, names=_TOLD, reason=reason, office_id=row.office_id)
    except ValidationError as error:
        raise invalid_from(error, "finance.budget") from error
    if budget.follows is not None:
        _copy_lines(budget.follows, budget)
    return budget


def _copy_lines(source: Budget, target: Budget) -> None:
    lines = list(source.lines.all())
    for line in lines:
        line.pk, line.budget = None, target
    draws = source.draws.filter(state=ContingencyDraw.State.APPROVED)
    lines += [line_of_draw(draw, target) for draw in draws]
    BudgetLine.objects.bulk_create(lines, batch_size=500)


def line_of_draw(draw: ContingencyDraw, budget: Budget) -> BudgetLine:
    """A draw as a line of a version that takes it in."""
    return BudgetLine(
        budget=budget,
        wbs=draw.wbs,
        category=draw.category,
        nature=draw.nature,
        period_id=draw.period_id,
        currency_id=budget.currency_id,
        amount=draw.amount,
        rate=Decimal(1),
        own_amount=draw.amount,
        text=f"Draw {draw.number} for {draw.cited}",
    )


@transaction.atomic
def change_budget(
    *, actor: Actor, budget: Budget, values: Mapping[str, Any], version: int | None
) -> Budget:
    """Change the name, the reason, what is not distributed, and the reserves of a draft.

    Who: U on budget. Writes: Budget. Raises: Invalid naming the field, Conflict.
    """
    row = locked_budget(budget, version)
    allowed = rules.require(actor, row.project, rules.BUDGET, "U", "change the budget")
    require_draft(row)
    if unknown := set(values) - set(HEADER):
        named = ", ".join(sorted(unknown))
        raise Invalid("finance.budget_field", f"These fields of a budget cannot be set: {named}.")
    _require_amounts(row, values)
    try:
        core.change(
            actor=allowed,
            obj=row,
            values=values,
            version=version,
            office_id=row.project.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.budget") from error
    return row


def _require_amounts(row: Budget, values: Mapping[str, Any]) -> None:
    units = row.currency.minor_units
    wrong = [name for name in AMOUNTS if name in values and not is_stored(values[name], units)]
    if wrong:
        raise Invalid(
            "finance.budget_amounts",
            f"An amount of {row.currency_id} has at most {units} decimals.",
            fields=dict.fromkeys(wrong, f"At most {units} decimals."),
        )


def require_draft(row: Budget) -> None:
    """Raises Invalid unless a budget may still be written in."""
    if row.state != State.DRAFT:
        raise Invalid(
            "finance.budget_not_draft",
            f"Budget {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()}; only a draft is changed. Begin a new version, or "
            "have this one returned.",
        )
