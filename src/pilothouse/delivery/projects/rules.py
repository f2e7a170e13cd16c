# SPDX-License-Identifier: Apache-2.0
"""Who may do what in the register, and which states follow which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import Allowed, Grants, Scope, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit, ids_of_path

PHASES = (
    ("initiation", "Initiation", ("authorised", "initiating")),
    ("planning", "Planning", ("planning",)),
    ("execution", "Execution", ("executing", "on_hold")),
    ("closing", "Closing", ("closing",)),
    ("benefits", "Benefits", ("closed", "benefits_tracking", "completed")),
)

OPEN_STATES = ("authorised", "initiating", "planning", "executing", "on_hold", "closing")
ACTIVE_STATES = ("authorised", "initiating", "planning", "executing", "closing")


def phase_of(state: str) -> str:
    """Name of the life-cycle phase a state belongs to; cancelled has none."""
    return next((label for _, label, states in PHASES if state in states), "Cancelled")


class ReasonCode(StrEnum):
    """R-LIF-02."""

    STRATEGY = "strategy"
    VALUE = "value"
    FUNDING = "funding"
    CAPACITY = "capacity"
    RISK = "risk"
    DUPLICATE = "duplicate"
    DEPENDENCY = "dependency"
    COMPLIANCE = "compliance"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step: who decides and what must be true."""

    target: str
    roles: tuple[Role, ...]
    guard: str
    needs_reason: bool = False


_HOLD = Transition("on_hold", (Role.SCM, Role.SPO, Role.DIR), "review_date", needs_reason=True)
_CANCEL = Transition("cancelled", (Role.SCM, Role.DIR), "", needs_reason=True)

TRANSITIONS: dict[str, tuple[Transition, ...]] = {
    "authorised": (
        Transition("initiating", (Role.SPO, Role.DIR), "pm_budget_dates"),
        _HOLD,
        _CANCEL,
    ),
    "initiating": (Transition("planning", (Role.SCM, Role.DIR), "mandatory_roles"), _HOLD, _CANCEL),
    "planning": (
        Transition("executing", (Role.SCM, Role.DIR), "baseline_and_budget"),
        _HOLD,
        _CANCEL,
    ),
    "executing": (Transition("closing", (Role.SCM, Role.DIR), ""), _HOLD, _CANCEL),
    "on_hold": (Transition("", (Role.SCM, Role.DIR), "state_before"), _CANCEL),
    "closing": (Transition("closed", (Role.SCM, Role.DIR), ""),),
    "closed": (Transition("benefits_tracking", (Role.ANL, Role.DIR), ""),),
    "benefits_tracking": (Transition("completed", (Role.ANL, Role.DIR), ""),),
    "cancelled": (Transition("completed", (Role.DIR,), "", needs_reason=True),),
    "completed": (),
}
"""R-LIF-01, DOMAIN 2.2. The empty target of *on_hold* is the state before the hold."""

PORTFOLIO_TRANSITIONS = {
    "draft": ("active",),
    "active": ("suspended", "closed"),
    "suspended": ("active", "closed"),
    "closed": (),
}
PROGRAMME_TRANSITIONS = {
    "identified": ("defined", "cancelled"),
    "defined": ("delivering", "cancelled"),
    "delivering": ("closing", "cancelled"),
    "closing": ("closed", "cancelled"),
    "closed": (),
    "cancelled": (),
}


def portfolio_scopes(portfolio: Portfolio) -> list[Scope]:
    """All scopes that contain a portfolio."""
    return [
        ("global", 0),
        ("office", portfolio.office_id),
        *(("org_unit", number) for number in ids_of_path(portfolio.org_unit.path)),
        *(("portfolio", number) for number in ids_of_path(portfolio.path)),
    ]


def programme_scopes(programme: Programme) -> list[Scope]:
    """All scopes that contain a programme."""
    return [*portfolio_scopes(programme.portfolio), ("programme", programme.pk)]


def project_scopes(project: Project) -> list[Scope]:
    """All scopes that contain a project."""
    scopes = portfolio_scopes(project.portfolio)
    if project.programme_id is not None:
        scopes.append(("programme", project.programme_id))
    return [*scopes, ("project", project.pk)]


def within_units(ids: list[int], prefix: str) -> Q:
    """Condition for lying under one of these units, by the path of the portfolio's unit."""
    condition = Q(pk__in=[])
    for path in OrgUnit.objects.filter(pk__in=ids).values_list("path", flat=True):
        condition |= Q(**{f"{prefix}path__gte": path, f"{prefix}path__lt": path + "~"})
    return condition


def _portfolio_condition(allowed: Allowed, prefix: str) -> Q:
    """``prefix`` leads from the row to its portfolio, such as ``portfolio__`` or nothing."""
    condition = Q(pk__in=[])
    if offices := allowed.ids("office"):
        condition |= Q(**{f"{prefix}office_id__in": offices})
    if units := allowed.ids("org_unit"):
        condition |= within_units(units, f"{prefix}org_unit__")
    if portfolios := allowed.ids("portfolio"):
        for path in Portfolio.objects.filter(pk__in=portfolios).values_list("path", flat=True):
            condition |= Q(**{f"{prefix}path__gte": path, f"{prefix}path__lt": path + "~"})
    return condition


def visible_portfolios(actor: Actor, grants: Grants | None = None) -> QuerySet[Portfolio]:
    """Portfolios the actor may read."""
    allowed = (grants or grants_of(actor)).reach("portfolio", "R")
    if allowed.everywhere:
        return Portfolio.objects.all()
    return Portfolio.objects.filter(_portfolio_condition(allowed, ""))


def visible_programmes(actor: Actor, grants: Grants | None = None) -> QuerySet[Programme]:
    """Programmes the actor may read."""
    allowed = (grants or grants_of(actor)).reach("programme", "R")
    if allowed.everywhere:
        return Programme.objects.all()
    condition = _portfolio_condition(allowed, "portfolio__")
    if ids := allowed.ids("programme"):
        condition |= Q(pk__in=ids)
    return Programme.objects.filter(condition)


def project_condition(actor: Actor, grants: Grants | None = None, letter: str = "R") -> Q | None:
    """Condition on projects for a letter of the matrix; None means every project.

    R-GEN-10: a confidential project is read only by those who hold a role on the project
    itself or who direct or audit its office.
    """
    held = grants or grants_of(actor)
    allowed = held.reach("project", letter)
    if allowed.everywhere:
        return None
    condition = _portfolio_condition(allowed, "portfolio__")
    if ids := allowed.ids("programme"):
        condition |= Q(programme_id__in=ids)
    own = allowed.ids("project")
    if streams := allowed.ids("workstream"):
        condition |= Q(workstreams__in=streams)
    named = Q(pk__in=own)
    if actor.user_id is not None:
        named |= Q(pm_id=actor.user_id) | Q(sponsor_id=actor.user_id)
    overseers = [grant.office_id for grant in held.grants if grant.role in {Role.DIR, Role.AUD}]
    open_to_scope = ~Q(classification=Project.Classification.CONFIDENTIAL) | Q(
        office_id__in=overseers
    )
    return (condition & open_to_scope) | (named if letter == "R" else Q(pk__in=own))


def visible_projects(actor: Actor, grants: Grants | None = None) -> QuerySet[Project]:
    """Projects the actor may read."""
    condition = project_condition(actor, grants)
    return Project.objects.all() if condition is None else Project.objects.filter(condition)


def can_on_project(
    actor: Actor, project: Project, letter: str, object_type: str = "project"
) -> bool:
    """Whether the matrix gives a letter on this project or on something inside it."""
    return grants_of(actor).allows(object_type, letter, project_scopes(project))


def require_on_project(
    actor: Actor, project: Project, letter: str, object_type: str = "project"
) -> None:
    """As ``can_on_project``; raises NotAllowed with the reason."""
    if not can_on_project(actor, project, letter, object_type):
        raise NotAllowed(
            "projects.not_allowed",
            f"Your roles do not allow this on project {project.code}. "
            "Its roles are listed on the project's page.",
        )


def holds_role_on_project(actor: Actor, project: Project, roles: tuple[Role, ...]) -> bool:
    """Whether the actor holds one of these roles on a scope that contains the project."""
    if actor.is_system:
        return True
    scopes = set(project_scopes(project))
    return any(
        grant.role in roles
        and ((grant.scope_type, grant.scope_id) in scopes or grant.scope_type == "global")
        for grant in grants_of(actor).grants
    )
