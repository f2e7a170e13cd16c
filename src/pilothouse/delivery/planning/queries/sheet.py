# SPDX-License-Identifier: Apache-2.0
"""A plan as a sheet takes it: rows as arrays, whole or those that an edit touched.

Instants are text such as ``2026-03-02 08:00``, the wall clock of the plan: the database writes
them, since making objects of sixty thousand of them takes longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.planning.queries.rows import text_of
from pilothouse.delivery.planning.queries.sandboxes import sandbox_in
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.engine.editing import Delta
from pilothouse.foundation.core.actor import Actor

Cells = list[Any]
"""One row, its cells in the order that the sheet names."""

FLAGS = (
    "summary",
    "milestone",
    "active",
    "manual",
    "external",
    "level_of_effort",
    "elapsed_duration",
    "estimated",
    "critical",
    "longest_path",
    "constraint_hard",
    "effort_driven",
)
"""Cells that are yes or no, the first the lowest bit of ``flags``."""
_PLAIN = (
    "uid",
    "outline_level",
    "name",
    "wbs",
    "duration_minutes",
    "remaining_minutes",
    "work_minutes",
    "actual_work_minutes",
    "total_float_minutes",
    "free_float_minutes",
    "start_variance_minutes",
    "finish_variance_minutes",
    "leveling_delay_minutes",
    "constraint",
    "calendar_uid",
    "priority",
    "work_type",
    "percent_type",
    "steps",
    "custom",
)
_INSTANTS = (
    "start",
    "finish",
    "late_finish",
    "constraint_date",
    "deadline",
    "actual_start",
    "actual_finish",
    "stop",
    "resume",
    "baseline_start",
    "baseline_finish",
)
_NUMBERS = ("percent_complete", "physical_percent", "cost")
COLUMNS = (*_PLAIN, *_INSTANTS, *_NUMBERS, "flags")
"""The cells of a task, in the order in which they are sent."""


@dataclass(frozen=True, slots=True)
class Head:
    """The plan itself, as every answer tells it."""

    plan_version: int
    name: str
    start: str
    finish: str | None
    status_date: str | None
    minutes_per_day: int
    minutes_per_week: int
    days_per_month: int
    calendar_uid: int
    currency: str
    critical_threshold_minutes: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole plan.

    ``links``: successor, predecessor, type, lag in minutes, kind of lag, percent of a lag.
    ``resources``: uid, name. ``assignments``: uid, task, resource, units, minutes of work.
    ``calendars``: uid, name.
    """

    head: Head
    tasks: list[Cells]
    links: list[Cells]
    resources: list[Cells]
    assignments: list[Cells]
    calendars: list[Cells]


@dataclass(frozen=True, slots=True)
class SheetChanges:
    """What an edit changed in the sheet.

    ``order`` holds all uids where rows came, went or moved. ``links`` are all those of the tasks
    in ``linked``, and ``assignments`` all those of the tasks in ``assigned``: they take the place
    of what was there. ``resources`` and ``calendars`` are all of them where one was changed.
    """

    head: Head
    tasks: list[Cells]
    removed: list[int]
    order: list[int] | None
    linked: list[int]
    links: list[Cells]
    assigned: list[int]
    assignments: list[Cells]
    resources: list[Cells] | None
    calendars: list[Cells] | None


def sheet_of(
    actor: Actor, project_id: int, sandbox_id: int | None = None
) -> tuple[ProjectPlan, Sheet]:
    """The whole sheet of a plan, or of a sandbox of it; NotFound without a plan."""
    project, _ = open_project(actor, project_id, rules.Verb.READ)
    sandbox = None if sandbox_id is None else sandbox_in(project, sandbox_id)
    plan = existing_plan(project, sandbox)
    sheet = Sheet(
        head_of(plan),
        _rows(_tasks(plan.pk), sees_budget(actor, project)),
        [list(row) for row in _links(plan.pk)],
        _named(PlanResource.objects.filter(plan=plan).values_list("uid", "name")),
        [list(row) for row in _assignments(plan.pk)],
        _named(PlanCalendar.objects.filter(plan=plan).values_list("uid", "name")),
    )
    return plan, sheet


def changes_of(
    actor: Actor, plan: ProjectPlan, touched: Collection[int], delta: Delta
) -> SheetChanges:
    """What an edit changed; ``touched`` are the rows that hold other values or dates."""
    tasks, links, people = delta.tasks, delta.links, delta.assignments
    moved = bool(tasks.added or tasks.removed or delta.order)
    changed = (*links.added, *links.removed, *links.changed)
    linked = sorted({successor for _, successor, _ in changed} - tasks.removed.keys())
    held = (*people.added.values(), *people.removed.values())
    assigned = {item.task_uid for item in held} - tasks.removed.keys()
    if people.changed:
        found = PlanAssignment.objects.filter(plan=plan, uid__in=list(people.changed))
        assigned |= set(found.values_list("task_uid", flat=True))
    order = Task.objects.filter(plan=plan).order_by("position").values_list("uid", flat=True)
    return SheetChanges(
        head_of(plan),
        _rows(_narrowed(_tasks(plan.pk), "uid", touched), sees_budget(actor, plan.home)),
        sorted(tasks.removed),
        list(order) if moved else None,
        linked,
        [list(row) for row in _narrowed(_links(plan.pk), "successor_uid", linked)],
        sorted(assigned),
        [list(row) for row in _narrowed(_assignments(plan.pk), "task_uid", assigned)],
        _named(PlanResource.objects.filter(plan=plan).values_list("uid", "name"))
        if delta.resources
        else None,
        _named(PlanCalendar.objects.filter(plan=plan).values_list("uid", "name"))
        if delta.calendars
        else None,
    )


def _named(rows: QuerySet[Any, tuple[int, str]]) -> list[Cells]:
    """Numbers and names, by name."""
    return [list(row) for row in rows.order_by("name", "uid")]


def head_of(plan: ProjectPlan) -> Head:
    """The plan itself."""
    return Head(
        plan.plan_version,
        plan.name,
        f"{plan.start:{_INSTANT}}",
        f"{plan.finish:{_INSTANT}}" if plan.finish else None,
        f"{plan.status_date:{_INSTANT}}" if plan.status_date else None,
        plan.minutes_per_day,
        plan.minutes_per_week,
        plan.days_per_month,
        plan.default_calendar_uid,
        plan.currency,
        plan.critical_threshold_minutes,
    )


_INSTANT = "%Y-%m-%d %H:%M"
MANY = 900
"""Rows that are asked for by number; of more the whole plan is read and the rest left out."""


def _narrowed(
    rows: QuerySet[Any, tuple[Any, ...]], name: str, wanted: Collection[int]
) -> Iterable[tuple[Any, ...]]:
    if len(wanted) <= MANY:
        return rows.filter(**{f"{name}__in": list(wanted)}) if wanted else ()
    place = 1 if name == "task_uid" else 0
    return [row for row in rows if row[place] in wanted]


def _tasks(plan_id: int) -> QuerySet[Task, tuple[Any, ...]]:
    rows = Task.objects.filter(plan_id=plan_id).order_by("position")
    return rows.values_list(
        *_PLAIN,
        *(text_of(name, 16) for name in _INSTANTS),
        *(text_of(name, 24) for name in _NUMBERS),
        *FLAGS,
    )


def _rows(found: Iterable[tuple[Any, ...]], costs: bool) -> list[Cells]:
    first, cost = len(COLUMNS) - 1, COLUMNS.index("cost")
    bits = [1 << place for place in range(len(FLAGS))]
    rows: list[Cells] = []
    for row in found:
        cells = list(row[:first])
        if not costs:
            cells[cost] = None
        cells.append(sum(bit for bit, held in zip(bits, row[first:], strict=True) if held))
        rows.append(cells)
    return rows


def _links(plan_id: int) -> QuerySet[TaskLink, tuple[Any, ...]]:
    return (
        TaskLink.objects.filter(plan_id=plan_id)
        .order_by("successor_uid", "pk")
        .values_list(
            "successor_uid",
            "predecessor_uid",
            "type",
            "lag_minutes",
            "lag_kind",
            text_of("lag_percent", 24),
        )
    )


def _assignments(plan_id: int) -> QuerySet[PlanAssignment, tuple[Any, ...]]:
    return (
        PlanAssignment.objects.filter(plan_id=plan_id)
        .exclude(resource_uid=None)
        .order_by("pk")
        .values_list("uid", "task_uid", "resource_uid", text_of("units", 24), "work_minutes")
    )
