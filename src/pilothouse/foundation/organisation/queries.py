# SPDX-License-Identifier: Apache-2.0
"""Reads of units and what hangs on them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.models import (
    CustomField,
    Membership,
    OrgUnit,
    ids_of_path,
)


def unit_scopes(unit: OrgUnit) -> list[Scope]:
    """All scopes that contain a unit."""
    return [
        ("global", 0),
        ("office", unit.office_id),
        *(("org_unit", number) for number in ids_of_path(unit.path)),
    ]


def office_ids(actor: Actor, grants: Grants | None = None) -> list[int] | None:
    """Offices in which the actor holds any role; None means all of them."""
    held = grants or grants_of(actor)
    if held.everything or any(grant.scope_type == "global" for grant in held.grants):
        return None
    return sorted(held.offices)


def visible_units(actor: Actor, grants: Grants | None = None) -> QuerySet[OrgUnit]:
    """Units of the offices in which the actor holds a role (R* in the matrix for every role)."""
    offices = office_ids(actor, grants)
    if offices is None:
        return OrgUnit.objects.all()
    return OrgUnit.objects.filter(office_id__in=offices)


def get_unit(actor: Actor, unit_id: int) -> OrgUnit:
    """One visible unit, or NotFound."""
    unit = visible_units(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotFound("organisation.unit", "There is no such unit.")
    return unit


def visible_people(actor: Actor, grants: Grants | None = None) -> QuerySet[User]:
    """Oneself, and everybody who belongs to, or holds a role in, an office of the actor."""
    offices = office_ids(actor, grants)
    if offices is None:
        return User.objects.all()
    holders = RoleAssignment.objects.filter(office_id__in=offices).values("person_id")
    members = Membership.objects.filter(org_unit__office_id__in=offices).values("person_id")
    return User.objects.filter(Q(pk=actor.user_id) | Q(pk__in=holders) | Q(pk__in=members))


def subtree(unit: OrgUnit) -> Q:
    """Condition on ``path`` that holds for a unit and everything below it."""
    return Q(path__gte=unit.path, path__lt=unit.path + "~")


def custom_fields(office_id_list: list[int] | None) -> QuerySet[CustomField]:
    """Active fields of these offices (None: all)."""
    rows = CustomField.objects.filter(is_active=True)
    return rows if office_id_list is None else rows.filter(office_id__in=office_id_list)


def office_people(office_id: int) -> QuerySet[User]:
    """Active people who belong to an office or hold a role in it."""
    roles = RoleAssignment.objects.filter(office_id=office_id).values("person_id")
    return User.objects.filter(
        Q(membership__org_unit__office_id=office_id) | Q(pk__in=roles), is_active=True
    ).distinct()
