# SPDX-License-Identifier: Apache-2.0
"""Progress as people report it → steps of editing (R-PRG-01, R-PRG-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pilothouse.delivery.planning.bridge.edits import Step, steps_taken
from pilothouse.delivery.planning.bridge.engine import Scheduled
from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.network.plan import PercentType, Plan, PlanTask
from pilothouse.foundation.core.errors import Invalid

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Progress:
    """What somebody says of one task on ``day``; None is not said.

    ``percent`` measures what the task says that it measures. With both ``percent`` and
    ``remaining_minutes`` the task is estimated anew.
    """

    uid: int
    day: date
    percent: Decimal | None = None
    remaining_minutes: int | None = None
    started: date | None = None
    finished: date | None = None

    @property
    def says_done(self) -> bool:
        """Whether it calls the task finished."""
        return self.finished is not None or self.percent == _HUNDRED or self.remaining_minutes == 0


def with_status_date(before: Scheduled, reports: Sequence[Progress]) -> Scheduled:
    """The plan with a status date that what is reported does not lie after.

    A plan without one stays so.
    """
    status = before.plan.status_date
    if status is None or not reports:
        return before
    latest = _evening(before.plan, max(row.day for row in reports))
    if latest <= status:
        return before
    return replace(before, plan=replace(before.plan, status_date=latest))


def _evening(plan: Plan, day: date) -> datetime:
    """When a status day ends: at 17:00, or with the last work that the plan knows on it."""
    spans = compile_calendars(plan.calendars)[plan.default_calendar_uid].intervals(day)
    last = max(17 * 60, spans[-1][1] if spans else 0)
    return datetime.combine(day, time()) + timedelta(minutes=min(last, 24 * 60 - 1))


def progress_steps(before: Scheduled, report: Progress) -> list[Step]:
    """The steps that enter one report. Raises Invalid naming the field of the report."""
    task = next((task for task in before.plan.tasks if task.uid == report.uid), None)
    if task is None:
        raise Invalid("planning.task", "This task is no longer in the plan.")
    if task.summary:
        raise Invalid(
            "planning.summary", f"‘{task.name}’ is a summary; it follows from the rows inside it."
        )
    _require_consistent(report)
    return _Writer(before, task, report).steps()


def accepted(before: Scheduled, steps: Sequence[Step]) -> None:
    """Raise Invalid where the plan does not take these steps. Nothing is scheduled."""
    steps_taken(before, steps, last_uid=0)


def _require_consistent(report: Progress) -> None:
    percent, left = report.percent, report.remaining_minutes
    if percent is not None and left is not None and (percent == _HUNDRED) != (left == 0):
        words = f"{percent.normalize():f} % done and {'nothing' if left == 0 else 'work'} left"
        message = f"{words} contradict each other; correct one of them."
        raise Invalid("planning.contradiction", message, fields={"remaining": message})
    if report.finished is not None:
        if (percent is not None and percent < _HUNDRED) or left:
            message = "A task with a day of its finish is done; say 100 %, or leave the day out."
            raise Invalid("planning.contradiction", message, fields={"finish": message})
        if report.finished > report.day:
            message = "A finish that is still to come is expected, not done."
            raise Invalid("planning.contradiction", message, fields={"finish": message})
    if report.started is not None and report.started > report.day:
        message = "A start that is still to come is no start yet."
        raise Invalid("planning.contradiction", message, fields={"started": message})


class _Writer:
    """Writes the steps of one report of one task."""

    def __init__(self, before: Scheduled, task: PlanTask, report: Progress) -> None:
        self._plan = before.plan
        self._task = task
        self._report = report
        self._scheduled = before.result.tasks[task.uid]
        self._made: list[Step] = []

    def steps(self) -> list[Step]:
        report = self._report
        if report.started is not None:
            self._start(report.started)
        if report.says_done:
            self._done()
        elif report.percent is not None or report.remaining_minutes is not None:
            self._under_way(report.percent, report.remaining_minutes)
        return self._made

    def _under_way(self, percent: Decimal | None, left: int | None) -> None:
        begun = self._task.actual_start is not None or self._report.started is not None
        if not begun and percent:
            self._begin()
            begun = True
        if left is not None and (percent is not None or not begun):
            done = percent if begun and percent is not None else Decimal(0)
            total = (left * _HUNDRED / (_HUNDRED - done)).quantize(Decimal(1))
            unit = "em" if self._task.elapsed_duration else "m"
            self._set("duration", f"{total}{unit}")
        elif left is not None:
            self._set("remaining_minutes", f"{left}m")
        if percent is not None and (begun or percent):
            self._percent(percent)

    def _percent(self, percent: Decimal) -> None:
        physical = self._task.percent_type is PercentType.PHYSICAL
        self._set("physical_percent" if physical else "percent_complete", str(percent))

    def _done(self) -> None:
        report, task = self._report, self._task
        if task.actual_finish is not None and report.finished is None and not self._made:
            return
        finished = report.finished
        if finished is None and self._scheduled.finish <= self._evening(report.day):
            if task.actual_start is None and report.started is None:
                self._begin()
            self._set("percent_complete", "100")
        elif task.duration_minutes == 0:
            self._both_ends(self._last_minute(finished or report.day))
        else:
            end = finished or report.day
            if task.actual_start is None and report.started is None:
                self._begin_before(end)
            self._set("actual_finish", self._last_minute(end).isoformat())
        if task.percent_type is PercentType.PHYSICAL:
            self._percent(_HUNDRED)

    def _both_ends(self, instant: datetime) -> None:
        """A milestone begins and ends at once."""
        self._made.clear()
        if self._task.actual_finish is not None:
            self._set("percent_complete", "0")
        self._set("actual_start", instant.isoformat())
        self._set("actual_finish", instant.isoformat())

    def _begin(self) -> None:
        """As scheduled, or on the day of the report where that is still to come."""
        if self._scheduled.start > self._evening(self._report.day):
            self._start(self._report.day)
        else:
            self._set("actual_start", self._scheduled.start.isoformat())

    def _begin_before(self, end: date) -> None:
        if self._scheduled.start > self._evening(end):
            message = (
                f"The plan has ‘{self._task.name}’ start on {self._scheduled.start:%d %b %Y}; "
                "say on which day it really began."
            )
            raise Invalid("planning.start_needed", message, fields={"started": message})
        self._set("actual_start", self._scheduled.start.isoformat())

    def _start(self, day: date) -> None:
        now = self._task.actual_start
        if now is None or now.date() != day:
            self._set("actual_start", self._first_minute(day).isoformat())

    def _set(self, field: str, value: str) -> None:
        self._made.append({"do": "set", "uid": self._task.uid, "field": field, "value": value})

    def _hours(self) -> WorkingTime:
        own = self._task.calendar_uid
        calendars: Mapping[int, WorkingTime] = compile_calendars(self._plan.calendars)
        return calendars[self._plan.default_calendar_uid if own is None else own]

    def _evening(self, day: date) -> datetime:
        return _evening(self._plan, day)

    def _first_minute(self, day: date) -> datetime:
        spans = self._hours().intervals(day)
        begun = datetime.combine(day, time()) + timedelta(minutes=spans[0][0] if spans else 0)
        return min(begun, self._evening(day))

    def _last_minute(self, day: date) -> datetime:
        spans = self._hours().intervals(day)
        end = datetime.combine(day, time()) + timedelta(minutes=spans[-1][1] if spans else 0)
        return min(end, self._evening(day))
