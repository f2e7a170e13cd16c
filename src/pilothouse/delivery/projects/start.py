# SPDX-License-Identifier: Apache-2.0
"""How far a fresh installation has been set up, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes, visible_units


@dataclass(frozen=True, slots=True)
class OfficeStart:
    """What one office has and lacks."""

    pk: int
    name: str
    has_director: bool
    has_portfolio: bool
    has_project: bool
    directs: bool

    @property
    def is_done(self) -> bool:
        return self.has_director and self.has_portfolio and self.has_project


def require_opens_offices(actor: Actor) -> None:
    """Raise NotAllowed for all but a system administrator."""
    if not actor.is_system_admin:
        raise NotAllowed("projects.start", "Only a system administrator opens an office.")


def office_starts(actor: Actor) -> list[OfficeStart]:
    """Offices the actor sets up: all for a system administrator, else those directed."""
    held = grants_of(actor)
    offices = OrgUnit.objects.filter(parent=None)
    if not actor.is_system_admin:
        offices = offices.filter(pk__in=visible_units(actor, held).values("pk"))
    directed = set(
        RoleAssignment.objects.filter(role=Role.DIR, voided=False).values_list(
            "office_id", flat=True
        )
    )
    with_portfolio = set(Portfolio.objects.values_list("office_id", flat=True).distinct())
    with_project = set(Project.objects.values_list("office_id", flat=True).distinct())
    return [
        OfficeStart(
            office.pk,
            office.name,
            office.pk in directed,
            office.pk in with_portfolio,
            office.pk in with_project,
            held.allows("portfolio", "C", unit_scopes(office)),
        )
        for office in offices.order_by("name")
    ]
