# SPDX-License-Identifier: Apache-2.0
"""Drawings of plans: where everything lies, and the SVG of it (docs/methods/drawings.md)."""

from pilothouse.engine.drawing.lanes import Bar, Lane, Look, Milestone, fitted, roadmap
from pilothouse.engine.drawing.network import Link, Node, network
from pilothouse.engine.drawing.scale import Mark, Scale, Unit, Words
from pilothouse.engine.drawing.sheet import Heading, headed
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

__all__ = [
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
    "Scale",
    "Shape",
    "Shifted",
    "Style",
    "Text",
    "Unit",
    "Words",
    "diamond",
    "fitted",
    "headed",
    "network",
    "plain",
    "roadmap",
    "shortened",
    "width_of",
    "wrapped",
]
