# SPDX-License-Identifier: Apache-2.0
"""Who may change the thresholds."""

from __future__ import annotations

from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes


def can_set_policy(actor: Actor, office: OrgUnit) -> bool:
    """U on policy in the office."""
    return grants_of(actor).allows("policy", "U", unit_scopes(office))


def require_set_policy(actor: Actor, office: OrgUnit) -> None:
    """Raises NotAllowed unless the actor keeps the policies of this office."""
    if not can_set_policy(actor, office):
        raise NotAllowed("performance.policy", "Only the PMO changes thresholds.")
