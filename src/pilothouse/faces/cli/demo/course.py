# SPDX-License-Identifier: Apache-2.0
"""Plans of the living office: written as text, told as they stood on any day.

One row per task, indented by two spaces inside its summary::

    Preparation
      Site survey        15      |                   | Survey team
      Permits            40>55   | Site survey SS+5  | Planner
      Permits granted    0       | Permits, deadline 70

``40>55``: planned 40 working days, in truth it takes 55. The second part holds links
(``name``, ``name SS+5``, ``name FS-3``), ``snet N`` (not before working day N) and
``deadline N``; the third the people, with ``50%`` for half of their time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pilothouse.engine.calendars import CalendarSpec, WorkingTime, compile_calendars
from pilothouse.engine.network.plan import (
    ConstraintType,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    StoredDates,
    TaskBaseline,
)
from pilothouse.engine.schedule import ScheduleOptions, ScheduleResult, schedule_plan

DAY = 480
_ROW = re.compile(r"^(?P<indent> *)(?P<name>\S.*?)(?:  +(?P<days>\d+)(?:>(?P<true>\d+))?)?$")
_LINK = re.compile(r"^(?P<name>.+?)(?: (?P<type>FS|SS|FF|SF)(?P<lag>[+-]\d+)?)?$")
_AS_IMPORTED = ScheduleOptions(work_after_status_date=False)


@dataclass(frozen=True, slots=True)
class Course:
    """A plan as approved, and how long each task really takes."""

    plan: Plan
    true_minutes: dict[int, int]
    calendar: WorkingTime
    approved_start: date
    approved_finish: date

    def on(self, day: date) -> Plan:
        """The plan as its manager kept it on the evening of a day: work done, work left."""
        status = datetime.combine(day, time(17))
        tasks = {task.uid: task for task in self.plan.tasks}
        happened = schedule_plan(
            replace(
                self.plan,
                tasks=tuple(
                    replace(task, duration_minutes=self.true_minutes[task.uid])
                    if not task.summary
                    else task
                    for task in self.plan.tasks
                ),
            ),
            _AS_IMPORTED,
        )
        for uid, task in tasks.items():
            if not task.summary:
                tasks[uid] = self._told(task, happened, status)
        rows = _summed(list(tasks.values()))
        told = replace(self.plan, tasks=rows, status_date=status)
        return _with_dates(told, schedule_plan(told, _AS_IMPORTED))

    def _told(self, task: PlanTask, happened: ScheduleResult, status: datetime) -> PlanTask:
        dates = happened.tasks[task.uid]
        true = self.true_minutes[task.uid]
        if dates.finish <= status:
            return replace(
                task,
                duration_minutes=true,
                actual_start=dates.start,
                actual_finish=dates.finish,
                actual_duration_minutes=true,
                remaining_minutes=0,
                percent_complete=Decimal(100),
            )
        done = self.calendar.diff(dates.start, status) if dates.start < status else 0
        if done <= 0:
            return task
        return replace(
            task,
            duration_minutes=true,
            actual_start=dates.start,
            actual_duration_minutes=done,
            remaining_minutes=true - done,
            percent_complete=Decimal(100 * done // true),
        )


def drawn(text: str, *, name: str, start: date, calendar: CalendarSpec) -> Course:
    """Read a plan written as text; its approved dates become baseline 0."""
    compiled = compile_calendars([calendar])[calendar.uid]
    begin = compiled.next_start(datetime.combine(start, time(8)))
    tasks: list[PlanTask] = []
    true: dict[int, int] = {}
    attributes: list[list[str]] = []
    staff: list[list[str]] = []
    lines = [line.rstrip() for line in text.strip("\n").splitlines() if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    for uid, line in enumerate(lines, 1):
        cells = [*(cell.rstrip() for cell in line[margin:].split("|")), "", ""]
        found = _ROW.match(cells[0])
        if found is None:
            raise ValueError(f"{name}: this row cannot be read: {line}")
        days = int(found["days"] or 0)
        true[uid] = int(found["true"] or days) * DAY
        tasks.append(
            PlanTask(
                uid,
                found["name"],
                outline_level=len(found["indent"]) // 2 + 1,
                duration_minutes=days * DAY,
                milestone=found["days"] == "0",
                summary=found["days"] is None,
            )
        )
        attributes.append(_parts(cells[1]))
        staff.append(_parts(cells[2]))
    names = {task.name: task.uid for task in tasks}
    links: list[Link] = []
    for row, parts in enumerate(attributes):
        for part in parts:
            word, _, number = part.partition(" ")
            if word == "deadline":
                at = compiled.previous_finish(compiled.add(begin, int(number) * DAY))
                tasks[row] = replace(tasks[row], deadline=at)
            elif word == "snet":
                at = compiled.next_start(compiled.add(begin, int(number) * DAY))
                tasks[row] = replace(tasks[row], constraint=ConstraintType.SNET, constraint_date=at)
            else:
                links.append(_link(part, tasks[row].uid, names, name))
    plan = Plan(name, begin, (calendar,), calendar.uid, tuple(tasks), tuple(links), currency="EUR")
    plan = _staffed(_numbered(plan), staff)
    approved = schedule_plan(plan, _AS_IMPORTED)
    baselined = tuple(
        replace(
            task,
            baselines=(
                TaskBaseline(
                    0,
                    approved.tasks[task.uid].start,
                    approved.tasks[task.uid].finish,
                    approved.tasks[task.uid].duration_minutes,
                ),
            ),
        )
        for task in plan.tasks
    )
    return Course(
        replace(plan, tasks=baselined),
        true,
        compiled,
        approved.start.date(),
        approved.finish.date(),
    )


def last_friday(day: date) -> date:
    """The Friday before a day, when managers bring their plans up to date."""
    return day - timedelta(days=(day.weekday() - 4) % 7 or 7)


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


def _link(part: str, successor: int, names: dict[str, int], plan: str) -> Link:
    found = _LINK.match(part)
    if found is None or found["name"] not in names:
        raise ValueError(f"{plan}: ‘{part}’ names no task")
    kind = LinkType((found["type"] or "FS").lower())
    return Link(names[found["name"]], successor, kind, int(found["lag"] or 0) * DAY)


def _numbered(plan: Plan) -> Plan:
    """WBS codes by place in the outline."""
    counts: list[int] = []
    rows: list[PlanTask] = []
    for task in plan.tasks:
        del counts[task.outline_level :]
        counts += [0] * (task.outline_level - len(counts))
        counts[-1] += 1
        rows.append(replace(task, wbs=".".join(map(str, counts))))
    return replace(plan, tasks=tuple(rows))


def _staffed(plan: Plan, staff: Sequence[Sequence[str]]) -> Plan:
    people: dict[str, int] = {}
    assignments: list[PlanAssignment] = []
    for task, parts in zip(plan.tasks, staff, strict=True):
        for part in parts:
            who, _, share = part.partition(" @")
            uid = people.setdefault(who, len(people) + 1)
            units = Decimal(share.rstrip("%") or 100) / 100
            work = int(task.duration_minutes * units)
            assignments.append(
                PlanAssignment(len(assignments) + 1, task.uid, uid, units, work, 0, work)
            )
    resources = tuple(PlanResource(uid, who) for who, uid in people.items())
    staffed: Counter[int] = Counter()
    for item in assignments:
        staffed[item.task_uid] += item.work_minutes
    tasks = tuple(replace(task, work_minutes=staffed[task.uid]) for task in plan.tasks)
    return replace(plan, tasks=tasks, resources=resources, assignments=tuple(assignments))


def _summed(tasks: list[PlanTask]) -> tuple[PlanTask, ...]:
    """Progress of summaries: that of what lies inside, weighed by duration."""
    for place, task in enumerate(tasks):
        if not task.summary:
            continue
        weight, done = 0, Decimal(0)
        for other in tasks[place + 1 :]:
            if other.outline_level <= task.outline_level:
                break
            if not other.summary:
                weight += other.duration_minutes
                done += other.percent_complete * other.duration_minutes
        if weight:
            tasks[place] = replace(task, percent_complete=Decimal(int(done / weight)))
    return tuple(tasks)


def _with_dates(plan: Plan, result: ScheduleResult) -> Plan:
    """The computed dates beside the tasks, as a file keeps them."""
    tasks = tuple(
        replace(
            task,
            duration_minutes=dates.duration_minutes if task.summary else task.duration_minutes,
            stored=StoredDates(
                start=dates.start,
                finish=dates.finish,
                total_float_minutes=dates.total_float_minutes,
                critical=dates.critical,
            ),
        )
        for task in plan.tasks
        for dates in (result.tasks[task.uid],)
    )
    return replace(plan, tasks=tasks, finish=max(result.tasks[t.uid].finish for t in tasks))
