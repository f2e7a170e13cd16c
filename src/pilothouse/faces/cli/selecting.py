# SPDX-License-Identifier: Apache-2.0
"""Selection of a portfolio from a file of candidates and limits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pilothouse.engine.formats.selection_file import read_selection
from pilothouse.engine.selection import (
    Progress,
    Relaxation,
    SelectionResult,
    Status,
    select_portfolio,
)
from pilothouse.faces.cli.output import print_json, print_table

NOTHING = {
    Status.INFEASIBLE: "No selection keeps all limits; relax them as it says beside.",
    Status.TIME_LIMIT: "No selection was found in the time; give more with --time-limit.",
}
"""What is said where nothing is selected."""


def run_select(options: argparse.Namespace) -> int:
    """Print what to do and when; 1 where there is no selection."""
    with Path(options.file).open("rb") as source:
        model = read_selection(source)
    told = _tell if sys.stderr.isatty() else None
    found = select_portfolio(model, seconds=options.time_limit, seed=options.seed, on_progress=told)
    if options.json:
        print_json("pilothouse.select/1", _document(found))
    else:
        _print(found)
    if found.value is not None:
        return 0
    print(f"pilothouse select: {NOTHING[found.status]}", file=sys.stderr)
    return 1


def _tell(progress: Progress) -> None:
    value = "–" if progress.value is None else f"{progress.value:g}"
    print(f"{progress.seconds:6.1f} s  value {value}, bound {progress.bound:g}", file=sys.stderr)


def _document(found: SelectionResult) -> dict[str, object]:
    return {
        "status": found.status.value,
        "value": found.value,
        "bound": found.bound,
        "gap": found.gap,
        "selected": [
            {"code": item.code, "start": item.start, "value": item.value, "cost": item.cost}
            for item in found.selected
        ],
        "total_cost": found.total_cost,
        "solver": found.solver,
        "seconds": found.seconds,
        "relaxations": [
            {
                "kind": row.limit.kind.value,
                "name": row.limit.name,
                "period": row.limit.period,
                "amount": row.amount,
            }
            for row in found.relaxations
        ],
    }


def _print(found: SelectionResult) -> None:
    if found.selected:
        print_table(
            ("Code", "Start", "Value", "Cost"),
            (
                (item.code, str(item.start), f"{item.value:g}", f"{item.cost:g}")
                for item in found.selected
            ),
        )
        print()
    if found.value is not None and found.gap is not None:
        print(
            f"Value {found.value:g}, at most {found.bound:g} ({100 * found.gap:.2f} % more), "
            f"cost {found.total_cost:g}: {found.status.value}."
        )
    else:
        print(f"No selection: {found.status.value}.")
    for row in found.relaxations:
        print(f"Relax {_name(row)} by {row.amount:g}.")


def _name(row: Relaxation) -> str:
    name = f"{row.limit.kind.value} {row.limit.name}".strip()
    return name if row.limit.period is None else f"{name} of period {row.limit.period}"
