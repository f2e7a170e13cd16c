# SPDX-License-Identifier: Apache-2.0
"""Readers of OR-Library's knapsack files, as selections of one period."""

import re
from collections.abc import Iterator
from pathlib import Path

from pilothouse.engine.selection import Candidate, SelectionModel


def knapsack_model(
    values: list[float], uses: list[list[float]], limits: list[float]
) -> SelectionModel:
    """A multidimensional knapsack as a selection of one period: each limit is a skill."""
    width = len(str(len(values)))
    return SelectionModel(
        candidates=tuple(
            Candidate(
                f"I{number:0{width}d}",
                value,
                demand={f"R{row}": (use[number],) for row, use in enumerate(uses)},
            )
            for number, value in enumerate(values)
        ),
        capacity={f"R{row}": (limit,) for row, limit in enumerate(limits)},
    )


def read_mknap1(text: str) -> Iterator[tuple[SelectionModel, float]]:
    """Petersen's problems, each with its optimum (files mknap1 of OR-Library)."""
    numbers = iter(text.split())
    for _ in range(int(next(numbers))):
        count, rows, optimum = int(next(numbers)), int(next(numbers)), float(next(numbers))
        values = [float(next(numbers)) for _ in range(count)]
        uses = [[float(next(numbers)) for _ in range(count)] for _ in range(rows)]
        limits = [float(next(numbers)) for _ in range(rows)]
        yield knapsack_model(values, uses, limits), optimum


def read_mknapcb(text: str) -> Iterator[SelectionModel]:
    """Chu and Beasley's problems (files mknapcb1 to 9 of OR-Library)."""
    for model, _ in read_mknap1(text):
        yield model


def read_best_known(path: Path) -> dict[str, float]:
    """Best known values by name, such as 5.100-00 (first table of mkcbres)."""
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\d+\.\d+-\d+)\s+(\d+)\s*$", path.read_text(), re.M):
        found.setdefault(name, float(value))
    return found
