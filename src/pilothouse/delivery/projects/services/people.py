# SPDX-License-Identifier: Apache-2.0
"""Inviting people and keeping their place in the organisation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.queries import scope_chain
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Scope, grants_of
from pilothouse.foundation.access.services import assign_role, delegate, may_appoint
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import create_user, rename_user, send_invitation
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import office_ids, people_of_offices, units_kept
from pilothouse.foundation.organisation.services import (
    place_person,
    require_on_unit,
    require_people,
)


def may_invite_without_unit(actor: Actor) -> bool:
    """A system administrator opens accounts; the unit is the business of the office."""
    return actor.is_system or actor.is_system_admin


@transaction.atomic
def invite_person(
    *, actor: Actor, email: str, full_name: str, job_title: str, unit: OrgUnit | None, site: str
) -> User:
    """Open an account and mail a one-time address where its owner sets the password.

    Who: U on the unit the person belongs to; a system administrator also without one.
    Writes: User, Membership. Raises: Invalid for a taken or malformed address.
    """
    if unit is not None:
        require_on_unit(actor, unit, "U")
    elif not may_invite_without_unit(actor):
        raise NotAllowed("projects.invite", "Say which of your units the person belongs to.")
    person = create_user(actor=actor, email=email, full_name=full_name, job_title=job_title)
    if unit is not None:
        place_person(actor=actor, person=person, unit=unit)
    send_invitation(actor=actor, user=person, site=site)
    return person


@transaction.atomic
def invite_again(*, actor: Actor, person: User, site: str) -> None:
    """Mail a new one-time address to somebody who has not set a password yet.

    Who: a system administrator, or U on the person's unit (any unit while there is none).
    Raises: Invalid after a first sign-in.
    """
    place = getattr(person, "membership", None)
    if place is not None and not actor.is_system_admin:
        require_on_unit(actor, place.org_unit, "U")
    elif not (actor.is_system_admin or units_kept(actor)):
        raise NotAllowed("projects.invite", "Your roles do not allow inviting people.")
    if person.has_usable_password() or not person.is_active:
        raise Invalid("projects.invited", f"{person} has signed in before or is not active.")
    send_invitation(actor=actor, user=person, site=site)


@transaction.atomic
def update_person(
    *,
    actor: Actor,
    person: User,
    full_name: str,
    job_title: str,
    unit: OrgUnit | None,
    place: bool,
) -> User:
    """Correct a name or a title, and say which unit a person belongs to.

    Who: a system administrator for the name; U on the old and the new unit for the place.
    """
    if (full_name, job_title) != (person.full_name, person.job_title):
        rename_user(actor=actor, user=person, full_name=full_name, job_title=job_title)
    if place and unit is not None:
        before = getattr(person, "membership", None)
        if before is None or before.org_unit_id != unit.pk:
            if before is not None:
                require_on_unit(actor, before.org_unit, "U")
            place_person(actor=actor, person=person, unit=unit)
    return person


def give_role(
    *,
    actor: Actor,
    person: User,
    role: Role,
    scope: Scope,
    valid_from: date,
    valid_to: date | None = None,
    reason: str = "",
) -> RoleAssignment:
    """Appoint somebody of the office on an object in sight.

    Who: as ``assign_role`` says. Raises: NotFound for an object out of sight, Invalid for
    somebody who has no place and no role in the office, or who would be manager and sponsor of
    one project.
    """
    within, office_id, _ = scope_chain(actor, *scope)
    if may_appoint(actor, role, [*within, scope]):
        require_people(actor, office_id, {"person": person})
        rules.require_no_second_side(person, role, scope, valid_from, valid_to)
    return assign_role(
        actor=actor,
        person=person,
        role=role,
        scope=scope,
        office_id=office_id,
        within=within,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
    )


def delegate_own(
    *,
    actor: Actor,
    person: User,
    to_person: User,
    actions: str,
    valid_from: date,
    valid_to: date,
    reason: str,
    amount_limit: Decimal | None = None,
) -> Delegation:
    """Let somebody of an office in which one holds a role act in one's place for a time.

    Who: as ``delegate`` says. Raises: Invalid for somebody of no such office.
    """
    offices = office_ids(actor)
    known = people_of_offices(grants_of(actor).offices if offices is None else offices)
    if not known.filter(pk=to_person.pk, is_active=True).exists():
        message = f"{to_person} belongs to none of your organisations, or is disabled."
        raise Invalid("projects.delegate", message, fields={"to_person": message})
    return delegate(
        actor=actor,
        from_person=person,
        to_person=to_person,
        actions=actions,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason,
        amount_limit=amount_limit,
    )
