# SPDX-License-Identifier: Apache-2.0
"""What a simulation says, as JSON (docs/reference/engine-output.md, ``pilothouse.simulate/1``)."""

from __future__ import annotations

from collections.abc import Mapping

from pilothouse.engine.simulate import Outcome, Sensitivity, SimulationResult

TOLD = (10, 20, 50, 80, 90)
"""Percentiles that are held together."""
GRID = (5, *range(10, 100, 10), 95)
"""Percentiles of cost and of finish whose joint confidence is told for every pair."""


def simulation_document(found: SimulationResult, names: Mapping[int, str]) -> dict[str, object]:
    """A result as its document has it; instants stay instants, and ``names`` are of the tasks.

    Parameters
    ----------
    found : SimulationResult
    names : mapping of int to str
        Uid → name, of every task of the plan.

    Returns
    -------
    dict
        Of ``pilothouse.simulate/1``, without its notices.
    """
    contingency = {
        f"p{percent}": found.schedule_contingency_days(percent)
        for percent in found.finish.percentiles
    }
    finish = {
        **_moments(found.finish),
        "contingency_days": contingency,
        "unit": "working minutes after the start of the plan",
        "deterministic": found.finish.deterministic,
        "deterministic_percentile": found.finish.deterministic_percentile,
        "dates": {f"p{percent}": when for percent, when in found.dates.percentiles.items()},
        "date_curve": [found.dates.date(percent) for percent in range(101)],
        "deterministic_date": found.deterministic_finish,
    }
    return {
        "seed": found.seed,
        "iterations": found.iterations,
        "finish": finish,
        "cost": None if found.cost is None else _money(found.cost, found.currency),
        "joint_confidence": [] if found.cost is None else _joint(found, found.cost),
        "joint_grid": None if found.cost is None else _grid(found, found.cost),
        "milestones": [
            {
                "uid": uid,
                "name": names[uid],
                "dates": {f"p{percent}": when for percent, when in dates.percentiles.items()},
            }
            for uid, dates in found.milestones.items()
        ],
        "repairs": [
            {"name": repair.name, "largest_change": repair.largest_change}
            for repair in found.repairs
        ],
        "tasks": [
            {
                "uid": task.uid,
                "name": task.name,
                "criticality": task.criticality_index,
                "cruciality": task.cruciality,
                "ssi": task.ssi,
            }
            for task in found.tasks.values()
        ],
        "sensitivities": {
            "schedule": [_sensitivity(row) for row in found.schedule],
            "cost": [_sensitivity(row) for row in found.budget],
        },
    }


def _money(cost: Outcome, currency: str) -> dict[str, object]:
    return {
        **_moments(cost),
        "currency": currency,
        "deterministic": cost.deterministic,
        "deterministic_percentile": cost.deterministic_percentile,
        "contingency": {f"p{percent}": cost.contingency(percent) for percent in cost.percentiles},
    }


def _joint(found: SimulationResult, cost: Outcome) -> list[dict[str, object]]:
    """How often both are kept, of what each alone is kept with a confidence."""
    rows: list[dict[str, object]] = []
    for percent in TOLD:
        amount, finish = cost.percentile(percent), found.dates.date(percent)
        share = found.joint(amount, finish)
        rows.append({"percent": percent, "cost": amount, "finish": finish, "share": share})
    return rows


def _grid(found: SimulationResult, cost: Outcome) -> dict[str, object]:
    """The share of iterations that keep both, for each percentile of finish and of cost."""
    amounts = [cost.percentile(percent) for percent in GRID]
    shares = [
        [found.joint(amount, found.dates.date(percent)) for amount in amounts] for percent in GRID
    ]
    return {"percents": list(GRID), "shares": shares}


def _moments(outcome: Outcome) -> dict[str, object]:
    percentiles = {f"p{percent}": value for percent, value in outcome.percentiles.items()}
    edges, counts = outcome.histogram()
    return {
        "mean": outcome.mean,
        "sd": outcome.sd,
        **percentiles,
        "histogram": {"edges": edges, "counts": counts},
        "s_curve": [{"value": value, "percent": percent} for value, percent in outcome.s_curve()],
    }


def _sensitivity(row: Sensitivity) -> dict[str, object]:
    return {
        "kind": row.kind.value,
        "uid": row.uid,
        "name": row.name,
        "correlation": row.correlation,
        "low": row.low,
        "high": row.high,
        "variance_share": row.variance_share,
    }
