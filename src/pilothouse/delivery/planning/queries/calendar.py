# SPDX-License-Identifier: Apache-2.0
"""A month of a plan: milestones, deadlines, tasks that begin or end, days that are not worked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.calendars import times_of
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries.cards import Card, Cards, cards_of
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.narrow import Narrow, streams_of
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

SHOWN = 4
"""Entries of a day in the month; the rest is one click away."""
_YEARS = range(1984, 2101)


class Kind(IntEnum):
    """What is on a day, the weightiest first."""

    MILESTONE = 0
    DEADLINE = 1
    END = 2
    BEGIN = 3
    WHOLE = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A task on a day of it."""

    kind: Kind
    uid: int
    name: str
    people: str
    critical: bool
    done: bool
    missed: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month, or of the weeks at its ends."""

    day: date
    inside: bool
    today: bool
    closed: bool
    entries: Sequence[Entry]

    @property
    def shown(self) -> Sequence[Entry]:
        """The entries that find room; all but one would need as much as that one."""
        return self.entries if len(self.entries) == SHOWN + 1 else self.entries[:SHOWN]

    @property
    def more(self) -> int:
        """How many do not."""
        return len(self.entries) - len(self.shown)


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A month in weeks from Monday; ``chosen`` is a day that is shown in full."""

    project: Project
    plan: ProjectPlan
    narrow: Narrow
    month: date
    before: date | None
    after: date | None
    weeks: Sequence[Sequence[Day]]
    chosen: Day | None
    count: int
    people: Sequence[tuple[int, str]]
    streams: Sequence[tuple[int, str]]
    nearest: date | None


def calendar_page(
    actor: Actor, project_id: int, today: date, *, month: str, narrow: Narrow, chosen: str = ""
) -> CalendarPage:
    """The month as ``2026-03``, else the one of today. Who: R on task. Raises: Invalid."""
    project, _grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    first = _month(month, today)
    cards = cards_of(plan)
    entries = _entries(cards, narrow, today)
    closed = times_of(plan)[plan.default_calendar_uid]
    monday = first - timedelta(days=first.weekday())
    weeks: list[list[Day]] = []
    while monday < _next(first):
        days = [monday + timedelta(days=ahead) for ahead in range(7)]
        weeks.append(
            [
                Day(
                    day,
                    day.month == first.month,
                    day == today,
                    not closed.intervals(day),
                    entries.get(day, ()),
                )
                for day in days
            ]
        )
        monday += timedelta(days=7)
    found = {day.day.isoformat(): day for week in weeks for day in week}
    count = sum(len(day.entries) for week in weeks for day in week if day.inside)
    before = (first - timedelta(days=1)).replace(day=1)
    after = _next(first)
    return CalendarPage(
        project,
        plan,
        narrow,
        first,
        before if before.year in _YEARS else None,
        after if after.year in _YEARS else None,
        weeks,
        found.get(chosen),
        count,
        list(cards.names.items()),
        streams_of(cards),
        None if count else _nearest(entries, first),
    )


def _month(text: str, today: date) -> date:
    if not text:
        return today.replace(day=1)
    match = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if match is None or int(match[1]) not in _YEARS:
        message = f"‘{text[:20]}’ is no month from 1984 to 2100; write it as 2026-03."
        raise Invalid("planning.month", message, fields={"month": message})
    return date(int(match[1]), int(match[2]), 1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _nearest(entries: Mapping[date, Sequence[Entry]], month: date) -> date | None:
    """The month with something in it that lies nearest to an empty one."""
    day = min(entries, key=lambda day: (abs((day - month).days), day), default=None)
    return day.replace(day=1) if day else None


def _entries(cards: Cards, narrow: Narrow, today: date) -> dict[date, list[Entry]]:
    found: defaultdict[date, list[Entry]] = defaultdict(list)
    for row in cards.tasks:
        if not narrow.takes(row, cards, today):
            continue
        who = cards.who(row.uid)
        for day, kind in _days(row):
            late = kind is Kind.DEADLINE and bool(row.finish and row.finish.date() > day)
            entry = Entry(kind, row.uid, row.name, who, row.critical, row.done, late)
            found[day].append(entry)
    for entries in found.values():
        entries.sort(key=lambda one: (one.kind, one.name.casefold(), one.uid))
    return dict(found)


def _days(row: Card) -> list[tuple[date, Kind]]:
    days: list[tuple[date, Kind]] = []
    if row.start is not None and row.finish is not None:
        start, finish = row.start.date(), row.finish.date()
        if row.milestone:
            days.append((start, Kind.MILESTONE))
        elif start == finish:
            days.append((start, Kind.WHOLE))
        else:
            days += [(start, Kind.BEGIN), (finish, Kind.END)]
    if row.deadline is not None:
        days.append((row.deadline.date(), Kind.DEADLINE))
    return days
