# SPDX-License-Identifier: Apache-2.0
"""What a drawing is given where it leaves its page: a title above, the meaning of styles below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pilothouse.engine.drawing.svg import (
    SIZES,
    Drawing,
    Path,
    Rect,
    Shape,
    Shifted,
    Style,
    Text,
    diamond,
)
from pilothouse.engine.drawing.text import shortened, width_of

HEAD, FOOT = 30.0, 26.0
_DIAMONDS = {Style.MILESTONE, Style.MILESTONE_CRITICAL, Style.MILESTONE_DONE}


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a drawing, what it was made from, and what its styles mean."""

    title: str
    note: str = ""
    key: Sequence[tuple[Style, str]] = ()

    @property
    def height(self) -> float:
        """How much higher a drawing is with it."""
        return HEAD + (FOOT if self.key else 0)


def headed(drawing: Drawing, heading: Heading) -> Drawing:
    """The drawing below its title and above the meaning of its styles."""
    size = SIZES[Style.TEXT_META]
    wide = width_of(heading.note, size)
    room = drawing.width - wide - 40
    shapes: list[Shape] = [
        Text(8, 18, shortened(heading.title, room, SIZES[Style.TEXT_TITLE]), Style.TEXT_TITLE),
        Text(drawing.width - 8, 18, heading.note, Style.TEXT_META, "end"),
        Shifted(drawing.shapes, HEAD),
    ]
    height = drawing.height + heading.height
    x, y = 8.0, height - 10
    for style, words in heading.key:
        shapes += [_sample(style, x, y - 4), Text(x + 28, y, words, Style.TEXT_META)]
        x += 28 + width_of(words, size) + 20
    return replace(drawing, height=height, shapes=shapes)


def _sample(style: Style, x: float, y: float) -> Shape:
    if style in _DIAMONDS:
        return diamond(x + 11, y, 5.5, style)
    if style.startswith("link"):
        return Path(((x, y), (x + 22, y)), style)
    high = 3.0 if style in (Style.BASE, Style.DONE) else 9.0
    return Rect(x, y - high / 2, 22, high, style, 1)
