# SPDX-License-Identifier: Apache-2.0
"""The working time of each task: its own, the plan's, its resources' (R-CAL-01)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from pilothouse.engine.calendars import (
    CalendarSpec,
    WorkingTime,
    compile_calendars,
    elapsed_calendar,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import Outline
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule.options import Dialect, ScheduleOptions

ELAPSED = 0
"""Number of the calendar that elapsed durations run on."""
_KEPT_SETS = 16
_MOST_COMBINATIONS = 2000

Combination = tuple[int | None, tuple[int, ...]]
"""Uid of the task's own calendar, and those of its resources in ascending order."""


class CalendarSet:
    """The calendars of a plan, and each combination of them that a task runs on."""

    def __init__(self, specs: tuple[CalendarSpec, ...], zone: ZoneInfo | None) -> None:
        self.compiled = compile_calendars(specs, zone=zone)
        self.elapsed = elapsed_calendar()
        self._specs = {spec.uid: spec for spec in specs}
        self._combined: dict[Combination, WorkingTime] = {}

    def plain(self, uid: int) -> int:
        """The calendar that says the same: a derived one that adds nothing is its base."""
        spec = self._specs[uid]
        while (
            spec.base_uid is not None
            and not spec.exceptions
            and not spec.work_weeks
            and all(day is None for day in spec.week)
        ):
            spec = self._specs[spec.base_uid]
        return spec.uid

    def combined(self, own: int | None, resources: tuple[int, ...]) -> WorkingTime:
        """When any of the resources works, within the task's own calendar if it has one."""
        key = own, resources
        found = self._combined.get(key)
        if found is None:
            if len(self._combined) >= _MOST_COMBINATIONS:
                self._combined.clear()
            found = self._combined[key] = self._combine(own, resources)
        return found

    def _combine(self, own: int | None, resources: tuple[int, ...]) -> WorkingTime:
        found: WorkingTime | None = None
        for uid in resources:
            calendar = self.compiled[uid]
            found = calendar if found is None else found.unite(calendar)
        if own is not None:
            task = self.compiled[own]
            found = task if found is None or own in resources else found.intersect(task)
        assert found is not None
        return found


@lru_cache(maxsize=_KEPT_SETS)
def calendar_set(specs: tuple[CalendarSpec, ...], zone: ZoneInfo | None) -> CalendarSet:
    """The compiled calendars; those of the last plans are kept with what is laid out of them.

    Raises
    ------
    InvalidInput
        Those of ``compile_calendars``.
    """
    return CalendarSet(specs, zone)


class Numbering:
    """Numbers for the calendars that one plan uses; the first is that of elapsed time.

    ``known`` are calendars that have their numbers already, that of elapsed time among them.
    """

    def __init__(self, elapsed: WorkingTime, known: Sequence[WorkingTime] = ()) -> None:
        self.calendars = list(known) or [elapsed]
        self._numbers = {calendar: number for number, calendar in enumerate(self.calendars)}

    def of(self, calendar: WorkingTime) -> int:
        """The number of a calendar, a new one where it is new."""
        number = self._numbers.setdefault(calendar, len(self.calendars))
        if number == len(self.calendars):
            self.calendars.append(calendar)
        return number


def numbers_by_row(
    plan: Plan,
    options: ScheduleOptions,
    found: CalendarSet,
    numbering: Numbering,
    outline: Outline,
    rows: Sequence[int],
) -> list[int]:
    """The number of the calendar of each of these rows, elapsed durations left aside.

    Raises
    ------
    InvalidInput
        ``schedule.calendar``.
    """
    resources: dict[int, set[int]] = {}
    if options.dialect is not Dialect.STANDARD:
        resources = _of_resources(plan, found)
    default = found.combined(found.plain(plan.default_calendar_uid), ())
    alone: dict[int | None, int] = {None: numbering.of(default)}
    numbers: list[int] = []
    for row in rows:
        task = plan.tasks[row]
        own = task.calendar_uid
        if own is not None and own not in found.compiled:
            label = outline.labels[row]
            raise InvalidInput(
                "schedule.calendar",
                f"Task {label} uses calendar {own}, which is not in the plan; choose another one.",
                (label,),
            )
        of_task: Collection[int] = ()
        if resources and not (own is not None and task.ignore_resource_calendar):
            of_task = resources.get(task.uid, ())
        if of_task:
            # What depends on resources in Primavera runs on their calendars alone.
            within = own if options.dialect is Dialect.MICROSOFT_PROJECT else None
            plain = None if within is None else found.plain(within)
            numbers.append(numbering.of(found.combined(plain, tuple(sorted(of_task)))))
            continue
        if own is not None and own not in alone:
            alone[own] = numbering.of(found.combined(found.plain(own), ()))
        numbers.append(alone[own])
    return numbers


def _of_resources(plan: Plan, found: CalendarSet) -> dict[int, set[int]]:
    """By uid of the task the calendars of the work resources on it."""
    calendar_of = {
        resource.uid: found.plain(resource.calendar_uid)
        for resource in plan.resources
        if resource.kind == "work" and resource.calendar_uid in found.compiled
    }
    of_task: dict[int, set[int]] = {}
    for assignment in plan.assignments:
        if assignment.resource_uid in calendar_of:
            calendar = calendar_of[assignment.resource_uid]
            of_task.setdefault(assignment.task_uid, set()).add(calendar)
    return of_task
