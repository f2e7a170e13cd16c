# SPDX-License-Identifier: Apache-2.0
"""Draws on the reserves of an approved budget (R-BUD-04): asked for, decided, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import Budget, ContingencyDraw, FiscalPeriod
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.services.budgets import line_of_draw
from pilothouse.delivery.finance.services.keeping import required_reason
from pilothouse.delivery.finance.services.opened import locked_draw, locked_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.services import invalid_from

State, Reserve = ContingencyDraw.State, ContingencyDraw.Reserve
_TOLD = (
    *("number", "budget", "reserve", "amount", "cites", "cited", "reason"),
    *("wbs", "category", "nature", "period"),
)


@dataclass(frozen=True, slots=True)
class AskedDraw:
    """What is drawn from which reserve, because of which risk or issue, for which work."""

    reserve: str
    amount: Decimal
    cites: str
    cited: str
    reason: str
    category: str
    nature: str
    period: FiscalPeriod
    wbs: str = ""


@transaction.atomic
def submit_draw(*, actor: Actor, project: Project, asked: AskedDraw) -> ContingencyDraw:
    """Ask for money of a reserve of the approved budget.

    Who: S on contingency_draw. Writes: ContingencyDraw. Raises: Invalid naming the field, also
    where the reserve holds less.
    """
    allowed = rules.require(actor, project, rules.DRAW, "S", "draw on the reserves")
    row = locked_project(project)
    budget = _approved(row)
    if asked.period.office_id != row.office_id:
        raise Invalid(
            "finance.draw_period",
            f"{asked.period.name} is no period of the office of project {row.code}.",
            fields={"period": "Choose a period of this office."},
        )
    units = row.currency.minor_units
    if not is_stored(asked.amount, units):
        raise Invalid(
            "finance.draw_amount",
            f"An amount of {row.currency_id} has at most {units} decimals.",
            fields={"amount": f"At most {units} decimals."},
        )
    last = row.contingency_draws.aggregate(last=Max("number"))["last"] or 0
    draw = ContingencyDraw(
        project=row,
        budget=budget,
        number=last + 1,
        reserve=asked.reserve,
        amount=asked.amount,
        cites=asked.cites,
        cited=asked.cited.strip(),
        reason=asked.reason.strip(),
        wbs=asked.wbs.strip(),
        category=asked.category,
        nature=asked.nature,
        period=asked.period,
    )
    try:
        core.create(
            actor=allowed, obj=draw, names=_TOLD, reason=draw.reason, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.draw") from error
    _require_held(draw)
    return draw


@transaction.atomic
def approve_draw(
    *, actor: Actor, draw: ContingencyDraw, version: int | None, note: str = ""
) -> ContingencyDraw:
    """Let a draw move its amount from the reserve into BAC; the total of the budget stays.

    The project manager may within the own limit, all draws together, also what they submitted
    themselves. A version that began as a copy of the budget takes the draw in too.
    Who: for contingency the sponsor and whoever has A; for the management reserve the steering
    committee. Writes: ContingencyDraw, and an open version. Publishes: MoneyChanged.
    Raises: NotAllowed saying who may, Invalid where the reserve holds less, Conflict.
    """
    row = locked_draw(draw, version)
    _require_submitted(row)
    allowed, within = deciding.require_drawer(actor, row)
    _require_held(row)
    _decide(allowed, row, State.APPROVED, version, note, own_limit=within)
    _take_in(allowed, row)
    publish(MoneyChanged((row.project_id,), "draw approved"))
    return row


@transaction.atomic
def reject_draw(
    *, actor: Actor, draw: ContingencyDraw, version: int | None, reason: str
) -> ContingencyDraw:
    """Turn a draw down; nothing moves.

    Who: as ``approve_draw``. Writes: ContingencyDraw. Raises: Invalid without a reason, Conflict.
    """
    row = locked_draw(draw, version)
    _require_submitted(row)
    allowed, _ = deciding.require_drawer(actor, row)
    why = required_reason(reason, "the draw is rejected")
    return _decide(allowed, row, State.REJECTED, version, why)


@transaction.atomic
def withdraw_draw(
    *, actor: Actor, draw: ContingencyDraw, version: int | None, reason: str = ""
) -> ContingencyDraw:
    """Take back a draw that nobody has decided on.

    Who: S on contingency_draw. Writes: ContingencyDraw. Raises: Invalid, Conflict.
    """
    row = locked_draw(draw, version)
    allowed = rules.require(actor, row.project, rules.DRAW, "S", "draw on the reserves")
    _require_submitted(row)
    return _decide(allowed, row, State.WITHDRAWN, version, reason)


def _approved(project: Project) -> Budget:
    budget = project.budgets.filter(state=Budget.State.APPROVED).first()
    if budget is None:
        raise Invalid(
            "finance.no_budget",
            f"Project {project.code} has no approved budget; there is no reserve to draw on.",
        )
    return budget


def _require_held(draw: ContingencyDraw) -> None:
    totals = totals_of([draw.budget])[draw.budget_id]
    contingency = draw.reserve == Reserve.CONTINGENCY
    left = totals.contingency_left if contingency else totals.reserve_left
    if draw.amount > left:
        unit, what = draw.project.currency_id, draw.get_reserve_display().lower()
        raise Invalid(
            "finance.reserve_short",
            f"Of the {what} of project {draw.project.code} {unit} {left:,.2f} is left; "
            f"{unit} {draw.amount:,.2f} cannot be drawn.",
            fields={"amount": f"At most {left:,.2f}."},
        )


def _require_submitted(row: ContingencyDraw) -> None:
    if row.state != State.SUBMITTED:
        raise Invalid(
            "finance.draw_decided",
            f"Draw {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()} already.",
        )


def _decide(
    actor: Actor,
    row: ContingencyDraw,
    state: ContingencyDraw.State,
    version: int | None,
    note: str,
    **more: bool,
) -> ContingencyDraw:
    values: Mapping[str, Any] = {
        "state": state,
        "decided_by_id": actor.user_id,
        "decided_at": timezone.now(),
        "decision_reason": note.strip(),
        **more,
    }
    try:
        core.change(
            actor=actor,
            obj=row,
            values=values,
            version=version,
            action=f"contingencydraw.{state}",
            reason=note.strip(),
            office_id=row.project.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.draw") from error
    return row


def _take_in(actor: Actor, draw: ContingencyDraw) -> None:
    """Let an open version that copied the budget have the draw too, where its reserve holds it."""
    copy = Budget.objects.filter(follows=draw.budget, state__in=Budget.OPEN).first()
    if copy is None:
        return
    name = "contingency" if draw.reserve == Reserve.CONTINGENCY else "management_reserve"
    left = getattr(copy, name) - draw.amount
    if left < 0:
        return
    line_of_draw(draw, copy).save(force_insert=True)
    core.change(
        actor=actor,
        obj=copy,
        values={name: left},
        version=None,
        action="budget.draw",
        reason=f"Draw {draw.number} for {draw.cited} approved.",
        office_id=draw.project.office_id,
    )
