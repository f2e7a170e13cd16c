# SPDX-License-Identifier: Apache-2.0
"""Items written as lines of text: ``bug: The light stays on (3)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.agile.models import MOST_POINTS, TITLE_LENGTH, BacklogItem

KINDS = {kind.value: kind for kind in BacklogItem.Kind}
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,3}[.)]|\[[ xX]?\])\s+")
_KIND = re.compile(r"^(epic|story|bug|task)\s*:\s*", re.IGNORECASE)
_POINTS = re.compile(
    r"\s*\((\d{1,9}(?:\.\d{1,9})?)\s*(?:p|pt|pts|points?|SP)?\)\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An item as somebody wrote it."""

    title: str
    kind: BacklogItem.Kind = BacklogItem.Kind.STORY
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReadLines:
    """The drafts of some lines, and what is wrong by number of the line."""

    drafts: list[Draft]
    wrong: dict[int, str]


def read_lines(text: str) -> ReadLines:
    """Read one item from each line that is not empty; bullets and numbers before it fall away."""
    drafts: list[Draft] = []
    wrong: dict[int, str] = {}
    for number, raw in enumerate(text.replace("\0", "").splitlines(), 1):
        line = _BULLET.sub("", raw.replace("\t", " ")).strip()
        if not line:
            continue
        found = read_line(line)
        if isinstance(found, str):
            wrong[number] = found
        else:
            drafts.append(found)
    return ReadLines(drafts, wrong)


def read_line(line: str) -> Draft | str:
    """The item that a line says, or what is wrong with it."""
    kind = BacklogItem.Kind.STORY
    if found := _KIND.match(line):
        kind, line = KINDS[found[1].lower()], line[found.end() :]
    points = None
    if found := _POINTS.search(line):
        line, points = line[: found.start()], Decimal(found[1])
    title = line.strip()
    if not title:
        return "It has no title."
    if len(title) > TITLE_LENGTH:
        return f"Its title has {len(title)} characters; {TITLE_LENGTH} are the most."
    if points is not None and points != round(points, 2):
        return f"{points} points have more than two decimals; write them as 0.5 or 2.25."
    if points is not None and points > MOST_POINTS:
        return f"{points} points are too many; {MOST_POINTS} are the most. Split it."
    if points is not None and kind == BacklogItem.Kind.EPIC:
        return "An epic has no points of its own; give them to its stories."
    return Draft(title, kind, points)
