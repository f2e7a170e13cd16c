# SPDX-License-Identifier: Apache-2.0
"""Schedule and cost risk of a plan file."""

from __future__ import annotations

import argparse
from pathlib import Path

from pilothouse.engine.formats.risks import read_risks
from pilothouse.engine.formats.simulation_json import TOLD, simulation_document
from pilothouse.engine.simulate import (
    Outcome,
    RiskModel,
    SimulationOptions,
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
        document = simulation_document(found, names) | {"notices": noted(notices)}
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
