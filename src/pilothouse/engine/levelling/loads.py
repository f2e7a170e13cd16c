# SPDX-License-Identifier: Apache-2.0
"""How much of each resource a plan asks for, as it stands."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.network.plan import Plan, PlanResource, PlanTask

_DAY_MINUTES = 1440
_Step = tuple[datetime, int | None, Decimal]
"""When how much more or less is asked for, in the working time of a calendar; None: always."""


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
    inactive tasks and what is complete take nothing. Starts and ends are
    swept for each resource: O(assignments × log + days × calendars) each, and no more room than its
    assignments take.
    """
    calendars = compile_calendars(plan.calendars)
    tasks = {task.uid: task for task in plan.tasks if _counts(task)}
    people = {row.uid: row for row in plan.resources if row.kind == "work"}
    asked: dict[int, list[_Step]] = {uid: [] for uid in people}
    for item in plan.assignments:
        task, person = tasks.get(item.task_uid), people.get(item.resource_uid or 0)
        if task is None or person is None or task.uid not in dates or item.units <= 0:
            continue
        start, finish = dates[task.uid]
        calendar = _calendar_of(task, person.calendar_uid, plan)
        asked[person.uid] += ((start, calendar, item.units), (finish, calendar, -item.units))
    found = (_load(people[uid], _peaks(steps, calendars)) for uid, steps in asked.items())
    return tuple(load for load in found if load is not None)


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


def _load(person: PlanResource, peaks: Iterable[tuple[date, Decimal]]) -> Load | None:
    """What is asked of somebody day by day; None if that is nothing."""
    most, days, first = Decimal(0), 0, None
    for day, peak in peaks:
        most = max(most, peak)
        if peak > person.max_units:
            days += 1
            first = first or day
    return Load(person.uid, person.name, most, person.max_units, days, first) if most else None


def _peaks(
    steps: Iterable[_Step], calendars: Mapping[int, WorkingTime]
) -> Iterator[tuple[date, Decimal]]:
    """The most that is asked for at any time of each day from the first start to the last end."""
    units: defaultdict[int | None, Decimal] = defaultdict(Decimal)
    ahead = deque(sorted(steps, key=lambda step: step[0]))
    day = ahead[0][0].date() if ahead else date.max
    while ahead:
        if not any(units.values()):
            day = max(day, ahead[0][0].date())
        peak = Decimal(0)
        first = 0
        while first < _DAY_MINUTES:
            while ahead and _minute(ahead[0][0], day) <= first:
                _, calendar, more = ahead.popleft()
                units[calendar] += more
            last = min(_minute(ahead[0][0], day), _DAY_MINUTES) if ahead else _DAY_MINUTES
            peak = max(peak, _peak(units, calendars, day, first, last))
            first = last
        yield day, peak
        if day == date.max:
            return
        day += timedelta(days=1)


def _minute(when: datetime, day: date) -> int:
    """Minutes from the midnight that begins a day."""
    return (when.date() - day).days * _DAY_MINUTES + when.hour * 60 + when.minute


def _peak(
    units: Mapping[int | None, Decimal],
    calendars: Mapping[int, WorkingTime],
    day: date,
    first: int,
    last: int,
) -> Decimal:
    """The most that is asked for within minutes of a day in which nothing starts or ends."""
    steps: defaultdict[int, Decimal] = defaultdict(Decimal)
    for uid, asked in units.items():
        if not asked:
            continue
        time_of = calendars.get(uid) if uid is not None else None
        for opens, closes in ((0, _DAY_MINUTES),) if time_of is None else time_of.intervals(day):
            if max(opens, first) < min(closes, last):
                steps[max(opens, first)] += asked
                steps[min(closes, last)] -= asked
    peak = now = Decimal(0)
    for minute in sorted(steps):
        now += steps[minute]
        peak = max(peak, now)
    return peak
