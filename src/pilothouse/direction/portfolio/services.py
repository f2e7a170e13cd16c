# SPDX-License-Identifier: Apache-2.0
"""Keeping views of the list, and how a person likes to see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db import transaction

from pilothouse.direction.portfolio import rules
from pilothouse.direction.portfolio.filters import known_columns, parse_query
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries.choices import fields_in_sight
from pilothouse.direction.portfolio.queries.narrow import require_possible
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import set_preference
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

COLUMNS_PREFERENCE = "portfolio_columns"
VIEW_PREFERENCE = "portfolio_view"
VIEW_FIELDS = ("name", "query", "shared_office_id")


def columns_kept(person: User) -> tuple[str, ...]:
    """The columns that a person chose for themselves; none where the usual ones are shown."""
    kept = person.preferences.get(COLUMNS_PREFERENCE)
    return known_columns(kept) if isinstance(kept, list) else ()


@transaction.atomic
def save_view(
    *, actor: Actor, name: str, query: str, shared_office_id: int | None, today: date
) -> SavedView:
    """Keep the filters, columns, order and grouping of a list under a name.

    Who: everybody for themselves; sharing needs a role in the office. An own view of the same
    name is replaced. Writes: SavedView. Raises: Invalid, NotAllowed.
    """
    _require_share(actor, shared_office_id)
    if actor.user_id is None:
        raise NotAllowed("portfolio.view", "Views belong to people.")
    title = _named(name)
    view = SavedView.objects.filter(owner_id=actor.user_id, name=title).first()
    view = view or SavedView(owner_id=actor.user_id, name=title)
    before = core.plain(view, ("query", "shared_office_id")) if view.pk else {}
    view.query = tidy(actor, query, today)
    view.shared_office_id = shared_office_id
    view.save()
    after = {"query": view.query, "shared_office_id": shared_office_id}
    core.record(
        actor=actor,
        action="view.save",
        obj=view,
        before=before,
        after=after,
        office_id=shared_office_id or 0,
    )
    return view


@transaction.atomic
def change_view(*, actor: Actor, view_id: int, values: Mapping[str, Any], today: date) -> SavedView:
    """Give a view another name, another query, or share it: ``name``, ``query``,
    ``shared_office_id``, each where it is given.

    Who: its owner, or the PMO for a shared one; sharing needs a role in the office.
    Writes: SavedView. Raises: Invalid, NotAllowed, NotFound.
    """
    view = rules.view_for_change(actor, view_id)
    before = core.plain(view, VIEW_FIELDS)
    office = values.get("shared_office_id", view.shared_office_id)
    if "name" in values:
        view.name = _named(values["name"])
        others = SavedView.objects.filter(owner_id=view.owner_id, name=view.name)
        if others.exclude(pk=view.pk).exists():
            message = "There is already a view of this name."
            raise Invalid("portfolio.view_name", message, fields={"name": message})
    if "query" in values:
        view.query = tidy(actor, values["query"], today)
    if office != view.shared_office_id:
        _require_share(actor, office)
        view.shared_office_id = office
    after = core.plain(view, VIEW_FIELDS)
    changed = [name for name in VIEW_FIELDS if before[name] != after[name]]
    if changed:
        view.save(update_fields=changed)
        core.record(
            actor=actor,
            action="view.change",
            obj=view,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            office_id=view.shared_office_id or before["shared_office_id"] or 0,
        )
    return view


@transaction.atomic
def delete_view(*, actor: Actor, view_id: int) -> None:
    """Remove a view. Who: its owner, or the PMO for a shared one."""
    view = rules.view_for_change(actor, view_id)
    core.record(
        actor=actor,
        action="view.delete",
        obj=view,
        before={"name": view.name, "query": view.query},
        office_id=view.shared_office_id or 0,
    )
    view.delete()


@transaction.atomic
def set_default_view(*, actor: Actor, view_id: int | None) -> None:
    """Open the list with this view from now on; None: with every project. Who: oneself."""
    if view_id is not None:
        rules.visible_view(actor, view_id)
    set_preference(actor=actor, name=VIEW_PREFERENCE, value=view_id)


@transaction.atomic
def choose_columns(*, actor: Actor, columns: Sequence[str]) -> None:
    """Show these columns from now on; none chosen means the usual ones. Who: oneself."""
    set_preference(actor=actor, name=COLUMNS_PREFERENCE, value=list(known_columns(columns)))


def tidy(actor: Actor, query: str, today: date) -> str:
    """A query string reduced to what the list understands, on its first page."""
    filters = parse_query(query.removeprefix("?"), today)
    require_possible(filters, fields_in_sight(actor, grants_of(actor)))
    text = urlencode(replace(filters, page=1, view=None).pairs())
    if len(text) > SavedView.QUERY_LENGTH:
        raise Invalid("portfolio.view_length", "This view is too long; use fewer conditions.")
    return text


def _require_share(actor: Actor, office_id: int | None) -> None:
    if office_id is not None and office_id not in grants_of(actor).offices:
        raise NotAllowed("portfolio.share", "You hold no role in the office to share this with.")


def _named(name: str) -> str:
    title = " ".join(name.replace("\0", "").split())
    if not title or len(title) > SavedView.NAME_LENGTH:
        message = f"Give the view a name of at most {SavedView.NAME_LENGTH} characters."
        raise Invalid("portfolio.view_name", message, fields={"name": message})
    return title
