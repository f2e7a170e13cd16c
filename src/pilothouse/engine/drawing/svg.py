# SPDX-License-Identifier: Apache-2.0
"""Drawings of plain shapes, and the one writer that makes SVG of them.

A style is a class and, beside it, the look on white paper as attributes: so a page may recolour a
drawing by its style sheet, while a file of it needs none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Protocol

from pilothouse.engine.drawing.text import width_of

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Style(StrEnum):
    """What a shape stands for."""

    PAPER = "paper"
    STRIPE = "stripe"
    CLOSED = "closed"
    GRID = "grid"
    GRID_STRONG = "grid-strong"
    BAR = "bar"
    BAR_CRITICAL = "bar-critical"
    BAR_GREEN = "bar-green"
    BAR_AMBER = "bar-amber"
    BAR_RED = "bar-red"
    BAR_GREY = "bar-grey"
    DONE = "done"
    BASE = "base"
    MILESTONE = "milestone"
    MILESTONE_CRITICAL = "milestone-critical"
    MILESTONE_DONE = "milestone-done"
    TODAY = "today"
    STATUS = "status"
    LINK = "link"
    LINK_CRITICAL = "link-critical"
    LINK_GREEN = "link-green"
    LINK_AMBER = "link-amber"
    LINK_RED = "link-red"
    LINK_GREY = "link-grey"
    BOX = "box"
    BOX_CRITICAL = "box-critical"
    BOX_CHOSEN = "box-chosen"
    TEXT = "text"
    TEXT_TITLE = "text-title"
    TEXT_BESIDE = "text-beside"
    TEXT_STRONG = "text-strong"
    TEXT_META = "text-meta"
    TEXT_LATE = "text-late"
    TEXT_TODAY = "text-today"
    TEXT_STATUS = "text-status"
    TEXT_LINK = "text-link"
    MARK_GREEN = "mark-green"
    MARK_AMBER = "mark-amber"
    MARK_RED = "mark-red"
    MARK_GREY = "mark-grey"
    TEXT_ON_GREEN = "text-on-green"
    TEXT_ON_AMBER = "text-on-amber"
    TEXT_ON_RED = "text-on-red"


SIZES = {
    Style.TEXT: 11.0,
    Style.TEXT_TITLE: 14.0,
    Style.TEXT_BESIDE: 11.0,
    Style.TEXT_STRONG: 12.0,
    Style.TEXT_META: 10.0,
    Style.TEXT_LATE: 10.0,
    Style.TEXT_TODAY: 10.0,
    Style.TEXT_STATUS: 10.0,
    Style.TEXT_LINK: 9.0,
    Style.TEXT_ON_GREEN: 9.0,
    Style.TEXT_ON_AMBER: 9.0,
    Style.TEXT_ON_RED: 9.0,
}
"""Height of the letters of each style of text."""


def _fill(colour: str) -> str:
    return f'fill="{colour}"'


def _line(colour: str, width: float = 1, more: str = "") -> str:
    return f'fill="none" stroke="{colour}" stroke-width="{width}"{more}'


def _letters(style: Style, colour: str, more: str = "") -> str:
    return f'fill="{colour}" font-size="{SIZES[style]:g}"{more}'


_BOLD = ' font-weight="600"'
_HALO = ' stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
_LOOKS: dict[Style, str] = {
    Style.PAPER: _fill("#ffffff"),
    Style.STRIPE: _fill("#f5f6f8"),
    Style.CLOSED: _fill("#eef0f4"),
    Style.GRID: _line("#e3e7ed"),
    Style.GRID_STRONG: _line("#cbd2dc"),
    Style.BAR: _fill("#a9c3f2"),
    Style.BAR_CRITICAL: _fill("#efaaa4"),
    Style.BAR_GREEN: _fill("#9fd3c8"),
    Style.BAR_AMBER: _fill("#f5b83d"),
    Style.BAR_RED: _fill("#a8160f"),
    Style.BAR_GREY: _fill("#b4bcc8"),
    Style.DONE: _fill("#3a6fd8"),
    Style.BASE: _fill("#b4bcc8"),
    Style.MILESTONE: _fill("#2f3b4c"),
    Style.MILESTONE_CRITICAL: _fill("#b8221a"),
    Style.MILESTONE_DONE: 'fill="#ffffff" stroke="#2f3b4c" stroke-width="1.5"',
    Style.TODAY: _line("#7a4bb5", 1.5),
    Style.STATUS: _line("#4c5a6b", 1.5, ' stroke-dasharray="4 3"'),
    Style.LINK: _line("#8792a2", 1.2),
    Style.LINK_CRITICAL: _line("#b8221a", 1.8),
    Style.LINK_GREEN: _line("#0a7d68", 1.4),
    Style.LINK_AMBER: _line("#b27a00", 1.8, ' stroke-dasharray="6 3"'),
    Style.LINK_RED: _line("#a8160f", 2.2),
    Style.LINK_GREY: _line("#8792a2", 1.2, ' stroke-dasharray="2 3"'),
    Style.BOX: 'fill="#ffffff" stroke="#7d8899" stroke-width="1"',
    Style.BOX_CRITICAL: 'fill="#ffffff" stroke="#b8221a" stroke-width="2"',
    Style.BOX_CHOSEN: 'fill="#e8effd" stroke="#2456c8" stroke-width="2"',
    Style.TEXT: _letters(Style.TEXT, "#141c28"),
    Style.TEXT_BESIDE: _letters(Style.TEXT_BESIDE, "#141c28", _HALO),
    Style.TEXT_TITLE: _letters(Style.TEXT_TITLE, "#141c28", _BOLD),
    Style.TEXT_STRONG: _letters(Style.TEXT_STRONG, "#141c28", _BOLD),
    Style.TEXT_META: _letters(Style.TEXT_META, "#4c5a6b"),
    Style.TEXT_LATE: _letters(Style.TEXT_LATE, "#93130c", _BOLD),
    Style.TEXT_TODAY: _letters(Style.TEXT_TODAY, "#7a4bb5", _BOLD),
    Style.TEXT_STATUS: _letters(Style.TEXT_STATUS, "#4c5a6b", _BOLD),
    Style.TEXT_LINK: _letters(Style.TEXT_LINK, "#4c5a6b", _HALO),
    Style.MARK_GREEN: _fill("#ddf1ec"),
    Style.MARK_AMBER: _fill("#f5b83d"),
    Style.MARK_RED: _fill("#a8160f"),
    Style.MARK_GREY: _line("#8792a2", 2),
    Style.TEXT_ON_GREEN: _letters(Style.TEXT_ON_GREEN, "#08604f", _BOLD),
    Style.TEXT_ON_AMBER: _letters(Style.TEXT_ON_AMBER, "#3a2800", _BOLD),
    Style.TEXT_ON_RED: _letters(Style.TEXT_ON_RED, "#ffffff", _BOLD),
}

_FONT = "Inter, system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file may hold."""


class Shape(Protocol):
    """Something that is drawn."""

    def markup(self) -> str:
        """The shape as SVG."""
        ...


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    style: Style
    radius: float = 0

    def markup(self) -> str:
        """The shape as SVG."""
        corner = f' rx="{_n(self.radius)}"' if self.radius else ""
        size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        return f'<rect x="{_n(self.x)}" y="{_n(self.y)}" {size}{corner} {look(self.style)}/>'

    @property
    def box(self) -> Box:
        """What it covers."""
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, or the area between them where it is ``closed``."""

    points: Sequence[tuple[float, float]]
    style: Style
    closed: bool = False

    def markup(self) -> str:
        """The shape as SVG."""
        way = "L".join(f"{_n(x)} {_n(y)}" for x, y in self.points)
        return f'<path d="M{way}{"Z" if self.closed else ""}" {look(self.style)}/>'


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; ``x`` is where it begins, or its ``anchor``: middle or end."""

    x: float
    y: float
    text: str
    style: Style = Style.TEXT
    anchor: str = "start"

    def markup(self) -> str:
        """The shape as SVG."""
        side = "" if self.anchor == "start" else f' text-anchor="{self.anchor}"'
        place = f'x="{_n(self.x)}" y="{_n(self.y)}"'
        return f"<text {place}{side} {look(self.style)}>{plain(self.text)}</text>"

    @property
    def box(self) -> Box:
        """What it covers, as far as the widths of letters are known."""
        size = SIZES[self.style]
        wide = width_of(self.text, size)
        left = self.x - {"start": 0.0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, self.y - size * 0.8, left + wide, self.y + size * 0.25


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together: they lead to ``href``, and say ``title`` when pointed at."""

    shapes: Sequence[Shape]
    title: str = ""
    href: str = ""
    key: str = ""

    def markup(self) -> str:
        """The shape as SVG."""
        told = f"<title>{plain(self.title)}</title>" if self.title else ""
        key = f' data-key="{plain(self.key)}"' if self.key else ""
        inside = told + "".join(shape.markup() for shape in self.shapes)
        if self.href:
            return f'<a href="{plain(self.href)}" tabindex="-1"{key}>{inside}</a>'
        return f"<g{key}>{inside}</g>"


@dataclass(frozen=True, slots=True)
class Shifted:
    """Shapes that lie further down than they say."""

    shapes: Sequence[Shape]
    down: float

    def markup(self) -> str:
        """The shape as SVG."""
        inside = "".join(shape.markup() for shape in self.shapes)
        return f'<g transform="translate(0 {_n(self.down)})">{inside}</g>'


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a sheet; ``label`` says in a sentence what they show."""

    width: float
    height: float
    shapes: Sequence[Shape]
    label: str

    def svg(self, *, file: bool = False, natural: bool = False) -> str:
        """The drawing as SVG, as wide as the page or in its ``natural`` size.

        As a ``file`` of its own it has its title and stands on white paper.
        """
        size = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        inside = "".join(shape.markup() for shape in self.shapes)
        if not file:
            kind = "ph-d-natural" if natural else "ph-d-wide"
            size += f' width="{_n(self.width)}" height="{_n(self.height)}"'
            return (
                f'<svg class="ph-d {kind}" {size} role="group" aria-label="{plain(self.label)}" '
                f'font-family="{_FONT}">{inside}</svg>'
            )
        paper = Rect(0, 0, self.width, self.height, Style.PAPER).markup()
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} width="{_n(self.width)}" '
            f'height="{_n(self.height)}" font-family="{_FONT}">'
            f"<title>{plain(self.label)}</title>{paper}{inside}</svg>\n"
        )


def diamond(x: float, y: float, half: float, style: Style) -> Path:
    """A milestone with its middle at a point."""
    corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
    return Path(corners, style, closed=True)


def plain(text: str) -> str:
    """Text as it stands in SVG, whatever somebody typed."""
    return escape(_NOT_XML.sub("\ufffd", text))


def look(style: Style) -> str:
    """Class and attributes of a style."""
    return f'class="ph-d-{style.value}" {_LOOKS[style]}'


def _n(value: float) -> str:
    return f"{round(value, 1):g}" if abs(value) < 1e5 else f"{value:.0f}"
