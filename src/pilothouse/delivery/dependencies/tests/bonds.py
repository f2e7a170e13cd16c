# SPDX-License-Identifier: Apache-2.0
"""Two projects with plans: Piet's quay gives, Dora's dredging waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cast import SYSTEM, Cast, appoint, make_project, person
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side
from pilothouse.delivery.dependencies.services import Proposal, propose_dependency
from pilothouse.delivery.planning.services import begin_plan, edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.accounts.models import User

MONDAY = date(2026, 3, 2)
SURVEY, PILES, WALL = 1, 2, 3
"""Harbour: 5 + 10 + 5 days in a row from Monday 2 March 2026: until 6, 20 and 27 March."""
HIRE, DIG = 1, 2
"""Dredging: 20 + 5 days in a row: until Friday 27 March, then 30 March to 3 April."""


def plan(project: Project, *tasks: tuple[str, str]) -> None:
    """A plan from 2 March 2026 on whose tasks follow one another."""
    begin_plan(actor=SYSTEM, project=project, start=MONDAY)
    rows = [{"name": name, "duration": duration} for name, duration in tasks]
    links = [
        {"do": "link", "predecessor": number, "successor": number + 1}
        for number in range(1, len(tasks))
    ]
    steps = [{"do": "add", "after": None, "tasks": rows}, *links]
    edit_plan(actor=SYSTEM, project=project, steps=steps)


def stretch(project: Project, uid: int, duration: str) -> None:
    """Give a task another duration."""
    step = {"do": "set", "uid": uid, "field": "duration", "value": duration}
    edit_plan(actor=SYSTEM, project=project, steps=[step])


def manager(name: str, project: Project) -> User:
    """A person who manages this project and nothing else."""
    user = person(name)
    scopes = project_scopes(project)
    appoint(user, Role.PM, ("project", project.pk), project.office_id, scopes)
    return user


@dataclass
class World:
    """The cast with a second project and its manager."""

    cast: Cast
    quay: Project
    dredge: Project
    dora: User

    @property
    def piet(self) -> User:
        return self.cast.piet

    def propose(self, by: User | None = None, **values: object) -> PlanDependency:
        """Piet offers the piles to Dora's digging, as the plans have it, if nothing else is said."""
        side = values.pop("side", Side.GIVER)
        asked = {
            "giver": self.quay,
            "giver_uid": PILES,
            "receiver": self.dredge,
            "receiver_uid": DIG,
            "deliverable": "Piles up to berth four",
        } | values
        return propose_dependency(
            actor=(by or self.piet).actor(),
            proposal=Proposal(**asked),  # type: ignore[arg-type]
            side=side,  # type: ignore[arg-type]
        )


def build(cast: Cast) -> World:
    """Piet sees both projects; Dora sees the dredging alone."""
    dredge = make_project(cast.portfolio, "DREDGE", "Dredge the channel", state="executing")
    plan(cast.harbour, ("Survey", "5d"), ("Drive piles", "10d"), ("Build wall", "5d"))
    plan(dredge, ("Hire the ship", "20d"), ("Dig", "5d"))
    scopes = project_scopes(dredge)
    appoint(cast.piet, Role.TEM, ("project", dredge.pk), cast.office.pk, scopes)
    return World(cast, cast.harbour, dredge, manager("Dora Example", dredge))
