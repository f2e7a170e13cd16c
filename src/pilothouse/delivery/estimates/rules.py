# SPDX-License-Identifier: Apache-2.0
"""Who sees, makes and accepts estimates of a project."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    can_on_project,
    classified,
    project_scopes,
    sees_budget,
)
from pilothouse.foundation.access.queries import Grants, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

OBJECT = "estimate"


class Verb(StrEnum):
    """What can be done to estimates; the value is the letter of the matrix."""

    READ = "R"
    MAKE = "C"
    ACCEPT = "A"


_WORDS = {
    Verb.READ: "see the estimates",
    Verb.MAKE: "estimate the work",
    Verb.ACCEPT: "accept estimates",
}


def can(actor: Actor, project: Project, verb: Verb, grants: Grants | None = None) -> bool:
    """Whether the matrix gives the letter on estimates of this project."""
    return can_on_project(actor, project, verb.value, OBJECT, grants)


def verbs_of(actor: Actor, project: Project, grants: Grants | None = None) -> frozenset[Verb]:
    """What the actor may do, for the buttons of a page."""
    if project.state not in OPEN_STATES:
        return frozenset()
    return frozenset(verb for verb in Verb if can(actor, project, verb, grants))


def require(actor: Actor, project: Project, verb: Verb) -> Actor:
    """Raises NotAllowed without the letter, else says as whom the actor may."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, OBJECT, verb.value, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "estimates.not_allowed",
            f"Your roles do not allow you to {_WORDS[verb]} of project {project.code}. "
            "Its project manager may.",
        )
    return allowed


def require_open(project: Project) -> None:
    """Nothing is estimated of a project that is over."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "estimates.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; nothing is "
            "estimated any more.",
        )


def require_money(actor: Actor, project: Project) -> None:
    """A cost is estimated and seen by those who see the budget."""
    if not sees_budget(actor, project):
        raise NotAllowed(
            "estimates.money", "Your roles do not allow you to see what this project may cost."
        )
