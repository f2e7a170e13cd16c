# SPDX-License-Identifier: Apache-2.0
"""How much room a line of text takes, without a font at hand.

Widths are those of Inter in thousandths of its size, each class of letters by its widest common
one, so that text is rather given too much room than too little.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_NARROW = frozenset("iljtfrI1.,:;'!|()[]/ ·-‘’“”")
_WIDE = frozenset("mwMWQ@%—…")
_SHARE_NARROW, _SHARE_USUAL, _SHARE_CAPITAL, _SHARE_WIDE, _SHARE_SQUARE = 0.4, 0.6, 0.73, 0.95, 1.05


@lru_cache(maxsize=20_000)
def width_of(text: str, size: float) -> float:
    """The width of a line whose letters have this size."""
    return round(sum(map(_share, text)) * size, 2)


def _share(letter: str) -> float:
    if letter in _NARROW:
        return _SHARE_NARROW
    if letter in _WIDE:
        return _SHARE_WIDE
    if unicodedata.east_asian_width(letter) in "WF":
        return _SHARE_SQUARE
    if unicodedata.combining(letter):
        return 0.0
    return _SHARE_CAPITAL if letter.isupper() else _SHARE_USUAL


def shortened(text: str, room: float, size: float) -> str:
    """The text, or as much of it as finds room, with an ellipsis; empty where not even that does.

    >>> shortened("Foundations of the quay", 70, 10)
    'Foundation…'
    """
    text = " ".join(text.split())
    if width_of(text, size) <= room:
        return text
    left = room - width_of("…", size)
    kept = 0
    for letter in text:
        left -= _share(letter) * size
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + "…" if kept else ""


def wrapped(text: str, room: float, size: float, lines: int) -> list[str]:
    """The text in at most so many lines, broken between words; what is left over is cut off.

    >>> wrapped("Foundations of the northern quay", 90, 10, 2)
    ['Foundations of', 'the northern quay']
    """
    words = text.split()
    made: list[str] = []
    while words and len(made) < lines:
        if len(made) == lines - 1:
            made.append(shortened(" ".join(words), room, size))
            break
        taken = 1
        while taken < len(words) and width_of(" ".join(words[: taken + 1]), size) <= room:
            taken += 1
        made.append(shortened(" ".join(words[:taken]), room, size))
        words = words[taken:]
    return made
