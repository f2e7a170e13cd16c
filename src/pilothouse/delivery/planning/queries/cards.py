# SPDX-License-Identifier: Apache-2.0
"""Every task of a plan with what the views show of it; read once, sorted by the views."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)

_COLUMNS = (
    "uid",
    "position",
    "name",
    "outline_level",
    "summary",
    "milestone",
    "active",
    "manual",
    "start",
    "finish",
    "duration_minutes",
    "elapsed_duration",
    "estimated",
    "percent_complete",
    "work_minutes",
    "actual_start",
    "actual_finish",
    "early_start",
    "early_finish",
    "late_start",
    "late_finish",
    "total_float_minutes",
    "critical",
    "priority",
    "deadline",
    "baseline_start",
    "baseline_finish",
    "calendar_uid",
    "work_type",
)


class State(StrEnum):
    """How far a task is; a late one is not complete and ends before today."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    LATE = "late"
    COMPLETE = "complete"


class Card(NamedTuple):
    """A task as it is read."""

    uid: int
    position: int
    name: str
    level: int
    summary: bool
    milestone: bool
    active: bool
    manual: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int
    elapsed: bool
    estimated: bool
    percent: Decimal
    work_minutes: int
    actual_start: datetime | None
    actual_finish: datetime | None
    early_start: datetime | None
    early_finish: datetime | None
    late_start: datetime | None
    late_finish: datetime | None
    float_minutes: int | None
    critical: bool
    priority: int
    deadline: datetime | None
    baseline_start: datetime | None
    baseline_finish: datetime | None
    calendar_uid: int | None
    work_type: str

    @property
    def begun(self) -> bool:
        """Whether there is any progress."""
        return self.actual_start is not None or self.percent > 0

    @property
    def done(self) -> bool:
        """Whether it is complete."""
        return self.actual_finish is not None or self.percent >= 100

    def state(self, today: date) -> State:
        """How far it is on a day."""
        if self.done:
            return State.COMPLETE
        if self.finish is not None and self.finish.date() < today:
            return State.LATE
        return State.IN_PROGRESS if self.begun else State.NOT_STARTED


@dataclass(frozen=True, slots=True)
class Cards:
    """The tasks of a plan in their order, and what they are tied to.

    ``stream`` is the workstream of each row, the first level of the outline that has more than
    one row; those outside of all have none. ``people`` are uids of resources, ``accounts`` who of
    these is which account.
    """

    rows: Sequence[Card]
    stream: Mapping[int, int]
    people: Mapping[int, Sequence[int]]
    names: Mapping[int, str]
    accounts: Mapping[int, int]

    @property
    def tasks(self) -> list[Card]:
        """Rows that are work or milestones and that count."""
        return [row for row in self.rows if row.active and not row.summary]

    def who(self, uid: int) -> str:
        """The people of a task by name."""
        return ", ".join(self.names.get(one, "") for one in self.people.get(uid, ()))


def cards_of(plan: ProjectPlan) -> Cards:
    """All rows of a plan, in three queries."""
    found: Any = Task.objects.filter(plan=plan).order_by("position").values_list(*_COLUMNS)
    rows = [Card._make(row) for row in found]
    people: defaultdict[int, list[int]] = defaultdict(list)
    held = PlanAssignment.objects.filter(plan=plan, resource_uid__isnull=False).order_by("pk")
    for uid, resource in held.values_list("task_uid", "resource_uid"):
        if resource is not None and resource not in people[uid]:
            people[uid].append(resource)
    named = PlanResource.objects.filter(plan=plan).order_by("uid")
    known = list(named.values_list("uid", "name", "user_id"))
    return Cards(
        rows,
        _streams(rows),
        dict(people),
        {uid: name for uid, name, _ in known},
        {uid: account for uid, _, account in known if account is not None},
    )


def _streams(rows: Sequence[Card]) -> dict[int, int]:
    """Row → the summary on the level of the workstreams that it lies in, itself among them."""
    level = stream_level(rows)
    found: dict[int, int] = {}
    present: int | None = None
    for row in rows:
        if row.level <= level:
            present = row.uid if row.level == level and row.summary else None
        if present is not None:
            found[row.uid] = present
    return found


def stream_level(rows: Sequence[Card]) -> int:
    """The first level of the outline with more than one row: a lone title of all is none."""
    level = 1
    while True:
        here = [row for row in rows if row.level == level]
        if len(here) != 1 or not here[0].summary:
            return level
        level += 1


def waiting_for(plan: ProjectPlan, cards: Cards) -> dict[int, list[str]]:
    """Task that has not begun → predecessors that must finish, or begin, before it may."""
    by_uid = {row.uid: row for row in cards.rows}
    waits: defaultdict[int, list[str]] = defaultdict(list)
    links = TaskLink.objects.filter(plan=plan, type__in=("fs", "ss")).order_by("pk")
    for first, second, kind in links.values_list("predecessor_uid", "successor_uid", "type"):
        before, after = by_uid.get(first), by_uid.get(second)
        if before is None or after is None or after.begun or after.done or not before.active:
            continue
        if not (before.done if kind == "fs" else before.begun):
            waits[second].append(before.name)
    return dict(waits)


def calendar_names(plan: ProjectPlan) -> dict[int, str]:
    """Calendars of a plan by number."""
    rows = PlanCalendar.objects.filter(plan=plan).order_by("name", "uid")
    return dict(rows.values_list("uid", "name"))
