# SPDX-License-Identifier: Apache-2.0
"""Who manages a project, and that nobody both manages and sponsors it (R-ORG-06, R-GEN-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules.places import project_scopes, scopes_within
from pilothouse.delivery.projects.rules.sight import (
    classified,
    deciding_as,
    projects_of_scope,
    visible_projects,
)
from pilothouse.foundation.access.matrix import Role, role_words
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit, segment

TWO_PEOPLE = "Sponsor and project manager must be two people."
SIDES = {"pm": Role.PM, "sponsor": Role.SPO}
"""Field of the header → the role that says the same."""
NAMED = 3
"""So many people with their projects are named where a move is refused."""


def managers_known(held: Grants, project: Project) -> frozenset[int]:
    """Those who manage a project, as far as this actor has a hand in it.

    That is whoever the header names; the actor, who may hold the role on the project or above it;
    and those in whose place the actor acts. Who does more than read in a manager's place is as
    the manager: a delegate inherits the bars of both.
    """
    within = set(project_scopes(project))
    found = {project.pm_id}
    for grant in held.grants:
        if grant.role is Role.PM and (grant.scope_type, grant.scope_id) in within:
            found.add(grant.for_person)
            if grant.letters is None or set(grant.letters) - {"R"}:
                found.add(held.user_id)
    return frozenset(person for person in found if person is not None)


def manages(actor: Actor, project: Project) -> bool:
    """Whether the actor is, or acts as, manager of the project."""
    return actor.user_id in managers_known(grants_of(actor), project)


def decides_on_project(
    actor: Actor,
    project: Project,
    roles: tuple[Role, ...],
    *,
    barred: Iterable[int | None] = (),
    amount: Decimal | None = None,
) -> Actor | None:
    """As whom the actor may decide in one of these roles on the project, or None.

    Who manages it has no hand in that, and nobody in the manager's place (R-GEN-08); nor have
    those who are ``barred``. ``amount`` counts for limits of delegations.
    """
    held = grants_of(actor)
    eligible = classified(held, project).eligible(*managers_known(held, project), *barred)
    return deciding_as(actor, eligible, project_scopes(project), roles, amount)


class Sides(NamedTuple):
    """Whom a project will name on its two sides, and all that contains it."""

    named: Mapping[str, int | None]
    scopes: frozenset[Scope]


_AS_IT_IS: Mapping[str, Any] = MappingProxyType({})


def sides_of(row: Project, values: Mapping[str, Any] = _AS_IT_IS) -> Sides:
    """The two sides of a project once it has these values."""

    def key(name: str) -> int | None:
        if name not in values:
            number: int | None = getattr(row, f"{name}_id")
            return number
        return None if values[name] is None else int(values[name].pk)

    place = values.get("portfolio") or row.portfolio
    scopes = scopes_within(
        place.office_id, place.org_unit.path, place.path, key("programme"), row.pk
    )
    return Sides({name: key(name) for name in SIDES}, frozenset(scopes))


def one_for_both(projects: Sequence[Sides]) -> dict[int, dict[str, str]]:
    """Position → field → why whoever is named there may not be; asked once for all of them."""
    people = {number for project in projects for number in project.named.values()} - {None}
    if not people:
        return {}
    held: dict[tuple[int, str], list[tuple[Scope, str]]] = {}
    rows = RoleAssignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=clock.today()),
        person_id__in=people,
        role__in=SIDES.values(),
        voided=False,
    )
    for number, role, kind, at, name in rows.values_list(
        "person_id", "role", "scope_type", "scope_id", "person__full_name"
    ):
        held.setdefault((number, role), []).append(((kind, at), name))
    found: dict[int, dict[str, str]] = {}
    for index, project in enumerate(projects):
        pm, sponsor = project.named["pm"], project.named["sponsor"]
        if pm is not None and pm == sponsor:
            found[index] = {"pm": TWO_PEOPLE}
            continue
        for field, other in (("pm", Role.SPO), ("sponsor", Role.PM)):
            for scope, name in held.get((project.named[field] or 0, other), ()):
                if scope in project.scopes:
                    found.setdefault(index, {})[field] = _sentence(name, other)
    return found


def require_two_people(project: Sides) -> None:
    """Raises Invalid where one person would manage and sponsor a project."""
    if problems := one_for_both([project]).get(0):
        raise Invalid("projects.two_people", " ".join(problems.values()), fields=problems)


def require_no_second_side(
    person: User, role: Role, scope: Scope, valid_from: date, valid_to: date | None
) -> None:
    """Raises Invalid where a role would make somebody manager and sponsor of one project.

    By the header or by role; a role further up in the tree counts for every project below it.
    """
    for field, other in (("pm", Role.SPO), ("sponsor", Role.PM)):
        if role is SIDES[field] and _is_already(person, other, scope, valid_from, valid_to):
            message = _sentence(person.full_name, other)
            raise Invalid("projects.two_people", message, fields={"person": message})


def _is_already(
    person: User, role: Role, scope: Scope, valid_from: date, valid_to: date | None
) -> bool:
    below = Project.objects.filter(projects_of_scope(scope))
    column = next(name for name, side in SIDES.items() if side is role)
    named = below.filter(**{column: person})
    if (valid_to is None or valid_to >= clock.today()) and named.exists():
        return True
    held = RoleAssignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=valid_from), person=person, role=role, voided=False
    )
    if valid_to is not None:
        held = held.filter(valid_from__lte=valid_to)
    return any(
        below.filter(projects_of_scope((kind, number))).exists()
        for kind, number in held.values_list("scope_type", "scope_id")
    )


Place = tuple[str, str, int | None]
"""Path of the unit, path of the portfolio, and programme of a project."""
Moved = Callable[[Place], Place]
"""Where a project lies → where it does after a move."""


def require_two_people_where_moved(actor: Actor, below: Q, moved: Moved, field: str) -> None:
    """Raises Invalid where a move would make somebody manager and sponsor of one project.

    ``below`` are the projects that move along; each is judged by its header and by the roles that
    reach it, before and after. Who is both already is no reason to refuse. Two reads, whatever the
    number of projects, and a third to name none that the actor may not see.
    """
    rows = list(
        Project.objects.filter(below)
        .order_by("code", "pk")
        .values_list(
            *("pk", "code", "name", "office_id"),
            *("portfolio__org_unit__path", "portfolio__path", "programme_id"),
            *("pm_id", "pm__full_name", "sponsor_id", "sponsor__full_name"),
        )
    )
    held: dict[tuple[Scope, str], dict[int, str]] = {}
    if rows:
        for person, name, role, kind, at in _holders({row[3] for row in rows}):
            held.setdefault(((kind, at), role), {})[person] = name

    def both(scopes: list[Scope], named: Mapping[Role, tuple[int | None, str | None]]) -> set[str]:
        sides = []
        for role, (person, name) in named.items():
            side = {} if person is None else {person: str(name)}
            for scope in scopes:
                side |= held.get((scope, role.value), {})
            sides.append(side)
        return {name for person, name in sides[0].items() if person in sides[1]}

    found: dict[int, list[str]] = {}
    for pk, code, name, office, unit, portfolio, programme, *people in rows:
        named = {Role.PM: (people[0], people[1]), Role.SPO: (people[2], people[3])}
        place = unit, portfolio, programme
        before = both(scopes_within(office, *place, pk), named)
        after = both(scopes_within(office, *moved(place), pk), named)
        if after - before:
            told = [f"{person} would be both of {name} ({code})" for person in after - before]
            found[pk] = sorted(told)
    if found:
        message = (
            f"Sponsor and project manager must be two people: {_told(actor, found)}. "
            "End one of the roles first."
        )
        raise Invalid("projects.two_people", message, fields={field: message})


def _told(actor: Actor, found: Mapping[int, list[str]]) -> str:
    """The first of those in sight, and how many more there are."""
    seen = set(visible_projects(actor).filter(pk__in=found).values_list("pk", flat=True))
    open_ones = [told for pk, lines in found.items() if pk in seen for told in lines]
    parts = open_ones[:NAMED]
    if more := len(open_ones) - len(parts):
        parts.append(f"and so for {more} more")
    if hidden := len(found) - len(seen):
        parts.append(f"somebody would be both of {hidden} that you may not see")
    return "; ".join(parts)


def require_two_people_in_unit(actor: Actor, unit: OrgUnit, parent: OrgUnit | None) -> None:
    """The same for the move of a unit, whose path is still the old one."""
    old, new = unit.path, (parent.path if parent else "") + segment(unit.pk)
    path = "portfolio__org_unit__path"
    below = Q(**{f"{path}__gte": old, f"{path}__lt": old + "~"})
    require_two_people_where_moved(
        actor, below, lambda place: (new + place[0][len(old) :], *place[1:]), "parent"
    )


def _holders(offices: set[int]) -> QuerySet[RoleAssignment, tuple[Any, ...]]:
    """Who manages or sponsors something by a role that has not ended."""
    rows = RoleAssignment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=clock.today()),
        office_id__in=[0, *offices],
        role__in=SIDES.values(),
        voided=False,
    )
    return rows.values_list("person_id", "person__full_name", "role", "scope_type", "scope_id")


def _sentence(name: str, role: Role) -> str:
    return f"{TWO_PEOPLE[:-1]}; {name} is {role_words(role)} here."
