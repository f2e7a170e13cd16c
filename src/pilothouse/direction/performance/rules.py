# SPDX-License-Identifier: Apache-2.0
"""Who may change the thresholds, and which findings a snapshot bears."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    can_on_project,
    classified,
    project_scopes,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.engine.health import DIMENSIONS, Rag, watermelon_gap
from pilothouse.foundation.access.queries import Grants, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes


def can_set_policy(actor: Actor, office: OrgUnit) -> bool:
    """U on policy in the office."""
    return grants_of(actor).allows("policy", "U", unit_scopes(office))


def require_set_policy(actor: Actor, office: OrgUnit) -> Actor:
    """Raises NotAllowed unless the actor keeps the policies of this office; else as whom."""
    allowed = allowed_as(actor, "policy", "U", unit_scopes(office))
    if allowed is None:
        raise NotAllowed("performance.policy", "Only the PMO changes thresholds.")
    return allowed


MEASURE = "work_package_measure"
"""How a work package is measured, as an object of the matrix."""


def can_on_measures(
    actor: Actor, project: Project, letter: str, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on the measures of a project."""
    return can_on_project(actor, project, letter, MEASURE, grants)


def require_on_measures(actor: Actor, project: Project, letter: str) -> Actor:
    """Raises NotAllowed unless the actor may say how packages are measured; else as whom."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, MEASURE, letter, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "performance.measure_not_allowed",
            f"Your roles do not allow you to say how work packages of {project.code} are "
            "measured. Its project manager may; workstream leads may change what is chosen.",
        )
    return allowed


def require_running(project: Project) -> None:
    """Raises Invalid once a project has ended: what it earned stays as it was."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "performance.project_ended",
            f"Project {project.code} is {project.get_state_display().lower()}; what its work "
            "packages earned stays as it is.",
        )


def require_coming(valid_from: date, today: date) -> None:
    """Raises Invalid for thresholds of a day that is past: what was judged stays judged."""
    if valid_from < today:
        message = "Thresholds hold from today or a later day; the past keeps its."
        raise Invalid("performance.past", message, fields={"valid_from": message})


def stated_gap(overall: str, stated: str, colours: Iterable[str]) -> int | None:
    """How many steps the stated colour is better than the computed one, negative if it is worse.

    None where one of them is not rated. DOMAIN 10.4, with one thing left out: where the whole is
    amber only because dimensions are not rated, no figure speaks against a green statement.
    """
    gap = watermelon_gap(Rag(overall), Rag(stated or Rag.GREY))
    if gap is None or gap < 0:
        return gap
    return gap if {Rag.AMBER, Rag.RED} & set(colours) else 0


def stated_too_well(overall: str, stated: str, colours: Iterable[str]) -> int:
    """How many steps the stated colour is better than the computed one; 0 if it is not."""
    return max(0, stated_gap(overall, stated, colours) or 0)


class Costed(Protocol):
    """What is known of the cost of a project at its end."""

    @property
    def budget(self) -> Decimal | None: ...
    @property
    def forecast_cost(self) -> Decimal | None: ...
    @property
    def bac(self) -> Decimal | None: ...
    @property
    def eac(self) -> Decimal | None: ...


def at_completion(row: Costed) -> tuple[Decimal | None, Decimal | None]:
    """What cost is held against, and that cost (DOMAIN 6.5): BAC and EAC.

    Where nothing says EAC they are budget and forecast cost, both with the reserves in them.
    """
    return (row.budget, row.forecast_cost) if row.eac is None else (row.bac, row.eac)


def over_by(row: Costed) -> Decimal | None:
    """How much more the project is to cost than it may; below 0 if less."""
    base, cost = at_completion(row)
    return None if base is None or cost is None else cost - base


def over_pct(row: Costed) -> Decimal | None:
    """The same in percent of what it may cost: VAC % with the other sign; None of nothing."""
    base, over = at_completion(row)[0], over_by(row)
    return 100 * over / base if base and over is not None else None


def findings(row: PerformanceSnapshot) -> list[str]:
    """What is wrong by the figures of one snapshot, by name; the cockpit puts it in words."""
    colours = [getattr(row, name) for name in DIMENSIONS]
    slip_pct = next(
        (
            metric["colour"]
            for metric in row.reasons.get("schedule", {}).get("metrics", ())
            if metric["metric"] == "slip_pct"
        ),
        "grey",
    )
    found = {f"red_{name}": getattr(row, name) == Rag.RED for name in DIMENSIONS}
    found |= {
        "slip": slip_pct in (Rag.AMBER, Rag.RED),
        "over_budget": (over_by(row) or 0) > 0,
        "budget_trend": "trend" in row.reasons,
        "watermelon": stated_too_well(row.overall, row.stated, colours) > 0,
        "plan": bool(row.late_tasks or row.missed_deadlines or row.negative_float),
        "no_baseline": row.baseline_finish is None,
        "no_forecast": row.forecast_finish is None or row.forecast_cost is None,
        "differences": bool(row.import_differences),
    }
    return [name for name, holds in found.items() if holds]


def since(row: PerformanceSnapshot, before: PerformanceSnapshot | None) -> dict[str, str]:
    """Since which status date each finding has held without a break."""
    earlier = before.reasons.get("since", {}) if before else {}
    return {name: earlier.get(name, f"{row.status_date:%Y-%m-%d}") for name in findings(row)}
