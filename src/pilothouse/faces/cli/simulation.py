# SPDX-License-Identifier: Apache-2.0
"""Schedule and cost risk of a plan file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
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
from pilothouse.faces.cli.output import moment, noted, print_json, print_table, tell
from pilothouse.faces.cli.plans import SHOWN as NOTICES
from pilothouse.faces.cli.plans import plan_of, rules_of

USUAL = RiskModel(template=Template(low_pct=-10, high_pct=25))
"""Where no risks are given: every open task may take from 10 % less to 25 % more."""
SHOWN = 10
"""Tasks that are printed of many; JSON has them all."""
TOLD = (10, 20, 50, 80, 90)
"""Percentiles that are printed of finish, cost and milestones, and held together."""


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
            iterations=options.iterations,
            seed=options.seed,
            milestones=tuple(options.milestone),
            schedule=rules_of(options, plan),
        ),
    )
    notices = (*plan.notices, *found.notices)
    names = {task.uid: task.name for task in plan.tasks}
    if options.json:
        document = _document(found, names) | {"notices": noted(notices)}
        print_json("pilothouse.simulate/1", document)
        return 0
    print_table(
        ("", "Finish", "Cost"),
        (
            (f"P{percent}", moment(found.dates.date(percent)), _money(found.cost, percent))
            for percent in TOLD
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
    for uid, dates in found.milestones.items():
        within = ", ".join(f"P{percent} {moment(dates.date(percent))}" for percent in TOLD)
        print(f"{uid} ‘{names[uid]}’: {within}.")
    for repair in found.repairs:
        print(
            f"The correlations of {repair.name} contradicted themselves; the nearest that do not "
            f"differ by up to {repair.largest_change:.3f}."
        )
    tell(notices, NOTICES)
    return 0


def _money(cost: Outcome | None, percent: int) -> str:
    return "" if cost is None else f"{cost.percentile(percent):.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _document(found: SimulationResult, names: Mapping[int, str]) -> dict[str, object]:
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
        "deterministic_date": found.deterministic_finish,
    }
    return {
        "seed": found.seed,
        "iterations": found.iterations,
        "finish": finish,
        "cost": None if found.cost is None else _money_document(found.cost, found.currency),
        "joint_confidence": [] if found.cost is None else _joint(found, found.cost),
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


def _money_document(cost: Outcome, currency: str) -> dict[str, object]:
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
