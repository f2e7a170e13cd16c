# SPDX-License-Identifier: Apache-2.0
"""Where the lines of the money chart lie: budget, cost and outlook added up over the periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance.queries.overview import Month

WIDTH, HEIGHT = 760, 270
LEFT, RIGHT, TOP, BOTTOM = 64, 96, 16, 30
FLOOR = HEIGHT - BOTTOM
MOST_NAMES = 7


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis and what stands at it."""

    at: float
    value: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class MoneyChart:
    """Three lines as paths; ``outlook`` begins where ``cost`` ends."""

    values: Sequence[Mark]
    names: Sequence[Mark]
    budget: str
    cost: str
    outlook: str
    budget_y: float
    cost_y: float
    outlook_y: float


def money_chart(months: Sequence[Month], *, cost: bool) -> MoneyChart | None:
    """The lines over the periods, None without two of them; ``cost`` only for who may see it."""
    if len(months) < 2:
        return None
    budget = [month.so_far.budget for month in months]
    spent = [month.so_far.cost for month in months]
    outlook = [month.so_far.cost + month.so_far.to_come for month in months]
    shown = [*budget, *(spent + outlook if cost else [])]
    most = max(*shown, Decimal(1))
    step = (WIDTH - LEFT - RIGHT) / (len(months) - 1)

    def y(value: Decimal) -> float:
        return round(FLOOR - (FLOOR - TOP) * float(max(value, Decimal(0)) / most), 1)

    def path(values: Sequence[Decimal], first: int = 0) -> str:
        points = [
            f"{round(LEFT + step * place, 1)} {y(values[place])}"
            for place in range(first, len(values))
        ]
        return "M" + "L".join(points) if len(points) > 1 else ""

    last = max((n for n, month in enumerate(months) if month.stream.cost), default=0)
    every = -(-len(months) // MOST_NAMES)
    names = [
        Mark(round(LEFT + step * place, 1), Decimal(place), months[place].period.name)
        for place in range(0, len(months), every)
    ]
    marks = [most * part / 4 for part in range(5)]
    return MoneyChart(
        [Mark(y(value), value) for value in marks],
        names,
        path(budget),
        path(spent[: last + 1]) if cost else "",
        f"M{round(LEFT + step * last, 1)} {y(spent[last])}L" + path(outlook, last)[1:]
        if cost and last < len(months) - 1
        else "",
        y(budget[-1]),
        y(spent[last]),
        y(outlook[-1]),
    )
