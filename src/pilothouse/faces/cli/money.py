# SPDX-License-Identifier: Apache-2.0
"""Earned value on a file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from pilothouse.engine.earned_value import DEFINITIONS, Figure, measure
from pilothouse.engine.formats.evm_csv import read_evm
from pilothouse.faces.cli.output import number, print_json, print_table


def run_evm(options: argparse.Namespace) -> int:
    """Print every figure at the end of the last period with an earned value."""
    with Path(options.file).open("rb") as source:
        known = read_evm(source)
    known = replace(
        known,
        at=known.at if options.at is None else options.at,
        to_complete=options.etc,
        agreed_cost=options.eac,
        target=options.target,
    )
    found = measure(known)
    if options.json:
        figures = {key: _figure(figure) for key, figure in found.figures.items()}
        print_json("pilothouse.evm/1", {"figures": figures, "warnings": list(found.warnings)})
        return 0
    print_table(
        (),
        (
            (DEFINITIONS[key].symbol, number(figure.value, 4), figure.unit, figure.label,
             figure.note or figure.formula)
            for key, figure in found.figures.items()
        ),
    )  # fmt: skip
    for warning in found.warnings:
        print(warning)
    return 0


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "value": figure.value,
        "unit": figure.unit,
        "label": figure.label,
        "formula": figure.formula,
        "inputs": dict(figure.inputs),
        "note": figure.note,
    }
