# SPDX-License-Identifier: Apache-2.0
"""Slip against cost: where each project lies on the map, and which names find room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pilothouse.direction.portfolio.queries import Listed
from pilothouse.foundation.core.numbers import signed

WIDTH, HEIGHT = 1150, 520
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 20, 48
SMALLEST = 4.0
SIZES = ((30, 30.0), (100, 20.0), (300, 13.0))
"""The largest radius for up to so many projects; beyond that it is the smallest of them."""
PAD = 30.0
"""Room between the ends of the scale and the frame, so that no shape is cut."""
NAME_LENGTH = 26
CHARACTER = 5.9
LINE = 13.0
EDGE_SHARE = 0.04
"""Share of the projects on either side that may lie beyond the edge."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of an axis: where, and for how many percent."""

    at: float
    label: str
    zero: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """One project; ``name`` is empty where it found no room. The area follows the budget."""

    row: Listed
    x: float
    y: float
    radius: float
    name: str
    name_y: float
    beyond: bool


@dataclass(frozen=True, slots=True)
class BubbleMap:
    """The whole drawing; ``missing`` projects lack one of the two figures."""

    bubbles: Sequence[Bubble]
    across: Sequence[Tick]
    up: Sequence[Tick]
    missing: int
    beyond: int


class _Axis:
    """Percent to position along one axis, with the ends at round numbers."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        ordered = sorted(values)
        skip = int(len(ordered) * EDGE_SHARE)
        low = min(ordered[skip], -5.0) if ordered else -5.0
        high = max(ordered[-1 - skip], 10.0) if ordered else 10.0
        self.step = _round_step((high - low) / 8)
        self.low = math.floor(low / self.step) * self.step
        self.high = math.ceil(high / self.step) * self.step
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def ticks(self) -> list[Tick]:
        count = round((self.high - self.low) / self.step)
        values = [self.low + number * self.step for number in range(count + 1)]
        return [Tick(self.at(value), _percent(value), abs(value) < 1e-9) for value in values]


def _round_step(raw: float) -> float:
    size = 10.0 ** math.floor(math.log10(raw))
    return next(step * size for step in (1, 2, 5, 10) if raw <= step * size)


def _percent(value: float) -> str:
    return f"{signed(value)} %"


def bubbles_of(rows: Sequence[Listed]) -> BubbleMap:
    """Lay these rows out; budgets are compared within their own currency only."""
    placed = [
        (row, float(row.slip_pct), float(row.variance_pct))
        for row in rows
        if row.slip_pct is not None and row.variance_pct is not None
    ]
    across = _Axis([slip for _row, slip, _over in placed], LEFT + PAD, WIDTH - RIGHT - PAD)
    up = _Axis([over for _row, _slip, over in placed], HEIGHT - BOTTOM - PAD, TOP + PAD)
    largest = _largest_budgets(rows)
    widest = next((size for count, size in SIZES if len(placed) <= count), SIZES[-1][1])
    # Large ones first: they are drawn below the small ones and get their names first.
    shapes: list[Bubble] = []
    for row, slip, over in sorted(placed, key=lambda item: -_share(item[0], largest)):
        radius = round(SMALLEST + (widest - SMALLEST) * math.sqrt(_share(row, largest)), 1)
        beyond = not (across.holds(slip) and up.holds(over))
        shapes.append(Bubble(row, across.at(slip), up.at(over), radius, "", 0.0, beyond))
    bubbles = _named(shapes)
    return BubbleMap(
        bubbles=bubbles,
        across=across.ticks(),
        up=up.ticks(),
        missing=len(rows) - len(placed),
        beyond=sum(bubble.beyond for bubble in bubbles),
    )


def _named(shapes: Sequence[Bubble]) -> list[Bubble]:
    """Give each shape its name below or above, where that covers neither a name nor a shape."""
    covered: list[Box] = [_around(shape) for shape in shapes]
    found: list[Bubble] = []
    for number, shape in enumerate(shapes):
        row = shape.row
        name = row.name if len(row.name) <= NAME_LENGTH else row.name[: NAME_LENGTH - 1] + "…"
        half = len(name) * CHARACTER / 2
        others = covered[:number] + covered[number + 1 :]
        for name_y in (shape.y + shape.radius + LINE, shape.y - shape.radius - 4):
            box = (shape.x - half, name_y - LINE, shape.x + half, name_y + 2)
            inside = box[0] >= LEFT and box[2] <= WIDTH and box[1] >= 0
            room = inside and box[3] <= HEIGHT - BOTTOM + LINE
            if room and not any(_touch(box, other) for other in others):
                covered.append(box)
                shape = replace(shape, name=name, name_y=round(name_y, 1))
                break
        found.append(shape)
    return found


def _around(shape: Bubble) -> Box:
    return (
        shape.x - shape.radius,
        shape.y - shape.radius,
        shape.x + shape.radius,
        shape.y + shape.radius,
    )


def _largest_budgets(rows: Sequence[Listed]) -> dict[str, Decimal]:
    largest: dict[str, Decimal] = {}
    for row in rows:
        if row.budget is not None:
            largest[row.currency] = max(row.budget, largest.get(row.currency, Decimal(0)))
    return largest


def _share(row: Listed, largest: dict[str, Decimal]) -> float:
    top = largest.get(row.currency)
    return float(row.budget / top) if row.budget and top else 0.0


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
