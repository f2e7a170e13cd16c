# SPDX-License-Identifier: Apache-2.0
"""Keeping views of the list, and how a person likes to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django.db import transaction

from pilothouse.direction.portfolio import rules
from pilothouse.direction.portfolio.filters import known_columns, parse_query
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.services import set_preference
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

COLUMNS_PREFERENCE = "portfolio_columns"
VIEW_PREFERENCE = "portfolio_view"


@transaction.atomic
def save_view(
    *, actor: Actor, name: str, query: str, shared_office_id: int | None, today: date
) -> SavedView:
    """Keep the filters, columns, order and grouping of a list under a name.

    Who: everybody for themselves; sharing needs a role in the office. An own view of the same
    name is replaced. Writes: SavedView. Raises: Invalid, NotAllowed.
    """
    if shared_office_id is not None and shared_office_id not in grants_of(actor).offices:
        raise NotAllowed("portfolio.share", "You hold no role in the office to share this with.")
    if actor.user_id is None:
        raise NotAllowed("portfolio.view", "Views belong to people.")
    title = _named(name)
    view = SavedView.objects.filter(owner_id=actor.user_id, name=title).first()
    view = view or SavedView(owner_id=actor.user_id, name=title)
    before = core.plain(view, ("query", "shared_office_id")) if view.pk else {}
    view.query = tidy(query, today)
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
def rename_view(*, actor: Actor, view_id: int, name: str) -> SavedView:
    """Give a view another name. Who: its owner, or the PMO for a shared one. Raises: Invalid."""
    view = rules.view_for_change(actor, view_id)
    title = _named(name)
    if SavedView.objects.filter(owner_id=view.owner_id, name=title).exclude(pk=view.pk).exists():
        message = "There is already a view of this name."
        raise Invalid("portfolio.view_name", message, fields={"name": message})
    before, view.name = view.name, title
    view.save(update_fields=["name"])
    core.record(
        actor=actor,
        action="view.rename",
        obj=view,
        before={"name": before},
        after={"name": title},
        office_id=view.shared_office_id or 0,
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


def tidy(query: str, today: date) -> str:
    """A query string reduced to what the list understands, on its first page."""
    filters = parse_query(query.removeprefix("?"), today)
    text = urlencode(replace(filters, page=1, view=None).pairs())
    if len(text) > SavedView.QUERY_LENGTH:
        raise Invalid("portfolio.view_length", "This view is too long; use fewer conditions.")
    return text


def _named(name: str) -> str:
    title = " ".join(name.replace("\0", "").split())
    if not title or len(title) > SavedView.NAME_LENGTH:
        message = f"Give the view a name of at most {SavedView.NAME_LENGTH} characters."
        raise Invalid("portfolio.view_name", message, fields={"name": message})
    return title
