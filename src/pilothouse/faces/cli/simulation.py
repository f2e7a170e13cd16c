# SPDX-License-Identifier: Apache-2.0
"""Schedule and cost risk of a plan file."""

from __future__ import annotations

import argparse
from pathlib import Path

from pilothouse.engine.formats.risks import read_risks
from pilothouse.engine.simulate import (
    Outcome,
    RiskModel,
    Sensitivity,
    SimulationOptions,
    SimulationResult,
    Template,
    simulate_plan,
)
from pilothouse.faces.cli.output import moment, print_json, print_table
from pilothouse.faces.cli.plans import plan_of, rules_of

USUAL = RiskModel(template=Template(low_pct=-10, high_pct=25))
"""Where no risks are given: every open task may take from 10 % less to 25 % more."""
SHOWN = 10
"""Tasks that are printed of many; JSON has them all."""


def run_simulate(options: argparse.Namespace) -> int:
    """Print finish, cost and what drives them."""
    plan = plan_of(options)
    model = USUAL
    if options.risks:
        with Path(options.risks).open("rb") as source:
            model = read_risks(source, plan.minutes_per_day)
    found = simulate_plan(
        plan,
        model,
        SimulationOptions(
            iterations=options.iterations, seed=options.seed, schedule=rules_of(options, plan)
        ),
    )
    if options.json:
        print_json("pilothouse.simulate/1", _document(found))
        return 0
    print_table(
        ("", "Finish", "Cost"),
        (
            (f"P{percent}", moment(found.dates.date(percent)), _money(found.cost, percent))
            for percent in (10, 20, 50, 80, 90)
        ),
    )
    planned, place = moment(found.deterministic_finish), found.finish.deterministic_percentile
    print(f"\nThe plan says {planned}, which is kept in {place:.0f} % of the cases.\n")
    ranked = sorted(found.tasks.values(), key=lambda task: -task.criticality_index)
    print_table(
        ("Critical", "SSI", "Task"),
        (
            (f"{100 * task.criticality_index:.0f} %", _share(task.ssi), f"{task.uid} ‘{task.name}’")
            for task in ranked[:SHOWN]
        ),
    )
    for notice in found.notices:
        print(f"{notice.place}: {notice.message}")
    return 0


def _money(cost: Outcome | None, percent: int) -> str:
    return "" if cost is None else f"{cost.percentile(percent):.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _document(found: SimulationResult) -> dict[str, object]:
    finish = {
        **_moments(found.finish),
        "unit": "working minutes after the start of the plan",
        "deterministic": found.finish.deterministic,
        "deterministic_percentile": found.finish.deterministic_percentile,
        "dates": {f"p{percent}": when for percent, when in found.dates.percentiles.items()},
        "deterministic_date": found.deterministic_finish,
    }
    return {
        "seed": found.seed,
        "iterations": found.iterations,
        "finish": finish,
        "cost": None if found.cost is None else _moments(found.cost),
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


def _moments(outcome: Outcome) -> dict[str, object]:
    percentiles = {f"p{percent}": value for percent, value in outcome.percentiles.items()}
    return {"mean": outcome.mean, "sd": outcome.sd, **percentiles}


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
