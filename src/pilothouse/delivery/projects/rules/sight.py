# SPDX-License-Identifier: Apache-2.0
"""What an actor sees of the register, and may do to what is seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Portfolio, Programme, Project, Workstream
from pilothouse.delivery.projects.rules.lifecycle import PEOPLE_FIELDS
from pilothouse.delivery.projects.rules.places import (
    Paths,
    in_places,
    paths_of,
    project_scopes,
    scopes_within,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import (
    Allowed,
    Grant,
    Grants,
    Scope,
    allowed_as,
    grants_of,
    in_place_of,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed


class PortfolioSight(NamedTuple):
    """All that decides which portfolios may be read; a value, so that reads can be prepared."""

    allowed: Allowed
    paths: Paths

    def rows(self) -> QuerySet[Portfolio]:
        """The portfolios in sight."""
        if self.allowed.everywhere:
            return Portfolio.objects.all()
        return Portfolio.objects.filter(in_places(self.allowed, "", self.paths))


def portfolio_sight(grants: Grants) -> PortfolioSight:
    """What decides which portfolios these grants open."""
    allowed = grants.reach("portfolio", "R")
    return PortfolioSight(allowed, () if allowed.everywhere else paths_of(allowed))


def visible_portfolios(actor: Actor, grants: Grants | None = None) -> QuerySet[Portfolio]:
    """Portfolios the actor may read."""
    return portfolio_sight(grants or grants_of(actor)).rows()


class ProgrammeSight(NamedTuple):
    """All that decides which programmes may be read; a value, so that reads can be prepared."""

    allowed: Allowed
    paths: Paths

    def rows(self) -> QuerySet[Programme]:
        """The programmes in sight."""
        if self.allowed.everywhere:
            return Programme.objects.all()
        condition = in_places(self.allowed, "portfolio__", self.paths)
        if ids := self.allowed.ids("programme"):
            condition |= Q(pk__in=ids)
        return Programme.objects.filter(condition)


def programme_sight(grants: Grants) -> ProgrammeSight:
    """What decides which programmes these grants open."""
    allowed = grants.reach("programme", "R")
    return ProgrammeSight(allowed, () if allowed.everywhere else paths_of(allowed))


def visible_programmes(actor: Actor, grants: Grants | None = None) -> QuerySet[Programme]:
    """Programmes the actor may read."""
    return programme_sight(grants or grants_of(actor)).rows()


def _reach_condition(allowed: Allowed, paths: Paths) -> Q:
    """Projects that lie in what a letter reaches."""
    if allowed.everywhere:
        return ~Q(pk__in=[])
    condition = in_places(allowed, "portfolio__", paths)
    if ids := allowed.ids("programme"):
        condition |= Q(programme_id__in=ids)
    return condition | _inside(allowed)


def _inside(allowed: Allowed) -> Q:
    """Projects on which, or inside which, a role is held."""
    condition = Q(pk__in=allowed.ids("project"))
    if streams := allowed.ids("workstream"):
        # A subquery, for a join would give a project once for each of its workstreams.
        rows = Workstream.objects.filter(pk__in=streams, voided=False)
        condition |= Q(pk__in=rows.values("project_id"))
    return condition


def projects_of_scope(scope: Scope) -> Q:
    """Projects that lie in one scope; none lies in a workstream."""
    if scope[0] == "workstream":
        return Q(pk__in=[])
    allowed = Allowed(scope[0] == "global", frozenset({scope}), own=False)
    return _reach_condition(allowed, paths_of(allowed))


def _named_in_header(user_id: int, today: date) -> Q:
    """Projects that name this person manager or sponsor.

    The name is an appointment without an end; where an assignment of the same role on the same
    project has ended, that end counts (R-ORG-07: expired gives nothing, not even read).
    """
    over = RoleAssignment.objects.filter(
        person_id=user_id,
        scope_type="project",
        valid_to__lt=today,
        voided=False,
    )
    named = Q(pk__in=[])
    for column, role in (("pm_id", Role.PM), ("sponsor_id", Role.SPO)):
        named |= Q(**{column: user_id}) & ~Q(pk__in=over.filter(role=role).values("scope_id"))
    return named


def named_on(user_id: int) -> Q:
    """Projects that name this person in their header, whatever may be read by it."""
    condition = Q(pk__in=[])
    for name in PEOPLE_FIELDS:
        condition |= Q(**{f"{name}_id": user_id})
    return condition


def _is_overseer(grant: Grant) -> bool:
    return grant.role in {Role.DIR, Role.AUD}


def _is_no_viewer(grant: Grant) -> bool:
    return grant.role is not Role.VIE


def project_condition(actor: Actor, grants: Grants | None = None, letter: str = "R") -> Q | None:
    """Condition on projects for a letter of the matrix; None means every project.

    R-GEN-10: a restricted project is not for viewers of the tree above it; a confidential one
    only for those who hold a role on the project itself or who direct or audit its office.
    """
    sight = project_sight(actor, grants, letter)
    return None if sight is None else sight.condition()


class ProjectSight(NamedTuple):
    """All that decides which projects are open; a value, so that reads can be prepared."""

    grants: Grants
    paths: Paths
    letter: str
    user_id: int | None
    today: date

    def condition(self) -> Q:
        """As ``project_condition`` says."""
        held, paths, letter = self.grants, self.paths, self.letter
        kinds = Project.Classification
        allowed = held.reach("project", letter)
        overseers = held.only(_is_overseer).reach("project", letter)
        condition = _reach_condition(allowed, paths) & ~Q(classification=kinds.CONFIDENTIAL)
        if any(not _is_no_viewer(grant) for grant in held.grants):
            inner = _reach_condition(held.only(_is_no_viewer).reach("project", letter), paths)
            condition &= ~Q(classification=kinds.RESTRICTED) | inner
        if not overseers.nothing:
            condition |= _reach_condition(overseers, paths)
        condition |= _inside(allowed)
        if letter == "R" and self.user_id is not None:
            condition |= _named_in_header(self.user_id, self.today)
        return condition


def project_sight(
    actor: Actor, grants: Grants | None = None, letter: str = "R"
) -> ProjectSight | None:
    """What decides which projects a letter of the matrix opens; None means every project."""
    held = grants or grants_of(actor)
    if held.everything or held.only(_is_overseer).reach("project", letter).everywhere:
        return None
    paths = paths_of(held.reach("project", letter))
    return ProjectSight(held, paths, letter, actor.user_id, clock.today())


def visible_projects(actor: Actor, grants: Grants | None = None) -> QuerySet[Project]:
    """Projects the actor may read."""
    return projects_in(project_sight(actor, grants))


def projects_in(sight: ProjectSight | None) -> QuerySet[Project]:
    """The projects in sight."""
    return Project.objects.all() if sight is None else Project.objects.filter(sight.condition())


def can_on_project(
    actor: Actor,
    project: Project,
    letter: str,
    object_type: str = "project",
    grants: Grants | None = None,
) -> bool:
    """Whether the matrix gives a letter on this project or on something inside it."""
    held = classified(grants or grants_of(actor), project)
    return held.allows(object_type, letter, project_scopes(project))


def sees_budget(actor: Actor, project: Project, grants: Grants | None = None) -> bool:
    """Whether the matrix opens what the project may and will cost."""
    return can_on_project(actor, project, "R", "budget", grants)


def sees_benefits(actor: Actor, project: Project, grants: Grants | None = None) -> bool:
    """Whether the matrix opens what the project is to bring."""
    return can_on_project(actor, project, "R", "benefit_profile", grants)


def classified(held: Grants, project: Project) -> Grants:
    """Grants that count on a project of its classification, as in ``project_condition``."""
    return counted_on(held, project.pk, project.classification)


def counted_on(held: Grants, project_id: int, classification: str) -> Grants:
    """As ``classified``, for a project of which no more is at hand."""
    kinds = Project.Classification
    on_it = ("project", project_id)

    def counts(grant: Grant) -> bool:
        return (grant.scope_type, grant.scope_id) == on_it or (
            _is_overseer(grant) if classification == kinds.CONFIDENTIAL else _is_no_viewer(grant)
        )

    return held if classification == kinds.PUBLIC_INTERNAL else held.only(counts)


class Placed(NamedTuple):
    """Where a project stands and how it is classified: all that a right on it depends on."""

    project_id: int
    office_id: int
    unit_path: str
    portfolio_path: str
    programme_id: int | None
    classification: str


def projects_with(
    held: Grants, letter: str, rows: Iterable[Placed], object_type: str = "project"
) -> frozenset[int]:
    """As ``can_on_project`` for many projects at once, without a query.

    Projects of one place and classification differ only in the roles held on each itself.
    """
    kinds = Project.Classification
    reach = {
        kinds.PUBLIC_INTERNAL: held.reach(object_type, letter),
        kinds.RESTRICTED: held.only(_is_no_viewer).reach(object_type, letter),
        kinds.CONFIDENTIAL: held.only(_is_overseer).reach(object_type, letter),
    }
    on_it = reach[kinds.PUBLIC_INTERNAL].ids("project")
    by_place: dict[tuple[object, ...], bool] = {}
    found: set[int] = set()
    for row in rows:
        place = row[1:]
        if place not in by_place:
            allowed = reach[kinds(row.classification)]
            scopes = scopes_within(*row[1:4], row.programme_id)
            by_place[place] = allowed.everywhere or not allowed.scopes.isdisjoint(scopes)
        if row.project_id in on_it or by_place[place]:
            found.add(row.project_id)
    return frozenset(found)


def require_on_project(
    actor: Actor, project: Project, letter: str, object_type: str = "project"
) -> Actor:
    """As ``can_on_project``; raises NotAllowed with the reason, else as ``allowed_as``."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, object_type, letter, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "projects.not_allowed",
            f"Your roles do not allow this on project {project.code}. "
            "Its roles are listed on the project's page.",
        )
    return allowed


def deciding_as(
    actor: Actor,
    held: Grants,
    scopes: list[Scope],
    roles: tuple[Role, ...],
    amount: Decimal | None = None,
) -> Actor | None:
    """As whom these grants of the actor decide in one of these roles, or None.

    A role held by delegation counts only where approvals were passed on, and up to its limit.
    """
    if actor.is_system:
        return actor
    within = set(scopes)
    people = [
        grant.for_person
        for grant in held.grants
        if grant.role in roles
        and grant.passes("A", amount)
        and ((grant.scope_type, grant.scope_id) in within or grant.scope_type == "global")
    ]
    if not people:
        return None
    return actor if None in people else in_place_of(actor, people[:1])


def decides_within(actor: Actor, scopes: list[Scope], roles: tuple[Role, ...]) -> Actor | None:
    """As whom the actor may decide in one of these roles on an object within these scopes."""
    return deciding_as(actor, grants_of(actor), scopes, roles)
