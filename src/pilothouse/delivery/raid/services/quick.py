# SPDX-License-Identifier: Apache-2.0
"""Entries raised in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Q

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Aspect, Entry, Kind, Risk
from pilothouse.delivery.raid.quick import Quick, parse
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import Asked, raise_entry
from pilothouse.delivery.raid.services.states import Taken, take_step
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.queries import office_people

NAMED = 4
"""People whom a refusal names."""


@transaction.atomic
def raise_quick(
    *, actor: Actor, place: rules.Place, kind: Kind, line: str, site: str = ""
) -> Entry:
    """Add an entry from one line; one that carries a rating is assessed with it.

    Who: as ``raise_entry``; a rating whoever keeps the new entry. Writes: as these.
    Raises: Invalid telling at ``line`` all that was not understood; nothing is kept then.
    """
    rules.require_raise(actor, place, kind)
    quick = parse(line, clock.today())
    problems = [*quick.problems, *_unfit(kind, quick)]
    owner = _person(actor, place, quick.owner, problems) if quick.owner else None
    if problems:
        raise _refused(problems)
    values: dict[str, Any] = {"title": quick.title, "tags": quick.tags}
    if owner is not None:
        values["owner"] = owner
    if quick.due is not None:
        values["due"] = quick.due
    if quick.severity is not None:
        values["severity"] = quick.severity
    try:
        row = raise_entry(actor=actor, place=place, asked=Asked(kind, values, site=site))
    except Invalid as error:
        raise _refused(list(error.fields.values()) or [error.message]) from error
    if quick.probability is not None:
        _rate(actor, row, quick)
    return row


def _refused(problems: list[str]) -> Invalid:
    text = " ".join(problems)
    return Invalid("raid.quick", f"{text} Nothing was saved.", fields={"line": text})


def _unfit(kind: Kind, quick: Quick) -> list[str]:
    """Marks that this kind does not have."""
    found = []
    if quick.probability is not None and kind is not Kind.RISK:
        found.append("Only a risk has a probability and an impact; leave the rating out.")
    if quick.severity is not None and kind is not Kind.ISSUE:
        found.append("Only an issue has a severity; leave it out.")
    return found


def _person(actor: Actor, place: rules.Place, name: str, problems: list[str]) -> User | None:
    """The one active person of the office whose name or address holds the text."""
    people = office_people(place.office_id).order_by("full_name", "pk")
    if name.casefold() == "me":
        found = list(people.filter(pk=actor.user_id or 0))
    else:
        found = list(people.filter(Q(full_name__icontains=name) | Q(email__istartswith=name)))
    exact = [row for row in found if _is_meant(row, name)]
    if len(found) != 1 and len(exact) == 1:
        found = exact
    if len(found) == 1:
        return found[0]
    if not found:
        problems.append(f"‘@{name}’ is nobody of this office.")
        return None
    names = ", ".join(row.full_name for row in found[:NAMED])
    more = " and others" if len(found) > NAMED else ""
    problems.append(f"‘@{name}’ may be {names}{more}; write more of the name or the address.")
    return None


def _is_meant(person: User, name: str) -> bool:
    """Whether a whole word of the name, or the address, is what was typed."""
    typed = name.casefold()
    address = person.email.casefold()
    return (
        typed in person.full_name.casefold().split()
        or typed.replace(".", " ") == person.full_name.casefold()
        or typed in (address, address.partition("@")[0])
    )


def _rate(actor: Actor, row: Entry, quick: Quick) -> None:
    if not rules.may_keep(grants_of(actor), row):
        raise _refused(["Whoever manages this register rates its risks; leave the rating out."])
    risk = Risk.rows.get(pk=row.pk)
    said: dict[str, Any] = {"probability": quick.probability, quick.dimension: quick.impact}
    rated = replace(Rated(), **said)
    rate_risk(actor=actor, risk=risk, aspect=Aspect.CURRENT, rated=rated, version=None)
    take_step(actor=actor, entry=risk, step=Step.ASSESS, taken=Taken(), version=None)
