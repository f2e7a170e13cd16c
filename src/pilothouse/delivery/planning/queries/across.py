# SPDX-License-Identifier: Apache-2.0
"""What a plan tells to whatever binds the tasks of several plans together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from pilothouse.delivery.planning.calendars import project_time
from pilothouse.delivery.planning.models import ProjectPlan, Task, TaskLink
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.network.plan import ConstraintType
from pilothouse.foundation.core import clock

TaskKey = tuple[int, int]
"""Number of the project and uid of the task in its plan."""


@dataclass(frozen=True, slots=True)
class TaskEnds:
    """Name and dates of a task as its plan lies now.

    ``ends_at`` is the instant of its finish, ``held_until`` what other projects allow; both are
    wall-clock of the plan, kept as UTC. One that is ``late`` lies as late as its plan allows.
    """

    name: str
    start: date | None
    finish: date | None
    done: bool
    begun: bool
    summary: bool
    late: bool
    ends_at: datetime | None
    held_until: datetime | None

    def by_clock(self, here: ZoneInfo, there: ZoneInfo) -> TaskEnds:
        """When it finishes as another clock than that of its plan shows it (R-GEN-03)."""
        if self.ends_at is None or here.key == there.key:
            return self
        moved = self.ends_at.replace(tzinfo=here).astimezone(there).replace(tzinfo=UTC)
        return replace(self, finish=moved.date(), ends_at=moved)


class PlanMilestone(NamedTuple):
    """A milestone of a plan as it lies now, and the day that was approved for it."""

    project_id: int
    uid: int
    name: str
    day: date
    approved: date | None
    critical: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """Which tasks of one plan follow from which, with what lies above and below each."""

    names: Mapping[int, str]
    above: Mapping[int, Sequence[int]]
    below: Mapping[int, Sequence[int]]
    after: Mapping[int, Sequence[int]]


def task_ends(keys: Collection[TaskKey]) -> dict[TaskKey, TaskEnds]:
    """Name and dates of tasks of several plans, in one query.

    What is gone, or inactive, is left out.
    """
    if not keys:
        return {}
    by_project: defaultdict[int, set[int]] = defaultdict(set)
    for project_id, uid in keys:
        by_project[project_id].add(uid)
    wanted = reduce(or_, (Q(plan__project_id=pk, uid__in=uids) for pk, uids in by_project.items()))
    dates = "start", "finish", "actual_start", "actual_finish", "external_early_start"
    how = "constraint", "plan__schedule_from_finish"
    columns = "plan__project_id", "uid", "name", "summary", *how, *dates
    rows = Task.objects.filter(wanted, active=True).order_by().values_list(*columns)
    return {
        (project_id, uid): TaskEnds(
            name,
            start.date() if start else None,
            finish.date() if finish else None,
            done is not None,
            begun is not None,
            summary,
            constraint == ConstraintType.ALAP or backwards,
            finish,
            held,
        )
        for (
            project_id,
            uid,
            name,
            summary,
            constraint,
            backwards,
            start,
            finish,
            begun,
            done,
            held,
        ) in rows
    }


def milestones_among(
    project_ids: Collection[int], first: date, last: date, most: int
) -> tuple[dict[int, list[PlanMilestone]], int]:
    """Project → its milestones in some days, by day; and how many are left out, in one query.

    Of more than ``most`` of a plan those that stand highest in its outline are kept.
    """
    rows = (
        Task.objects.filter(
            plan__project_id__in=project_ids,
            milestone=True,
            active=True,
            start__gte=datetime.combine(first, time(), UTC),
            start__lt=datetime.combine(last + timedelta(days=1), time(), UTC),
        )
        .order_by("plan__project_id", "outline_level", "position")
        .values_list(
            "plan__project_id",
            "uid",
            "name",
            "start",
            "baseline_finish",
            "critical",
            "actual_finish",
        )
    )
    found: defaultdict[int, list[PlanMilestone]] = defaultdict(list)
    left = 0
    for project_id, uid, name, start, approved, critical, actual in rows:
        if project_id is None or start is None or len(found[project_id]) >= most:
            left += 1
            continue
        found[project_id].append(
            PlanMilestone(
                project_id,
                uid,
                name,
                start.date(),
                approved.date() if approved else None,
                critical and actual is None,
                actual is not None,
            )
        )
    return {key: sorted(many, key=lambda one: one.day) for key, many in found.items()}, left


def tasks_to_come(project: Project, limit: int) -> list[tuple[int, str]]:
    """(uid, name) of tasks that are not finished, in outline order; at most ``limit``."""
    rows = Task.objects.filter(
        plan__project=project, active=True, external=False, actual_finish=None
    ).order_by("position")
    return [
        (uid, f"{wbs} {name}" if wbs else name)
        for uid, wbs, name in rows.values_list("uid", "wbs", "name")[:limit]
    ]


def zones_of(project_ids: Collection[int]) -> dict[int, ZoneInfo]:
    """Project → the time zone of its plan, that of the installation without one; in one query."""
    rows = ProjectPlan.objects.filter(project__in=project_ids).exclude(time_zone="")
    named = dict(rows.values_list("project_id", "time_zone"))
    return {pk: clock.zone_of(named.get(pk, "")) for pk in project_ids}


def working_time(project: Project) -> WorkingTime:
    """The default calendar of a project's plan, else of the project."""
    return project_time(project, ProjectPlan.objects.filter(project=project).first())


def working_days(time: WorkingTime, first: date, last: date) -> int:
    """Working days from ``first`` on and before ``last``; negative where ``last`` is earlier."""
    low, high = min(first, last), max(first, last)
    days = (low + timedelta(days=ahead) for ahead in range((high - low).days))
    count = sum(1 for day in days if time.intervals(day))
    return count if last >= first else -count


def working_day_after(time: WorkingTime, day: date, days: int) -> date:
    """The first day behind so many working days that follow ``day``."""
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= bool(time.intervals(day))
    return day + timedelta(days=1)


def outline_of(project_id: int) -> Outline:
    """Links and outline of a plan, in two queries; all empty without a plan."""
    names: dict[int, str] = {}
    above: dict[int, list[int]] = {}
    below: defaultdict[int, list[int]] = defaultdict(list)
    after: defaultdict[int, list[int]] = defaultdict(list)
    open_above: list[tuple[int, int]] = []
    rows = Task.objects.filter(plan__project_id=project_id).order_by("position")
    for uid, level, name in rows.values_list("uid", "outline_level", "name"):
        while open_above and open_above[-1][0] >= level:
            open_above.pop()
        names[uid] = name
        above[uid] = [parent for _, parent in open_above]
        for parent in above[uid]:
            below[parent].append(uid)
        open_above.append((level, uid))
    links = TaskLink.objects.filter(plan__project_id=project_id).order_by("pk")
    for before, following in links.values_list("predecessor_uid", "successor_uid"):
        after[before].append(following)
    return Outline(names, above, dict(below), dict(after))
