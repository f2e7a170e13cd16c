# SPDX-License-Identifier: Apache-2.0
"""Who reads and sets the rules of an office, who places and releases legal holds."""

from __future__ import annotations

from pilothouse.foundation.access.queries import Grants, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight, unit_scopes

RULE, HOLD = "retention_rule", "legal_hold"


def _keeps_all(actor: Actor) -> bool:
    """A system administrator keeps every office's rules and holds, and sees none of its rows."""
    return actor.is_system or actor.is_system_admin


def visible_offices(actor: Actor) -> list[OrgUnit]:
    """Offices whose rules the actor may read."""
    if _keeps_all(actor):
        return list(OrgUnit.objects.filter(parent=None).order_by("name"))
    held = grants_of(actor)
    rows = offices_in_sight(actor, held)
    return [row for row in rows if held.allows(RULE, "R", unit_scopes(row))]


def get_office(actor: Actor, office_id: int, grants: Grants | None = None) -> OrgUnit:
    """An office whose rules the actor may read. Raises: NotFound, NotAllowed."""
    held = grants or grants_of(actor)
    every = OrgUnit.objects.filter(parent=None)
    seen = every if _keeps_all(actor) else offices_in_sight(actor, held)
    row = seen.filter(pk=office_id).first()
    if row is None:
        raise NotFound("retention.office", "There is no such organisation.")
    if not (_keeps_all(actor) or held.allows(RULE, "R", unit_scopes(row))):
        raise NotAllowed(
            "retention.read",
            "Your roles do not show how long this office keeps what. Ask who directs it, or one "
            "of its analysts or auditors.",
        )
    return row


def can_set_rule(actor: Actor, office: OrgUnit, grants: Grants | None = None) -> bool:
    """Who directs the office, or a system administrator."""
    return _can(actor, office, RULE, grants)


def can_hold(actor: Actor, office: OrgUnit, grants: Grants | None = None) -> bool:
    """Who directs the office, its auditor, or a system administrator."""
    return _can(actor, office, HOLD, grants)


def _can(actor: Actor, office: OrgUnit, what: str, grants: Grants | None) -> bool:
    return _keeps_all(actor) or (grants or grants_of(actor)).allows(what, "U", unit_scopes(office))


def require_set_rule(actor: Actor, office: OrgUnit) -> Actor:
    """Raises NotAllowed unless ``can_set_rule``; else as whom the actor does it."""
    allowed = _as_whom(actor, office, RULE)
    if allowed is None:
        raise NotAllowed(
            "retention.rule",
            "Only who directs the office, or a system administrator, sets how long it keeps what.",
        )
    return allowed


def require_hold(actor: Actor, office: OrgUnit) -> Actor:
    """Raises NotAllowed unless ``can_hold``; else as whom the actor does it."""
    allowed = _as_whom(actor, office, HOLD)
    if allowed is None:
        raise NotAllowed(
            "retention.hold",
            "Only who directs the office, its auditor, or a system administrator does this.",
        )
    return allowed


def _as_whom(actor: Actor, office: OrgUnit, what: str) -> Actor | None:
    return actor if _keeps_all(actor) else allowed_as(actor, what, "U", unit_scopes(office))
