# SPDX-License-Identifier: Apache-2.0
"""What endpoints share: declared answers, references to other objects, headers."""

from __future__ import annotations

from typing import Annotated, Any

from django.db import models
from django.http import HttpRequest
from ninja import Header
from pydantic import BaseModel

from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.schemas import PersonRef, ProblemOut, Ref
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Calendar, Currency, OrgUnit
from pilothouse.foundation.organisation.queries import office_ids, visible_people

IfMatch = Annotated[str | None, Header(alias="If-Match", description='The ETag read, as "v3".')]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same key gives the same answer again."),
]
REFUSED = frozenset({400, 401, 403, 404, 422, 429})
STALE = frozenset({412, 428})
IN_USE = frozenset({409})

PEOPLE = frozenset(
    {
        "head_id",
        "owner_id",
        "actionee_id",
        "manager_id",
        "sponsor_id",
        "pm_id",
        "functional_owner_id",
        "technology_owner_id",
        "finance_contact_id",
        "lead_id",
    }
)


def read(schema: type[BaseModel]) -> dict[Any, Any]:
    """Declared answers of a reading endpoint."""
    return {200: schema, REFUSED: ProblemOut}


def updates(schema: type[BaseModel]) -> dict[Any, Any]:
    """Declared answers of an endpoint that changes an object of a known version."""
    return {200: schema, REFUSED | STALE | IN_USE: ProblemOut}


def creates(schema: type[BaseModel]) -> dict[Any, Any]:
    """Declared answers of an endpoint that makes something new."""
    return {201: schema, REFUSED | IN_USE: ProblemOut}


def person_ref(person: User | None) -> PersonRef | None:
    return None if person is None else PersonRef(id=person.pk, name=person.full_name)


def ref(row: Any) -> Ref:
    """Another object by its number, code and name."""
    return Ref(id=row.pk, code=row.code, name=row.name)


def unknown(name: str, sentence: str) -> Invalid:
    return Invalid("api.reference", sentence, fields={name: sentence})


def visible_calendars(actor: Actor) -> models.QuerySet[Calendar]:
    """Calendars of the offices in which the actor holds a role."""
    offices = office_ids(actor)
    rows = Calendar.objects.order_by("office_id", "name", "pk")
    return rows if offices is None else rows.filter(office_id__in=offices)


def values_of(
    request: HttpRequest, payload: BaseModel, *, office_id: int, leave: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Only the fields that were sent, with numbers of other objects turned into them.

    What the actor may not see does not exist here either.
    """
    actor = actor_of(request)
    values: dict[str, Any] = {}
    for name, value in payload.model_dump(exclude_unset=True, exclude=set(leave)).items():
        if name in PEOPLE:
            values[name.removesuffix("_id")] = _person(actor, name, value)
        elif name in {"currency", "default_currency"}:
            values[name] = _currency(name, value)
        elif name == "calendar_id":
            values["calendar"] = _calendar(actor, value, office_id)
        else:
            values[name] = value
    return values


def _person(actor: Actor, name: str, person_id: int | None) -> User | None:
    if person_id is None:
        return None
    row = visible_people(actor).filter(pk=person_id).first()
    if row is None:
        raise unknown(name, "There is no such person in your organisation.")
    return row


def _currency(name: str, code: str | None) -> Currency | None:
    if code is None:
        return None
    row = Currency.objects.filter(pk=code).first()
    if row is None:
        raise unknown(name, f"There is no currency {code}.")
    return row


def _calendar(actor: Actor, calendar_id: int | None, office_id: int) -> Calendar | None:
    if calendar_id is None:
        return None
    row = visible_calendars(actor).filter(pk=calendar_id, office_id=office_id).first()
    if row is None:
        raise unknown("calendar_id", "There is no such calendar in this organisation.")
    return row


def office_of(actor: Actor, office_id: int) -> OrgUnit:
    """The root of an office in sight."""
    offices = office_ids(actor)
    row = OrgUnit.objects.filter(pk=office_id, parent=None).first()
    if row is None or (offices is not None and office_id not in offices):
        raise unknown("office_id", "There is no such organisation.")
    return row
