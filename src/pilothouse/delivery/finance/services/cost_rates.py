# SPDX-License-Identifier: Apache-2.0
"""Entering, ending and taking back what an hour of work costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import CostRate
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.services.keeping import change, create, lock_office
from pilothouse.delivery.finance.services.keeping import required_reason as reasoned
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.queries import office_people

COST_FIELDS = ("person", "role", "kind", "amount", "currency", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class NewCost:
    """What an hour of a person, or of a role, costs from a day on."""

    person: User | None
    role: str
    kind: str
    amount: Decimal
    currency: Currency
    first: date
    last: date | None


@transaction.atomic
def enter_cost_rate(*, actor: Actor, office: OrgUnit, new: NewCost) -> CostRate:
    """Enter the cost rate of a person or of a role; never two of a kind on one day.

    Who: C on cost_rate. Writes: CostRate. Raises: Invalid, of an overlap naming both spans.
    """
    allowed = rules.require_in_office(actor, office, rules.COST_RATE, "C", "enter a cost rate")
    lock_office(office)
    if (new.person is None) is not bool(new.role.strip()):
        message = "A cost rate is of a person or of a role; choose one of them."
        raise Invalid("finance.cost_of", message, fields={"role": message})
    if new.person is not None and not office_people(office.pk).filter(pk=new.person.pk).exists():
        message = "This person is not of the office; choose one who is."
        raise Invalid("finance.cost_person", message, fields={"person": message})
    if new.amount < 0 or not is_stored(new.amount, new.currency.minor_units):
        units = new.currency.minor_units
        message = f"An amount in {new.currency} is at least 0 and has at most {units} decimals."
        raise Invalid("finance.amount", message, fields={"amount": message})
    row = CostRate(
        office=office,
        person=new.person,
        role=new.role.strip(),
        kind=new.kind,
        amount=new.amount,
        currency=new.currency,
        valid_from=new.first,
        valid_to=new.last,
    )
    _require_alone(row)
    return create(actor=allowed, obj=row, names=COST_FIELDS, office_id=office.pk)


@transaction.atomic
def end_cost_rate(
    *, actor: Actor, rate: CostRate, version: int | None, last: date | None
) -> CostRate:
    """Say on which day a cost rate ends, or that it goes on.

    Who: U on cost_rate. Writes: CostRate. Raises: Invalid, Conflict.
    """
    row, allowed = _locked(actor, rate, version)
    row.valid_to = last
    _require_alone(row)
    row.valid_to = rate.valid_to
    values = {"valid_to": last}
    change(actor=allowed, obj=row, values=values, version=version, office_id=row.office_id)
    return row


@transaction.atomic
def void_cost_rate(*, actor: Actor, rate: CostRate, version: int | None, reason: str) -> CostRate:
    """Take back a cost rate; what was priced by it stays as it is.

    Who: U on cost_rate. Writes: CostRate. Raises: Invalid, Conflict.
    """
    row, allowed = _locked(actor, rate, version)
    text = reasoned(reason, "the cost rate is void")
    change(
        actor=allowed,
        obj=row,
        values={"voided": True, "void_reason": text},
        version=version,
        action="costrate.void",
        reason=text,
        office_id=row.office_id,
    )
    return row


def _locked(actor: Actor, rate: CostRate, version: int | None) -> tuple[CostRate, Actor]:
    row = core.lock(CostRate.objects.select_related("office"), rate.pk)
    allowed = rules.require_in_office(actor, row.office, rules.COST_RATE, "U", "change a cost rate")
    lock_office(row.office)
    core.require_version(row, version)
    if row.voided:
        raise Invalid("finance.cost_void", "This cost rate is void; enter a new one.")
    return row, allowed


def _require_alone(row: CostRate) -> None:
    """No other rate of the same key holds on one of its days."""
    if row.valid_to is not None and row.valid_to < row.valid_from:
        message = "The last day lies before the first."
        raise Invalid("finance.cost_days", message, fields={"valid_to": message})
    same = CostRate.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=row.valid_from),
        office=row.office,
        person=row.person,
        role__iexact=row.role,
        kind=row.kind,
        voided=False,
    ).exclude(pk=row.pk)
    if row.valid_to is not None:
        same = same.filter(valid_from__lte=row.valid_to)
    other = same.order_by("valid_from").first()
    if other is not None:
        message = (
            f"The rate {_span(row)} overlaps that {_span(other)}. End the earlier one the day "
            "before the later begins."
        )
        raise Invalid("finance.cost_overlap", message, fields={"valid_from": message})


def _span(row: CostRate) -> str:
    until = f"to {row.valid_to:%Y-%m-%d}" if row.valid_to else "without an end"
    return f"from {row.valid_from:%Y-%m-%d} {until}"
