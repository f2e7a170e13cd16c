# SPDX-License-Identifier: Apache-2.0
"""A roadmap on one page: lanes with bars and milestones over time.

Bars and milestones of a lane take the first row in which they and their names find room, in the
order of their dates; so nothing covers anything else, and the same plan is always drawn alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pilothouse.engine.drawing.scale import (
    HEAD,
    Mark,
    Scale,
    Words,
    axis,
    padded,
    stripes,
)
from pilothouse.engine.drawing.sheet import Sheet, on_sheet
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
from pilothouse.engine.drawing.text import shortened, width_of, wrapped

WIDTH = 1180.0
GUTTER = 190.0
RIGHT = 16.0
ROW = 24.0
BAR = 15.0
HALF = 6.0
"""Half the width of a diamond."""
_GAP = 5.0
_PAD = 6.0
_NAME = SIZES[Style.TEXT]
_LANE = SIZES[Style.TEXT_STRONG]
_META = SIZES[Style.TEXT_META]
_LEAST = 60.0
"""Room that a name is given at least before it is cut off."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days; ``share`` of it is done."""

    start: date
    finish: date
    name: str
    share: float = 0.0
    critical: bool = False
    baseline: tuple[date, date] | None = None
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day with a name and who answers for it."""

    day: date
    name: str
    owner: str = ""
    critical: bool = False
    done: bool = False
    baseline: date | None = None
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """What belongs together, under one name."""

    name: str
    note: str = ""
    bars: Sequence[Bar] = ()
    milestones: Sequence[Milestone] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How a roadmap is to be drawn."""

    label: str
    marks: Sequence[Mark] = ()
    words: Words = field(default_factory=Words)
    width: float = WIDTH


def roadmap(lanes: Sequence[Lane], look: Look) -> Drawing:
    """The lanes one below the other, with the time above them."""
    days = [day for lane in lanes for day in _days(lane)]
    first, last = padded([*days, *(mark.day for mark in look.marks)])
    scale = Scale(first, last, GUTTER, look.width - RIGHT)
    heights: list[tuple[float, float]] = []
    inside: list[Shape] = []
    top = HEAD + 4.0
    for lane in lanes:
        shapes, bottom = _lane(lane, scale, top)
        heights.append((top, bottom))
        inside += shapes
        top = bottom
    behind = [*stripes(scale, heights, look.width), *axis(scale, look.words, top, look.marks)]
    return Drawing(look.width, top + 4, [*behind, *inside], look.label)


def fitted(
    lanes: Sequence[Lane], look: Look, *, ratio: float, widest: float, above: float = 0
) -> Drawing:
    """The roadmap on one sheet of paper, as ``on_sheet`` has it; lanes are left out from below."""

    def draw(count: int, width: float) -> Drawing:
        return roadmap(lanes[:count], replace(look, width=width))

    sheet = Sheet(ratio, look.width, widest, above, look.words.left_out)
    return on_sheet(draw, len(lanes), sheet)


def _days(lane: Lane) -> list[date]:
    bars = [day for bar in lane.bars for day in (bar.start, bar.finish, *(bar.baseline or ()))]
    points = [
        day
        for milestone in lane.milestones
        for day in (milestone.day, milestone.baseline)
        if day is not None
    ]
    return bars + points


def _lane(lane: Lane, scale: Scale, top: float) -> tuple[list[Shape], float]:
    """Shapes of a lane, and where it ends."""
    rows: list[list[tuple[float, float]]] = []
    placed = [
        _bar(bar, scale, rows, top) for bar in sorted(lane.bars, key=lambda b: (b.start, b.finish))
    ]
    placed += [
        _milestone(point, scale, rows, top)
        for point in sorted(lane.milestones, key=lambda m: (m.day, m.name))
    ]
    name = wrapped(lane.name, GUTTER - 24, _LANE, 2)
    head = len(name) * 15 + (13 if lane.note else 0)
    bottom = top + max(len(rows) * ROW + _PAD, head + 2 * _PAD)
    shapes: list[Shape] = [
        Text(8, top + _PAD + 10 + 15 * line, text, Style.TEXT_STRONG)
        for line, text in enumerate(name)
    ]
    if lane.note:
        note = shortened(lane.note, GUTTER - 24, _META)
        shapes.append(Text(8, top + _PAD + 9 + 15 * len(name), note, Style.TEXT_META))
    return shapes + placed, bottom


def _row_for(rows: list[list[tuple[float, float]]], left: float, right: float) -> int:
    """The first row in which nothing lies between two places, from now on taken there."""
    for number, taken in enumerate(rows):
        if all(right + _GAP <= start or left >= end + _GAP for start, end in taken):
            taken.append((left, right))
            return number
    rows.append([(left, right)])
    return len(rows) - 1


def _beside(
    scale: Scale, left: float, right: float, name: str
) -> tuple[float, str, str, tuple[float, float]]:
    """Where a name stands beside a shape: its place, anchor, text, and what both cover."""
    wide = width_of(name, _NAME)
    ahead, behind = scale.right - right - _GAP, left - scale.left - _GAP
    if wide <= ahead or ahead >= max(_LEAST, behind):
        text = shortened(name, ahead, _NAME)
        return right + _GAP, "start", text, (left, right + _GAP + width_of(text, _NAME))
    text = shortened(name, behind, _NAME)
    return left - _GAP, "end", text, (left - _GAP - width_of(text, _NAME), right)


def _bar(bar: Bar, scale: Scale, rows: list[list[tuple[float, float]]], top: float) -> Group:
    left, right = scale.span(bar.start, bar.finish)
    base = None if bar.baseline is None else scale.span(*bar.baseline)
    ends = (left, right) if base is None else (min(left, base[0]), max(right, base[1]))
    if width_of(bar.name, _NAME) + 10 <= right - left:
        x, anchor, text, covered = left + 5, "start", bar.name, ends
        letters = Style.TEXT
    else:
        x, anchor, text, covered = _beside(scale, *ends, bar.name)
        letters = Style.TEXT_BESIDE
    y = top + _PAD / 2 + ROW * _row_for(rows, *covered) + 2
    style = Style.BAR_CRITICAL if bar.critical else Style.BAR
    shapes: list[Shape] = [Rect(left, y, right - left, BAR, style, 3)]
    if bar.share > 0:
        shapes.append(Rect(left, y + BAR - 3, (right - left) * min(bar.share, 1), 3, Style.DONE))
    if base is not None:
        shapes.append(Rect(base[0], y + BAR + 1.5, base[1] - base[0], 3, Style.BASE, 1))
    shapes.append(Text(x, y + BAR - 4, text, letters, anchor))
    return Group(shapes, bar.title, bar.href)


def _milestone(
    point: Milestone, scale: Scale, rows: list[list[tuple[float, float]]], top: float
) -> Group:
    x = min(max(scale.middle(point.day), scale.left + HALF), scale.right - HALF)
    base = None if point.baseline is None else scale.middle(point.baseline)
    ends = [x - HALF, x + HALF] + ([] if base is None else [base - 4, base + 4])
    name = f"{point.name} · {point.owner}" if point.owner else point.name
    at, anchor, text, covered = _beside(scale, min(ends), max(ends), name)
    y = top + _PAD / 2 + ROW * _row_for(rows, *covered) + 9
    shapes: list[Shape] = []
    if base is not None and abs(base - x) > 1:
        shapes.append(Path(((base, y + HALF + 4), (x, y + HALF + 4)), Style.GRID_STRONG))
        shapes.append(diamond(base, y + HALF + 4, 3.5, Style.BASE))
    style = Style.MILESTONE_CRITICAL if point.critical else Style.MILESTONE
    shapes.append(diamond(x, y, HALF, Style.MILESTONE_DONE if point.done else style))
    shapes.append(Text(at, y + 4, text, Style.TEXT_BESIDE, anchor))
    return Group(shapes, point.title, point.href)
