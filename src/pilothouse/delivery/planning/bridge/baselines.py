# SPDX-License-Identifier: Apache-2.0
"""Baselines: rows ↔ the engine's promises and the baselines of a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pilothouse.delivery.planning.bridge.instants import kept, rounded, wall
from pilothouse.delivery.planning.calendars import times_of
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanBaseline,
    ProjectPlan,
    Task,
)
from pilothouse.engine.baselines import Progress, Promise, Total, replan, total
from pilothouse.engine.network.plan import Plan, PlanTask, TaskBaseline

Dates = tuple[datetime | None, datetime | None]
Promised = Mapping[int, Dates]
"""uid → start and finish of the baseline that counts now."""

LAST_NUMBER = 10
"""A file of Microsoft Project holds the numbers 0 to 10."""
_COLUMNS = (
    "uid",
    "name",
    "wbs",
    "outline_level",
    "summary",
    "milestone",
    "start",
    "finish",
    "duration_minutes",
    "work_minutes",
    "cost",
)


@dataclass(frozen=True, slots=True)
class Brought:
    """One baseline of a file, not yet saved."""

    number: int
    total: Total
    promises: tuple[Promise, ...]


def promised(row: ProjectPlan) -> dict[int, Dates]:
    """Start and finish that are promised for each task of a plan."""
    rows = BaselineTask.objects.filter(
        baseline__project_id=row.home_id, baseline__is_pmb=True
    ).order_by()
    return {
        uid: (wall(start), wall(finish))
        for uid, start, finish in rows.values_list("uid", "start", "finish")
    }


def baselines_of_tasks(
    row: ProjectPlan, only: Collection[int] | None = None
) -> dict[int, tuple[TaskBaseline, ...]]:
    """uid → the baselines that a file can hold, by number; of all tasks, or of some."""
    rows = BaselineTask.objects.filter(
        baseline__project_id=row.home_id, baseline__number__lte=LAST_NUMBER
    )
    if only is not None:
        rows = rows.filter(uid__in=only)
    columns = "start", "finish", "duration_minutes", "work_minutes", "cost"
    found: defaultdict[int, list[TaskBaseline]] = defaultdict(list)
    for uid, number, start, finish, *others in rows.order_by("baseline__number").values_list(
        "uid", "baseline__number", *columns
    ):
        found[uid].append(TaskBaseline(number, wall(start), wall(finish), *others))
    return {uid: tuple(items) for uid, items in found.items()}


def brought(plan: Plan, but: Collection[int]) -> list[Brought]:
    """The baselines of a file, without those numbers that are kept here."""
    found: defaultdict[int, list[Promise]] = defaultdict(list)
    active: defaultdict[int, list[Promise]] = defaultdict(list)
    for task in plan.tasks:
        for item in task.baselines:
            if item.number not in but:
                promise = _promise_of(task, item)
                found[item.number].append(promise)
                if task.active:
                    active[item.number].append(promise)
    return [
        Brought(number, total(active[number]), tuple(found[number])) for number in sorted(found)
    ]


def _promise_of(task: PlanTask, item: TaskBaseline) -> Promise:
    return Promise(
        task.uid,
        task.name,
        task.wbs,
        task.outline_level,
        task.summary,
        task.milestone,
        item.start,
        item.finish,
        item.duration_minutes,
        item.work_minutes,
        rounded(item.cost),
    )


def numbers_in(plan: Plan) -> set[int]:
    """The numbers of the baselines that a file holds."""
    return {item.number for task in plan.tasks for item in task.baselines}


def promises_now(row: ProjectPlan) -> list[Promise]:
    """The plan as it stands: rows that are part of it, in outline order."""
    rows = Task.objects.filter(plan=row, active=True, external=False).order_by("position")
    return _promises(rows.values_list(*_COLUMNS))


def promises_in(baseline: PlanBaseline) -> list[Promise]:
    """The rows of a baseline, in outline order."""
    rows = BaselineTask.objects.filter(baseline=baseline).order_by("position")
    return _promises(rows.values_list(*_COLUMNS, "carried"))


def _promises(rows: Iterable[tuple[Any, ...]]) -> list[Promise]:
    found = []
    for uid, name, wbs, level, summary, milestone, start, finish, *others in rows:
        when = wall(start), wall(finish)
        found.append(Promise(uid, name, wbs, level, summary, milestone, *when, *others))
    return found


def replanned(row: ProjectPlan, before: PlanBaseline) -> list[Promise]:
    """The plan with what is left to do as it stands, and what is done as ``before`` has it."""
    times = times_of(row)
    own: dict[int, tuple[int, bool]] = {}
    progress: dict[int, Progress] = {}
    for uid, calendar, elapsed, summary, started, finished, percent in Task.objects.filter(
        plan=row
    ).values_list(
        "uid",
        "calendar_uid",
        "elapsed_duration",
        "summary",
        "actual_start",
        "actual_finish",
        "percent_complete",
    ):
        at = row.default_calendar_uid if calendar is None or summary else calendar
        own[uid] = (at, elapsed)
        if finished is not None or percent >= 100:
            progress[uid] = Progress.COMPLETE
        elif started is not None or percent > 0:
            progress[uid] = Progress.IN_PROGRESS

    def between(uid: int, start: datetime, finish: datetime) -> int:
        at, elapsed = own[uid]
        if elapsed:
            return int((finish - start).total_seconds() // 60)
        return times[at].diff(start, finish)

    kept_rows = {promise.uid: promise for promise in promises_in(before)}
    return replan(promises_now(row), kept_rows, progress, between)


def baseline_rows(baseline: PlanBaseline, promises: Sequence[Promise]) -> list[BaselineTask]:
    """The rows of a baseline, not yet saved."""
    return [
        BaselineTask(
            baseline=baseline,
            position=position,
            uid=promise.uid,
            name=promise.name,
            wbs=promise.wbs,
            outline_level=promise.outline_level,
            summary=promise.summary,
            milestone=promise.milestone,
            start=kept(promise.start),
            finish=kept(promise.finish),
            duration_minutes=promise.duration_minutes,
            work_minutes=promise.work_minutes,
            cost=promise.cost,
            carried=promise.carried,
        )
        for position, promise in enumerate(promises, 1)
    ]
