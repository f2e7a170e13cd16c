# SPDX-License-Identifier: Apache-2.0
"""Bars over time: forecast against approved dates, today, the next milestone, the slip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pilothouse.direction.portfolio.queries import Listed
from pilothouse.foundation.core.numbers import signed

WIDTH = 1150
GUTTER = 250
RIGHT = 70
TOP = 44
ROW = 36
YEARS_BACK = 6
YEARS_AHEAD = 12
QUARTERS_UP_TO_YEARS = 7
QUARTER_NAMES_UP_TO_YEARS = 4
DAY_NAME = 72
QUARTER_NAME = 18
"""Width of the name of a day, and of a quarter, on the axis."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the axis with its label; a year's line is stronger."""

    x: float
    label: str
    year: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A horizontal stretch."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One project on the drawing; parts it has no dates for are None."""

    row: Listed
    y: int
    forecast: Span | None
    approved: Span | None
    tail: Span | None
    milestone: float | None
    text: str
    text_x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole drawing."""

    first: date
    last: date
    height: int
    today: float | None
    ticks: Sequence[Tick]
    bars: Sequence[Bar]
    cut: bool


class _Scale:
    """Days to horizontal positions; what lies outside is drawn to the edge."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.per_day = (WIDTH - GUTTER - RIGHT) / max((last - first).days, 1)

    def at(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        return round(GUTTER + (inside - self.first).days * self.per_day, 1)

    def span(self, start: date | None, finish: date | None) -> Span | None:
        if start is None or finish is None or finish < self.first or start > self.last:
            return None
        begin, end = self.at(start), self.at(finish + timedelta(days=1))
        return Span(begin, max(round(end - begin, 1), 2))


def timeline_of(rows: Sequence[Listed], day: date) -> Timeline:
    """Lay these rows out around a day; years far off are cut, their dates stay in the table."""
    days = [
        found
        for row in rows
        for found in (
            row.planned_start,
            row.forecast_finish,
            row.baseline_start,
            row.baseline_finish,
        )
        if found is not None
    ]
    earliest, latest = min([day, *days]), max([day, *days])
    first = date(max(earliest.year, day.year - YEARS_BACK), 1, 1)
    last = date(min(latest.year, day.year + YEARS_AHEAD), 12, 31)
    scale = _Scale(first, last)
    today = scale.at(day) if first <= day <= last else None
    return Timeline(
        first=first,
        last=last,
        height=TOP + ROW * len(rows) + 8,
        today=today,
        ticks=[_beside(tick, today) for tick in _ticks(scale)],
        bars=[_bar(row, TOP + ROW * number, scale) for number, row in enumerate(rows)],
        cut=earliest < first or latest > last,
    )


def _beside(tick: Tick, today: float | None) -> Tick:
    """A quarter whose name would lie under the day of the page goes without it."""
    hidden = today is not None and not tick.year and -QUARTER_NAME < tick.x - today < DAY_NAME
    return replace(tick, label="") if hidden else tick


def _ticks(scale: _Scale) -> list[Tick]:
    years = scale.last.year - scale.first.year + 1
    step = 1 if years <= 12 else 2
    ticks = [
        Tick(scale.at(date(year, 1, 1)), str(year), True)
        for year in range(scale.first.year, scale.last.year + 1, step)
    ]
    if years > QUARTERS_UP_TO_YEARS:
        return ticks
    for year in range(scale.first.year, scale.last.year + 1):
        for quarter in (1, 2, 3, 4):
            name = f"Q{quarter}" if years <= QUARTER_NAMES_UP_TO_YEARS else ""
            ticks.append(Tick(scale.at(date(year, quarter * 3 - 2, 1)), name, False))
    return ticks


def _bar(row: Listed, y: int, scale: _Scale) -> Bar:
    forecast = scale.span(row.planned_start or row.baseline_start, row.forecast_finish)
    approved = scale.span(row.baseline_start, row.baseline_finish)
    tail = None
    if row.baseline_finish and row.forecast_finish and row.forecast_finish > row.baseline_finish:
        begin, end = scale.at(row.baseline_finish), scale.at(row.forecast_finish)
        tail = Span(begin, round(end - begin, 1)) if end > begin else None
    milestone = row.next_milestone_on
    ends = [part.x + part.width for part in (forecast, approved) if part is not None]
    return Bar(
        row=row,
        y=y,
        forecast=forecast,
        approved=approved,
        tail=tail,
        milestone=scale.at(milestone)
        if milestone and scale.first <= milestone <= scale.last
        else None,
        text=_slip(row.slip_days),
        text_x=round(max(ends, default=GUTTER) + 8, 1),
    )


def _slip(days: int | None) -> str:
    return "" if days is None else f"{signed(days)} d"
