# SPDX-License-Identifier: Apache-2.0
"""Entries fetched for changing, and what every write of one has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from pilothouse.delivery.raid.events import RegisterChanged
from pilothouse.delivery.raid.models import Entry, Kind
from pilothouse.delivery.raid.queries.opening import MODELS
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.queries import office_people
from pilothouse.foundation.organisation.services import invalid_from

_PLACE = (
    "office",
    "project__portfolio__org_unit",
    "project__programme",
    "project__currency",
    "programme__portfolio__org_unit",
    "portfolio__org_unit",
    "lifted_programme__portfolio__org_unit",
    "lifted_portfolio__org_unit",
)
RowOf = TypeVar("RowOf", bound=Entry)


def locked(entry: Entry, version: int | None) -> Entry:
    """The whole entry of its kind, locked. Raises: Conflict on a stale version."""
    return locked_as(MODELS[Kind(entry.kind)], entry, version)


def locked_as(model: type[RowOf], entry: Entry, version: int | None) -> RowOf:
    """As ``locked`` where the kind is known. The row all kinds share is locked."""
    core.lock(Entry.objects.all(), entry.pk)
    rows: models.QuerySet[RowOf] = model._base_manager.all()
    found = rows.select_related(*_PLACE).get(pk=entry.pk)
    core.require_version(found, version)
    return found


def save(
    actor: Actor,
    row: Entry,
    values: Mapping[str, Any],
    version: int | None,
    *,
    action: str = "",
    reason: str = "",
    cause: str = "",
) -> bool:
    """Change columns with their entry in the trail, and tell the floors above.

    Raises: Invalid naming each field that cannot be.
    """
    try:
        changed = core.change(
            actor=actor,
            obj=row,
            values=values,
            version=version,
            action=f"{row.kind}.{action}" if action else "",
            reason=reason.strip(),
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "raid.entry") from error
    if changed:
        tell(row, cause or action or "changed")
    return changed


def tell(row: Entry, cause: str) -> None:
    """Publish that the register of an entry's project changed, if it is one of a project."""
    if row.project_id is not None:
        publish(RegisterChanged((row.project_id,), f"{row.kind} {cause}"))


def require_person(office_id: int, person: User | None, field: str) -> None:
    """Raises Invalid for somebody who is not an active person of the office."""
    if person is not None and not office_people(office_id).filter(pk=person.pk).exists():
        raise Invalid(
            "raid.person",
            f"{person.full_name} is no active person of this office. Choose somebody who is.",
            fields={field: "Choose an active person of this office."},
        )
