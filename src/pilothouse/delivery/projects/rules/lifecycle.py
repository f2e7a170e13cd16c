# SPDX-License-Identifier: Apache-2.0
"""States of what the register holds: which follow which, and who decides (DOMAIN 1.2, 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Invalid

PHASES = (
    ("initiation", "Initiation", ("authorised", "initiating")),
    ("planning", "Planning", ("planning",)),
    ("execution", "Execution", ("executing", "on_hold")),
    ("closing", "Closing", ("closing",)),
    ("benefits", "Benefits", ("closed", "benefits_tracking", "completed")),
)

HEADER_ROLES = {
    "sponsor": Role.SPO,
    "pm": Role.PM,
    "functional_owner": Role.FOW,
    "technology_owner": Role.TOW,
    "finance_contact": Role.FIN,
}
"""Whom a project names in its header → the role that says the same.

The name is an appointment without an end, until an assignment of that role on the project ends.
"""
PEOPLE_FIELDS = tuple(HEADER_ROLES)

OPEN_STATES = ("authorised", "initiating", "planning", "executing", "on_hold", "closing")
ACTIVE_STATES = ("authorised", "initiating", "planning", "executing", "closing")


def closed_place(portfolio: Portfolio, programme: Programme | None = None) -> str:
    """Why nothing may be put into a place that has ended; empty while it is open."""
    if portfolio.state == Portfolio.State.CLOSED:
        return f"Portfolio ‘{portfolio}’ is closed; choose one that is open."
    if programme is not None and programme.state in ("closed", "cancelled"):
        return f"Programme ‘{programme}’ has ended; choose another one, or none."
    return ""


def require_open_place(
    portfolio: Portfolio, programme: Programme | None = None, field: str = "portfolio"
) -> None:
    """Raises Invalid for a portfolio or programme that has ended."""
    if why := closed_place(portfolio, programme):
        name = field if portfolio.state == Portfolio.State.CLOSED else "programme"
        message = f"{why} Nothing is put into a place that has ended."
        raise Invalid("projects.closed_place", message, fields={name: why})


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


class Guard(StrEnum):
    """What must be true before a step (DOMAIN 2.2)."""

    NONE = ""
    PM_BUDGET_DATES = "pm_budget_dates"
    MANDATORY_ROLES = "mandatory_roles"
    BASELINE_AND_BUDGET = "baseline_and_budget"
    REVIEW_DATE = "review_date"
    STATE_BEFORE = "state_before"
    BENEFITS = "benefits"


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step: who decides and what must be true."""

    target: str
    roles: tuple[Role, ...]
    guard: Guard
    needs_reason: bool = False


_HOLD = Transition("on_hold", (Role.SCM, Role.DIR), Guard.REVIEW_DATE, needs_reason=True)
_CANCEL = Transition("cancelled", (Role.SCM, Role.DIR), Guard.NONE, needs_reason=True)

TRANSITIONS: dict[str, tuple[Transition, ...]] = {
    "authorised": (
        Transition("initiating", (Role.SPO, Role.DIR), Guard.PM_BUDGET_DATES),
        _HOLD,
        _CANCEL,
    ),
    "initiating": (
        Transition("planning", (Role.SCM, Role.DIR), Guard.MANDATORY_ROLES),
        _HOLD,
        _CANCEL,
    ),
    "planning": (
        Transition("executing", (Role.SCM, Role.DIR), Guard.BASELINE_AND_BUDGET),
        _HOLD,
        _CANCEL,
    ),
    "executing": (Transition("closing", (Role.SCM, Role.DIR), Guard.NONE), _HOLD, _CANCEL),
    "on_hold": (Transition("", (Role.SCM, Role.DIR), Guard.STATE_BEFORE), _CANCEL),
    "closing": (Transition("closed", (Role.SCM, Role.DIR), Guard.NONE),),
    "closed": (Transition("benefits_tracking", (Role.ANL, Role.DIR), Guard.BENEFITS),),
    "benefits_tracking": (Transition("completed", (Role.ANL, Role.DIR), Guard.NONE),),
    "cancelled": (Transition("completed", (Role.DIR,), Guard.NONE, needs_reason=True),),
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
PROGRAMME_ROLES = {
    "defined": (Role.PFM, Role.DIR),
    "delivering": (Role.SCM, Role.DIR),
    "closing": (Role.PFM, Role.DIR),
    "closed": (Role.SCM, Role.DIR),
    "cancelled": (Role.SCM, Role.DIR),
}
"""DOMAIN 1.2: who decides that a programme reaches a state."""
