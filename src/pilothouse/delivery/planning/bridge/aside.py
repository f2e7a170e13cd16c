# SPDX-License-Identifier: Apache-2.0
"""A plan and its sandbox: what each changed since, where they clash, and one made of both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pilothouse.delivery.planning.bridge.wording import of_parts
from pilothouse.engine.editing import (
    Clash,
    Measures,
    Merged,
    difference,
    merge,
    write_amount,
    write_predecessors,
)
from pilothouse.engine.editing.amounts import Amount
from pilothouse.engine.editing.coupled import RESOURCES
from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanTask, StoredDates
from pilothouse.foundation.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that one side changed, in words; nothing where the row was or is not there."""

    uid: int
    task: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ClashTold:
    """A clash in words: what was there once, and what each side made of it."""

    key: str
    task: str
    what: str
    base: str
    live: str
    ours: str


def taken_over(base: Plan, live: Plan, ours: Plan, keep: Collection[str], used: int = 0) -> Merged:
    """What a sandbox changed, taken over into the plan as it is now.

    Raises Invalid where no plan can be made of both, whatever is decided.
    """
    try:
        return merge(base, live, ours, keep, used)
    except EngineError as error:
        raise Invalid(error.code, error.message) from error


def changes_told(before: Plan, after: Plan, money: bool = True) -> list[Changed]:
    """What leads from one plan to another, in the order of its rows; without money no cost."""
    words = _Words(before, after)
    delta = difference(before, after)
    found = [
        *(Changed(uid, task.name, "task", "", "added") for uid, task in delta.tasks.added.items()),
        *(
            Changed(uid, task.name, "task", "", "deleted")
            for uid, task in delta.tasks.removed.items()
        ),
    ]
    for uid, cells in delta.tasks.changed.items():
        row = words.tasks[uid]
        for name, (then, now) in cells.items():
            if name in _HIDDEN or (name == "cost" and not money) or (row.summary and name in _SUMS):
                continue
            found.append(
                Changed(uid, row.name, _called(name), words.of(name, then), words.of(name, now))
            )
    new = delta.tasks.added.keys() | delta.tasks.removed.keys()
    found += [
        Changed(uid, words.tasks[uid].name, "place", words.row(then), words.row(now))
        for uid, (then, now) in delta.order.items()
        if uid not in new
    ]
    found += words.links(delta.links.removed.values(), delta.links.added.values(), new)
    found += words.lags(before, after, delta.links.changed)
    found += words.shares(delta.assignments.removed.values(), delta.assignments.added.values(), new)
    found += words.amounts(before, after, delta.assignments.changed)
    place = {uid: row for row, uid in enumerate(words.tasks)}
    return sorted(found, key=lambda item: place[item.uid])


def clashes_told(
    clashes: Sequence[Clash], base: Plan, live: Plan, ours: Plan, money: bool = True
) -> list[ClashTold]:
    """Clashes in words; without money no amount of cost."""
    words = _Words(base, ours, live)
    return [
        ClashTold(
            clash.key,
            " → ".join(words.tasks[uid].name for uid in clash.uids if uid in words.tasks),
            words.kind(clash),
            *(words.side(clash, value, money) for value in (clash.base, clash.live, clash.ours)),
        )
        for clash in clashes
    ]


_HIDDEN = frozenset({"summary", "baselines", "stored", "estimated", "elapsed_duration", "entered"})
_SUMS = frozenset({"percent_complete", "work_minutes", "actual_work_minutes", "duration_minutes"})


def _called(name: str) -> str:
    if name in ("stored", "custom"):
        return {"stored": "dates by hand", "custom": "own fields"}[name]
    return name.removeprefix("custom.").removesuffix("_minutes").replace("_", " ")


def link_words(plan: Plan) -> Callable[[Link], str]:
    """How links of a plan are written: FS-2d, SS+3d."""
    measures = Measures.of(plan)

    def words(link: Link) -> str:
        text = write_predecessors((link,), {link.predecessor: 0}, measures)
        return text.removeprefix("0") or "FS"

    return words


class _Words:
    """Values of plans as people read them."""

    def __init__(self, *plans: Plan) -> None:
        self.tasks: dict[int, PlanTask] = {}
        for plan in reversed(plans):
            self.tasks |= {row.uid: row for row in plan.tasks}
        self._measures = Measures.of(plans[0])
        self._kind = link_words(plans[0])
        self._people = {row.uid: row.name for plan in plans for row in plan.resources}
        self._calendars = {row.uid: row.name for plan in plans for row in plan.calendars}

    def of(self, name: str, value: object) -> str:
        """One cell."""
        if name == "calendar_uid" and isinstance(value, int):
            return self._calendars.get(value, str(value))
        if name.endswith("_minutes") and isinstance(value, int):
            elapsed = name == "leveling_delay_minutes"
            return write_amount(Amount(value, elapsed), self._measures)
        if name == RESOURCES and isinstance(value, tuple):
            return "; ".join(map(self._share, value))[:200] or "nobody"
        if isinstance(value, StoredDates):
            return f"{_plain(value.start)} – {_plain(value.finish)}"
        if (parts := of_parts(name, value)) is not None:
            return parts[:200] or "nothing"
        return _plain(value)

    def row(self, uid: object) -> str:
        """Where a row stands."""
        task = self.tasks.get(uid) if isinstance(uid, int) else None
        return f"after ‘{task.name}’" if task else "first"

    def kind(self, clash: Clash) -> str:
        """What a clash is about."""
        if clash.fields:
            return ", ".join(map(_called, clash.fields))
        return clash.key.split(".", 1)[0]

    def side(self, clash: Clash, value: Any, money: bool) -> str:
        """What one side says in a clash."""
        if clash.fields == ("place",):
            return self.row(value[0])
        if clash.fields:
            cells = zip(clash.fields, value, strict=True)
            told = (
                "–" if name == "cost" and not money else self.of(name, it) for name, it in cells
            )
            return ", ".join(told)
        if value is None:
            return "not there"
        if isinstance(value, Link):
            return self._link(value)
        return "changed" if value != clash.base else "as it was"

    def links(
        self, gone: Iterable[Link], new: Iterable[Link], rows: Collection[int]
    ) -> Iterator[Changed]:
        """Links that went and came; not those that went or came with their task."""
        for links, first in ((gone, True), (new, False)):
            for link in links:
                if not {link.predecessor, link.successor} & set(rows):
                    text = self._link(link)
                    pair = (text, "") if first else ("", text)
                    yield Changed(
                        link.successor, self.tasks[link.successor].name, "predecessor", *pair
                    )

    def lags(self, before: Plan, after: Plan, keys: Collection[object]) -> Iterator[Changed]:
        """Links whose lag changed."""
        if not keys:
            return
        then = {(row.predecessor, row.successor, row.type): row for row in before.links}
        for link in after.links:
            key = (link.predecessor, link.successor, link.type)
            if key in keys:
                name = self.tasks[link.successor].name
                old = self._link(then[key])
                yield Changed(link.successor, name, "predecessor", old, self._link(link))

    def shares(
        self,
        gone: Iterable[PlanAssignment],
        new: Iterable[PlanAssignment],
        rows: Collection[int],
    ) -> Iterator[Changed]:
        """Resources that were taken off and put on tasks."""
        for items, first in ((gone, True), (new, False)):
            for item in items:
                if item.task_uid not in rows:
                    text = self._share(item)
                    pair = (text, "") if first else ("", text)
                    yield Changed(item.task_uid, self.tasks[item.task_uid].name, "resource", *pair)

    def amounts(self, before: Plan, after: Plan, keys: Collection[int]) -> Iterator[Changed]:
        """Resources whose units or work changed."""
        if not keys:
            return
        then = {item.uid: item for item in before.assignments}
        for item in after.assignments:
            if item.uid in keys:
                name = self.tasks[item.task_uid].name
                old = self._share(then[item.uid])
                yield Changed(item.task_uid, name, "resource", old, self._share(item))

    def _link(self, link: Link) -> str:
        before = self.tasks.get(link.predecessor)
        name = before.name if before else str(link.predecessor)
        return f"‘{name}’ {self._kind(link)}"

    def _share(self, item: PlanAssignment) -> str:
        who = self._people.get(item.resource_uid or 0, "nobody")
        work = write_amount(Amount(item.work_minutes), self._measures)
        return f"{who} {item.units * 100:f}".rstrip("0").rstrip(".") + f" %, {work}"


def _plain(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.day} {value:%b %Y %H:%M}"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.value if isinstance(value, StrEnum) else str(value)[:200]
