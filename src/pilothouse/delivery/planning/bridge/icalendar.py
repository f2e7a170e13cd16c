# SPDX-License-Identifier: Apache-2.0
"""Rows of a plan as entries of a calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC

from pilothouse.delivery.planning.models import PlanAssignment, PlanResource, ProjectPlan, Task
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.formats.icalendar import DayEvent, write_icalendar

KINDS = ("milestones", "deadlines", "own")
"""What a calendar may hold; ``own`` are the tasks of the person who asks."""


def icalendar_of(
    project: Project, row: ProjectPlan, kinds: Collection[str], person_id: int | None
) -> bytes:
    """Milestones, deadlines and tasks of a person as a calendar."""
    return write_icalendar(
        _events(project, row, kinds, person_id),
        name=f"{project.code} {project.name}",
        stamp=row.updated_at.astimezone(UTC),
        sequence=row.plan_version,
    )


def _events(
    project: Project, row: ProjectPlan, kinds: Collection[str], person_id: int | None
) -> Iterator[DayEvent]:
    own = _own(row, person_id) if "own" in kinds else frozenset()
    place = f"project-{project.pk}.{project.created_at:%Y%m%d%H%M%S}@pilothouse"
    tasks = Task.objects.filter(plan=row, active=True).order_by("position")
    columns = "uid", "name", "milestone", "summary", "start", "finish", "deadline"
    for uid, name, milestone, summary, start, finish, deadline, percent in tasks.values_list(
        *columns, "percent_complete"
    ):
        said = f"{project.code} {project.name}\n{percent.normalize():f} %"
        if milestone and finish is not None and "milestones" in kinds:
            day = finish.date()
            yield DayEvent(f"milestone-{uid}.{place}", f"◆ {name}", day, day, said, "Milestone")
        if deadline is not None and "deadlines" in kinds:
            day = deadline.date()
            yield DayEvent(f"deadline-{uid}.{place}", f"⚑ {name}", day, day, said, "Deadline")
        if uid in own and not (milestone or summary) and start is not None and finish is not None:
            days = start.date(), max(start, finish).date()
            yield DayEvent(f"task-{uid}.{place}", name, *days, said, "Task")


def _own(row: ProjectPlan, person_id: int | None) -> frozenset[int]:
    if person_id is None:
        return frozenset()
    me = PlanResource.objects.filter(plan=row, user_id=person_id).values("uid")
    found = PlanAssignment.objects.filter(plan=row, resource_uid__in=me)
    return frozenset(found.values_list("task_uid", flat=True))
