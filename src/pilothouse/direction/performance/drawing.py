# SPDX-License-Identifier: Apache-2.0
"""Where the lines of the charts lie: the S-curve with its cone, the course of CPI and SPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 62, 108, 16, 30
INNER, FLOOR = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM
SIDE, MARGIN = 320, 40
LEAST, MOST = 0.5, 1.5
"""What the bull's-eye shows of an index; beyond it lies on the edge."""
_STEPS = (1, 2, 5)


class Period(Protocol):
    """Cumulative figures at the end of a period."""

    @property
    def name(self) -> str: ...
    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...
    @property
    def pv(self) -> Decimal: ...
    @property
    def ev(self) -> Decimal | None: ...
    @property
    def ac(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of an axis and what stands at it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A line of an axis and the amount that it stands for."""

    at: float
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Label:
    """The end of a line and what it is called; one of a forecast says how much."""

    x: float
    y: float
    text: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Planned, earned and spent over time; ``cone`` spans the forecasts of cost to the end.

    ``least`` and ``most`` are the keys of the forecasts between which it lies.
    """

    ticks: Sequence[Value]
    days: Sequence[Tick]
    planned: str
    earned: str
    spent: str
    cone: str
    rays: Sequence[str]
    status: float
    labels: Sequence[Label]
    least: str
    most: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One period of the bull's-eye."""

    x: float
    y: float
    name: str
    spi: Decimal
    cpi: Decimal
    last: bool


@dataclass(frozen=True, slots=True)
class BullsEye:
    """CPI over SPI, period by period; better is up and to the right."""

    path: str
    dots: Sequence[Dot]
    middle: float
    ticks: Sequence[Tick]
    rows: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Status:
    """What the curve needs of the status date: day, figures, forecasts of cost, forecast end."""

    day: date
    pv: Decimal
    ev: Decimal
    ac: Decimal | None
    costs: Mapping[str, Decimal]
    periods: Decimal | None


def s_curve(points: Sequence[Period], status: Status) -> Curve | None:
    """The S-curve; None without periods."""
    if not points:
        return None
    first, last = points[0].first, points[-1].last
    end = max(last, _end(points, status), status.day)
    most = max([points[-1].pv, status.ev, status.ac or Decimal(0), *status.costs.values()])
    ticks = _round_values(most)
    top = max(most, ticks[-1], Decimal(1))

    def x(day: date) -> float:
        span = max(1, (end - first).days + 1)
        return round(LEFT + INNER * ((day - first).days + 1) / span, 1)

    def y(amount: Decimal) -> float:
        return round(float(FLOOR - (FLOOR - TOP) * amount / top), 1)

    now, floor = x(status.day), y(Decimal(0))
    start = f"M{LEFT} {floor}"
    before = [point for point in points if point.last < status.day]
    ranked = sorted(status.costs, key=lambda key: status.costs[key])
    costs = [status.costs[key] for key in ranked]
    finish = x(max(_end(points, status), status.day))
    rays, cone = [], ""
    if costs and status.ac is not None and finish > now:
        origin = f"M{now} {y(status.ac)}"
        rays = [f"{origin}L{finish} {y(cost)}" for cost in (costs[0], costs[-1])]
        cone = f"{origin}L{finish} {y(costs[0])}L{finish} {y(costs[-1])}Z"
    spent = ""
    if status.ac is not None:
        told = "".join(f"L{x(point.last)} {y(point.ac or Decimal(0))}" for point in before)
        spent = f"{start}{told}L{now} {y(status.ac)}"
    earned = "".join(f"L{x(point.last)} {y(point.ev or Decimal(0))}" for point in before)
    return Curve(
        ticks=[Value(y(value), value) for value in ticks],
        days=_days(first, end, x),
        planned=start + "".join(f"L{x(point.last)} {y(point.pv)}" for point in points),
        earned=f"{start}{earned}L{now} {y(status.ev)}",
        spent=spent,
        cone=cone,
        rays=rays,
        status=now,
        labels=_labels(points, status, x, y, finish, costs if cone else []),
        least=ranked[0] if cone else "",
        most=ranked[-1] if cone else "",
    )


def bulls_eye(points: Sequence[Period]) -> BullsEye | None:
    """The course of both indices; None before there are any."""
    found = []
    for point in points:
        if point.ev is None or not point.ac or not point.pv:
            continue
        found.append((point.name, point.ev / point.pv, point.ev / point.ac))
    if not found:
        return None
    dots = [
        Dot(_place(spi), SIDE - _place(cpi), name, spi, cpi, place == len(found) - 1)
        for place, (name, spi, cpi) in enumerate(found)
    ]
    values = [Decimal(tenths) / 4 for tenths in range(2, 7)]
    return BullsEye(
        path="".join(
            f"{'M' if place == 0 else 'L'}{dot.x} {dot.y}" for place, dot in enumerate(dots)
        ),
        dots=dots,
        middle=_place(Decimal(1)),
        ticks=[Tick(_place(value), f"{value:.2f}") for value in values],
        rows=[Tick(SIDE - _place(value), f"{value:.2f}") for value in values],
    )


def _place(index: Decimal) -> float:
    value = min(MOST, max(LEAST, float(index)))
    return round(MARGIN + (SIDE - 2 * MARGIN) * (value - LEAST) / (MOST - LEAST), 1)


def _end(points: Sequence[Period], status: Status) -> date:
    """The day on which so many periods are over, the last one's length going on."""
    if status.periods is None:
        return points[-1].last
    days = (points[-1].last - points[0].first).days + 1
    length = Decimal(days) / len(points)
    ahead = int(min(status.periods, Decimal(3 * len(points))) * length)
    return points[0].first + timedelta(days=max(1, ahead) - 1)


def _labels(
    points: Sequence[Period],
    status: Status,
    x: Callable[[date], float],
    y: Callable[[Decimal], float],
    finish: float,
    costs: Sequence[Decimal],
) -> list[Label]:
    """Names at the ends of the lines, apart from each other."""
    found = [Label(x(points[-1].last), y(points[-1].pv), "PV")]
    now = x(status.day)
    found.append(Label(now, y(status.ev), "EV"))
    if status.ac is not None:
        found.append(Label(now, y(status.ac), "AC"))
    if costs:
        found.append(Label(finish, y(costs[-1]), "EAC", costs[-1]))
        if y(costs[0]) - y(costs[-1]) > 14:
            found.append(Label(finish, y(costs[0]), "EAC", costs[0]))
    placed: list[Label] = []
    for label in sorted(found, key=lambda one: one.y):
        down = label.y
        for other in placed:
            if abs(other.x - label.x) < 60 and abs(other.y - down) < 13:
                down = other.y + 13
        placed.append(replace(label, y=round(down, 1)))
    return placed


def _days(first: date, last: date, x: Callable[[date], float]) -> list[Tick]:
    span = (last - first).days
    step = max(1, -(-span // 6))
    found = [first + timedelta(days=ahead) for ahead in range(0, span + 1, step)]
    return [Tick(x(day), f"{day:%d %b %y}") for day in found]


def _round_values(most: Decimal) -> list[Decimal]:
    """Five values or so from 0 up, in steps of 1, 2 or 5 times a power of ten."""
    power = Decimal(1)
    while True:
        for base in _STEPS:
            step = base * power
            if most <= 5 * step:
                return [step * place for place in range(int(most / step) + 1)]
        power *= 10
