# SPDX-License-Identifier: Apache-2.0
"""From draft to approved: who submits, endorses, returns and approves a budget (R-BUD-02)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import Budget, ContingencyDraw
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.queries.funding import funding_warning
from pilothouse.delivery.finance.services.budgets import require_draft
from pilothouse.delivery.finance.services.keeping import required_reason
from pilothouse.delivery.finance.services.opened import locked_budget
from pilothouse.delivery.finance.services.versions import signed, take_step
from pilothouse.delivery.projects.services import follow_budget
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

State = Budget.State


@transaction.atomic
def submit_budget(*, actor: Actor, budget: Budget, version: int | None) -> Budget:
    """Hand a draft over to finance.

    Who: S on budget. Writes: Budget. Raises: Invalid for an empty budget or one that says no
    reason, Conflict.
    """
    row = locked_budget(budget, version)
    allowed = rules.require(actor, row.project, rules.BUDGET, "S", "submit the budget")
    require_draft(row)
    if totals_of([row])[row.pk].total <= 0:
        raise Invalid(
            "finance.budget_empty",
            f"Budget {row.number} of project {row.project.code} comes to nothing; enter its lines "
            "or what is not distributed yet.",
        )
    if not row.reason.strip():
        message = "Say why the project needs this budget, or why it changes."
        raise Invalid("finance.budget_reason", message, fields={"reason": message})
    return take_step(allowed, row, State.SUBMITTED, version, signed("submitted", actor), row.reason)


@transaction.atomic
def endorse_budget(*, actor: Actor, budget: Budget, version: int | None, note: str = "") -> Budget:
    """Say for finance that a budget is sound. It is no approval (note 4).

    Who: finance, but not who submitted the budget nor who manages the project.
    Writes: Budget. Raises: Invalid, Conflict.
    """
    row = locked_budget(budget, version)
    total = totals_of([row])[row.pk].total
    allowed = deciding.as_endorser(actor, row, total)
    if allowed is None:
        raise NotAllowed(
            "finance.endorse",
            f"Finance endorses budget {row.number} of project {row.project.code}; neither its "
            "submitter nor the project manager does.",
        )
    _require_state(row, State.SUBMITTED)
    return take_step(allowed, row, State.ENDORSED, version, signed("endorsed", actor), note)


@transaction.atomic
def approve_budget(*, actor: Actor, budget: Budget, version: int | None, note: str = "") -> Budget:
    """Let a budget count; the one before is superseded, and the register follows.

    A budget above the funding is approved with a warning that is kept with it.
    Who: A on budget without note 4; not its submitter nor the project manager.
    Draws that nobody has decided on yet are on the new version from now on.
    Writes: Budget, ContingencyDraw, Project. Publishes: MoneyChanged, ProjectChanged.
    Raises: Invalid, Conflict.
    """
    row = locked_budget(budget, version)
    project = row.project
    before = project.budgets.filter(state=State.APPROVED).first()
    totals = totals_of([row, before] if before is not None else [row])
    total = totals[row.pk].total
    most = max(total, totals[before.pk].total if before is not None else total)
    allowed = deciding.as_approver(actor, row, most)
    if allowed is None:
        raise NotAllowed(
            "finance.approve_budget",
            f"Your roles do not approve budget {row.number} of project {project.code} of "
            f"{row.currency_id} {total:,.2f}. Its sponsor may; its submitter and the project "
            "manager never do.",
        )
    _require_state(row, State.ENDORSED)
    if before is not None:
        core.change(
            actor=allowed,
            obj=before,
            values={"state": State.SUPERSEDED},
            version=None,
            action="budget.superseded",
            office_id=project.office_id,
        )
        _take_draws(allowed, before, row)
    values = {**signed("approved", actor), "warning": funding_warning(project, total)}
    take_step(allowed, row, State.APPROVED, version, values, note)
    why = f"Budget {row.number} approved. {note.strip() or row.reason}".strip()
    follow_budget(actor=allowed, project=project, amount=total, reason=why)
    publish(MoneyChanged((project.pk,), "budget approved"))
    return row


def _take_draws(actor: Actor, before: Budget, after: Budget) -> None:
    for draw in before.draws.filter(state=ContingencyDraw.State.SUBMITTED):
        core.change(
            actor=actor,
            obj=draw,
            values={"budget": after},
            version=None,
            action="contingencydraw.moved",
            reason=f"Budget {after.number} approved.",
            office_id=after.project.office_id,
        )


@transaction.atomic
def return_budget(*, actor: Actor, budget: Budget, version: int | None, reason: str) -> Budget:
    """Give a budget back as a draft, with what is to be mended.

    Who: whoever may endorse or approve it. Writes: Budget. Raises: Invalid without a reason,
    Conflict.
    """
    row = locked_budget(budget, version)
    none = Decimal(0)
    allowed = deciding.as_endorser(actor, row, none) or deciding.as_approver(actor, row, none)
    if allowed is None:
        raise NotAllowed(
            "finance.return_budget",
            f"Budget {row.number} of project {row.project.code} is returned by finance or by "
            "those who approve it.",
        )
    _require_state(row, State.SUBMITTED, State.ENDORSED)
    why = required_reason(reason, "the budget is returned")
    values: dict[str, Any] = {"returned_reason": why}
    for word in ("submitted", "endorsed"):
        values |= {f"{word}_by_id": None, f"{word}_at": None}
    return take_step(allowed, row, State.DRAFT, version, values, why, action="budget.returned")


@transaction.atomic
def withdraw_budget(*, actor: Actor, budget: Budget, version: int | None, reason: str) -> Budget:
    """Take back a version that is not approved; it stays readable.

    Who: S on budget. Writes: Budget. Raises: Invalid without a reason, Conflict.
    """
    row = locked_budget(budget, version)
    allowed = rules.require(actor, row.project, rules.BUDGET, "S", "withdraw the budget")
    _require_state(row, *Budget.OPEN)
    why = required_reason(reason, "the budget is withdrawn")
    return take_step(allowed, row, State.WITHDRAWN, version, {}, why)


def _require_state(row: Budget, *states: Budget.State) -> None:
    if row.state not in states:
        wanted = " or ".join(str(state.label).lower() for state in states)
        raise Invalid(
            "finance.budget_state",
            f"Budget {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()}; for this step it would be {wanted}.",
        )
