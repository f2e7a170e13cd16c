# SPDX-License-Identifier: Apache-2.0
"""Many projects over time: a row for each, in bands, with milestones and ties between rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pilothouse.engine.drawing.lanes import Milestone
from pilothouse.engine.drawing.scale import HEAD, Mark, Scale, Words, axis, stripes
from pilothouse.engine.drawing.svg import (
    SIZES,
    Drawing,
    Group,
    Path,
    Rect,
    Shape,
    Style,
    Text,
    diamond,
)
from pilothouse.engine.drawing.text import shortened, width_of

WIDTH = 1180.0
GUTTER = 250.0
RIGHT = 64.0
ROW = 46.0
BAND = 24.0
_BAR, _BASE, _MIDDLE, _NAMES = 6.0, 22.0, 12.0, 40.0
"""Tops of bar and approved dates in a row, the height of diamonds, the line of their names."""
_HALF = 5.0
_GAP = 8.0
_META = SIZES[Style.TEXT_META]


@dataclass(frozen=True, slots=True)
class Row:
    """A project; stretches that it has no dates for are None. ``slip`` is told behind its bar."""

    key: int
    name: str
    note: str
    colour: str
    bar: tuple[date, date] | None
    approved: tuple[date, date] | None
    slip: str = ""
    is_late: bool = False
    milestones: Sequence[Milestone] = ()
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Rows under one head; without a name they have none."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Tie:
    """What one row gives on a day and another one needs on a day, in the colour of its slack."""

    source: int
    gives: date
    target: int
    needs: date
    colour: str
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are drawn, and how."""

    first: date
    last: date
    label: str
    marks: Sequence[Mark] = ()
    words: Words = field(default_factory=Words)
    width: float = WIDTH


def timeline(bands: Sequence[Band], ties: Sequence[Tie], span: Span) -> Drawing:
    """Bands one below the other; what lies outside of the days is left out or ends at the edge."""
    scale = Scale(span.first, span.last, GUTTER, span.width - RIGHT)
    tops: dict[int, float] = {}
    heights: list[tuple[float, float]] = []
    shapes: list[Shape] = []
    top = HEAD + 2.0
    for band in bands:
        if band.name:
            told = shortened(band.name, span.width - 16, SIZES[Style.TEXT_STRONG])
            shapes.append(Text(8, top + 16, told, Style.TEXT_STRONG))
            shapes.append(Path(((0, top + BAND), (span.width, top + BAND)), Style.GRID_STRONG))
            top += BAND
        for row in band.rows:
            tops[row.key] = top
            heights.append((top, top + ROW))
            shapes += _row(row, top, scale)
            top += ROW
    lines = [line for tie in ties if (line := _tie(tie, tops, scale)) is not None]
    behind = [*stripes(scale, heights, span.width), *axis(scale, span.words, top, span.marks)]
    return Drawing(span.width, top + 6, [*behind, *shapes, *lines], span.label)


def rows_only(bands: Sequence[Band], count: int) -> list[Band]:
    """The first rows of some bands, as many as that."""
    kept: list[Band] = []
    for band in bands:
        if count > 0:
            kept.append(replace(band, rows=band.rows[:count]))
            count -= len(band.rows)
    return kept


def _row(row: Row, top: float, scale: Scale) -> list[Shape]:
    room = GUTTER - 44
    shapes: list[Shape] = [
        Group(_mark(row.colour, 20, top + 17)),
        Group(
            [
                Text(36, top + 15, shortened(row.name, room, 12), Style.TEXT_STRONG),
                Text(36, top + 29, shortened(row.note, room, _META), Style.TEXT_META),
            ],
            row.title,
            row.href,
        ),
    ]
    ends: list[float] = []
    if row.approved is not None and scale.holds(*row.approved):
        left, right = scale.span(*row.approved)
        shapes.append(Rect(left, top + _BASE, right - left, 4, Style.BASE, 2))
        ends.append(right)
    if row.bar is not None and scale.holds(*row.bar):
        left, right = scale.span(*row.bar)
        style = Style(f"bar-{row.colour}")
        shapes.append(Group([Rect(left, top + _BAR, right - left, 12, style, 3)], row.title))
        ends.append(right)
    if row.slip and ends and max(ends) + _GAP + width_of(row.slip, _META) <= scale.right + RIGHT:
        letters = Style.TEXT_LATE if row.is_late else Style.TEXT_META
        shapes.append(Text(max(ends) + _GAP, top + 27, row.slip, letters))
    return shapes + _milestones(row.milestones, top, scale)


def _milestones(points: Sequence[Milestone], top: float, scale: Scale) -> list[Shape]:
    """Diamonds on the bar; names on a line below, each where it does not reach another one."""
    taken = scale.left
    shapes: list[Shape] = []
    there = [point for point in points if scale.first <= point.day <= scale.last]
    there.sort(key=lambda point: (point.day, point.name))
    places = [scale.middle(point.day) for point in there]
    for number, (point, x) in enumerate(zip(there, places, strict=True)):
        style = Style.MILESTONE_CRITICAL if point.critical else Style.MILESTONE
        parts: list[Shape] = [
            diamond(x, top + _MIDDLE, _HALF, Style.MILESTONE_DONE if point.done else style)
        ]
        following = places[number + 1] if number + 1 < len(places) else scale.right + RIGHT
        name = shortened(point.name, following - x - 4, _META)
        if x - _HALF >= taken and width_of(name, _META) >= min(36.0, width_of(point.name, _META)):
            parts.append(Text(x - _HALF, top + _NAMES, name, Style.TEXT_META))
            taken = x - _HALF + width_of(name, _META) + 4
        shapes.append(Group(parts, point.title, point.href))
    return shapes


def _tie(tie: Tie, tops: dict[int, float], scale: Scale) -> Group | None:
    """Down or up on the day that it is given, then along to the day that it is needed."""
    if tie.source not in tops or tie.target not in tops:
        return None
    days = sorted((tie.gives, tie.needs))
    if not scale.holds(days[0], days[1]):
        return None
    x1, x2 = scale.at(tie.gives), scale.at(tie.needs)
    y1, y2 = tops[tie.source] + _MIDDLE, tops[tie.target] + _MIDDLE
    style = Style(f"link-{tie.colour or 'grey'}")
    toward = 1.0 if y2 > y1 else -1.0
    bend = y2 - 9 * toward
    points = [(x1, y1), (x1, bend), (x2, bend), (x2, y2 - 3 * toward)]
    tip = ((x2, y2), (x2 - 4, y2 - 7 * toward), (x2 + 4, y2 - 7 * toward))
    head = Style.MILESTONE_CRITICAL if tie.colour == "red" else Style.MILESTONE
    ends: list[Shape] = [Path(points, style), Path(tip, head, closed=True)]
    ends.append(Rect(x1 - 2.5, y1 - 2.5, 5, 5, head, 2.5))
    return Group(ends, tie.title, tie.href)


def _mark(colour: str, x: float, y: float) -> list[Shape]:
    """The symbol of a status: shape, letter and colour say the same."""
    if colour == "green":
        shape: Shape = Rect(x - 8, y - 8, 16, 16, Style.MARK_GREEN, 8)
        return [shape, Text(x, y + 3.5, "G", Style.TEXT_ON_GREEN, "middle")]
    if colour == "amber":
        shape = diamond(x, y, 10, Style.MARK_AMBER)
        return [shape, Text(x, y + 3.5, "A", Style.TEXT_ON_AMBER, "middle")]
    if colour == "red":
        shape = Rect(x - 8, y - 8, 16, 16, Style.MARK_RED, 2.5)
        return [shape, Text(x, y + 3.5, "R", Style.TEXT_ON_RED, "middle")]
    return [Path(((x - 5, y), (x + 5, y)), Style.MARK_GREY)]
