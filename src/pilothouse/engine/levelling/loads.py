# SPDX-License-Identifier: Apache-2.0
"""How much of each resource a plan asks for, as it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.network.plan import Plan, PlanTask

_DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Load:
    """The most that is asked of a resource at any time, what it has, and how often that is less.

    ``days`` are dates with any minute on which it is asked for more; ``first`` is the first one.
    """

    resource_uid: int
    name: str
    peak: Decimal
    capacity: Decimal
    days: int
    first: date | None


def loads_of(plan: Plan, dates: Mapping[int, tuple[datetime, datetime]]) -> tuple[Load, ...]:
    """The loads of all resources of kind *work* that have any task, in their order.

    Parameters
    ----------
    plan : Plan
    dates : mapping of int to (datetime, datetime)
        Uid → start and finish of the schedule.

    Notes
    -----
    An assignment takes its units while its task works: in the calendar of the task, else in that
    of the resource, else in that of the plan; round the clock for an elapsed duration. Summaries,
    inactive tasks and what is complete take nothing. O(assignments × days).
    """
    calendars = compile_calendars(plan.calendars)
    tasks = {task.uid: task for task in plan.tasks if _counts(task)}
    people = {row.uid: row for row in plan.resources if row.kind == "work"}
    asked: dict[int, dict[date, list[tuple[int, int, Decimal]]]] = {uid: {} for uid in people}
    spans: dict[tuple[int | None, datetime, datetime], list[tuple[date, int, int]]] = {}
    for item in plan.assignments:
        task, person = tasks.get(item.task_uid), people.get(item.resource_uid or 0)
        if task is None or person is None or task.uid not in dates or item.units <= 0:
            continue
        start, finish = dates[task.uid]
        key = _calendar_of(task, person.calendar_uid, plan), start, finish
        if key not in spans:
            spans[key] = list(_spans(calendars.get(key[0] or 0), start, finish))
        for day, first, last in spans[key]:
            asked[person.uid].setdefault(day, []).append((first, last, item.units))
    return tuple(
        _load(uid, people[uid].name, people[uid].max_units, days)
        for uid, days in asked.items()
        if days
    )


def _counts(task: PlanTask) -> bool:
    done = task.actual_finish is not None or task.percent_complete >= 100
    return task.active and not (task.summary or task.external or done)


def _calendar_of(task: PlanTask, own: int | None, plan: Plan) -> int | None:
    """Which calendar the share runs on; None is round the clock."""
    if task.elapsed_duration:
        return None
    if task.calendar_uid is not None:
        return task.calendar_uid
    return plan.default_calendar_uid if own is None else own


def _spans(
    time_of: WorkingTime | None, start: datetime, finish: datetime
) -> Iterator[tuple[date, int, int]]:
    """Working spans of a task by day, in minutes from midnight."""
    day = start.date()
    while day <= finish.date():
        midnight = datetime.combine(day, time())
        first = max(0, int((start - midnight).total_seconds() // 60))
        last = min(_DAY_MINUTES, int((finish - midnight).total_seconds() // 60))
        for opens, closes in ((0, _DAY_MINUTES),) if time_of is None else time_of.intervals(day):
            if max(opens, first) < min(closes, last):
                yield day, max(opens, first), min(closes, last)
        day += timedelta(days=1)


def _load(
    uid: int,
    name: str,
    capacity: Decimal,
    days: Mapping[date, list[tuple[int, int, Decimal]]],
) -> Load:
    peaks = {day: _peak(spans) for day, spans in days.items()}
    over = sorted(day for day, peak in peaks.items() if peak > capacity)
    return Load(uid, name, max(peaks.values()), capacity, len(over), over[0] if over else None)


def _peak(spans: list[tuple[int, int, Decimal]]) -> Decimal:
    steps: defaultdict[int, Decimal] = defaultdict(Decimal)
    for first, last, units in spans:
        steps[first] += units
        steps[last] -= units
    peak = now = Decimal(0)
    for minute in sorted(steps):
        now += steps[minute]
        peak = max(peak, now)
    return peak
