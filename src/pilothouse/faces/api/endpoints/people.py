# SPDX-License-Identifier: Apache-2.0
"""People in sight: their accounts, units, roles, delegations and projects."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects import people as reads
from pilothouse.delivery.projects import rules, services
from pilothouse.delivery.projects.models import Project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.access import delegation_out
from pilothouse.faces.api.endpoints.common import creates, read, ref, unknown
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    ActiveIn,
    DelegationOut,
    PersonIn,
    PersonOut,
    PersonPatch,
    PersonRoleOut,
    Ref,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts import services as accounts
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.pages import site_of
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import people_sight, units_kept

router = Router(tags=["People"])


def _person(row: User, addresses: bool) -> PersonOut:
    place = getattr(row, "membership", None)
    return PersonOut(
        id=row.pk,
        name=row.full_name,
        job_title=row.job_title,
        unit=ref(place.org_unit) if place else None,
        is_active=row.is_active,
        email=row.email if addresses else None,
    )


def _told(actor: Actor, person_id: int) -> PersonOut:
    row = reads.get_person(actor, person_id)
    return _person(row, row.pk in reads.with_addresses(actor, [row.pk]))


@router.get("/people", response=read(Page[PersonOut]))
def list_people(
    request: HttpRequest,
    paging: Query[Paging],
    q: Annotated[str, Query(max_length=100, description="Part of a name or mail address.")] = "",
    role: Annotated[Role | None, Query(description="A role that is held today.")] = None,
    active: Annotated[bool | None, Query(description="Only those who can sign in, or not.")] = None,
) -> HttpResponse:
    """People of your organisations by name; a system administrator sees every account."""
    actor = actor_of(request)
    grants = grants_of(actor)
    rows = reads.people_found(actor, grants, q, role or "", clock.today())
    if active is not None:
        rows = rows.filter(is_active=active)
    known = people_sight(actor, grants).known_condition()
    rows = rows.select_related("membership__org_unit").order_by("full_name", "pk")
    shown = rows.annotate(addressed=Exists(User.objects.filter(known, pk=OuterRef("pk"))))
    return page_of(
        request, shown, paging, lambda row: _person(row, bool(getattr(row, "addressed", False)))
    )


@router.post("/people", response=creates(PersonOut))
def invite_person(request: HttpRequest, payload: PersonIn) -> HttpResponse:
    """Open an account and mail its owner a one-time address to set a password."""
    actor = actor_of(request)
    if not (services.may_invite_without_unit(actor) or units_kept(actor)):
        raise NotAllowed("projects.invite", "Your roles do not allow inviting people.")
    row = services.invite_person(
        actor=actor,
        email=payload.email,
        full_name=payload.full_name,
        job_title=payload.job_title,
        unit=_unit(actor, payload.unit_id),
        site=site_of(request),
    )
    return reply(_person(row, True), status=201)


def _unit(actor: Actor, unit_id: int | None) -> OrgUnit | None:
    if unit_id is None:
        return None
    unit = next((row for row in units_kept(actor) if row.pk == unit_id), None)
    if unit is None:
        raise unknown("unit_id", "There is no such unit whose people you keep.")
    return unit


@router.get("/people/{int:person_id}", response=read(PersonOut))
def read_person(request: HttpRequest, person_id: int) -> PersonOut:
    """One person."""
    return _told(actor_of(request), person_id)


@router.patch("/people/{int:person_id}", response=read(PersonOut))
def update_person(request: HttpRequest, person_id: int, payload: PersonPatch) -> PersonOut:
    """Correct a name or title (system administrator), or say to which unit a person belongs."""
    actor = actor_of(request)
    row = reads.get_person(actor, person_id)
    if not (actor.is_system_admin or units_kept(actor)):
        raise NotAllowed("projects.person", "Your roles do not allow changing this person.")
    sent = payload.model_dump(exclude_unset=True)
    services.update_person(
        actor=actor,
        person=row,
        full_name=sent.get("full_name", row.full_name),
        job_title=sent.get("job_title", row.job_title),
        unit=_unit(actor, sent.get("unit_id")),
        place="unit_id" in sent,
    )
    return _told(actor, person_id)


@router.post("/people/{int:person_id}/invite", response=read(PersonOut))
def invite_again(request: HttpRequest, person_id: int) -> PersonOut:
    """Mail a new one-time address to somebody who has not set a password yet."""
    actor = actor_of(request)
    person = reads.get_person(actor, person_id)
    services.invite_again(actor=actor, person=person, site=site_of(request))
    return _told(actor, person_id)


@router.post("/people/{int:person_id}/active", response=read(PersonOut))
def set_person_active(request: HttpRequest, person_id: int, payload: ActiveIn) -> PersonOut:
    """Disable or enable an account; disabling ends every session and token at once."""
    actor = actor_of(request)
    person = reads.get_person(actor, person_id)
    accounts.set_active(actor=actor, user=person, active=payload.active, reason=payload.reason)
    return _told(actor, person_id)


@router.get("/people/{int:person_id}/roles", response=read(Page[PersonRoleOut]))
def list_person_roles(request: HttpRequest, person_id: int) -> HttpResponse:
    """Roles of a person as far as you may read them, ended and coming ones too."""
    actor = actor_of(request)
    rows = reads.visible_assignments(actor).filter(person=reads.get_person(actor, person_id))
    held = reads.held_roles(rows, clock.today())
    return whole(
        [
            PersonRoleOut(
                id=row.pk,
                version=row.version,
                role=row.role,
                label=row.label,
                scope_type=row.scope_type,
                scope_id=row.scope_id,
                where=row.where,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                expired=row.expired,
                coming=row.coming,
            )
            for row in held
        ]
    )


@router.get("/people/{int:person_id}/delegations", response=read(Page[DelegationOut]))
def list_person_delegations(
    request: HttpRequest,
    person_id: int,
    held: Annotated[bool, Query(description="Those held, not those given.")] = False,
) -> HttpResponse:
    """What a person passed on to others, or others to them, as far as you may read it."""
    actor = actor_of(request)
    given, received = reads.delegations_of(actor, reads.get_person(actor, person_id))
    return whole([delegation_out(row) for row in (received if held else given)])


def _named(row: Project) -> Ref:
    return ref(row)


@router.get("/people/{int:person_id}/projects", response=read(Page[Ref]))
def list_person_projects(
    request: HttpRequest, person_id: int, paging: Query[Paging]
) -> HttpResponse:
    """Open projects in sight that name a person in their header."""
    actor = actor_of(request)
    person = reads.get_person(actor, person_id)
    rows = rules.visible_projects(actor).filter(
        rules.named_on(person.pk), state__in=rules.OPEN_STATES
    )
    return page_of(request, rows.order_by("code", "pk"), paging, _named)
