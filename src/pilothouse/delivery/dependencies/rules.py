# SPDX-License-Identifier: Apache-2.0
"""Who may do what to a dependency, in which state, and what its slack means (DOMAIN 1.4, 4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES, classified, project_scopes
from pilothouse.foundation.access.queries import Grant, Grants, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

State = PlanDependency.State
Colour = Literal["green", "amber", "red", ""]
OBJECT = "cross_project_dependency"
GREEN_FROM_DAYS = 5
"""Working days of slack from which on a dependency is green (DOMAIN 4.7)."""
AMBER_FROM_DAYS = 0
"""Working days of slack from which on it is amber; below, it comes too late and is red."""

ANSWER_DAYS = 5
"""Working days that a side has to answer before somebody above may (DOMAIN 4.7)."""
TOLD_FROM_DAYS = 3
"""A milestone that another project moves by more working days is told to those above."""


class Side(StrEnum):
    """The two ends of a dependency."""

    GIVER = "giver"
    RECEIVER = "receiver"

    @property
    def other(self) -> Side:
        """Who stands across."""
        return Side.RECEIVER if self is Side.GIVER else Side.GIVER

    def project(self, row: PlanDependency) -> Project:
        """The project of this end."""
        return row.giver if self is Side.GIVER else row.receiver


class Step(StrEnum):
    """What is done to a dependency once it is proposed."""

    AGREE = "agree"
    START = "start"
    DELIVER = "deliver"
    ACCEPT = "accept"
    DISPUTE = "dispute"
    CANCEL = "cancel"
    DATES = "dates"


BOTH = (Side.GIVER, Side.RECEIVER)
MANAGER, KEEPER, ARBITER = "S", "U", "A"
"""Letters of the matrix: of a side's manager, of who keeps it, of who settles a dispute."""


@dataclass(frozen=True, slots=True)
class Way:
    """From which states a step is taken, to which it leads, by which side and right."""

    sources: tuple[State, ...]
    target: State
    sides: tuple[Side, ...]
    letter: str
    reasoned: bool = False


WAYS: Mapping[Step, Way] = MappingProxyType(
    {
        Step.AGREE: Way((State.PROPOSED,), State.AGREED, BOTH, MANAGER),
        Step.START: Way((State.AGREED,), State.IN_PROGRESS, (Side.GIVER,), KEEPER),
        Step.DELIVER: Way(
            (State.AGREED, State.IN_PROGRESS), State.DELIVERED, (Side.GIVER,), KEEPER
        ),
        Step.ACCEPT: Way((State.DELIVERED,), State.ACCEPTED, (Side.RECEIVER,), MANAGER),
        Step.DISPUTE: Way(
            (State.PROPOSED, State.AGREED, State.IN_PROGRESS, State.DELIVERED),
            State.DISPUTED,
            BOTH,
            MANAGER,
            reasoned=True,
        ),
        Step.CANCEL: Way(PlanDependency.OPEN, State.CANCELLED, BOTH, MANAGER, reasoned=True),
        Step.DATES: Way(PlanDependency.AWAITED, State.PROPOSED, BOTH, KEEPER, reasoned=True),
    }
)
_WHO = {Side.GIVER: "the project that gives", Side.RECEIVER: "the project that gets"}
_WORDS = {
    Step.AGREE: "agree to",
    Step.START: "start",
    Step.DELIVER: "deliver",
    Step.ACCEPT: "accept",
    Step.DISPUTE: "dispute",
    Step.CANCEL: "cancel",
    Step.DATES: "change the dates of",
}


def colour_of(slack_days: int | None) -> Colour:
    """Green, amber or red by the slack; nothing where no forecast is known."""
    if slack_days is None:
        return ""
    if slack_days >= GREEN_FROM_DAYS:
        return "green"
    return "amber" if slack_days >= AMBER_FROM_DAYS else "red"


def code_for_others(project: Project) -> str:
    """What those who do not see a project may know of it: its code, unless it is confidential."""
    return code_told(project.code, project.classification)


def code_told(code: str, classification: str) -> str:
    """The same of a project that is known by its code and classification."""
    return "" if classification == Project.Classification.CONFIDENTIAL else code


def holds(held: Grants, project: Project, letter: str) -> bool:
    """Whether these grants give the letter on dependencies of a project."""
    return classified(held, project).allows(OBJECT, letter, project_scopes(project))


def require_propose(actor: Actor, project: Project) -> Actor:
    """Raises NotAllowed without C on dependencies of the project, else says as whom."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, OBJECT, "C", project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "dependencies.not_allowed",
            f"Your roles do not allow you to propose a dependency of project {project.code}. "
            "Its project manager may.",
        )
    return allowed


def require_open(project: Project) -> None:
    """Nothing new is promised to or by a project that is over."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "dependencies.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; "
            "nothing new can be agreed with it.",
        )


def _is_own(grant: Grant) -> bool:
    return grant.for_person is None


def has_agreed(row: PlanDependency, side: Side) -> bool:
    """Whether somebody agreed for this side."""
    return bool(row.giver_agreed_label if side is Side.GIVER else row.receiver_agreed_label)


def _agreed_by(row: PlanDependency, side: Side) -> int | None:
    return row.giver_agreed_by_id if side is Side.GIVER else row.receiver_agreed_by_id


def sides_to_agree(held: Grants, row: PlanDependency) -> list[Side]:
    """For which sides the actor may agree now.

    Nobody agrees with themselves: who agreed for the one side, or holds the other only in
    somebody's place, agrees for both only as the manager of both in person.
    """
    mine = [side for side in BOTH if holds(held, side.project(row), MANAGER)]
    wanted = [side for side in mine if not has_agreed(row, side)]
    own = held.only(_is_own)
    if held.everything or all(holds(own, side.project(row), MANAGER) for side in BOTH):
        return wanted
    free = [side for side in wanted if _agreed_by(row, side.other) != held.user_id]
    in_person = [side for side in free if holds(own, side.project(row), MANAGER)]
    return (in_person or free)[:1]


def unanswered(row: PlanDependency, today: date) -> bool:
    """Whether one side has left the dates without an answer for too long."""
    since = row.arbitrate_from
    return row.state == State.PROPOSED and since is not None and since <= today


def may_arbitrate(held: Grants, row: PlanDependency, today: date) -> bool:
    """Whether the actor settles a dispute, or answers in the place of a side that does not.

    Who holds A on both projects, manages neither and did not propose it (R-GEN-08).
    """
    barred = held.eligible(row.giver.pm_id, row.receiver.pm_id, row.created_by_id)
    own = held.only(_is_own)
    if not held.everything and any(holds(own, side.project(row), MANAGER) for side in BOTH):
        return False
    return (row.state == State.DISPUTED or unanswered(row, today)) and all(
        holds(barred, side.project(row), ARBITER) for side in BOTH
    )


def sides_for(held: Grants, row: PlanDependency, step: Step) -> list[Side]:
    """For which sides the actor may take a step, whatever the state."""
    if step is Step.AGREE:
        return sides_to_agree(held, row)
    way = WAYS[step]
    return [side for side in way.sides if holds(held, side.project(row), way.letter)]


def steps_for(held: Grants, row: PlanDependency, today: date) -> list[Step]:
    """The steps that the actor may take now, for the buttons of a page."""
    return [
        step
        for step, way in WAYS.items()
        if row.state in way.sources
        and (sides_for(held, row, step) or (step is Step.DATES and may_arbitrate(held, row, today)))
    ]


NEXT = (Step.AGREE, Step.ACCEPT)
"""Steps for which others wait."""


def waits_for(held: Grants, row: PlanDependency, today: date) -> bool:
    """Whether others wait for the actor: to agree, to accept what came, or to settle a dispute."""
    if may_arbitrate(held, row, today):
        return True
    return any(
        row.state in WAYS[step].sources and bool(sides_for(held, row, step)) for step in NEXT
    )


def require_step(actor: Actor, row: PlanDependency, step: Step) -> tuple[Actor, list[Side]]:
    """As whom and for which sides the actor takes a step.

    Raises: NotAllowed naming who may; Invalid where the state is not one for it.
    """
    held, way = grants_of(actor), WAYS[step]
    sides = sides_for(held, row, step)
    if not sides and step is Step.AGREE and row.state != State.PROPOSED:
        sides = [side for side in BOTH if holds(held, side.project(row), MANAGER)]
    if not sides:
        who = " or ".join(_WHO[side] for side in way.sides)
        raise NotAllowed(
            "dependencies.step_not_allowed",
            f"Your roles do not allow you to {_WORDS[step]} this dependency. "
            f"The manager of {who} may; nobody agrees with themselves.",
        )
    if row.state not in way.sources:
        raise Invalid(
            "dependencies.state",
            f"‘{row}’ is {row.get_state_display().lower()}; "
            f"to {_WORDS[step]} it, it must be {_listed(way.sources)}.",
        )
    project = sides[0].project(row)
    scopes, counted = project_scopes(project), classified(held, project)
    return allowed_as(actor, OBJECT, way.letter, scopes, counted) or actor, sides


def _listed(states: tuple[State, ...]) -> str:
    words = [state.label.lower() for state in states]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
