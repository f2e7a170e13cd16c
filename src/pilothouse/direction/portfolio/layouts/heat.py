# SPDX-License-Identifier: Apache-2.0
"""Portfolios against colours and dimensions: a table of counts."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.direction.portfolio.columns import COLOURS, DIMENSIONS
from pilothouse.direction.portfolio.queries import Dashboard, Listed
from pilothouse.direction.portfolio.queries.choices import Place
from pilothouse.foundation.organisation.models import ids_of_path

STEPS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """A count and its shade from 0 (none) to 5 (the most in the table)."""

    count: int
    heat: int


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A portfolio with everything below it."""

    place: Place
    count: int
    overall: dict[str, Cell]
    red: dict[str, Cell]


def heat_of(board: Dashboard) -> list[HeatRow]:
    """Projects by overall colour, and red projects by dimension, of each portfolio in use.

    Inside a portfolio only that one and those nested in it are told: of one above it the list,
    which each count leads to, would show more than was counted here.
    """
    asked = board.filters.portfolio
    rows_in: dict[int, list[Listed]] = {}
    for row in board.rows:
        for number in ids_of_path(row.portfolio_path):
            rows_in.setdefault(number, []).append(row)
    counted = []
    for place in board.places:
        inside = rows_in.get(place.pk, ())
        if inside and (not asked or asked in ids_of_path(place.path)):
            overall = {c: sum(row.overall == c for row in inside) for c in COLOURS}
            red = {d: sum(getattr(row, d) == "red" for row in inside) for d in DIMENSIONS}
            counted.append((place, len(inside), overall, red))
    most = max((max(overall.values()) for _p, _n, overall, _r in counted), default=0)
    most_red = max((max(red.values()) for _p, _n, _o, red in counted), default=0)
    return [
        HeatRow(
            place,
            count,
            {key: Cell(value, _heat(value, most)) for key, value in overall.items()},
            {key: Cell(value, _heat(value, most_red)) for key, value in red.items()},
        )
        for place, count, overall, red in counted
    ]


def _heat(value: int, most: int) -> int:
    return 0 if value == 0 else max(1, -(-STEPS * value // most))
