# SPDX-License-Identifier: Apache-2.0
"""Steps of editing as pages and API send them ↔ the engine's; what they did, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from pilothouse.delivery.planning.bridge.engine import Scheduled, schedule_to_edit
from pilothouse.delivery.planning.bridge.store import as_kept, assignment_kept, link_kept
from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.editing import (
    OPTIONS,
    UNSEEN,
    AddTasks,
    Assign,
    Constraint,
    DeleteTasks,
    Delta,
    Editor,
    Field,
    Indent,
    Measures,
    MoveTasks,
    Operation,
    PutLink,
    RemoveLink,
    SetCustom,
    SetField,
    SetPredecessors,
    SetUnits,
    SetWork,
    Stretch,
    Unassign,
    difference,
    read_amount,
    read_predecessors,
    replay_outlined,
    unlike,
)
from pilothouse.engine.errors import EngineError, InvalidInput
from pilothouse.engine.network import (
    Outline,
    Total,
    build_outline,
    own_total,
    roll_up,
    roll_up_again,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    LinkType,
    PercentType,
    Plan,
    PlanTask,
    TaskStep,
    WorkType,
)
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.rounding import half_up

if TYPE_CHECKING:
    from pilothouse.engine.schedule.standing import Standing

_Kind = TypeVar("_Kind", bound=StrEnum)
_Value = TypeVar("_Value")
Step = Mapping[str, Any]
"""One step as JSON: ``do`` says which, the rest are its words."""

_OF_PLAN = ("calendars", "resources", *OPTIONS)
MOST_STEPS = 2_000
MOST_ROWS = 5_000
"""New rows of one edit; a larger plan comes in as a file."""
_TEXTS = {Field.NAME, Field.WBS, Field.NOTES}
_FLAGS = {
    Field.MANUAL,
    Field.ACTIVE,
    Field.MILESTONE,
    Field.EFFORT_DRIVEN,
    Field.LEVEL_OF_EFFORT,
}
_MINUTES = {Field.WORK, Field.REMAINING, Field.LEVELING_DELAY}
_NUMBERS = {Field.PRIORITY, Field.CALENDAR}
_PERCENTS = {Field.PERCENT, Field.PHYSICAL}
_AT_THE_END = {Field.FINISH, Field.ACTUAL_FINISH, Field.DEADLINE}
_STALE = ("editing.changed", "editing.gone")


@dataclass(frozen=True, slots=True)
class Edited:
    """A plan before and after an edit, both scheduled, and what lies between.

    ``changed`` are the tasks that hold other values than before, ``dated`` those whose computed
    values differ; those added are among both.
    """

    before: Scheduled
    after: Scheduled
    delta: Delta
    changed: frozenset[int]
    dated: frozenset[int]


def edited(
    before: Scheduled, steps: Sequence[Step], *, last_uid: int, work_after_status_date: bool
) -> Edited:
    """Take the steps and schedule; new rows get numbers above ``last_uid``.

    Raises Invalid that names the step (``steps.3``) and the reason, Conflict where somebody was
    there first.
    """
    plan, outline = steps_taken(before, steps, last_uid=last_uid)
    return settled(before, plan, work_after_status_date, outline)


def steps_taken(
    before: Scheduled, steps: Sequence[Step], *, last_uid: int
) -> tuple[Plan, Outline | None]:
    """The plan after the steps, not scheduled yet, and its outline. Raises as ``edited`` does."""
    editor = Editor(before.plan, _Dates(before), _outline_of(before))
    reader = _Reader(before.plan, editor, last_uid)
    for number, step in enumerate(steps):
        try:
            editor.do(reader.operation(step))
        except EngineError as error:
            raise _refused(error, number) from error
    try:
        return editor.outlined()
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"steps": error.message}) from error


def replayed(before: Scheduled, delta: Delta, *, work_after_status_date: bool) -> Edited:
    """Make a change again, or take it back by its reverse, and schedule.

    Raises Conflict where others changed the same since.
    """
    try:
        known = _outline_of(before) or build_outline(before.plan.tasks)
        plan, outline = replay_outlined(before.plan, delta, known)
    except EngineError as error:
        raise Conflict(error.code, error.message) from error
    return settled(before, plan, work_after_status_date, outline)


def words_of(found: Edited) -> str:
    """What an edit did, in a line."""
    tasks, links, people = found.delta.tasks, found.delta.links, found.delta.assignments
    names = names_in(found)
    if len(tasks.changed) == 1 and not (tasks.added or tasks.removed):
        ((uid, cells),) = tasks.changed.items()
        fields = ", ".join(name.removesuffix("_minutes").replace("_", " ") for name in cells)
        return f"‘{names[uid]}’: {fields}"[:300]
    parts = [
        (len(tasks.added), "added"),
        (len(tasks.removed), "deleted"),
        (len(tasks.changed), "changed"),
        (len(found.delta.order.keys() - tasks.added.keys() - tasks.removed.keys()), "moved"),
        (len(links.added) + len(links.removed) + len(links.changed), "links"),
        (len(people.added) + len(people.removed) + len(people.changed), "assignments"),
        *_of_plan(found.delta),
    ]
    said = [f"{count} {what}" for count, what in parts if count]
    if len(tasks.added) == 1:
        said[0] = f"‘{names[next(iter(tasks.added))]}’ added"
    return ", ".join(said)[:300]


def _of_plan(delta: Delta) -> list[tuple[int, str]]:
    calendars, resources = delta.calendars, delta.resources
    return [
        (len(calendars.added) + len(calendars.removed) + len(calendars.changed), "calendars"),
        (len(resources.changed), "resources"),
        (len(delta.options), "options"),
    ]


def names_in(found: Edited) -> dict[int, str]:
    """What the tasks are called that the steps changed, added or deleted."""
    tasks = found.delta.tasks
    names = {task.uid: task.name for task in found.after.plan.tasks if task.uid in tasks.changed}
    return names | {uid: task.name for uid, task in (*tasks.removed.items(), *tasks.added.items())}


def settled(
    before: Scheduled, plan: Plan, work_after_status_date: bool, outline: Outline | None = None
) -> Edited:
    """The edit that leads from a scheduled plan to another one; rounded as columns are.

    ``outline`` is that of the plan, where it is known.
    """
    plan = _as_kept(before.plan, plan)
    # What all tasks may run on is laid out anew; else the schedule goes on from the one before.
    same = all(getattr(before.plan, name) == getattr(plan, name) for name in _OF_PLAN)
    known = before if same else None
    after = schedule_to_edit(
        plan, work_after_status_date=work_after_status_date, before=known, outline=outline
    )
    after = replace(after, plan=_rolled_up(before, after), summed=True)
    own = _own_changes(before.plan, after.plan, plan)
    outlines = _outline_of(before), _outline_of(after)
    return Edited(
        before,
        after,
        difference(before.plan, own, outlines),
        _changed(before.plan, after.plan),
        _dated(before, after),
    )


def _as_kept(before: Plan, plan: Plan) -> Plan:
    """The plan as it will be read again: what is new in it is rounded as the columns are."""
    return replace(
        plan,
        tasks=_all_kept(before.tasks, plan.tasks, as_kept),
        links=_all_kept(before.links, plan.links, link_kept),
        assignments=_all_kept(before.assignments, plan.assignments, assignment_kept),
    )


def _all_kept(
    before: tuple[_Value, ...], after: tuple[_Value, ...], keep: Callable[[_Value], _Value]
) -> tuple[_Value, ...]:
    fresh = set(map(id, unlike(before, after)[1]))
    if not fresh:
        return after
    return tuple([keep(row) if id(row) in fresh else row for row in after])


def _changed(before: Plan, after: Plan) -> frozenset[int]:
    gone, fresh = unlike(before.tasks, after.tasks)
    then = {task.uid: task for task in gone}
    return frozenset(task.uid for task in fresh if then.get(task.uid) != task)


def _outline_of(scheduled: Scheduled) -> Outline | None:
    standing = scheduled.standing
    return None if standing is None else standing.network.outline


def _dated(before: Scheduled, after: Scheduled) -> frozenset[int]:
    same = all(getattr(before.plan, name) == getattr(after.plan, name) for name in _OF_PLAN)
    if before.standing is not None and after.standing is not None and same:
        return frozenset(after.standing.differing or ())
    then = before.result.tasks
    return frozenset(uid for uid, dates in after.result.tasks.items() if then.get(uid) != dates)


def _own_changes(before: Plan, rolled_up: Plan, plan: Plan) -> Plan:
    """The plan with sums only in rows that became summaries: those lose values of their own.

    In others sums follow from what lies inside, and come and go with it.
    """
    summaries = {task.uid for task in before.tasks if task.summary}
    tasks = [
        own if own is summed or own.uid in summaries else summed
        for own, summed in zip(plan.tasks, rolled_up.tasks, strict=True)
    ]
    return replace(plan, tasks=tuple(tasks))


def _rolled_up(before: Scheduled, after: Scheduled) -> Plan:
    """Summaries with what lies inside them: percentage and work (R-CPM-04)."""
    plan, standing = after.plan, after.standing
    if standing is not None and standing.resized is not None and before.summed:
        return _rolled_up_again(plan, standing, standing.resized)
    if standing is not None:
        durations = {
            uid: standing.duration_of(row) for uid, row in standing.network.outline.index.items()
        }
    else:
        durations = {uid: dates.duration_minutes for uid, dates in after.result.tasks.items()}
    totals = roll_up(plan, durations)
    tasks = [
        _with_total(task, durations[task.uid], totals[task.uid]) if task.summary else task
        for task in plan.tasks
    ]
    return replace(plan, tasks=tuple(tasks))


def _rolled_up_again(plan: Plan, standing: Standing, resized: Sequence[int]) -> Plan:
    """The same where all summaries but those of some rows hold their sums."""
    outline = standing.network.outline
    totals = roll_up_again(plan, outline, standing.duration_of, resized)
    for row in resized:
        if row not in totals:
            totals[row] = own_total(plan.tasks[row])
    tasks = list(plan.tasks)
    for row, total in totals.items():
        if tasks[row].summary:
            tasks[row] = _with_total(tasks[row], standing.duration_of(row), total)
    return replace(plan, tasks=tuple(tasks))


def _with_total(task: PlanTask, duration: int, total: Total) -> PlanTask:
    values: dict[str, Any] = {
        "percent_complete": total.percent,
        "work_minutes": total.work_minutes,
        "actual_work_minutes": total.actual_work_minutes,
        "duration_minutes": duration,
    }
    same = all(getattr(task, name) == value for name, value in values.items())
    return task if same else replace(task, **values)


class _Dates(Mapping[int, tuple[datetime, datetime]]):
    """Start and finish of each task, looked up when asked for."""

    def __init__(self, scheduled: Scheduled) -> None:
        self._dates = scheduled.result.tasks

    def __getitem__(self, uid: int) -> tuple[datetime, datetime]:
        row = self._dates[uid]
        return row.start, row.finish

    def __iter__(self) -> Iterator[int]:
        return iter(self._dates)

    def __len__(self) -> int:
        return len(self._dates)


def _refused(error: EngineError, number: int) -> Invalid | Conflict:
    if error.code in _STALE:
        return Conflict(error.code, error.message)
    return Invalid(error.code, error.message, fields={f"steps.{number}": error.message})


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


class _Words:
    """The words of a step, each of the kind that belongs there."""

    def __init__(self, data: Step) -> None:
        self._data = data

    def has(self, name: str) -> bool:
        return name in self._data

    def wrong(self, name: str, reason: str) -> InvalidInput:
        return InvalidInput("editing.step", f"‘{name}’ {reason}.", (name,))

    def text(self, name: str, default: str | None = None) -> str:
        value = self._data.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "is needed as text")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        value = self._data.get(name, default)
        if not _is_whole(value):
            raise self.wrong(name, "is needed as a whole number")
        return value

    def flag(self, name: str) -> bool:
        value = self._data.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "is needed as true or false")
        return value

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        value = self._data.get(name, default)
        try:
            found = Decimal(str(value)) if not isinstance(value, bool) else None
        except InvalidOperation:
            found = None
        if found is None or not found.is_finite() or not -(10**9) <= found <= 10**9:
            raise self.wrong(name, "is needed as a number")
        return found

    def choice(self, name: str, kinds: type[_Kind], default: _Kind | None = None) -> _Kind:
        value = self._data.get(name, default)
        if value not in set(kinds):
            raise self.wrong(name, f"is none of {', '.join(kinds)}")
        return kinds(value)

    def maybe(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        return None if self._data.get(name) is None else read(name)

    def maybe_whole(self, name: str) -> int | None:
        return self.maybe(name, self.whole)

    def uids(self) -> tuple[int, ...]:
        values = self._data.get("uids")
        if not isinstance(values, list) or not values:
            raise self.wrong("uids", "is needed as a list of numbers")
        if not all(map(_is_whole, values)):
            raise self.wrong("uids", "is needed as a whole number")
        return tuple(values)

    def seen(self) -> dict[str, int]:
        """Row number → uid, as the person saw them."""
        values = self._data.get("rows")
        if values is None:
            return {}
        if not isinstance(values, Mapping) or not all(
            isinstance(number, str)
            and number.isdecimal()
            and len(number) < 8
            and 1 <= int(number) <= 10**6
            for number in values
        ):
            raise self.wrong("rows", "is needed as row numbers with their uids")
        if not all(map(_is_whole, values.values())):
            raise self.wrong("rows", "is needed as row numbers with their uids")
        return dict(values)

    def rows(self, name: str, *, empty: bool = False) -> list[_Words]:
        values = self._data.get(name)
        if not isinstance(values, list) or not (values or empty):
            raise self.wrong(name, "is needed as a list of rows")
        return [self._inner(name, value) for value in values]

    def inner(self, name: str) -> _Words:
        return self._inner(name, self._data.get(name))

    def _inner(self, name: str, value: object) -> _Words:
        if not isinstance(value, Mapping):
            raise self.wrong(name, "is needed as an object")
        return _Words(value)


class _Reader:
    """Steps of JSON against the plan as it stands."""

    def __init__(self, plan: Plan, editor: Editor, last_uid: int) -> None:
        self._plan = plan
        self._editor = editor
        self._measures = Measures.of(plan)
        self._last_uid, self._numbered = last_uid, False
        self._added: list[int] = []

    def _next_uid(self) -> int:
        """A number that no row ever had."""
        if not self._numbered:
            self._last_uid = max([self._last_uid, *(task.uid for task in self._plan.tasks)])
            self._numbered = True
        self._last_uid += 1
        self._added.append(self._last_uid)
        return self._last_uid

    def operation(self, step: Step) -> Operation:
        """The step of the engine; InvalidInput where it is none."""
        words = _Words(step)
        kind = words.text("do")
        read = _STEPS.get(kind)
        if read is None:
            raise words.wrong("do", f"is none of {', '.join(sorted(_STEPS))}")
        return read(self, words)

    def _uid(self, words: _Words) -> int:
        """The task of a step; ``new`` counts the rows that this edit added, from 0."""
        if not words.has("new"):
            return words.whole("uid")
        place = words.whole("new")
        if place >= len(self._added):
            raise words.wrong("new", "is no row that this edit added")
        return self._added[place]

    def set(self, words: _Words) -> Operation:
        uid, name = self._uid(words), words.text("field")
        if name == "predecessors":
            return self._predecessors(words, uid)
        if name not in set(Field):
            raise words.wrong("field", "is no cell that can be edited")
        field = Field(name)
        was = self._value(field, words, "was") if words.has("was") else UNSEEN
        return SetField(uid, field, self._value(field, words, "value"), was)

    def custom(self, words: _Words) -> Operation:
        was = words.text("was") if words.has("was") else UNSEEN
        return SetCustom(self._uid(words), words.text("key"), words.text("value"), was)

    def _predecessors(self, words: _Words, uid: int) -> Operation:
        rows = self._rows_seen(words)
        links = read_predecessors(words.text("value"), uid, rows, self._measures)
        if not words.has("was"):
            return SetPredecessors(uid, links)
        was = read_predecessors(words.text("was"), uid, rows, self._measures)
        return SetPredecessors(uid, links, frozenset(was))

    def _rows_seen(self, words: _Words) -> list[int]:
        """Uids by row number; ``rows`` says which rows the person saw under the numbers typed."""
        rows = [task.uid for task in self._editor.tasks]
        there = set(rows)
        for text, uid in words.seen().items():
            if uid not in there:
                message = f"Row {text} was deleted in the meantime; nothing waits for it."
                raise InvalidInput("editing.gone", message, (text,))
            number = int(text)
            rows.extend([0] * (number - len(rows)))
            rows[number - 1] = uid
        return rows

    def add(self, words: _Words) -> Operation:
        after = words.maybe_whole("after")
        level = self._level(after)
        made = []
        for row in words.rows("tasks"):
            amount = read_amount(row.text("duration", "1d?"), self._measures)
            level = row.whole("level", level)
            made.append(
                PlanTask(
                    self._next_uid(),
                    row.text("name").strip(),
                    level,
                    duration_minutes=amount.minutes,
                    elapsed_duration=amount.elapsed,
                    estimated=amount.estimated,
                    milestone=amount.minutes == 0,
                )
            )
        return AddTasks(after, tuple(made))

    def _level(self, after: int | None) -> int:
        """New rows lie beside the row before them, or inside it if it has rows inside."""
        tasks = self._editor.tasks
        row = next((row for row, task in enumerate(tasks) if task.uid == after), None)
        if row is None:
            return 1
        level = tasks[row].outline_level
        return max(level, tasks[row + 1].outline_level) if row + 1 < len(tasks) else level

    def delete(self, words: _Words) -> Operation:
        return DeleteTasks(words.uids())

    def move(self, words: _Words) -> Operation:
        after = words.maybe_whole("after")
        return MoveTasks(words.uids(), after, words.whole("level", self._level(after)))

    def indent(self, words: _Words) -> Operation:
        return Indent(words.uids(), 1)

    def outdent(self, words: _Words) -> Operation:
        return Indent(words.uids(), -1)

    def link(self, words: _Words) -> Operation:
        before, successor = words.whole("predecessor"), words.whole("successor")
        kind = words.choice("type", LinkType, LinkType.FS)
        lag = words.text("lag", "").strip()
        sign = "" if not lag or lag[0] in "+-" else "+"
        (link,) = read_predecessors(
            f"1{kind.value}{sign}{lag}", successor, (before,), self._measures
        )
        return PutLink(link)

    def unlink(self, words: _Words) -> Operation:
        kind = words.choice("type", LinkType, LinkType.FS)
        return RemoveLink(words.whole("predecessor"), words.whole("successor"), kind)

    def stretch(self, words: _Words) -> Operation:
        was = self._moment(words, "was", True) if words.has("was") else UNSEEN
        return Stretch(words.whole("uid"), self._moment(words, "finish", True), was)

    def assign(self, words: _Words) -> Operation:
        units = words.number("units", Decimal(1))
        return Assign(self._uid(words), words.whole("resource"), units)

    def unassign(self, words: _Words) -> Operation:
        return Unassign(words.whole("assignment"))

    def units(self, words: _Words) -> Operation:
        was = words.number("was") if words.has("was") else UNSEEN
        return SetUnits(words.whole("assignment"), words.number("value"), was)

    def work(self, words: _Words) -> Operation:
        was = self._minutes(words, "was") if words.has("was") else UNSEEN
        return SetWork(words.whole("assignment"), self._minutes(words, "value"), was)

    def _value(self, field: Field, words: _Words, name: str) -> object:
        if field is Field.DURATION:
            return read_amount(words.text(name), self._measures)
        if field in _TEXTS:
            return words.text(name)
        if field in _FLAGS:
            return words.flag(name)
        if field in _MINUTES:
            return self._minutes(words, name)
        if field in _PERCENTS:
            return words.maybe(name, words.number)
        if field in _NUMBERS:
            return words.maybe(name, words.whole)
        if field is Field.WORK_TYPE:
            return words.choice(name, WorkType)
        if field is Field.PERCENT_TYPE:
            return words.choice(name, PercentType)
        if field is Field.STEPS:
            return tuple(
                TaskStep(
                    row.text("name"),
                    half_up(row.number("weight", Decimal(1))),
                    row.flag("done") if row.has("done") else False,
                )
                for row in words.rows(name, empty=True)
            )
        if field is Field.CONSTRAINT:
            return self._constraint(words.inner(name))
        return words.maybe(name, lambda part: self._moment(words, part, field in _AT_THE_END))

    @cached_property
    def _hours(self) -> WorkingTime:
        return compile_calendars(self._plan.calendars)[self._plan.default_calendar_uid]

    def _minutes(self, words: _Words, name: str) -> int:
        return read_amount(words.text(name), self._measures).minutes

    def _constraint(self, words: _Words) -> Constraint:
        kind = words.choice("type", ConstraintType)
        late = kind in (ConstraintType.FNET, ConstraintType.FNLT, ConstraintType.MFO)
        when = words.maybe("date", lambda part: self._moment(words, part, late))
        return Constraint(kind, when, words.flag("hard") if words.has("hard") else False)

    def _moment(self, words: _Words, name: str, at_the_end: bool) -> datetime:
        """An instant; a day alone is its first working minute, or the end of its last."""
        text = words.text(name).strip()
        try:
            if len(text) > 10:
                return datetime.fromisoformat(text)
            day = date.fromisoformat(text)
        except ValueError:
            raise words.wrong(name, "is no date such as 2027-03-14 or 2027-03-14T08:00") from None
        spans = self._hours.intervals(day)
        minute = (spans[-1][1] if at_the_end else spans[0][0]) if spans else 0
        return datetime.combine(day, time()) + timedelta(minutes=minute)


_STEPS: dict[str, Callable[[_Reader, _Words], Operation]] = {
    "set": _Reader.set,
    "custom": _Reader.custom,
    "stretch": _Reader.stretch,
    "add": _Reader.add,
    "delete": _Reader.delete,
    "move": _Reader.move,
    "indent": _Reader.indent,
    "outdent": _Reader.outdent,
    "link": _Reader.link,
    "unlink": _Reader.unlink,
    "assign": _Reader.assign,
    "unassign": _Reader.unassign,
    "units": _Reader.units,
    "work": _Reader.work,
}
