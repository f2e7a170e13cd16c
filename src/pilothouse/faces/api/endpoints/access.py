# SPDX-License-Identifier: Apache-2.0
"""Roles and what they may do, who holds them, what is delegated."""

from __future__ import annotations

from typing import Annotated

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.queries import scope_chain
from pilothouse.direction.portfolio import services as portfolio
from pilothouse.faces.api.auth import actor_of, user_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page_of,
    reply,
    version_of,
    whole,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    AssignmentEnd,
    AssignmentIn,
    AssignmentOut,
    DelegationIn,
    DelegationOut,
    MeOut,
    PersonRef,
    PreferencesOut,
    PreferencesPatch,
    QueryDay,
    QueryId,
    RoleOut,
    ScopeName,
)
from pilothouse.foundation.access import services
from pilothouse.foundation.access.matrix import ROLE_LABELS, Reach, Right, Role, matrix
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import set_preference
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.queries import visible_people

router = Router(tags=["Roles"])
_ORDER = "CRUSALV"
_SUFFIX = {Reach.OFFICE: "*", Reach.OWN: "o", Reach.SCOPE: ""}


@router.get("/roles", response=read(Page[RoleOut]))
def list_roles(request: HttpRequest) -> HttpResponse:
    """Every role with its rights by kind of object: C create, R read, U update, S submit,
    A approve, L lock or publish, V void; * in the whole organisation, o on own records."""
    return whole(
        [
            RoleOut(
                code=role.name,
                role=role.value,
                label=ROLE_LABELS[role],
                rights={kind: _cell(cells[role]) for kind, cells in matrix().items()},
            )
            for role in Role
        ]
    )


def _cell(rights: frozenset[Right]) -> str:
    given = [right for right in rights if not right.conditional]
    parts = [
        "".join(sorted((right.letter for right in given if right.reach is reach), key=_ORDER.index))
        + _SUFFIX[reach]
        for reach in (Reach.OFFICE, Reach.SCOPE, Reach.OWN)
        if any(right.reach is reach for right in given)
    ]
    return " ".join(parts)


def assignment_out(row: RoleAssignment) -> AssignmentOut:
    return AssignmentOut(
        id=row.pk,
        version=row.version,
        person=PersonRef(id=row.person_id, name=row.person.full_name),
        role=row.role,
        scope_type=row.scope_type,
        scope_id=row.scope_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _on(scopes: list[Scope]) -> Q:
    condition = Q(pk__in=[])
    for scope_type, scope_id in scopes:
        condition |= Q(scope_type=scope_type, scope_id=scope_id)
    return condition


def _readable(actor: Actor, scopes: list[Scope]) -> Q:
    """All assignments where the matrix gives R, else only one's own."""
    if grants_of(actor).allows("role_assignment", "R", scopes):
        return Q()
    return Q(person_id=actor.user_id)


@router.get("/role-assignments", response=read(Page[AssignmentOut]))
def list_assignments(
    request: HttpRequest,
    paging: Query[Paging],
    scope_type: ScopeName,
    scope_id: QueryId,
    on: QueryDay | None = None,
) -> HttpResponse:
    """Who holds a role on an object, or on what contains it, as at a day (today)."""
    actor = actor_of(request)
    scopes, _, _ = scope_chain(actor, scope_type, scope_id)
    rows = (
        RoleAssignment.objects.valid_on(on or clock.today())
        .filter(_on(scopes), _readable(actor, scopes))
        .select_related("person")
        .order_by("role", "person__full_name", "pk")
    )
    return page_of(request, rows, paging, assignment_out)


@router.post("/role-assignments", response=creates(AssignmentOut))
def create_assignment(
    request: HttpRequest, payload: AssignmentIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Give somebody a role on an object; never oneself."""
    actor = actor_of(request)

    def make() -> tuple[AssignmentOut, int]:
        scope_chain(actor, payload.scope_type, payload.scope_id)
        person = visible_people(actor).filter(pk=payload.person_id).first()
        if person is None:
            raise unknown("person_id", "There is no such person in your organisation.")
        row = projects.give_role(
            actor=actor,
            person=person,
            role=payload.role,
            scope=(payload.scope_type, payload.scope_id),
            valid_from=payload.valid_from,
            valid_to=payload.valid_to,
            reason=payload.reason,
        )
        return assignment_out(row), row.version

    return created(request, idempotency_key, make)


def _get_assignment(actor: Actor, assignment_id: int) -> tuple[RoleAssignment, list[Scope]]:
    row = (
        RoleAssignment.objects.filter(pk=assignment_id, voided=False)
        .select_related("person")
        .first()
    )
    missing = NotFound("access.assignment", "There is no such assignment.")
    if row is None:
        raise missing
    if row.scope_type == "global":
        if row.person_id != actor.user_id and not grants_of(actor).everything:
            raise missing
        return row, [("global", 0)]
    try:
        scopes, _, _ = scope_chain(actor, row.scope_type, row.scope_id)
    except NotFound:
        raise missing from None
    own = row.person_id == actor.user_id
    if not own and not grants_of(actor).allows("role_assignment", "R", scopes):
        raise missing
    return row, scopes


@router.get("/role-assignments/{int:assignment_id}", response=read(AssignmentOut))
def read_assignment(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """One assignment."""
    row, _ = _get_assignment(actor_of(request), assignment_id)
    return reply(assignment_out(row), version=row.version)


@router.post("/role-assignments/{int:assignment_id}/end", response=updates(AssignmentOut))
def end_assignment(
    request: HttpRequest, assignment_id: int, payload: AssignmentEnd, if_match: IfMatch = None
) -> HttpResponse:
    """Let an assignment end; with a last day before its first it is voided."""
    actor = actor_of(request)
    row, scopes = _get_assignment(actor, assignment_id)
    row = services.end_assignment(
        actor=actor,
        assignment=row,
        last_day=payload.last_day,
        within=scopes,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(assignment_out(row), version=row.version)


def delegation_out(row: Delegation) -> DelegationOut:
    return DelegationOut(
        id=row.pk,
        version=row.version,
        from_person=PersonRef(id=row.from_person_id, name=row.from_person.full_name),
        to_person=PersonRef(id=row.to_person_id, name=row.to_person.full_name),
        actions=row.actions,
        amount_limit=row.amount_limit,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        reason=row.reason,
    )


@router.get("/delegations", response=read(Page[DelegationOut]))
def list_delegations(
    request: HttpRequest,
    paging: Query[Paging],
    held: Annotated[bool, Query(description="Those held, not those given.")] = False,
) -> HttpResponse:
    """What you passed on to others, or others to you."""
    own = Q(to_person_id=user_of(request).pk) if held else Q(from_person_id=user_of(request).pk)
    rows = Delegation.objects.filter(own, voided=False).select_related("from_person", "to_person")
    return page_of(request, rows.order_by("-valid_from", "-pk"), paging, delegation_out)


@router.post("/delegations", response=creates(DelegationOut))
def create_delegation(
    request: HttpRequest, payload: DelegationIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Let somebody act in your place for a time."""
    actor = actor_of(request)

    def make() -> tuple[DelegationOut, int]:
        person = visible_people(actor).filter(pk=payload.to_person_id).first()
        if person is None:
            raise unknown("to_person_id", "There is no such person in your organisation.")
        row = projects.delegate_own(
            actor=actor,
            person=user_of(request),
            to_person=person,
            actions=payload.actions,
            amount_limit=payload.amount_limit,
            valid_from=payload.valid_from,
            valid_to=payload.valid_to,
            reason=payload.reason,
        )
        return delegation_out(row), row.version

    return created(request, idempotency_key, make)


@router.post("/delegations/{int:delegation_id}/end", response=updates(DelegationOut))
def end_delegation(
    request: HttpRequest, delegation_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Take a delegation back at once."""
    actor = actor_of(request)
    row = (
        Delegation.objects.filter(
            Q(from_person_id=actor.user_id) | Q(to_person_id=actor.user_id),
            pk=delegation_id,
            voided=False,
        )
        .select_related("from_person", "to_person")
        .first()
    )
    if row is None:
        raise NotFound("access.delegation", "There is no such delegation.")
    if row.from_person_id != actor.user_id:
        raise NotAllowed("access.delegate", "Only the person who delegated may take it back.")
    services.end_delegation(actor=actor, delegation=row, version=version_of(if_match))
    return reply(delegation_out(row), version=row.version)


def _preferences(user: User) -> PreferencesOut:
    return PreferencesOut(
        theme=user.preferences.get("theme", ""),
        columns=list(portfolio.columns_kept(user)),
        view_id=user.preferences.get(portfolio.VIEW_PREFERENCE),
    )


@router.get("/me/preferences", response=read(PreferencesOut))
def read_preferences(request: HttpRequest) -> PreferencesOut:
    """How you like to see the pages."""
    return _preferences(user_of(request))


@router.patch("/me/preferences", response=read(PreferencesOut))
def update_preferences(request: HttpRequest, payload: PreferencesPatch) -> PreferencesOut:
    """Choose light or dark, the columns of the list, and the view it opens with."""
    actor, user = actor_of(request), user_of(request)
    sent = payload.model_dump(exclude_unset=True)
    if "view_id" in sent:
        portfolio.set_default_view(actor=actor, view_id=sent["view_id"])
    if "columns" in sent:
        portfolio.choose_columns(actor=actor, columns=sent["columns"])
    if "theme" in sent:
        set_preference(actor=actor, name="theme", value=sent["theme"])
    user.refresh_from_db(fields=["preferences"])
    return _preferences(user)


@router.get("/me", response=read(MeOut))
def read_me(request: HttpRequest) -> MeOut:
    """Who you are and which roles you hold today."""
    user = user_of(request)
    rows = (
        RoleAssignment.objects.valid_on(clock.today())
        .filter(person=user)
        .select_related("person")
        .order_by("pk")
    )
    return MeOut(
        id=user.pk,
        name=user.full_name,
        email=user.email,
        is_system_admin=user.is_system_admin,
        roles=[assignment_out(row) for row in rows],
    )
