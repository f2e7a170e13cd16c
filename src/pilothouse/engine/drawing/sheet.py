# SPDX-License-Identifier: Apache-2.0
"""A drawing that leaves its page: on one sheet of paper, with a title and what its styles mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_NOTE = 24.0
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper that is ``ratio`` times as high as wide, ``above`` of it kept free for a heading.

    A drawing on it is ``narrowest`` to ``widest`` units wide.
    """

    ratio: float
    narrowest: float
    widest: float
    above: float = 0
    left_out: str = "{} more are not drawn"


def on_sheet(draw: Callable[[int, float], Drawing], count: int, sheet: Sheet) -> Drawing:
    """The drawing of the first ``count`` parts, or of fewer, of a width, so that it fits.

    It is drawn ever wider, which makes its letters smaller; then parts are left out from below,
    and the drawing says how many.
    """
    width = sheet.narrowest
    while True:
        drawing = draw(count, width)
        if drawing.height + sheet.above <= sheet.ratio * width:
            return replace(drawing, height=sheet.ratio * width - sheet.above)
        if width >= sheet.widest:
            break
        width = min(round(width * 1.12), sheet.widest)
    room = sheet.ratio * width - sheet.above - _NOTE
    kept, beyond = 1, count
    while kept + 1 < beyond:
        middle = (kept + beyond) // 2
        kept, beyond = (middle, beyond) if draw(middle, width).height <= room else (kept, middle)
    drawing = draw(kept, width)
    said = sheet.left_out.format(count - kept)
    note = Text(8, drawing.height + 12, said, Style.TEXT_LATE)
    height = max(room, drawing.height) + _NOTE
    return replace(drawing, height=height, shapes=[*drawing.shapes, note])


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
