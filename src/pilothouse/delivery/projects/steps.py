# SPDX-License-Identifier: Apache-2.0
"""Steps out of a state, told before anybody tries: who decides and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import (
    Missing,
    missing_for,
    open_below_portfolio,
    open_below_programme,
)
from pilothouse.foundation.access.matrix import Role, role_words
from pilothouse.foundation.core.actor import Actor

_REGISTER = "projects:register"


@dataclass(frozen=True, slots=True)
class Step:
    """One possible next state."""

    target: str
    label: str
    who: str
    may: bool
    why_not: str
    missing: list[Missing]


def _names(roles: tuple[Role, ...]) -> str:
    return " or ".join(role_words(role) for role in roles)


def portfolio_steps(actor: Actor, row: Portfolio) -> list[Step]:
    """What may follow for a portfolio."""
    roles = (Role.DIR, Role.SCM, Role.PFM)
    may = rules.decides_within(actor, rules.portfolio_scopes(row), roles) is not None
    return [
        Step(
            target,
            str(Portfolio.State(target).label),
            "PMO director or steering member; a portfolio manager records their decision",
            may,
            "" if may else "Another role decides this.",
            [Missing(text, _REGISTER) for text in open_below_portfolio(row)]
            if target == Portfolio.State.CLOSED
            else [],
        )
        for target in rules.PORTFOLIO_TRANSITIONS[row.state]
    ]


def programme_steps(actor: Actor, row: Programme) -> list[Step]:
    """What may follow for a programme."""
    found: list[Step] = []
    ending = {Programme.State.CLOSED, Programme.State.CANCELLED}
    for target in rules.PROGRAMME_TRANSITIONS[row.state]:
        roles = rules.PROGRAMME_ROLES[target]
        may = rules.decides_within(actor, rules.programme_scopes(row), roles) is not None
        gaps = open_below_programme(row) if target in ending else []
        found.append(
            Step(
                target,
                str(Programme.State(target).label),
                _names(roles),
                may,
                "" if may else "Another role decides this.",
                [Missing(text, _REGISTER) for text in gaps],
            )
        )
    return found


def project_steps(actor: Actor, row: Project) -> list[Step]:
    """What may follow for a project (DOMAIN 2.2)."""
    is_manager = rules.manages(actor, row)
    found: list[Step] = []
    for step in rules.TRANSITIONS[row.state]:
        target = step.target or row.state_before_hold
        may = rules.decides_on_project(actor, row, step.roles) is not None
        why_not = "A project manager does not decide on the own project's state."
        found.append(
            Step(
                target,
                str(Project.State(target).label),
                _names(step.roles),
                may,
                "" if may else (why_not if is_manager else "Another role decides this."),
                missing_for(row, step),
            )
        )
    return found
