# SPDX-License-Identifier: Apache-2.0
"""An entry typed in one line: its title, and marks for what else is known. Pure: no row, no clock.

``Crane late !4x5 @piet #supplier due 2026-12-01``: probability × impact, owner, tags, day.
A severity is ``!S2``, a day from now on ``due +10d``; ``!4x5c`` rates the impact on cost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

IMPACTS = {
    "": "time",
    "t": "time",
    "c": "cost",
    "s": "scope",
    "b": "benefit",
    "r": "reputation",
}
"""Letter after the impact → dimension; without one it is on time."""
FARTHEST_DAYS = 3660
_RATED = re.compile(r"([1-5])[x×*]([1-5])([tcsbr]?)", re.IGNORECASE)
_SEVERITY = re.compile(r"s([1-4])", re.IGNORECASE)
_AHEAD = re.compile(r"\+(\d{1,4})d?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quick:
    """What a line says; ``problems`` tells what of it was not understood."""

    title: str
    probability: int | None = None
    impact: int | None = None
    dimension: str = "time"
    severity: int | None = None
    owner: str = ""
    tags: str = ""
    due: date | None = None
    problems: list[str] = field(default_factory=list)


def parse(line: str, today: date) -> Quick:
    """Read a line; a mark that is not understood is told, and never becomes part of the title."""
    reading = _Reading(today)
    words = line.replace("\0", " ").split()
    while words:
        words = reading.take(words)
    return reading.result()


class _Reading:
    def __init__(self, today: date) -> None:
        self._today = today
        self._title: list[str] = []
        self._tags: list[str] = []
        self._once: dict[str, object] = {}
        self._problems: list[str] = []

    def take(self, words: list[str]) -> list[str]:
        """Read one mark or word; gives what is left of the line."""
        word, rest = words[0], words[1:]
        if word.startswith("!") and len(word) > 1:
            self._valued(word)
        elif word.startswith("@") and len(word) > 1:
            self._keep("owner", word[1:], word)
        elif word.startswith("#") and len(word) > 1:
            tag = word[1:].strip(",;")
            if tag and tag not in self._tags:
                self._tags.append(tag)
        elif word.casefold() in ("due", "due:") and rest and _is_day(rest[0]):
            self._due(rest[0])
            return rest[1:]
        else:
            self._title.append(word)
        return rest

    def _valued(self, word: str) -> None:
        rated = _RATED.fullmatch(word[1:])
        severe = _SEVERITY.fullmatch(word[1:])
        if rated is not None:
            dimension = IMPACTS[rated[3].lower()]
            self._keep("rated", (int(rated[1]), int(rated[2]), dimension), word)
        elif severe is not None:
            self._keep("severity", int(severe[1]), word)
        else:
            self._problems.append(
                f"‘{word}’ is neither a rating such as !4x5 (both from 1 to 5) nor a severity "
                "from !S1 to !S4."
            )

    def _due(self, word: str) -> None:
        ahead = _AHEAD.fullmatch(word)
        if ahead is not None:
            days = int(ahead[1])
            if days > FARTHEST_DAYS:
                self._problems.append(f"‘due {word}’ lies more than ten years ahead.")
                return
            self._keep("due", self._today + timedelta(days=days), f"due {word}")
            return
        try:
            found = date.fromisoformat(word)
        except ValueError:
            self._problems.append(
                f"‘due {word}’ is no day; write it as due 2026-11-30, or due +10d."
            )
            return
        self._keep("due", found, f"due {word}")

    def _keep(self, name: str, value: object, word: str) -> None:
        if name in self._once:
            self._problems.append(f"‘{word}’ says again what stands in the line already.")
        self._once.setdefault(name, value)

    def result(self) -> Quick:
        """All that was read."""
        title = " ".join(self._title)
        if not title:
            self._problems.append("Say in a few words what it is.")
        rated = self._once.get("rated")
        probability, impact, dimension = rated if isinstance(rated, tuple) else (None, None, "time")
        severity, due = self._once.get("severity"), self._once.get("due")
        return Quick(
            title,
            probability,
            impact,
            dimension,
            severity if isinstance(severity, int) else None,
            str(self._once.get("owner", "")),
            ", ".join(self._tags),
            due if isinstance(due, date) else None,
            self._problems,
        )


def _is_day(word: str) -> bool:
    """Whether a word after “due” is meant as a day; “due to rain” is a part of the title."""
    return word[0].isdecimal() or word[0] == "+"
