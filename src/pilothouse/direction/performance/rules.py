# SPDX-License-Identifier: Apache-2.0
"""Who may change the thresholds, and which findings a snapshot bears."""

from __future__ import annotations

from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.engine.health import DIMENSIONS, Rag, watermelon_gap
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes


def can_set_policy(actor: Actor, office: OrgUnit) -> bool:
    """U on policy in the office."""
    return grants_of(actor).allows("policy", "U", unit_scopes(office))


def require_set_policy(actor: Actor, office: OrgUnit) -> None:
    """Raises NotAllowed unless the actor keeps the policies of this office."""
    if not can_set_policy(actor, office):
        raise NotAllowed("performance.policy", "Only the PMO changes thresholds.")


def findings(row: PerformanceSnapshot) -> list[str]:
    """What is wrong by the figures of one snapshot, by name; the cockpit puts it in words."""
    gap = watermelon_gap(Rag(row.overall), Rag(row.stated or "grey"))
    slip_pct = next(
        (
            metric["colour"]
            for metric in row.reasons.get("schedule", {}).get("metrics", ())
            if metric["metric"] == "slip_pct"
        ),
        "grey",
    )
    over = (
        row.budget is not None and row.forecast_cost is not None and row.forecast_cost > row.budget
    )
    found = {f"red_{name}": getattr(row, name) == Rag.RED for name in DIMENSIONS}
    found |= {
        "slip": slip_pct in (Rag.AMBER, Rag.RED),
        "over_budget": over,
        "watermelon": gap is not None and gap > 0,
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
