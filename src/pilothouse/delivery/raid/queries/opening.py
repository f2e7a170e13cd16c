# SPDX-License-Identifier: Apache-2.0
"""Registers and entries fetched as an actor may see them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import models
from django.db.models import Q

from pilothouse.delivery.projects.models import Programme, Project
from pilothouse.delivery.projects.queries import get_portfolio, get_programme, get_project
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    PREFIXES,
    Action,
    Assumption,
    Decision,
    Entry,
    Escalation,
    Issue,
    Kind,
    Level,
    Risk,
)
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound

MODELS: dict[Kind, type[Entry]] = {
    Kind.RISK: Risk,
    Kind.ISSUE: Issue,
    Kind.ASSUMPTION: Assumption,
    Kind.DECISION: Decision,
    Kind.ACTION: Action,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry that the actor reads, of its own kind, with what they hold."""

    entry: Entry
    held: Grants


def place_of(actor: Actor, level: Level, place_id: int) -> rules.Place:
    """A project, programme or portfolio in sight; else NotFound."""
    if level is Level.PROJECT:
        return get_project(actor, place_id)
    if level is Level.PROGRAMME:
        return get_programme(actor, place_id)
    return get_portfolio(actor, place_id)


def level_of(place: rules.Place) -> Level:
    """On which level a place keeps its register."""
    if isinstance(place, Project):
        return Level.PROJECT
    return Level.PROGRAMME if isinstance(place, Programme) else Level.PORTFOLIO


def open_entry(actor: Actor, entry_id: int) -> Opened:
    """An entry to read; NotFound where it is out of sight, NotAllowed where it is confidential."""
    held = grants_of(actor)
    rows = Entry.objects.all().with_place().select_related("actionee", "raised_by")
    entry = rows.filter(rules.sight_of(actor, held).condition(), pk=entry_id).first()
    if entry is None:
        raise NotFound("raid.entry_unseen", "There is no such entry, or you may not see it.")
    if not rules.opens(held, entry):
        raise NotAllowed(
            "raid.confidential",
            f"{entry} is confidential; you may know its number alone. Ask whoever manages "
            f"{entry.place.code}.",
        )
    return Opened(_whole(entry), held)


def _whole(entry: Entry) -> Entry:
    """The entry with the columns of its kind; what was fetched with it is kept."""
    row = MODELS[Kind(entry.kind)]._base_manager.get(pk=entry.pk)
    for name, value in entry._state.fields_cache.items():
        row._state.fields_cache[name] = value
    return row


def escalation_of(actor: Actor, entry_id: int) -> tuple[Opened, Escalation]:
    """An entry with the escalation of it that waits for an answer; else NotFound."""
    opened = open_entry(actor, entry_id)
    rows = Escalation.objects.waiting().select_related("entry", "programme", "portfolio")
    waiting = rows.filter(entry=opened.entry.pk).first()
    if waiting is None:
        raise NotFound(
            "raid.nothing_waits", f"{opened.entry} waits for no answer from above any more."
        )
    return opened, waiting


CODE = re.compile(r"(?:(\S+)\s+)?(AS|R|I|D|A)-?(\d{1,6})", re.IGNORECASE)


def entry_named(actor: Actor, beside: Entry, text: str) -> Entry:
    """The entry that a code means: of the same register, or with its place, such as HARB I-3.

    Raises: Invalid for what is no code, or of nothing that the actor reads.
    """
    found = CODE.fullmatch(" ".join(text.replace("\0", "").split()))
    held = grants_of(actor)
    row = None
    if found is not None:
        rows = Entry.objects.all().with_place().filter(rules.sight_of(actor, held).condition())
        kinds = {prefix: kind for kind, prefix in PREFIXES.items()}
        rows = rows.filter(kind=kinds[found[2].upper()], number=int(found[3]))
        row = _in_place(rows, beside, found[1])
    if row is None:
        raise Invalid(
            "raid.no_such_entry",
            f"‘{text[:60]}’ is no entry that you see. Write its code, such as I-3, or with its "
            "place, such as HARB I-3.",
            fields={"other": "Write the code of an entry that you see."},
        )
    return row


def _in_place(rows: models.QuerySet[Entry], beside: Entry, code: str | None) -> Entry | None:
    if code is None:
        return rows.filter(
            project=beside.project_id,
            programme=beside.programme_id,
            portfolio=beside.portfolio_id,
        ).first()
    named = Q(project__code__iexact=code) | Q(programme__code__iexact=code)
    named |= Q(portfolio__code__iexact=code)
    return rows.filter(named, office=beside.office_id).first()
