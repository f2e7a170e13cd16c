# SPDX-License-Identifier: Apache-2.0
"""Drawings of plans: where everything lies, and the SVG of it (docs/methods/drawings.md)."""

from pilothouse.engine.drawing.lanes import Bar, Lane, Look, Milestone, fitted, roadmap
from pilothouse.engine.drawing.network import Link, Node, network
from pilothouse.engine.drawing.scale import Mark, Scale, Unit, Words
from pilothouse.engine.drawing.sheet import Heading, Sheet, headed, on_sheet
from pilothouse.engine.drawing.svg import (
    Drawing,
    Group,
    Path,
    Rect,
    Shape,
    Shifted,
    Style,
    Text,
    diamond,
    plain,
)
from pilothouse.engine.drawing.text import shortened, width_of, wrapped
from pilothouse.engine.drawing.timeline import Band, Row, Span, Tie, rows_only, timeline

__all__ = [
    "Band",
    "Bar",
    "Drawing",
    "Group",
    "Heading",
    "Lane",
    "Link",
    "Look",
    "Mark",
    "Milestone",
    "Node",
    "Path",
    "Rect",
    "Row",
    "Scale",
    "Shape",
    "Sheet",
    "Shifted",
    "Span",
    "Style",
    "Text",
    "Tie",
    "Unit",
    "Words",
    "diamond",
    "fitted",
    "headed",
    "network",
    "on_sheet",
    "plain",
    "roadmap",
    "rows_only",
    "shortened",
    "timeline",
    "width_of",
    "wrapped",
]
