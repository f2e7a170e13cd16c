# SPDX-License-Identifier: Apache-2.0
"""Saving rows of money: what a model's own checks refuse is told as an error of the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError

from pilothouse.delivery.finance.models import FiscalPeriod
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.models import Governed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import invalid_from

Row = TypeVar("Row", bound=Governed)


def create(
    *, actor: Actor, obj: Row, names: Iterable[str], office_id: int, reason: str = ""
) -> Row:
    """As ``core.create``; raises Invalid ``finance.entry``."""
    try:
        return core.create(actor=actor, obj=obj, names=names, office_id=office_id, reason=reason)
    except ValidationError as error:
        raise invalid_from(error, "finance.entry") from error


def change(
    *,
    actor: Actor,
    obj: Governed,
    values: Mapping[str, Any],
    version: int | None,
    office_id: int,
    action: str = "",
    reason: str = "",
) -> bool:
    """As ``core.change``; raises Invalid ``finance.entry``."""
    try:
        return core.change(
            actor=actor,
            obj=obj,
            values=values,
            version=version,
            action=action,
            reason=reason,
            office_id=office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.entry") from error


def lock_office(office: OrgUnit) -> None:
    """The tables of an office are changed by one at a time, for what they must not hold twice."""
    core.lock(OrgUnit.objects.all(), office.pk)


def lock_ledger(office_id: int) -> None:
    """The ledger of an office is written by one at a time, and no period closes meanwhile."""
    core.lock(OrgUnit.objects.all(), office_id)
    periods = FiscalPeriod.objects.filter(office_id=office_id).order_by("pk")
    list(periods.select_for_update(no_key=True).values_list("pk"))


def required_reason(reason: str, what: str) -> str:
    """The reason without blanks around it. Raises: Invalid ``finance.reason``."""
    text = reason.strip()
    if not text:
        raise Invalid(
            "finance.reason",
            f"Say why {what}; the reason stays in the history.",
            fields={"reason": "Needed."},
        )
    return text
