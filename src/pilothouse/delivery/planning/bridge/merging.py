# SPDX-License-Identifier: Apache-2.0
"""A file for a project that has a plan: merged with it, and held against it line by line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from pilothouse.delivery.planning.bridge.compare import when
from pilothouse.delivery.planning.bridge.engine import Scheduled
from pilothouse.delivery.planning.bridge.store import as_kept, assignment_kept, link_kept
from pilothouse.delivery.planning.bridge.wording import of_parts
from pilothouse.engine.calendars import CalendarSpec, compile_calendars
from pilothouse.engine.editing import (
    Amount,
    Delta,
    Measures,
    difference,
    with_custom,
    write_amount,
    write_predecessors,
)
from pilothouse.engine.errors import EngineError
from pilothouse.engine.formats.plan_table import TableEdit, apply_edits
from pilothouse.engine.merging import EVERYTHING, Holds, Recognised, merge, recognise, staying
from pilothouse.engine.network.plan import (
    Link,
    Notice,
    Plan,
    PlanResource,
    PlanTask,
    TaskBaseline,
)
from pilothouse.foundation.core.errors import Invalid

MOST_DOUBTS = 50
_Row = TypeVar("_Row", PlanResource, CalendarSpec)

OF_SUMMARY = frozenset(
    {
        "name",
        "wbs",
        "outline_level",
        "notes",
        "deadline",
        "constraint",
        "constraint_date",
        "calendar_uid",
        "active",
        "priority",
        "manual",
    }
)
"""What a summary says itself; the rest follows from the rows inside it."""
_PROGRESS = (
    "percent_complete",
    "actual_start",
    "actual_finish",
    "actual_duration_minutes",
    "remaining_minutes",
)
_TYPED = {
    "duration": ("duration_minutes", "elapsed_duration", "estimated"),
    "percent": _PROGRESS,
    "actual_start": _PROGRESS,
    "actual_finish": _PROGRESS,
    "work": ("work_minutes", "actual_work_minutes"),
}
"""Fields that a column of a table speaks of, though its cells are typed in."""
_NOT_TOLD = frozenset({"uid", "stored", "entered", "baselines", "summary", "guid"})
_OF_PLAN = (
    "name",
    "start",
    "status_date",
    "imposed_finish",
    "schedule_from_finish",
    "default_calendar_uid",
    "minutes_per_day",
    "minutes_per_week",
    "days_per_month",
    "currency",
    "critical_threshold_minutes",
    "lag_calendar",
    "rules",
    "time_zone",
    "source",
)


@dataclass(frozen=True, slots=True)
class Coming:
    """What a file says, the kind that it is of, and what such a file can say at all.

    ``edits`` are cells of a table that are typed into the plan once it is merged.
    """

    plan: Plan
    kind: str
    holds: Holds = EVERYTHING
    edits: tuple[TableEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The plan as the file wants it; ``stays`` counts what the file cannot say, by field."""

    plan: Plan
    recognised: Recognised
    stays: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One field with its value before and after, as text; empty where there is none."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LineChange:
    """A row that came, went or changed: ``kind`` is added, removed or changed."""

    kind: str
    uid: int
    position: int
    name: str
    level: int = 1
    summary: bool = False
    cells: tuple[CellChange, ...] = ()


@dataclass(frozen=True, slots=True)
class DateChange:
    """A task whose computed dates move; ``minutes`` of working time, positive is later."""

    uid: int
    name: str
    start_before: datetime
    start: datetime
    finish_before: datetime
    finish: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Differences:
    """All that accepting the file would change, in the order of the rows."""

    tasks: tuple[LineChange, ...] = ()
    people: tuple[LineChange, ...] = ()
    calendars: tuple[LineChange, ...] = ()
    plan: tuple[CellChange, ...] = ()
    dates: tuple[DateChange, ...] = ()
    baselines: Mapping[str, int] = field(default_factory=dict)
    links: int = 0
    assignments: int = 0
    finish_before: datetime | None = None
    finish: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.tasks or self.people or self.calendars or self.plan or self.baselines)

    @property
    def counts(self) -> dict[str, int]:
        """Tasks added, removed and changed, and how much of the rest."""
        kinds = Counter(line.kind for line in self.tasks)
        return {
            **{kind: kinds[kind] for kind in ("added", "removed", "changed")},
            "links": self.links,
            "assignments": self.assignments,
            "people": len(self.people),
            "calendars": len(self.calendars),
            "dates": len(self.dates),
        }


def merged(
    present: Plan,
    coming: Coming,
    *,
    given: Collection[int],
    sure_up_to: int | None,
    kept_resources: Collection[int],
) -> Merged:
    """The file over the plan that is there, as its rows will keep it."""
    found = recognise(present, coming.plan, given=given, sure_up_to=sure_up_to)
    made = merge(present, coming.plan, found, coming.holds, kept_resources=kept_resources)
    made = replace(
        made,
        tasks=tuple(map(as_kept, made.tasks)),
        links=tuple(map(link_kept, made.links)),
        assignments=tuple(map(assignment_kept, made.assignments)),
        notices=(*made.notices, *_doubts(present, coming.plan, found)),
    )
    stays = staying(present, made, coming.holds)
    typed = {name for edit in coming.edits for name in _TYPED.get(edit.field, ())}
    if coming.edits:
        typed.add("wbs")
    return Merged(made, found, {name: count for name, count in stays.items() if name not in typed})


def _doubts(present: Plan, coming: Plan, found: Recognised) -> Iterator[Notice]:
    """Tasks that may be one of the plan under another name."""
    names = {task.uid: task.name for task in present.tasks}
    new = {task.uid: task.name for task in coming.tasks}
    for uid in found.doubtful[:MOST_DOUBTS]:
        yield Notice(
            f"task {uid}",
            "name",
            f"‘{names[uid][:100]}’ in the plan, ‘{new[uid][:100]}’ in the file: taken as two "
            "tasks, one that goes and one that is new. If it is one that was renamed, leave the "
            "file, rename it in the plan, and send the file again.",
        )


def with_own_values(
    plan: Plan, values: Mapping[int, Mapping[str, str]], notices: Sequence[Notice]
) -> Plan:
    """The plan with other values of own fields, by task. Raises Invalid where one cannot be."""
    try:
        tasks = tuple(
            with_custom(task, values[task.uid]) if task.uid in values else task
            for task in plan.tasks
        )
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"file": error.message}) from error
    return replace(plan, tasks=tasks, notices=(*plan.notices, *notices))


def typed_in(scheduled: Scheduled, coming: Coming, found: Recognised) -> Plan:
    """The merged plan with the cells of the table typed in. Raises Invalid naming row and field."""
    dates = {uid: (task.start, task.finish) for uid, task in scheduled.result.tasks.items()}
    try:
        return apply_edits(scheduled.plan, dates, coming.edits, found.tasks, found.resources)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"file": error.message}) from error


def differences(
    before: Scheduled, after: Scheduled, *, but_baselines: Collection[int], hidden: Collection[str]
) -> Differences:
    """What lies between the plan that is there and the one that would take its place.

    ``but_baselines`` are the numbers that no file replaces, ``hidden`` the fields that whoever
    asks may not see.
    """
    delta = difference(before.plan, after.plan)
    return Differences(
        tasks=tuple(_tasks(before.plan, after.plan, delta, hidden)),
        people=tuple(_rows(before.plan.resources, after.plan.resources, hidden)),
        calendars=tuple(_rows(before.plan.calendars, after.plan.calendars, ())),
        plan=tuple(_options(before.plan, after.plan)),
        dates=tuple(_dates(before, after)),
        baselines=_baselines(before.plan, after.plan, but_baselines),
        links=sum(map(len, (delta.links.added, delta.links.removed, delta.links.changed))),
        assignments=sum(
            map(
                len,
                (delta.assignments.added, delta.assignments.removed, delta.assignments.changed),
            )
        ),
        finish_before=before.result.finish if before.plan.tasks else None,
        finish=after.result.finish,
    )


def _tasks(
    before: Plan, after: Plan, delta: Delta, hidden: Collection[str]
) -> Iterator[LineChange]:
    """Rows of the plan to be, then those that go."""
    cells = {uid: _of_task(found, hidden) for uid, found in delta.tasks.changed.items()}
    old, new = _Side(before), _Side(after)
    waiting = {key[1] for rows in _changes(delta.links) for key in rows}
    held = {item.uid: item.task_uid for item in (*before.assignments, *after.assignments)}
    manned = {held[uid] for rows in _changes(delta.assignments) for uid in rows}
    for position, task in enumerate(after.tasks, start=1):
        if task.uid in delta.tasks.added:
            yield LineChange("added", task.uid, position, *_head(task))
            continue
        found = list(_texts(cells.get(task.uid, {}), task, old, new))
        if task.uid in waiting:
            found.append(CellChange("links", old.links(task.uid), new.links(task.uid)))
        if task.uid in manned:
            found.append(CellChange("people", old.people(task.uid), new.people(task.uid)))
        if task.uid in delta.order:
            then, now = delta.order[task.uid]
            found.append(CellChange("place", old.name(then), new.name(now)))
        if found:
            yield LineChange("changed", task.uid, position, *_head(task), tuple(found))
    for position, task in enumerate(before.tasks, start=1):
        if task.uid in delta.tasks.removed:
            yield LineChange("removed", task.uid, position, *_head(task))


def _changes(rows: Any) -> Iterator[Any]:
    return iter((rows.added, rows.removed, rows.changed))


def _head(task: PlanTask) -> tuple[str, int, bool]:
    return task.name, task.outline_level, task.summary


def _of_task(
    cells: Mapping[str, tuple[object, object]], hidden: Collection[str]
) -> dict[str, tuple[object, object]]:
    return {
        name: pair for name, pair in cells.items() if name not in _NOT_TOLD and name not in hidden
    }


class _Side:
    """A plan as text: what stands in the cells of its rows."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.measures = Measures.of(plan)
        self.calendars = {spec.uid: spec.name for spec in plan.calendars}
        self._names = {task.uid: task.name for task in plan.tasks}
        self._resources = {row.uid: row.name for row in plan.resources}
        self._links: defaultdict[int, list[Link]] = defaultdict(list)
        for link in plan.links:
            self._links[link.successor].append(link)
        self._people: defaultdict[int, list[str]] = defaultdict(list)
        for item in plan.assignments:
            who = "?" if item.resource_uid is None else self._resources.get(item.resource_uid, "?")
            work = write_amount(Amount(item.work_minutes), self.measures)
            self._people[item.task_uid].append(
                f"{who} [{(item.units * 100).normalize():f}%, {work}]"
            )

    def name(self, uid: int | None) -> str:
        """What a row is called; nothing for the top of the plan."""
        return "" if uid is None else self._names.get(uid, "")

    def links(self, uid: int) -> str:
        """The predecessors of a task by their names."""
        return "; ".join(map(self._link, self._links[uid]))

    def _link(self, link: Link) -> str:
        words = write_predecessors([link], {link.predecessor: 0}, self.measures)[1:]
        return f"‘{self.name(link.predecessor)}’ {words}".strip()

    def people(self, uid: int) -> str:
        """The resources of a task with share and work."""
        return "; ".join(self._people[uid])

    def text(self, name: str, value: object) -> str:
        """One value of a task."""
        if value is None or value == "":
            return ""
        if (parts := of_parts(name, value)) is not None:
            return parts[:300]
        if name == "calendar_uid" and isinstance(value, int):
            return self.calendars.get(value, str(value))
        if name.endswith("_minutes") and isinstance(value, int):
            sign = "-" if value < 0 else ""
            return sign + write_amount(Amount(abs(value)), self.measures)
        return as_words(value)


def as_words(value: object) -> str:
    """A value without a unit of its own."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)[:300]


def _texts(
    cells: Mapping[str, tuple[object, object]], task: PlanTask, old: _Side, new: _Side
) -> Iterator[CellChange]:
    for name, (then, now) in cells.items():
        if not task.summary or name in OF_SUMMARY:
            yield CellChange(name, old.text(name, then), new.text(name, now))


def _rows(
    before: Sequence[_Row], after: Sequence[_Row], hidden: Collection[str]
) -> Iterator[LineChange]:
    """Resources or calendars by their numbers."""
    old = {row.uid: row for row in before}
    names = (
        [
            item.name
            for item in fields(after[0] if after else before[0])
            if item.name not in (*hidden, "uid", "rates")
        ]
        if after or before
        else []
    )
    for position, row in enumerate(after, start=1):
        then = old.pop(row.uid, None)
        if then is None:
            yield LineChange("added", row.uid, position, row.name)
            continue
        cells = tuple(
            CellChange(name, _brief(getattr(then, name)), _brief(getattr(row, name)))
            for name in names
            if getattr(then, name) != getattr(row, name)
        )
        if cells:
            yield LineChange("changed", row.uid, position, row.name, cells=cells)
    for row in old.values():
        yield LineChange("removed", row.uid, 0, row.name)


def _brief(value: object) -> str:
    """A value in a line; of a pattern or a list of exceptions, how much of it there is."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"{len(value)}"
    return as_words(value)


def _options(before: Plan, after: Plan) -> Iterator[CellChange]:
    old, new = _Side(before), _Side(after)
    for name in _OF_PLAN:
        then, now = getattr(before, name), getattr(after, name)
        if name == "default_calendar_uid":
            then, now = old.calendars.get(then, ""), new.calendars.get(now, "")
        if then == now:
            continue
        if name == "rules":
            for item in fields(then):
                pair = getattr(then, item.name), getattr(now, item.name)
                if pair[0] != pair[1]:
                    yield CellChange(
                        item.name, *("" if one is None else as_words(one) for one in pair)
                    )
            continue
        texts = ("" if one is None else as_words(one) for one in (then, now))
        yield CellChange(name, *texts)


def _dates(before: Scheduled, after: Scheduled) -> Iterator[DateChange]:
    then, now = before.result.tasks, after.result.tasks
    time = compile_calendars(after.plan.calendars)[after.plan.default_calendar_uid]
    for task in after.plan.tasks:
        old, new = then.get(task.uid), now[task.uid]
        if old is None or (old.start, old.finish) == (new.start, new.finish):
            continue
        yield DateChange(
            task.uid,
            task.name,
            old.start,
            new.start,
            old.finish,
            new.finish,
            time.diff(old.finish, new.finish),
        )


def _baselines(before: Plan, after: Plan, but: Collection[int]) -> dict[str, int]:
    """Numbers of baselines that come, go or change, in words of one: added 0 → rows."""
    old, new = _by_number(before.tasks, but), _by_number(after.tasks, but)
    told: dict[str, int] = {}
    for number in sorted({*old, *new}):
        if number not in old:
            told[f"added {number}"] = len(new[number])
        elif number not in new:
            told[f"removed {number}"] = len(old[number])
        elif old[number] != new[number]:
            changed = old[number].items() ^ new[number].items()
            told[f"changed {number}"] = len({uid for uid, _ in changed})
    return told


def _by_number(
    tasks: Iterable[PlanTask], but: Collection[int]
) -> dict[int, dict[int, TaskBaseline]]:
    found: defaultdict[int, dict[int, TaskBaseline]] = defaultdict(dict)
    for task in tasks:
        for item in task.baselines:
            if item.number not in but:
                found[item.number][task.uid] = item
    return found
