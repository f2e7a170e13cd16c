# SPDX-License-Identifier: Apache-2.0
"""The cells of a task: what may stand in each, and what else of the task follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pilothouse.engine.editing import progress
from pilothouse.engine.editing.amounts import MOST_MINUTES, Amount
from pilothouse.engine.editing.operations import Field
from pilothouse.engine.editing.predecessors import MOST_PERCENT
from pilothouse.engine.editing.progress import Setting
from pilothouse.engine.editing.work import Load, with_duration, with_work
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import percent_of_steps
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    PercentType,
    PlanTask,
    TaskStep,
    WorkType,
)

FIRST_YEAR, LAST_YEAR = 1984, 2100
MOST_NAME, MOST_WBS, MOST_NOTES = 500, 100, 100_000
MOST_CUSTOM, MOST_CUSTOM_KEY, MOST_CUSTOM_TEXT = 100, 40, 500
MOST_STEPS, MOST_STEP_NAME, MOST_WEIGHT = 100, 200, 1_000_000

_MARKS = frozenset(";[]")
"""In a line of steps they stand between them and around their weights; an x is for those done."""
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Constraint:
    """The date constraint of a task; as soon and as late as possible have no date."""

    type: ConstraintType = ConstraintType.ASAP
    date: datetime | None = None
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The task after an edit, and the load of its resources where that changed."""

    task: PlanTask
    load: Load | None = None


_ON_SUMMARY = frozenset(
    {
        Field.NAME,
        Field.WBS,
        Field.NOTES,
        Field.DEADLINE,
        Field.CONSTRAINT,
        Field.CALENDAR,
        Field.ACTIVE,
        Field.PRIORITY,
    }
)
_DATES = (
    Field.ACTUAL_START,
    Field.ACTUAL_FINISH,
    Field.DEADLINE,
    Field.EXTERNAL_START,
    Field.STOP,
    Field.RESUME,
)


def current(
    task: PlanTask, field: Field, dates: Callable[[int], tuple[datetime, datetime] | None]
) -> object:
    """What the cell shows: a scheduled date for start and finish, None where there is none."""
    if field is Field.DURATION:
        return Amount(task.duration_minutes, task.elapsed_duration, task.estimated)
    if field is Field.CONSTRAINT:
        return Constraint(task.constraint, task.constraint_date, task.constraint_hard)
    if field in (Field.START, Field.FINISH):
        found = dates(task.uid)
        return None if found is None else found[field is Field.FINISH]
    return getattr(task, field.value)


def require_on_summary(task: PlanTask, field: Field) -> None:
    """Refuse what a summary takes from the rows inside it."""
    if field not in _ON_SUMMARY:
        raise InvalidInput(
            "editing.summary",
            f"‘{task.name}’ is a summary: its {field.value.replace('_', ' ')} comes from the rows "
            "inside it. Change those.",
            (str(task.uid), field.value),
        )


def changed(
    task: PlanTask, field: Field, value: object, setting: Callable[[], Setting], load: Load
) -> Change:
    """The task after an edit of one cell."""
    edit = _EDITS.get(field)
    if edit is not None:
        return Change(edit(task, value, setting))
    if field is Field.DURATION:
        return _duration(task, _of(task, field, value, Amount), load)
    if field is Field.WORK:
        work = _whole(task, field, value)
        if not load.shares:
            return Change(replace(task, work_minutes=work))
        after = with_work(load, work)
        return Change(with_load(task, after), after)
    if field in _DATES:
        return Change(_with(task, field.value, _maybe_moment(task, field, value)))
    if field in (Field.LEVELING_DELAY, Field.PRIORITY):
        most = 1000 if field is Field.PRIORITY else MOST_MINUTES
        return Change(_with(task, field.value, _whole(task, field, value, most)))
    if field is Field.WORK_TYPE:
        return Change(_work_type(task, _of(task, field, value, WorkType)))
    return Change(_with(task, field.value, _of(task, field, value, bool)))


def stretched(task: PlanTask, end: datetime, setting: Callable[[], Setting]) -> Amount:
    """The duration from where the task starts to where it is to end."""
    finish = _moment(task, Field.FINISH, end)
    if task.actual_finish is not None:
        raise _wrong(task, Field.DURATION, "of a task that is done follows from its actual dates")
    known = setting()
    if finish <= known.start:
        raise _wrong(task, Field.FINISH, f"is not after the start, {known.start:%Y-%m-%d %H:%M}")
    minutes = known.calendar.diff(known.start, finish)
    if minutes <= 0:
        raise _wrong(task, Field.FINISH, "leaves no working time after the start")
    return Amount(minutes, task.elapsed_duration)


def ended(task: PlanTask, setting: Callable[[], Setting]) -> PlanTask:
    """A task scheduled by hand, with the finish that its duration gives."""
    known = setting()
    start = task.stored.start or known.start
    finish = known.calendar.add(start, task.duration_minutes)
    return replace(task, stored=replace(task.stored, start=start, finish=finish))


def with_load(task: PlanTask, load: Load) -> PlanTask:
    """The task with the duration and work of its load."""
    task = replace(task, work_minutes=load.work)
    if load.duration == task.duration_minutes:
        return task
    return replace(progress.with_total(task, load.duration), milestone=False)


def with_custom(task: PlanTask, values: Mapping[str, str]) -> PlanTask:
    """The task with these values of added fields; empty ones are left out."""
    found = tuple(sorted((key, value) for key, value in values.items() if value))
    if len(found) > MOST_CUSTOM:
        raise _of_custom(task, f"has at most {MOST_CUSTOM} of them")
    for key, value in found:
        if not 0 < len(key) <= MOST_CUSTOM_KEY or len(value) > MOST_CUSTOM_TEXT:
            raise _of_custom(task, f"holds at most {MOST_CUSTOM_TEXT} characters in each")
        if any(char < " " for char in key + value):
            raise _of_custom(task, "holds a character that cannot be shown")
    return replace(task, custom=found)


def _of_custom(task: PlanTask, reason: str) -> InvalidInput:
    return InvalidInput(
        "editing.custom", f"‘{task.name[:100]}’: of added fields a task {reason}.", (str(task.uid),)
    )


def require_new(task: PlanTask) -> None:
    """Refuse a new row that could not be edited into what it is."""
    _name(task, task.name)
    _text(task, Field.WBS, task.wbs, MOST_WBS)
    _text(task, Field.NOTES, task.notes, MOST_NOTES)
    _whole(task, Field.DURATION, task.duration_minutes, MOST_MINUTES)
    for field in _DATES:
        _maybe_moment(task, field, getattr(task, field.value))
    _maybe_moment(task, Field.CONSTRAINT, task.constraint_date)


def require_lag(link: Link) -> None:
    """Refuse a lag beyond what a plan can hold."""
    percent = link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT)
    size, most = (
        (abs(link.lag_percent), MOST_PERCENT) if percent else (abs(link.lag_minutes), MOST_MINUTES)
    )
    if not (link.lag_percent.is_finite() and size <= most):
        raise InvalidInput(
            "editing.value",
            f"A lag is at most {f'{most:,} percent' if percent else '190 years'} long.",
            (str(link.predecessor), str(link.successor)),
        )


def _with(task: PlanTask, name: str, value: object) -> PlanTask:
    values: dict[str, Any] = {name: value}
    return replace(task, **values)


def _duration(task: PlanTask, amount: Amount, load: Load) -> Change:
    if not 0 <= amount.minutes <= MOST_MINUTES:
        raise _wrong(task, Field.DURATION, "lies between 0 and 190 years")
    after = with_duration(load, amount.minutes)
    task = progress.with_total(task, amount.minutes)
    task = replace(
        task,
        elapsed_duration=amount.elapsed,
        estimated=amount.estimated,
        milestone=amount.minutes == 0,
        work_minutes=after.work if after.shares else task.work_minutes,
    )
    return Change(task, after if after.shares else None)


def _milestone(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    wanted = _of(task, Field.MILESTONE, value, bool)
    if wanted and task.work_minutes:
        raise _wrong(task, Field.MILESTONE, "is only for rows without work; this one has some")
    if not wanted:
        return replace(task, milestone=False)
    return replace(progress.with_total(task, 0) if task.duration_minutes else task, milestone=True)


def _start(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    when = _moment(task, Field.START, value)
    _require_open(task, Field.START)
    if not task.manual:
        return replace(task, constraint=ConstraintType.SNET, constraint_date=when)
    finish = setting().calendar.add(when, task.duration_minutes)
    return replace(task, stored=replace(task.stored, start=when, finish=finish))


def _finish(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    when = _moment(task, Field.FINISH, value)
    _require_open(task, Field.FINISH)
    if not task.manual:
        return replace(task, constraint=ConstraintType.FNET, constraint_date=when)
    known = setting()
    start = task.stored.start or known.start
    if when < start:
        raise _wrong(task, Field.FINISH, f"is not before the start, {start:%Y-%m-%d %H:%M}")
    minutes = known.calendar.diff(start, when)
    stored = replace(task.stored, start=start, finish=when)
    return replace(progress.with_total(task, minutes), stored=stored)


def _manual(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    """By hand a task stays where it is now."""
    if not _of(task, Field.MANUAL, value, bool) or task.manual:
        return replace(task, manual=bool(value))
    known = setting()
    stored = replace(task.stored, start=known.start, finish=known.finish)
    return replace(task, manual=True, stored=stored)


def _constraint(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    wanted = _of(task, Field.CONSTRAINT, value, Constraint)
    dated = wanted.type not in (ConstraintType.ASAP, ConstraintType.ALAP)
    if dated and wanted.date is None:
        raise _wrong(task, Field.CONSTRAINT, "of this type needs a date")
    if wanted.hard and wanted.type not in (ConstraintType.MSO, ConstraintType.MFO):
        raise _wrong(task, Field.CONSTRAINT, "is hard only as “must start” or “must finish on”")
    date = _moment(task, Field.CONSTRAINT, wanted.date) if dated else None
    return replace(task, constraint=wanted.type, constraint_date=date, constraint_hard=wanted.hard)


def _work_type(task: PlanTask, kind: WorkType) -> PlanTask:
    driven = True if kind is WorkType.FIXED_WORK else task.effort_driven
    return replace(task, work_type=kind, effort_driven=driven)


def _effort_driven(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    wanted = _of(task, Field.EFFORT_DRIVEN, value, bool)
    if not wanted and task.work_type is WorkType.FIXED_WORK:
        raise _wrong(task, Field.EFFORT_DRIVEN, "cannot be switched off where the work is fixed")
    return replace(task, effort_driven=wanted)


def _calendar_uid(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    uid = None if value is None else _whole(task, Field.CALENDAR, value)
    return replace(task, calendar_uid=uid)


def _percent(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    return progress.with_percent(task, _share(task, Field.PERCENT, value), setting())


def _physical(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    if task.percent_type is PercentType.STEPS:
        raise _wrong(task, Field.PHYSICAL, "follows from its steps; say which of them are done")
    share = None if value is None else _share(task, Field.PHYSICAL, value)
    return replace(task, physical_percent=share)


def _percent_type(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    kind = _of(task, Field.PERCENT_TYPE, value, PercentType)
    return _measured(replace(task, percent_type=kind))


def _steps(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    steps = tuple(_step(task, step) for step in _of(task, Field.STEPS, value, tuple))
    if len(steps) > MOST_STEPS:
        raise _wrong(task, Field.STEPS, f"are at most {MOST_STEPS}")
    names = [step.name.casefold() for step in steps]
    twice = next((step.name for step in steps if names.count(step.name.casefold()) > 1), None)
    if twice is not None:
        raise _wrong(task, Field.STEPS, f"are told by their names; ‘{twice}’ stands there twice")
    return _measured(replace(task, steps=steps))


def _step(task: PlanTask, step: TaskStep) -> TaskStep:
    name = _text(task, Field.STEPS, step.name, MOST_STEP_NAME).strip()
    if not name:
        raise _wrong(task, Field.STEPS, "have a name each")
    if not _MARKS.isdisjoint(name) or name[:2].lower() == "x ":
        raise _wrong(task, Field.STEPS, "hold no ; [ or ] and begin with no “x ”, which mark them")
    if not step.weight.is_finite() or not 0 < step.weight <= MOST_WEIGHT:
        raise _wrong(task, Field.STEPS, f"weigh more than 0 and at most {MOST_WEIGHT:,}")
    return replace(step, name=name)


def _measured(task: PlanTask) -> PlanTask:
    """The task with what its steps come to, where they measure it (R-PRG-04)."""
    if task.percent_type is not PercentType.STEPS:
        return task
    done = percent_of_steps([(step.weight, step.done) for step in task.steps])
    return replace(task, physical_percent=done)


def _remaining(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    minutes = _whole(task, Field.REMAINING, value, MOST_MINUTES)
    return progress.with_remaining(task, minutes, setting())


def _actual_start(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    when = _maybe_moment(task, Field.ACTUAL_START, value)
    return progress.with_actual_start(task, when, setting())


def _actual_finish(task: PlanTask, value: object, setting: Callable[[], Setting]) -> PlanTask:
    if value is None:
        raise _wrong(
            task, Field.ACTUAL_FINISH, "is not emptied by itself; say how much is done instead"
        )
    when = _moment(task, Field.ACTUAL_FINISH, value)
    return progress.with_actual_finish(task, when, setting())


def _name_of(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    return replace(task, name=_name(task, value))


def _wbs(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    return replace(task, wbs=_text(task, Field.WBS, value, MOST_WBS).strip())


def _notes(task: PlanTask, value: object, _: Callable[[], Setting]) -> PlanTask:
    return replace(task, notes=_text(task, Field.NOTES, value, MOST_NOTES))


_EDITS: dict[Field, Callable[[PlanTask, object, Callable[[], Setting]], PlanTask]] = {
    Field.NAME: _name_of,
    Field.WBS: _wbs,
    Field.NOTES: _notes,
    Field.START: _start,
    Field.FINISH: _finish,
    Field.CONSTRAINT: _constraint,
    Field.CALENDAR: _calendar_uid,
    Field.MANUAL: _manual,
    Field.MILESTONE: _milestone,
    Field.EFFORT_DRIVEN: _effort_driven,
    Field.PERCENT: _percent,
    Field.PHYSICAL: _physical,
    Field.PERCENT_TYPE: _percent_type,
    Field.STEPS: _steps,
    Field.REMAINING: _remaining,
    Field.ACTUAL_START: _actual_start,
    Field.ACTUAL_FINISH: _actual_finish,
}


def _of(task: PlanTask, field: Field, value: object, kind: type[_Value]) -> _Value:
    if not isinstance(value, kind):
        raise _wrong(task, field, f"cannot be {value!r}"[:200])
    return value


def _whole(task: PlanTask, field: Field, value: object, most: int = 10**12) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _wrong(task, field, f"is a whole number from 0 to {most:,}")
    return value


def _share(task: PlanTask, field: Field, value: object) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value <= 100:
        raise _wrong(task, field, "lies between 0 and 100")
    return value


def _moment(task: PlanTask, field: Field, value: object) -> datetime:
    if (
        not isinstance(value, datetime)
        or value.tzinfo is not None
        or not FIRST_YEAR <= value.year <= LAST_YEAR
    ):
        raise _wrong(task, field, f"is a date from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _maybe_moment(task: PlanTask, field: Field, value: object) -> datetime | None:
    return None if value is None else _moment(task, field, value)


def _name(task: PlanTask, value: object) -> str:
    name = _text(task, Field.NAME, value, MOST_NAME).strip()
    if not name:
        raise _wrong(task, Field.NAME, "cannot be empty")
    return name


def _text(task: PlanTask, field: Field, value: object, most: int) -> str:
    text = _of(task, field, value, str)
    if len(text) > most:
        raise _wrong(task, field, f"has at most {most:,} characters")
    lines = field is Field.NOTES
    if any(char < " " and not (lines and char in "\t\n\r") for char in text):
        raise _wrong(task, field, "holds a character that cannot be shown")
    return text


def _require_open(task: PlanTask, field: Field) -> None:
    if task.actual_start is not None:
        raise _wrong(
            task, field, "of a task that has begun follows from its actual dates; change those"
        )


def _wrong(task: PlanTask, field: Field, reason: str) -> InvalidInput:
    name = field.value.replace("_", " ").capitalize()
    return InvalidInput(
        "editing.value", f"{name} of ‘{task.name[:100]}’ {reason}.", (str(task.uid), field.value)
    )
