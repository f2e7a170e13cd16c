# SPDX-License-Identifier: Apache-2.0
"""Reads of people: who is in sight, which roles they hold where, what they delegated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from pilothouse.delivery.projects.models import Portfolio, Programme, Project, Workstream
from pilothouse.delivery.projects.rules import (
    portfolio_condition,
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.foundation.access.matrix import ROLE_LABELS, Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.queries import OwnRole
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import (
    people_of_offices,
    people_sight,
    subtree,
    visible_people,
    visible_units,
)

PAGES = {
    "org_unit": "organisation:unit",
    "portfolio": "projects:portfolio",
    "programme": "projects:programme",
    "project": "projects:project",
}


def get_person(actor: Actor, person_id: int) -> User:
    """One person in sight, or NotFound."""
    row = visible_people(actor).select_related("membership__org_unit").filter(pk=person_id).first()
    if row is None:
        raise NotFound("projects.person", "There is no such person, or you may not see them.")
    return row


def visible_assignments(actor: Actor, grants: Grants | None = None) -> QuerySet[RoleAssignment]:
    """Assignments the actor may read: R on role_assignment where they lie, and the own ones."""
    held = grants or grants_of(actor)
    allowed = held.reach("role_assignment", "R")
    rows = RoleAssignment.objects.filter(voided=False)
    if allowed.everywhere:
        return rows
    condition = Q(person_id=actor.user_id) | Q(office_id__in=allowed.ids("office"))
    if allowed.scopes:
        units = Q(pk__in=[])
        for unit in OrgUnit.objects.filter(pk__in=allowed.ids("org_unit")):
            units |= subtree(unit)
        portfolios = Portfolio.objects.filter(portfolio_condition(allowed, ""))
        programmes = Programme.objects.filter(
            portfolio_condition(allowed, "portfolio__") | Q(pk__in=allowed.ids("programme"))
        )
        projects = Project.objects.filter(
            portfolio_condition(allowed, "portfolio__")
            | Q(programme_id__in=allowed.ids("programme"))
            | Q(pk__in=allowed.ids("project"))
        )
        for kind, found in (
            ("org_unit", OrgUnit.objects.filter(units).values("pk")),
            ("portfolio", portfolios.values("pk")),
            ("programme", programmes.values("pk")),
            ("project", projects.values("pk")),
            ("workstream", Workstream.objects.filter(project__in=projects).values("pk")),
        ):
            condition |= Q(scope_type=kind, scope_id__in=found)
    # R-GEN-10: a role on a project that the actor may not see would tell its name.
    seen = visible_projects(actor, held)
    streams = Workstream.objects.filter(project__in=seen.values("pk"))
    unseen = Q(scope_type="project") & ~Q(scope_id__in=seen.values("pk"))
    unseen |= Q(scope_type="workstream") & ~Q(scope_id__in=streams.values("pk"))
    return rows.filter(condition).exclude(unseen & ~Q(person_id=actor.user_id))


@dataclass(frozen=True, slots=True)
class Held:
    """One assignment as a page shows it."""

    pk: int
    person_id: int
    person: str
    role: str
    label: str
    scope_type: str
    scope_id: int
    where: str
    url_name: str
    valid_from: date
    valid_to: date | None
    expired: bool
    coming: bool
    version: int


PlacesOf = Callable[[], QuerySet[Any]]
"""The rows of one kind of place; asked for only where a role hangs on such a place."""

EVERY_PLACE: dict[str, PlacesOf] = {
    "org_unit": OrgUnit.objects.all,
    "portfolio": Portfolio.objects.all,
    "programme": Programme.objects.all,
    "project": Project.objects.all,
    "workstream": Workstream.objects.all,
}


def places_in_sight(actor: Actor, grants: Grants) -> dict[str, PlacesOf]:
    """The places of each kind that the actor may read."""
    return {
        "org_unit": lambda: visible_units(actor, grants),
        "portfolio": lambda: visible_portfolios(actor, grants),
        "programme": lambda: visible_programmes(actor, grants),
        "project": lambda: visible_projects(actor, grants),
        "workstream": lambda: Workstream.objects.filter(
            project__in=visible_projects(actor, grants).values("pk")
        ),
    }


def scope_names(
    scopes: Iterable[Scope], places: Mapping[str, PlacesOf] = EVERY_PLACE
) -> dict[Scope, str]:
    """Names of those places that assignments hang on, one query for each kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, number in scopes:
        wanted[kind].add(number)
    found: dict[Scope, str] = {("global", 0): "Whole installation"}
    for kind, rows in places.items():
        if wanted[kind]:
            for pk, name in rows().filter(pk__in=wanted[kind]).values_list("pk", "name"):
                found[kind, pk] = name
    return found


def own_roles(actor: Actor, day: date) -> list[OwnRole]:
    """The roles that a person holds on a day; of a place out of sight only its kind is told."""
    rows = list(
        RoleAssignment.objects.valid_on(day)
        .filter(person_id=actor.user_id)
        .order_by("-valid_from", "role", "pk")
    )
    scopes = [(row.scope_type, row.scope_id) for row in rows]
    names = scope_names(scopes, places_in_sight(actor, grants_of(actor, day)))
    return [
        OwnRole(
            ROLE_LABELS[Role(row.role)],
            names.get(scope, row.get_scope_type_display()),
            reverse(PAGES[scope[0]], args=[scope[1]])
            if scope in names and scope[0] in PAGES
            else "",
            row.valid_from,
            row.valid_to,
        )
        for row, scope in zip(rows, scopes, strict=True)
    ]


def held_roles(rows: QuerySet[RoleAssignment], day: date) -> list[Held]:
    """Assignments with the names of their places; expired and coming ones are marked."""
    assignments = list(rows.select_related("person").order_by("-valid_from", "role", "pk"))
    names = scope_names((row.scope_type, row.scope_id) for row in assignments)
    return [
        Held(
            row.pk,
            row.person_id,
            row.person.full_name,
            row.role,
            ROLE_LABELS[Role(row.role)],
            row.scope_type,
            row.scope_id,
            names.get((row.scope_type, row.scope_id), row.get_scope_type_display()),
            PAGES.get(row.scope_type, ""),
            row.valid_from,
            row.valid_to,
            row.valid_to is not None and row.valid_to < day,
            row.valid_from > day,
            row.version,
        )
        for row in assignments
    ]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people; the address is empty for those who may not see it."""

    person: User
    unit: str
    email: str
    roles: list[Held]


PAGE_SIZE = 100


def people_found(actor: Actor, grants: Grants, text: str, role: str, day: date) -> QuerySet[User]:
    """People in sight by a part of the name or of an address one may see, and by a role of today.

    Only roles that the actor may read are looked into.
    """
    sight = people_sight(actor, grants)
    people = sight.named(text) if text else sight.rows()
    if role:
        holders = visible_assignments(actor, grants).filter(
            Q(valid_to=None) | Q(valid_to__gte=day), role=role, valid_from__lte=day
        )
        people = people.filter(pk__in=holders.values("person_id"))
    return people


def people_page(
    actor: Actor, text: str, role: str, page: int, day: date, *, with_inactive: bool
) -> tuple[list[PersonRow], int]:
    """A page of the people in sight with the roles the actor may read, and how many there are."""
    grants = grants_of(actor)
    people = people_found(actor, grants, text, role, day).select_related("membership__org_unit")
    if not with_inactive:
        people = people.filter(is_active=True)
    total = people.count()
    shown = list(people.order_by("full_name", "pk")[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    known = with_addresses(actor, [person.pk for person in shown], grants)
    by_person: dict[int, list[Held]] = defaultdict(list)
    rows = visible_assignments(actor, grants).filter(person__in=[person.pk for person in shown])
    for held in held_roles(rows, day):
        by_person[held.person_id].append(held)
    return [
        PersonRow(
            person,
            person.membership.org_unit.name if hasattr(person, "membership") else "",
            person.email if person.pk in known else "",
            by_person[person.pk],
        )
        for person in shown
    ], total


def with_addresses(
    actor: Actor, people: Iterable[int], grants: Grants | None = None
) -> frozenset[int]:
    """Those of these people whose mail address the actor may see."""
    rows = User.objects.filter(people_sight(actor, grants).known_condition(), pk__in=list(people))
    return frozenset(rows.values_list("pk", flat=True))


def visible_delegations(actor: Actor, grants: Grants | None = None) -> QuerySet[Delegation]:
    """Own delegations, given or held, and those of an office whose delegations one may read.

    A delegation lies where whoever gave it has a place or a role.
    """
    offices = (grants or grants_of(actor)).offices_with("delegation", "R")
    rows = Delegation.objects.filter(voided=False)
    if offices is None:
        return rows
    given = people_of_offices(offices).values("pk")
    own = Q(from_person_id=actor.user_id) | Q(to_person_id=actor.user_id)
    return rows.filter(own | Q(from_person__in=given))


def delegations_of(actor: Actor, person: User) -> tuple[list[Delegation], list[Delegation]]:
    """Delegations given and held that the actor may read, newest first."""
    rows = visible_delegations(actor).select_related("from_person", "to_person")
    return (
        list(rows.filter(from_person=person).order_by("-valid_from", "-pk")),
        list(rows.filter(to_person=person).order_by("-valid_from", "-pk")),
    )
