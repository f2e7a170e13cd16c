# SPDX-License-Identifier: Apache-2.0
"""Which tasks of a plan a view is about, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pilothouse.delivery.planning.queries.cards import Card, Cards, State
from pilothouse.foundation.core.parsing import Reader

LONGEST = 100
_MOST = 2**31 - 1
NOBODY = 0
"""In place of a person or workstream: tasks that have none."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What is asked of the tasks; nothing asked shows all."""

    q: str = ""
    state: str = ""
    person: int | None = None
    stream: int | None = None
    critical: bool = False
    milestones: bool = False
    since: date | None = None
    until: date | None = None

    @property
    def narrowing(self) -> bool:
        """Whether anything is asked."""
        return self != Narrow()

    def pairs(self) -> list[tuple[str, str]]:
        """The part of the address that says it."""
        named: list[tuple[str, object]] = [
            ("q", self.q),
            ("state", self.state),
            ("person", None if self.person is None else str(self.person)),
            ("stream", None if self.stream is None else str(self.stream)),
            ("critical", "yes" if self.critical else ""),
            ("milestones", "yes" if self.milestones else ""),
            ("since", self.since.isoformat() if self.since else ""),
            ("until", self.until.isoformat() if self.until else ""),
        ]
        return [(name, str(value)) for name, value in named if value]

    def takes(self, row: Card, cards: Cards, today: date) -> bool:
        """Whether a task is one of those asked for."""
        return (
            (not self.state or row.state(today) == self.state)
            and (self.person is None or self.person in cards.people.get(row.uid, (NOBODY,)))
            and (self.stream is None or self.stream == cards.stream.get(row.uid, NOBODY))
            and (not self.critical or row.critical)
            and (not self.milestones or row.milestone)
            and (self.since is None or (row.finish is not None and row.finish.date() >= self.since))
            and (self.until is None or (row.start is not None and row.start.date() <= self.until))
            and (not self.q or self.q.casefold() in row.name.casefold())
        )


def narrow_of(data: Mapping[str, str]) -> Narrow:
    """Read an address. Raises Invalid naming a value that cannot be."""
    reader = Reader(data)

    def number(name: str) -> int | None:
        return reader.whole(name, 0, _MOST) if data.get(name, "").strip() else None

    found = Narrow(
        q=reader.text("q", LONGEST),
        state=reader.choice("state", list(State), required=False),
        person=number("person"),
        stream=number("stream"),
        critical=reader.flag("critical"),
        milestones=reader.flag("milestones"),
        since=reader.day("since"),
        until=reader.day("until"),
    )
    if found.since and found.until and found.since > found.until:
        reader.wrong("until", "This day lies before the first one.")
    reader.check("planning.filter")
    return found


def streams_of(cards: Cards) -> list[tuple[int, str]]:
    """The workstreams of a plan: number and name."""
    return [(row.uid, row.name) for row in cards.rows if cards.stream.get(row.uid) == row.uid]
