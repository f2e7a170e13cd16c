# SPDX-License-Identifier: Apache-2.0
"""Days along a line: which units of time are named above it follows from its span and its width."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pilothouse.engine.drawing.svg import Path, Rect, Shape, Style, Text
from pilothouse.engine.drawing.text import width_of

HEAD = 46
"""Height of the names above a drawing: marks, then long units, then short ones."""
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_MARKS, _MAJOR, _MINOR = 10, 25, 40
_GAP = 6


class Unit(StrEnum):
    """What lies between two lines of the axis."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"


_STEPS: Sequence[tuple[Unit, Unit, float, float]] = (
    (Unit.DAY, Unit.MONTH, 1, 18),
    (Unit.WEEK, Unit.MONTH, 7, 26),
    (Unit.MONTH, Unit.YEAR, 30.4, 28),
    (Unit.QUARTER, Unit.YEAR, 91.3, 24),
    (Unit.YEAR, Unit.DECADE, 365.25, 34),
    (Unit.DECADE, Unit.DECADE, 3652.5, 0),
)
"""Short unit, the long one above it, its days, and the least width that it is shown at."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the axis is written with, in the language of the reader."""

    months: Sequence[str] = tuple(month_abbr[1:])
    quarter: str = "Q{}"
    today: str = "Today"
    status: str = "Status date"
    left_out: str = "{} more are not drawn"


@dataclass(frozen=True, slots=True)
class Mark:
    """A day that stands out over the whole height."""

    day: date
    words: str
    line: Style
    letters: Style


@dataclass(frozen=True, slots=True)
class Scale:
    """Days from ``first`` to ``last`` between two places."""

    first: date
    last: date
    left: float
    right: float

    @property
    def per_day(self) -> float:
        """The width of a day."""
        return (self.right - self.left) / max((self.last - self.first).days + 1, 1)

    def at(self, day: date) -> float:
        """Where a day begins; what lies outside stands at the edge."""
        inside = min(max((day - self.first).days, 0), (self.last - self.first).days + 1)
        return round(self.left + inside * self.per_day, 1)

    def middle(self, day: date) -> float:
        """The middle of a day."""
        return min(round(self.at(day) + self.per_day / 2, 1), self.right)

    def span(self, start: date, finish: date) -> tuple[float, float]:
        """Both ends of a stretch of days, at least as wide as can be seen."""
        left = self.at(start)
        right = min(round(self.at(finish) + self.per_day, 1), self.right)
        if finish < self.first:
            right = self.left
        return (left, right) if right - left >= 3 else (min(left, self.right - 3), left + 3)

    def holds(self, start: date, finish: date) -> bool:
        """Whether some of a stretch of days lies on the line."""
        return start <= self.last and finish >= self.first

    @property
    def units(self) -> tuple[Unit, Unit]:
        """The shortest unit that finds room, and the one above it."""
        for short, long, days, least in _STEPS:
            if days * self.per_day >= least:
                return short, long
        return Unit.DECADE, Unit.DECADE


def padded(days: Sequence[date], share: float = 0.02) -> tuple[date, date]:
    """The first and the last of these days with a little room on both sides.

    What lies before 1900 or after 2199 is drawn at the edge.
    """
    first, last = (min(max(day, EARLIEST), LATEST) for day in (min(days), max(days)))
    room = timedelta(days=max(3, round((last - first).days * share)))
    return first - room, last + room


def begins(day: date, unit: Unit) -> date:
    """The first day of the unit in which a day lies."""
    if unit is Unit.DAY:
        return day
    if unit is Unit.WEEK:
        return day - timedelta(days=day.weekday())
    if unit is Unit.MONTH:
        return day.replace(day=1)
    if unit is Unit.QUARTER:
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year if unit is Unit.YEAR else day.year // 10 * 10, 1, 1)


def following(day: date, unit: Unit) -> date:
    """The first day of the next unit."""
    if unit is Unit.DAY or unit is Unit.WEEK:
        return day + timedelta(days=1 if unit is Unit.DAY else 7)
    if unit is Unit.MONTH or unit is Unit.QUARTER:
        months = day.month - 1 + (1 if unit is Unit.MONTH else 3)
        return date(day.year + months // 12, months % 12 + 1, 1)
    return date(day.year // 10 * 10 + 10 if unit is Unit.DECADE else day.year + 1, 1, 1)


def units_in(scale: Scale, unit: Unit) -> Iterator[date]:
    """The first day of every unit that reaches into the scale."""
    day = begins(scale.first, unit)
    while day <= scale.last:
        yield day
        day = following(day, unit)


def axis(scale: Scale, words: Words, bottom: float, marks: Sequence[Mark] = ()) -> list[Shape]:
    """Lines and names of the units, then the marks; all names find room or are left out."""
    short, long = scale.units
    shapes: list[Shape] = []
    if short is not long:
        shapes += _row(scale, short, words, (_MINOR, bottom), Style.GRID)
    shapes += _row(scale, long, words, (_MAJOR, bottom), Style.GRID_STRONG)
    shapes.append(Path(((scale.left, HEAD), (scale.right, HEAD)), Style.GRID_STRONG))
    return shapes + _marks(scale, marks, bottom)


def _row(
    scale: Scale, unit: Unit, words: Words, heights: tuple[float, float], style: Style
) -> list[Shape]:
    y, bottom = heights
    letters = Style.TEXT_META if style is Style.GRID else Style.TEXT
    size = 10.0 if style is Style.GRID else 11.0
    shapes: list[Shape] = []
    for day in units_in(scale, unit):
        left = scale.at(max(day, scale.first))
        right = min(scale.at(following(day, unit)), scale.right)
        if day >= scale.first:
            shapes.append(Path(((left, y - 11), (left, bottom)), style))
        name = _name(day, unit, words)
        if width_of(name, size) + _GAP <= right - left:
            shapes.append(Text(left + 3, y, name, letters))
    return shapes


def _name(day: date, unit: Unit, words: Words) -> str:
    if unit is Unit.DAY or unit is Unit.WEEK:
        return str(day.day)
    if unit is Unit.MONTH:
        return words.months[day.month - 1]
    if unit is Unit.QUARTER:
        return words.quarter.format((day.month + 2) // 3)
    return str(day.year)


def _marks(scale: Scale, marks: Sequence[Mark], bottom: float) -> list[Shape]:
    """Marked days with their names, the first to the left of its line where two are near."""
    there = sorted((m for m in marks if scale.first <= m.day <= scale.last), key=lambda m: m.day)
    shapes: list[Shape] = []
    taken = 0.0
    for number, mark in enumerate(there):
        x, wide = scale.middle(mark.day), width_of(mark.words, 10)
        shapes.append(Path(((x, _MARKS + 3), (x, bottom)), mark.line))
        after = scale.middle(there[number + 1].day) if number + 1 < len(there) else None
        crowded = x + wide + _GAP > (scale.right if after is None else after)
        if crowded and x - wide - _GAP >= taken:
            shapes.append(Text(x, _MARKS, mark.words, mark.letters, "end"))
            taken = x + 2
        elif x - 2 >= taken:
            shapes.append(Text(x, _MARKS, mark.words, mark.letters))
            taken = x + wide + _GAP
    return shapes


def stripes(scale: Scale, lanes: Sequence[tuple[float, float]], width: float) -> list[Shape]:
    """A shade behind every second lane, from top to bottom."""
    return [
        Rect(0, top, width, bottom - top, Style.STRIPE)
        for number, (top, bottom) in enumerate(lanes)
        if number % 2
    ]
