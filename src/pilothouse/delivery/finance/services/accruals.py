# SPDX-License-Identifier: Apache-2.0
"""Accruals that are proposed, and posted or rejected by finance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import Accrual, FiscalPeriod
from pilothouse.delivery.finance.money import is_stored, kept_rate
from pilothouse.delivery.finance.queries.opening import office_of
from pilothouse.delivery.finance.queries.periods import Periods, require_open
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.finance.services.keeping import change, create
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import Currency

State = Accrual.State
ACCRUAL_FIELDS = (
    *("period", "wbs", "category", "nature", "currency", "amount", "rate"),
    *("own_amount", "constant_amount", "basis", "state"),
)


@dataclass(frozen=True, slots=True)
class NewAccrual:
    """Work that was done in a period and is not invoiced at its end."""

    period: FiscalPeriod
    wbs: str
    category: str
    nature: str
    currency: Currency
    amount: Decimal
    basis: str


@transaction.atomic
def propose_accrual(*, actor: Actor, project: Project, new: NewAccrual) -> Accrual:
    """Propose that work of a period counts in it, though its invoice comes later.

    Who: the project manager, or C on accrual. Writes: Accrual. Raises: Invalid.
    """
    allowed = rules.require_propose_accrual(actor, project)
    rules.require_open(project)
    if new.period.office_id != project.office_id:
        message = "Choose a fiscal period of the office of the project."
        raise Invalid("finance.accrual_period", message, fields={"period": message})
    period = _open_period(new.period)
    if new.amount <= 0 or not is_stored(new.amount, new.currency.minor_units):
        units = new.currency.minor_units
        message = f"An accrual in {new.currency} is above 0 and has at most {units} decimals."
        raise Invalid("finance.accrual_amount", message, fields={"amount": message})
    basis = new.basis.strip()
    if not basis:
        message = "Say what was done and why it is not invoiced yet."
        raise Invalid("finance.accrual_basis", message, fields={"basis": message})
    rates, own = Rates(office_of(project)), project.currency_id
    rate = rates.rate(Kind.ACTUAL, new.currency.pk, own, period.last)
    row = Accrual(
        project=project,
        period=period,
        wbs=new.wbs.strip(),
        category=new.category,
        nature=new.nature,
        currency=new.currency,
        amount=new.amount,
        rate=kept_rate(rate),
        own_amount=rates.at(rate, new.amount, own),
        constant_amount=rates.convert(Kind.BUDGET, new.amount, new.currency.pk, own, period.last),
        basis=basis,
    )
    return create(actor=allowed, obj=row, names=ACCRUAL_FIELDS, office_id=project.office_id)


@transaction.atomic
def post_accrual(*, actor: Actor, accrual: Accrual, version: int | None) -> Accrual:
    """Let an accrual count in its period; it is turned back on day 1 of the next.

    Who: L on accrual, never who proposed it; where nobody else of finance is left, one level up.
    Writes: Accrual. Publishes: MoneyChanged.
    Raises: Invalid where the period is closed or the next one is not there, Conflict.
    """
    _open_period(accrual.period)
    row, allowed = _locked(actor, accrual, version)
    following = need_next(Periods(row.project.office_id), row.period)
    change(
        actor=allowed,
        obj=row,
        values={
            "state": State.POSTED,
            "reversal_period": following,
            "decided_by_id": allowed.user_id,
        },
        version=version,
        action="accrual.post",
        office_id=row.project.office_id,
    )
    publish(MoneyChanged((row.project_id,), "an accrual was posted"))
    return row


@transaction.atomic
def reject_accrual(*, actor: Actor, accrual: Accrual, version: int | None, reason: str) -> Accrual:
    """Turn down an accrual that was proposed.

    Who: as ``post_accrual``. Writes: Accrual. Raises: Invalid, Conflict.
    """
    row, allowed = _locked(actor, accrual, version)
    text = reasoned(reason, "the accrual is rejected")
    change(
        actor=allowed,
        obj=row,
        values={
            "state": State.REJECTED,
            "decision_reason": text,
            "decided_by_id": allowed.user_id,
        },
        version=version,
        action="accrual.reject",
        reason=text,
        office_id=row.project.office_id,
    )
    return row


def need_next(periods: Periods, period: FiscalPeriod) -> FiscalPeriod:
    """The next period. Raises: Invalid ``finance.no_next_period``."""
    found = periods.after(period)
    if found is None:
        raise Invalid(
            "finance.no_next_period",
            f"There is no period after {period.name} in which accruals are turned back; open the "
            "next fiscal year first.",
        )
    return found


def _open_period(period: FiscalPeriod) -> FiscalPeriod:
    """The period as it stands, which does not close before this is done. Raises: Invalid."""
    row = core.lock(FiscalPeriod.objects.all(), period.pk)
    require_open(row)
    return row


def _locked(actor: Actor, accrual: Accrual, version: int | None) -> tuple[Accrual, Actor]:
    rows = Accrual.objects.select_related("project__portfolio__org_unit", "period")
    row = core.lock(rows, accrual.pk)
    allowed = rules.require_decide_accrual(actor, row.project, row.created_by_id, row.own_amount)
    core.require_version(row, version)
    if row.state != State.PROPOSED:
        raise Invalid(
            "finance.accrual_state",
            f"This accrual is {row.get_state_display().lower()}; only a proposed one is decided.",
        )
    return row, allowed
