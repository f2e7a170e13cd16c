# SPDX-License-Identifier: Apache-2.0
"""A network diagram: tasks as boxes with their early and late dates, links as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.engine.drawing.layers import Edge, Layered, layered
from pilothouse.engine.drawing.svg import (
    SIZES,
    Drawing,
    Group,
    Path,
    Rect,
    Shape,
    Style,
    Text,
)
from pilothouse.engine.drawing.text import shortened

WIDE, HIGH = 184.0, 74.0
ACROSS, DOWN = 76.0, 22.0
"""Room between two boxes: for the lines and their names, and above each other."""
MARGIN = 12.0
_ARROW = 5.0


@dataclass(frozen=True, slots=True)
class Node:
    """A task: its name and lines of facts below it."""

    key: int
    name: str
    lines: Sequence[str] = ()
    critical: bool = False
    chosen: bool = False
    title: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What leads from one task to another; ``words`` are its type and lag, where they matter."""

    source: int
    target: int
    words: str = ""
    critical: bool = False


def network(nodes: Sequence[Node], links: Sequence[Link], label: str) -> Drawing:
    """The diagram from left to right."""
    edges = [(link.source, link.target) for link in links]
    places = layered([node.key for node in nodes], edges)
    shapes: list[Shape] = []
    drawn = [link for link in links if (link.source, link.target) in places.ways]
    # Critical lines last: they stay visible where lines cross.
    for link in sorted(drawn, key=lambda one: one.critical):
        shapes += _line(link, places)
    shapes += [_box(node, places) for node in nodes]
    width = 2 * MARGIN + max(places.layers, 1) * (WIDE + ACROSS) - ACROSS
    height = 2 * MARGIN + max(places.rows, 1) * (HIGH + DOWN) - DOWN
    return Drawing(width, height, shapes, label)


def _left(layer: int) -> float:
    return MARGIN + layer * (WIDE + ACROSS)


def _top(height: float) -> float:
    return MARGIN + height * (HIGH + DOWN)


def _box(node: Node, places: Layered) -> Group:
    x, y = _left(places.layer[node.key]), _top(places.height[node.key])
    style = Style.BOX_CRITICAL if node.critical else Style.BOX
    shapes: list[Shape] = [
        Rect(x, y, WIDE, HIGH, Style.BOX_CHOSEN if node.chosen else style, 4),
        Text(
            x + 8,
            y + 17,
            shortened(node.name, WIDE - 16, SIZES[Style.TEXT_STRONG]),
            Style.TEXT_STRONG,
        ),
    ]
    for number, line in enumerate(node.lines[:3]):
        told = shortened(line, WIDE - 16, SIZES[Style.TEXT_META])
        shapes.append(Text(x + 8, y + 34 + 15 * number, told, Style.TEXT_META))
    return Group(shapes, node.title, node.href, str(node.key))


def _line(link: Link, places: Layered) -> list[Shape]:
    edge: Edge = (link.source, link.target)
    first, last = places.layer[link.source], places.layer[link.target]
    start = (_left(first) + WIDE, _top(places.height[link.source]) + HIGH / 2)
    end = (_left(last), _top(places.height[link.target]) + HIGH / 2)
    points = [start]
    for layer, height in enumerate(places.ways[edge], first + 1):
        y = _top(height) + HIGH / 2
        points += [(_left(layer), y), (_left(layer) + WIDE, y)]
    points.append((end[0] - _ARROW, end[1]))
    style = Style.LINK_CRITICAL if link.critical else Style.LINK
    tip = Style.MILESTONE_CRITICAL if link.critical else Style.BASE
    arrow = ((end[0], end[1]), (end[0] - 7, end[1] - 4), (end[0] - 7, end[1] + 4))
    shapes: list[Shape] = [Path(points, style), Path(arrow, tip, closed=True)]
    if link.words:
        (x1, y1), (x2, y2) = points[-2:]
        shapes.append(Text((x1 + x2) / 2, (y1 + y2) / 2 - 3, link.words, Style.TEXT_LINK, "middle"))
    return shapes
