# SPDX-License-Identifier: Apache-2.0
"""Where the lines of the charts lie: velocity, burn-up with its cone, burn-down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from pilothouse.delivery.agile.models import Sprint
from pilothouse.delivery.agile.queries.burn import BurnDay

WIDTH, HEIGHT = 760, 270
LEFT, RIGHT, TOP, BOTTOM = 44, 96, 16, 30
INNER = WIDTH - LEFT - RIGHT
FLOOR = HEIGHT - BOTTOM
_STEPS = (1, 2, 5)
NONE = Decimal(0)
_LABEL_WIDTH = 130
"""So wide is the label of a day with its confidences, at most."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of an axis and what stands at it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class DayTick:
    """A line of the axis of days."""

    at: float
    day: date


@dataclass(frozen=True, slots=True)
class Bars:
    """Committed beside completed of one sprint."""

    sprint: Sprint
    left: float
    width: float
    committed_top: float
    completed_top: float
    middle: float

    @property
    def second(self) -> float:
        return self.left + self.width


@dataclass(frozen=True, slots=True)
class VelocityChart:
    """Bars of the closed sprints and the mean of the last ones."""

    bars: Sequence[Bars]
    ticks: Sequence[Tick]
    mean: float | None


@dataclass(frozen=True, slots=True)
class Ray:
    """A line of the cone: the day on which all is done, and the confidences that say so."""

    label: str
    day: date
    x: float
    y: float
    label_x: float
    label_y: float
    at_end: bool


@dataclass(frozen=True, slots=True)
class BurnChart:
    """Lines over days; ``cone`` leads from today to where the scope is reached.

    ``growth`` is the band in which the scope lies if it goes on growing as it did.
    """

    ticks: Sequence[Tick]
    days: Sequence[DayTick]
    scope: str
    done: str
    ideal: str
    cone: str
    rays: Sequence[Ray]
    growth: str
    today: float | None
    end_x: float
    scope_y: float
    done_y: float


@dataclass(frozen=True, slots=True)
class _Frame:
    """Days from left to right, points from the floor up."""

    first: date
    last: date
    most: int

    def x(self, day: date) -> float:
        span = max(1, (self.last - self.first).days)
        return round(LEFT + INNER * (day - self.first).days / span, 1)

    def y(self, points: Decimal | float) -> float:
        return round(FLOOR - (FLOOR - TOP) * float(points) / max(1, self.most), 1)

    def ticks(self) -> list[Tick]:
        return [Tick(self.y(value), f"{value:,}") for value in _round_values(self.most)]

    def days(self) -> list[DayTick]:
        span = (self.last - self.first).days
        step = max(1, -(-span // 6))
        step = step if step < 4 else 7 * max(1, round(step / 7))
        found = [self.first + timedelta(days=ahead) for ahead in range(0, span + 1, step)]
        return [DayTick(self.x(day), day) for day in found]


def velocity_chart(closed: Sequence[Sprint], mean: float | None) -> VelocityChart | None:
    """The last twelve closed sprints, the oldest first; None without any."""
    rows = list(closed)[-12:]
    if not rows:
        return None
    most = max(max(row.committed or NONE, row.completed or NONE) for row in rows)
    frame = _Frame(rows[0].start, rows[-1].finish, _ceiling(most))
    slot = (WIDTH - LEFT - RIGHT) / max(len(rows), 4)
    width = round(min(26.0, slot * 0.36), 1)
    bars = []
    for place, row in enumerate(rows):
        middle = LEFT + slot * (place + 0.5)
        bars.append(
            Bars(
                row,
                round(middle - width, 1),
                width,
                frame.y(row.committed or 0),
                frame.y(row.completed or 0),
                round(middle, 1),
            )
        )
    return VelocityChart(bars, frame.ticks(), None if mean is None else frame.y(mean))


def burn_up(
    days: Sequence[BurnDay],
    until: date,
    ends: Mapping[int, date | None],
    growth: Sequence[Decimal] = (),
) -> BurnChart | None:
    """Scope and done by day, and when the scope is reached; None without points.

    ``growth`` are points that may come into the scope until the last of ``ends``.
    """
    if not days or not any(day.scope for day in days):
        return None
    coming = {level: day for level, day in ends.items() if day is not None and day > until}
    grown = [days[-1].scope + more for more in growth] if coming else []
    last = max([until, *coming.values()])
    first = min(days[0].day, until - timedelta(days=6))
    frame = _Frame(first, last, _ceiling(max([*(day.scope for day in days), *grown])))
    now = days[-1]
    x, scope_y, done_y = frame.x(until), frame.y(now.scope), frame.y(now.done)
    rays = _rays(frame, coming, scope_y)
    cone = ""
    if rays:
        cone = f"M{x} {done_y}L{rays[0].x} {scope_y}L{rays[-1].x} {scope_y}Z"
    return BurnChart(
        frame.ticks(),
        frame.days(),
        _stairs(frame, [(day.day, day.scope) for day in days], until),
        _stairs(frame, [(day.day, day.done) for day in days], until),
        f"M{x} {scope_y}H{rays[-1].x}" if rays else "",
        cone,
        rays,
        _band(frame, until, now.scope, grown),
        x if rays else None,
        x,
        scope_y,
        done_y,
    )


def burn_down(sprint: Sprint, days: Sequence[BurnDay], until: date) -> BurnChart | None:
    """What is left of a sprint by day, beside an even pace from what was committed."""
    if not any(day.scope for day in days):
        return None
    begun = sprint.started_on or sprint.start
    last = max(sprint.finish, until, begun + timedelta(days=1))
    committed = sprint.committed or NONE
    frame = _Frame(begun, last, _ceiling(max(committed, *(day.scope for day in days))))
    shown = min(until, last)
    now = days[-1]
    return BurnChart(
        frame.ticks(),
        frame.days(),
        _stairs(frame, [(day.day, day.scope) for day in days], shown),
        _stairs(frame, [(day.day, day.remaining) for day in days], shown),
        f"M{frame.x(begun)} {frame.y(committed)}L{frame.x(sprint.finish)} {frame.y(0)}",
        "",
        (),
        "",
        frame.x(until) if sprint.closed_on is None and until < last else None,
        frame.x(shown),
        frame.y(now.scope),
        frame.y(now.remaining),
    )


def _band(frame: _Frame, until: date, scope: Decimal, grown: Sequence[Decimal]) -> str:
    """From the scope of today to the least and the most that it may be at the end."""
    if not grown:
        return ""
    x, low, high = frame.x(frame.last), frame.y(min(grown)), frame.y(max(grown))
    return f"M{frame.x(until)} {frame.y(scope)}L{x} {low}V{high}Z"


def _rays(frame: _Frame, ends: Mapping[int, date], scope_y: float) -> list[Ray]:
    """The lines of the cone; labels of days that lie close stand above each other."""
    by_day: dict[date, list[str]] = {}
    for level, day in sorted(ends.items()):
        by_day.setdefault(day, []).append(f"P{level}")
    found: list[Ray] = []
    for day, levels in by_day.items():
        x, label_y = frame.x(day), scope_y - 8
        if found and x - found[-1].x < _LABEL_WIDTH:
            label_y = found[-1].label_y - 13
        at_end = x + _LABEL_WIDTH > WIDTH
        label_x = x if at_end else x + 6
        found.append(Ray(", ".join(levels), day, x, scope_y, label_x, label_y, at_end))
    return found


def _stairs(frame: _Frame, points: Sequence[tuple[date, Decimal]], until: date) -> str:
    """A line that stays until it changes."""
    parts = []
    for place, (day, value) in enumerate(points):
        x, y = frame.x(max(day, frame.first)), frame.y(value)
        parts.append(f"M{x} {y}" if place == 0 else f"H{x}V{y}")
    return "".join(parts) + f"H{frame.x(until)}"


def _ceiling(points: Decimal) -> int:
    """The end of an axis: the next round value."""
    most = ceil(points)
    values = _round_values(most)
    step = values[1] - values[0] if len(values) > 1 else 1
    return max(1, -(-most // step) * step)


def _round_values(most: int) -> list[int]:
    """Five values or so from 0 up, in steps of 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for base in _STEPS:
            step = base * power
            if most <= 5 * step:
                return list(range(0, most + 1, step))
        power *= 10
