# SPDX-License-Identifier: Apache-2.0
"""Progress of one task as it is typed: percent, what is left, actual dates (DOMAIN 4.5).

The total duration is actual + remaining; each edit here keeps that, and that 100 percent, an actual
finish and nothing left are the same (R-PRG-01, R-PRG-04).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.editing.amounts import MOST_MINUTES
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import percent_done
from pilothouse.engine.network.minutes import left_and_done, whole_minutes
from pilothouse.engine.network.plan import PlanTask

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Setting:
    """What an edit of progress needs to know besides the task.

    ``start`` and ``finish`` are the scheduled ones; ``calendar`` is the task's working time.
    """

    start: datetime
    finish: datetime
    calendar: WorkingTime
    status_date: datetime | None = None


def with_percent(task: PlanTask, percent: Decimal, setting: Setting) -> PlanTask:
    """The task with this much of its duration done, 0 to 100.

    Without an actual start it began as scheduled; at 100 it finished as scheduled.
    """
    _require(0 <= percent <= _HUNDRED, task, "is done to a percentage between 0 and 100")
    if percent == 0:
        return not_begun(task)
    if percent == _HUNDRED:
        return with_actual_finish(task, task.actual_finish or setting.finish, setting, keep=True)
    begun = _begun(task, setting)
    left = whole_minutes(task.duration_minutes * (_HUNDRED - percent) / _HUNDRED)
    return replace(
        begun,
        percent_complete=percent,
        remaining_minutes=left,
        actual_duration_minutes=task.duration_minutes - left,
        actual_finish=None,
    )


def with_remaining(task: PlanTask, minutes: int, setting: Setting) -> PlanTask:
    """The task with this much working time left; what was done stays, the percentage follows.

    With nothing left it finished when the work done was done.
    """
    _require(0 <= minutes <= MOST_MINUTES, task, "has between 0 minutes and 190 years left")
    begun = _begun(task, setting)
    done = done_minutes(task)
    if minutes == 0:
        assert begun.actual_start is not None
        finish = setting.calendar.add(begun.actual_start, done)
        return with_actual_finish(begun, finish, setting)
    return _with_left(replace(begun, actual_finish=None), done, minutes)


def with_actual_start(task: PlanTask, when: datetime | None, setting: Setting) -> PlanTask:
    """The task begun at an instant; None: not begun, so nothing is done either."""
    if when is None:
        return not_begun(task)
    _require_past(task, when, setting)
    if task.actual_finish is not None:
        _require(when <= task.actual_finish, task, "finished before it started")
        return _complete(task, when, task.actual_finish, setting)
    if task.actual_start is None:
        task = replace(task, remaining_minutes=task.duration_minutes, actual_duration_minutes=0)
    return replace(task, actual_start=when)


def with_actual_finish(
    task: PlanTask, when: datetime, setting: Setting, *, keep: bool = False
) -> PlanTask:
    """The task finished at an instant; its duration is what lies between, unless ``keep``."""
    _require_past(task, when, setting)
    start = _begun(task, setting).actual_start
    assert start is not None
    _require(start <= when, task, "finished before it started")
    if keep:
        return _finished(replace(task, actual_start=start), when, task.duration_minutes)
    return _complete(task, start, when, setting)


def with_total(task: PlanTask, minutes: int) -> PlanTask:
    """The task with another total duration; once begun, what is left changes."""
    if task.actual_start is None:
        return replace(task, duration_minutes=minutes, remaining_minutes=None)
    _require(
        task.actual_finish is None,
        task,
        "is finished; change its actual dates instead of its duration",
    )
    done = done_minutes(task)
    _require(minutes > done, task, f"has {done / 60:.6g} hours done, so it lasts longer than that")
    return _with_left(task, done, minutes - done)


def not_begun(task: PlanTask) -> PlanTask:
    """The task without any progress."""
    return replace(
        task,
        percent_complete=Decimal(0),
        actual_start=None,
        actual_finish=None,
        actual_duration_minutes=None,
        remaining_minutes=None,
        stop=None,
        resume=None,
    )


def done_minutes(task: PlanTask) -> int:
    """Working minutes done; none of what has not begun."""
    if task.actual_start is None:
        return 0
    return left_and_done(task, task.duration_minutes)[1]


def _begun(task: PlanTask, setting: Setting) -> PlanTask:
    if task.actual_start is not None:
        return task
    _require_past(task, setting.start, setting)
    return replace(task, actual_start=setting.start, actual_duration_minutes=0)


def _with_left(task: PlanTask, done: int, left: int) -> PlanTask:
    return replace(
        task,
        duration_minutes=done + left,
        actual_duration_minutes=done,
        remaining_minutes=left,
        percent_complete=min(percent_done(done, left), Decimal("99.99")),
    )


def _complete(task: PlanTask, start: datetime, finish: datetime, setting: Setting) -> PlanTask:
    lasted = max(0, setting.calendar.diff(start, finish))
    return _finished(replace(task, actual_start=start), finish, lasted)


def _finished(task: PlanTask, finish: datetime, lasted: int) -> PlanTask:
    return replace(
        task,
        percent_complete=_HUNDRED,
        actual_finish=finish,
        duration_minutes=lasted,
        actual_duration_minutes=lasted,
        remaining_minutes=0,
        stop=None,
        resume=None,
    )


def _require_past(task: PlanTask, when: datetime, setting: Setting) -> None:
    _require(
        setting.status_date is None or when <= setting.status_date,
        task,
        f"cannot have begun or finished on {when:%Y-%m-%d %H:%M}, after the status date "
        f"{setting.status_date:%Y-%m-%d}; move the status date first"
        if setting.status_date
        else "",
    )


def _require(holds: bool, task: PlanTask, reason: str) -> None:
    if not holds:
        raise InvalidInput("editing.progress", f"‘{task.name}’ {reason}.", (str(task.uid),))
