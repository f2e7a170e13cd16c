# SPDX-License-Identifier: Apache-2.0
"""Who may use and change saved views."""

from __future__ import annotations

from typing import Protocol

from pilothouse.direction.portfolio.models import SavedView
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound

KEEPERS = frozenset({Role.DIR, Role.ANL})
"""Roles that keep the shared views of their office tidy."""


class Owned(Protocol):
    """What decides who may change a view: a row of its table or of the menu."""

    @property
    def owner_id(self) -> int: ...

    @property
    def shared_office_id(self) -> int | None: ...


def can_see_view(actor: Actor, view: SavedView, grants: Grants) -> bool:
    """Own views, and those shared in an office where the actor holds a role."""
    return view.owner_id == actor.user_id or view.shared_office_id in grants.offices


def can_change_view(actor: Actor, view: Owned, grants: Grants) -> bool:
    """The owner; for a shared view also the PMO of its office."""
    return view.owner_id == actor.user_id or any(
        grant.role in KEEPERS and grant.office_id == view.shared_office_id
        for grant in grants.grants
    )


def view_for_change(actor: Actor, view_id: int) -> SavedView:
    """A view the actor may change; NotFound if unseen, NotAllowed if only seen."""
    grants = grants_of(actor)
    view = visible_view(actor, view_id, grants)
    if not can_change_view(actor, view, grants):
        raise NotAllowed(
            "portfolio.view", f"The view ‘{view}’ belongs to {view.owner}; save one of your own."
        )
    return view


def visible_view(actor: Actor, view_id: int, grants: Grants | None = None) -> SavedView:
    """A view the actor may use, or NotFound."""
    view = SavedView.objects.select_related("owner").filter(pk=view_id).first()
    if view is None or not can_see_view(actor, view, grants or grants_of(actor)):
        raise NotFound("portfolio.view", "There is no such view.")
    return view
