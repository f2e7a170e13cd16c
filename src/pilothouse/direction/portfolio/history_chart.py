# SPDX-License-Identifier: Apache-2.0
"""Geometry of the history of a project: colours, costs and end dates over time.

Only places on the drawing are computed here; the figures come from snapshots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.foundation.core.dates import written

WIDTH = 760
LEFT, RIGHT = 92, 672
LANE_STATED, LANE_COMPUTED = 20, 46
COST_TOP, COST_BOTTOM = 86, 166
DATES_TOP, DATES_BOTTOM = 206, 286
HEIGHT = 312
SYMBOL_ROOM = 20

Place = Callable[[date], float]


@dataclass(frozen=True, slots=True)
class Point:
    """One snapshot as the chart needs it."""

    day: date
    overall: str
    stated: str
    budget: Decimal | None
    forecast_cost: Decimal | None
    baseline_finish: date | None
    forecast_finish: date | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A status symbol; ``x`` and ``y`` are its middle."""

    x: float
    y: float
    colour: str
    day: date


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline with its label at the end."""

    key: str
    label: str
    points: str
    end_x: float
    end_y: float
    label_y: float
    money: Decimal | None = None
    finish: date | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws."""

    stated: tuple[Mark, ...]
    computed: tuple[Mark, ...]
    costs: tuple[Line, ...]
    finishes: tuple[Line, ...]
    years: tuple[Tick, ...]
    sentence: str
    height: int = HEIGHT


def draw(points: Sequence[Point]) -> Chart | None:
    """The chart of two or more snapshots, oldest first; one alone is no history."""
    if len(points) < 2:
        return None
    first = points[0].day
    last = max(points[-1].day, first)
    span = max(1, (last - first).days)

    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - first).days / span, 1)

    money = [
        float(value)
        for point in points
        for value in (point.budget, point.forecast_cost)
        if value is not None
    ]
    days = [
        value.toordinal()
        for point in points
        for value in (point.baseline_finish, point.forecast_finish)
        if value is not None
    ]
    costs = _lines(
        points,
        x,
        (("budget", "Budget"), ("forecast_cost", "Forecast")),
        (min([0.0, *money]), max(money, default=0.0)),
        (COST_TOP, COST_BOTTOM),
    )
    finishes = _lines(
        points,
        x,
        (("baseline_finish", "Approved"), ("forecast_finish", "Forecast")),
        (min(days, default=0), max(days, default=0)),
        (DATES_TOP, DATES_BOTTOM),
    )
    return Chart(
        _marks(points, "stated", LANE_STATED, x),
        _marks(points, "overall", LANE_COMPUTED, x),
        costs,
        finishes,
        _years(first, last, x),
        _sentence(points),
    )


def _marks(points: Sequence[Point], name: str, y: float, x: Place) -> tuple[Mark, ...]:
    """A symbol at each change of colour, and at others where there is room."""
    found: list[Mark] = []
    for point in points:
        colour = getattr(point, name) or "grey"
        place = x(point.day)
        if found and place - found[-1].x < SYMBOL_ROOM:
            if colour == found[-1].colour:
                continue
            found.pop()
        found.append(Mark(place, y, colour, point.day))
    return tuple(found)


def _lines(
    points: Sequence[Point],
    x: Place,
    series: Sequence[tuple[str, str]],
    bounds: tuple[float, float],
    band: tuple[int, int],
) -> tuple[Line, ...]:
    low, high = bounds
    top, bottom = band
    size = high - low
    found: list[Line] = []
    for name, label in series:
        places: list[tuple[float, float]] = []
        value: Decimal | date | None = None
        for point in points:
            here: Decimal | date | None = getattr(point, name)
            if here is None:
                continue
            value = here
            number = float(here.toordinal()) if isinstance(here, date) else float(here)
            share = (number - low) / size if size else 0.5
            places.append((x(point.day), round(bottom - (bottom - top) * share, 1)))
        if not places:
            continue
        end_x, end_y = places[-1]
        found.append(
            Line(
                name,
                label,
                " ".join(f"{px},{py}" for px, py in places),
                end_x,
                end_y,
                end_y,
                money=value if isinstance(value, Decimal) else None,
                finish=value if isinstance(value, date) else None,
            )
        )
    return _apart(found)


def _apart(lines: list[Line]) -> tuple[Line, ...]:
    """Keep the labels at the ends of two lines from covering each other."""
    if len(lines) != 2 or abs(lines[0].end_y - lines[1].end_y) >= 26:
        return tuple(lines)
    upper, lower = sorted(lines, key=lambda line: line.end_y)
    middle = (upper.end_y + lower.end_y) / 2
    moved = {id(upper): round(middle - 13, 1), id(lower): round(middle + 13, 1)}
    return tuple(
        Line(
            line.key,
            line.label,
            line.points,
            line.end_x,
            line.end_y,
            moved[id(line)],
            line.money,
            line.finish,
        )
        for line in lines
    )


def _years(first: date, last: date, x: Place) -> tuple[Tick, ...]:
    ticks = [Tick(x(first), written(first))]
    for year in range(first.year + 1, last.year + 1):
        at = x(date(year, 1, 1))
        if at - ticks[-1].at >= 90 and RIGHT - at >= 90:
            ticks.append(Tick(at, str(year)))
    if last > first:
        ticks.append(Tick(x(last), written(last)))
    return tuple(ticks)


def _sentence(points: Sequence[Point]) -> str:
    """What a person who does not see the drawing should know of it."""
    first, last = points[0], points[-1]
    parts = [
        f"{len(points)} snapshots from {written(first.day)} to {written(last.day)}",
        f"stated colour from {first.stated or 'none'} to {last.stated or 'none'}",
        f"computed from {first.overall} to {last.overall}",
    ]
    if first.forecast_cost is not None and last.forecast_cost is not None:
        parts.append(f"forecast cost from {first.forecast_cost:,.0f} to {last.forecast_cost:,.0f}")
    if first.forecast_finish is not None and last.forecast_finish is not None:
        parts.append(
            f"forecast finish from {written(first.forecast_finish)} "
            f"to {written(last.forecast_finish)}"
        )
    return "; ".join(parts) + "."
