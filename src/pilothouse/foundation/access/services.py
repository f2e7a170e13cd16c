# SPDX-License-Identifier: Apache-2.0
"""Appointing people to roles, and delegating."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from pilothouse.foundation.access.matrix import Reach, Role, roles_with
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed

DELIVERY_ROLES = frozenset({Role.WSL, Role.TEM, Role.VIE})
"""What a project manager may appoint on the own project (note 1 of the matrix)."""

_FIELDS = ("person", "role", "scope_type", "scope_id", "valid_from", "valid_to")


def may_appoint(actor: Actor, role: Role, within: Iterable[Scope], letter: str = "C") -> bool:
    """Whether the actor may give this role on an object within these scopes.

    ``letter`` is C to appoint, U to let an appointment end, V to void one. Nobody gives a role
    that reaches further than their own power to appoint: only a director appoints directors
    and auditors, and nothing that is held by delegation appoints anybody.
    """
    return actor.is_system or _gives(_appointing_roles(actor, within, letter), role)


def appointable_roles(actor: Actor, within: Iterable[Scope], letter: str = "C") -> list[Role]:
    """All roles for which ``may_appoint`` holds, in the order of the table."""
    if actor.is_system:
        return list(Role)
    holders = _appointing_roles(actor, within, letter)
    return [role for role in Role if _gives(holders, role)]


def _appointing_roles(actor: Actor, within: Iterable[Scope], letter: str) -> set[Role]:
    scopes = set(within)
    table = dict(roles_with("role_assignment", letter))
    return {
        grant.role
        for grant in grants_of(actor).grants
        if grant.letters is None
        and grant.role in table
        and (
            grant.scope_type == "global"
            or (grant.scope_type, grant.scope_id) in scopes
            or (table[grant.role] is Reach.OFFICE and ("office", grant.office_id) in scopes)
        )
    }


def _gives(holders: set[Role], role: Role) -> bool:
    if Role.DIR in holders:
        return True
    if role in {Role.DIR, Role.AUD}:
        return False
    if Role.ANL in holders:
        return role is not Role.ANL
    if holders & {Role.PFM, Role.PGM}:
        return role not in {Role.ANL, Role.PFM, Role.FIN}
    return Role.PM in holders and role in DELIVERY_ROLES


@transaction.atomic
def assign_role(
    *,
    actor: Actor,
    person: User,
    role: Role,
    scope: Scope,
    office_id: int,
    within: Iterable[Scope],
    valid_from: date,
    valid_to: date | None = None,
    reason: str = "",
) -> RoleAssignment:
    """Appoint somebody.

    Who: as ``may_appoint`` says; never oneself.
    Raises: NotAllowed, Invalid for dates out of order or an assignment already there.
    """
    if not may_appoint(actor, role, [*within, scope]):
        raise NotAllowed("access.appoint", "You may not give this role here.")
    if actor.user_id == person.pk:
        raise NotAllowed("access.self", "Nobody gives themselves a role; ask another director.")
    if valid_to is not None and valid_to < valid_from:
        message = "The last day lies before the first."
        raise Invalid("access.dates", message, fields={"valid_to": message})
    overlapping = RoleAssignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=valid_from),
        person=person,
        role=role,
        scope_type=scope[0],
        scope_id=scope[1],
        voided=False,
    )
    if valid_to is not None:
        overlapping = overlapping.filter(valid_from__lte=valid_to)
    if overlapping.exists():
        raise Invalid("access.twice", f"{person} already holds this role here.")
    row = RoleAssignment(
        person=person,
        role=role,
        scope_type=scope[0],
        scope_id=scope[1],
        office_id=office_id,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    return core.create(actor=actor, obj=row, names=_FIELDS, reason=reason, office_id=office_id)


@transaction.atomic
def appoint_first_director(
    *, actor: Actor, person: User, office_id: int, valid_from: date, reason: str
) -> RoleAssignment:
    """Give an office its first director; afterwards directors appoint each other.

    Who: a system administrator, while the office has never had a director. The one person of
    an office may name themselves, which the audit trail shows as ``office.bootstrap`` with the
    reason. Raises: NotAllowed, Invalid without a reason.
    """
    if not actor.is_system_admin:
        raise NotAllowed(
            "access.first_director", "Only a system administrator names an office's first director."
        )
    if RoleAssignment.objects.filter(office_id=office_id, role=Role.DIR, voided=False).exists():
        raise NotAllowed(
            "access.first_director",
            "This office has a director already; directors appoint each other.",
        )
    if not reason.strip():
        raise Invalid("access.reason", "Say who decided this.", fields={"reason": "Needed."})
    row = RoleAssignment(
        person=person,
        role=Role.DIR,
        scope_type="org_unit",
        scope_id=office_id,
        office_id=office_id,
        valid_from=valid_from,
    )
    core.create(actor=actor, obj=row, names=_FIELDS, reason=reason, office_id=office_id)
    if person.pk == actor.user_id:
        core.record(
            actor=actor,
            action="office.bootstrap",
            obj=row,
            after={"person": person.pk, "role": Role.DIR.value},
            reason=reason,
            office_id=office_id,
        )
    return row


@transaction.atomic
def end_assignment(
    *,
    actor: Actor,
    assignment: RoleAssignment,
    last_day: date,
    within: Iterable[Scope],
    version: int | None = None,
    reason: str = "",
) -> RoleAssignment:
    """Let an assignment end; with a last day before its first it is voided.

    Who: whoever may give the role here; U to end, V to void.
    Raises: Invalid for a last day after the present one: a longer term is a new appointment,
    or somebody could lengthen the own one.
    """
    scope = (assignment.scope_type, assignment.scope_id)
    row = core.lock(RoleAssignment.objects.all(), assignment.pk)
    letter = "V" if last_day < row.valid_from else "U"
    if not may_appoint(actor, Role(row.role), [*within, scope], letter):
        raise NotAllowed("access.appoint", "You may not take this role away.")
    if row.valid_to is not None and last_day > row.valid_to:
        message = (
            f"The assignment ends on {written(row.valid_to)}; appoint again for a longer term."
        )
        raise Invalid("access.longer", message, fields={"last_day": message})
    values: dict[str, object] = (
        {"voided": True} if last_day < row.valid_from else {"valid_to": last_day}
    )
    core.change(
        actor=actor, obj=row, values=values, version=version, reason=reason, office_id=row.office_id
    )
    return row


@transaction.atomic
def delegate(
    *,
    actor: Actor,
    from_person: User,
    to_person: User,
    actions: str,
    valid_from: date,
    valid_to: date,
    reason: str,
    amount_limit: Decimal | None = None,
) -> Delegation:
    """Let somebody act in one's place for a time.

    Who: the person themselves, in a role that has C on delegation. What is held by delegation
    is not passed on (O-ORG-2). Raises: Invalid for empty reason or dates out of order.
    """
    if actor.user_id != from_person.pk and not actor.is_system:
        raise NotAllowed("access.delegate", "Only what is your own can be delegated.")
    if not actor.is_system:
        own_roles = grants_of(actor).only(lambda grant: grant.for_person is None)
        if own_roles.reach("delegation", "C").nothing:
            raise NotAllowed(
                "access.delegate",
                "You hold no role of your own that can be delegated; "
                "what was delegated to you cannot be passed on.",
            )
    if amount_limit is not None and amount_limit < 0:
        message = "An amount limit cannot be negative."
        raise Invalid("access.delegation", message, fields={"amount_limit": message})
    letters = "".join(letter for letter in "CRUSALV" if letter in actions.upper())
    problems: dict[str, str] = {}
    if not letters:
        problems["actions"] = "Choose at least one action."
    if not reason.strip():
        problems["reason"] = "Say why."
    if valid_to < valid_from:
        problems["valid_to"] = "The last day lies before the first."
    if valid_to < clock.today():
        problems["valid_to"] = "The last day has passed."
    if from_person.pk == to_person.pk:
        problems["to_person"] = "A delegation goes to somebody else."
    if problems:
        raise Invalid("access.delegation", " ".join(problems.values()), fields=problems)
    row = Delegation(
        from_person=from_person,
        to_person=to_person,
        actions=letters,
        amount_limit=amount_limit,
        valid_from=valid_from,
        valid_to=valid_to,
        reason=reason.strip()[:300],
    )
    return core.create(
        actor=actor,
        obj=row,
        names=("from_person", "to_person", "actions", "amount_limit", "valid_from", "valid_to"),
        reason=reason,
    )


@transaction.atomic
def end_delegation(*, actor: Actor, delegation: Delegation, version: int | None = None) -> None:
    """Take a delegation back at once. Who: the one who gave it."""
    if actor.user_id != delegation.from_person_id and not actor.is_system:
        raise NotAllowed("access.delegate", "Only the person who delegated may take it back.")
    core.change(actor=actor, obj=delegation, values={"voided": True}, version=version)
