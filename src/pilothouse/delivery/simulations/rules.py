# SPDX-License-Identifier: Apache-2.0
"""Who may simulate, and who reads what it said (DOMAIN 1.4)."""

from __future__ import annotations

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    classified,
    portfolio_scopes,
    programme_scopes,
    project_scopes,
)
from pilothouse.delivery.simulations.models import SimulationRun
from pilothouse.foundation.access.queries import Grants, Scope, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

OBJECT, BUDGET = "simulation_run", "budget"
Place = Project | Programme | Portfolio


def scopes_of(place: Place) -> list[Scope]:
    """All scopes that contain what is simulated."""
    if isinstance(place, Project):
        return project_scopes(place)
    if isinstance(place, Programme):
        return programme_scopes(place)
    return portfolio_scopes(place)


def counted(held: Grants, place: Place) -> Grants:
    """Grants that count: of a classified project fewer (R-GEN-10)."""
    return classified(held, place) if isinstance(place, Project) else held


def can(
    actor: Actor, place: Place, letter: str, kind: str = OBJECT, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter here."""
    held = counted(grants or grants_of(actor), place)
    return held.allows(kind, letter, scopes_of(place))


def require(actor: Actor, place: Place, letter: str, doing: str) -> Actor:
    """Raises NotAllowed that names what the actor was ``doing``; else says as whom."""
    held = counted(grants_of(actor), place)
    allowed = allowed_as(actor, OBJECT, letter, scopes_of(place), held)
    if allowed is None:
        raise NotAllowed(
            "simulations.not_allowed",
            f"Your roles do not allow you to {doing} {place.code}. Its manager and the PMO may.",
        )
    return allowed


def require_open(project: Project) -> None:
    """What is over is uncertain no more."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "simulations.project_over",
            f"Project {project.code} is {project.get_state_display().lower()}; nothing about it "
            "is uncertain any more.",
        )


def sees_money(actor: Actor, place: Place, grants: Grants | None = None) -> bool:
    """Whether the actor reads what it may cost."""
    return can(actor, place, "R", BUDGET, grants)


def require_money(actor: Actor, project: Project) -> None:
    """Raises NotAllowed for who does not read the budget of a project."""
    if not sees_money(actor, project):
        raise NotAllowed(
            "simulations.money_not_seen",
            f"Your roles do not allow you to see what project {project.code} costs.",
        )


def require_cancel(actor: Actor, run: SimulationRun) -> Actor:
    """Who asked for a run, and whoever may ask for one, stops it."""
    if actor.user_id is not None and actor.user_id == run.created_by_id:
        return actor
    return require(actor, run.place, "C", "stop a simulation of")
