# SPDX-License-Identifier: Apache-2.0
"""Writing an edit: the rows that came, went, changed or moved, and of these what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Case, F, Q, QuerySet, When

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.services.stored import Stored
from pilothouse.engine.editing import key_of
from pilothouse.foundation.core import services as core

BATCH = 500
_MOST_RUNS = 50
_OF_LINK = ("lag_minutes", "lag_kind", "lag_percent")
_OF_ASSIGNMENT = (
    "task_uid",
    "resource_uid",
    "units",
    "work_minutes",
    "actual_work_minutes",
    "remaining_work_minutes",
    "start",
    "finish",
)


@dataclass(frozen=True, slots=True)
class Written:
    """Where the rows of tasks lie now, and which tasks lie elsewhere than in their file."""

    held: Mapping[int, tuple[int, int]]
    differing: frozenset[int]


def save_rows(row: ProjectPlan, known: Stored, found: bridge.Edited) -> Written:
    """Write what an edit does to the rows below a plan. Links and shares stay in their order."""
    written = _save_tasks(row, known, found)
    _save_links(row, found)
    _save_assignments(row, found)
    if found.delta.of_plan:
        _save_calendars(row, found)
    return written


def _save_calendars(row: ProjectPlan, found: bridge.Edited) -> None:
    """Calendars that came, went or changed, calendars of resources, options of the plan itself."""
    calendars, resources = found.delta.calendars, found.delta.resources
    kept = {spec.uid: spec for spec in found.after.plan.calendars}
    fresh = [kept[uid] for uid in (*calendars.changed, *calendars.added)]
    PlanCalendar.objects.filter(plan=row, uid__in=list(calendars.removed)).delete()
    for spec in fresh:
        values = bridge.calendar_values(spec)
        PlanCalendar.objects.update_or_create(plan=row, uid=spec.uid, defaults=values)
    of = {one.uid: one.calendar_uid for one in found.after.plan.resources}
    for uid in resources.changed:
        PlanResource.objects.filter(plan=row, uid=uid).update(calendar_uid=of[uid])
    if found.delta.options:
        names = bridge.option_values(found.after.plan)
        for name, value in names.items():
            setattr(row, name, value)
        row.save(update_fields=[*names])


def _save_tasks(row: ProjectPlan, known: Stored, found: bridge.Edited) -> Written:
    removed, added = found.delta.tasks.removed, found.delta.tasks.added
    if removed:
        Task.objects.filter(plan=row, uid__in=list(removed)).delete()
    then, now = found.before.result.tasks, found.after.result.tasks
    moved = {
        uid
        for uid in found.dated
        if uid in added or (then[uid].start, then[uid].finish) != (now[uid].start, now[uid].finish)
    }
    comparison = bridge.compare(found.after, known.promised, moved)
    for names, rows in bridge.updates_of(found, known.held, comparison).items():
        core.save_values(Task, names, rows)
    if not (removed or added or found.delta.order):
        return Written(known.held, known.differing)
    held: dict[int, tuple[int, int]] = {}
    made: list[Task] = []
    shifts: list[tuple[int, int, int]] = []
    for position, task in enumerate(found.after.plan.tasks, start=1):
        key, before = known.held.get(task.uid, (None, 0))
        if key is None:
            made.append(bridge.task_row(row, position, task, now[task.uid], comparison))
            continue
        held[task.uid] = key, position
        if position != before:
            shifts.append((before, position - before, key))
    _save_positions(row, sorted(shifts))
    for fresh in Task.objects.bulk_create(made, BATCH):
        held[fresh.uid] = fresh.pk, fresh.position
    differing = known.differing - removed.keys() | comparison.differences.keys() & added.keys()
    return Written(held, differing)


def _save_positions(row: ProjectPlan, shifts: Sequence[tuple[int, int, int]]) -> None:
    """Move rows to other places: of each, in order, where it stood, by how much, and its key.

    Rows that stand together mostly move by the same, so that one statement tells few runs.
    """
    runs: list[list[int]] = []
    for place, by, _ in shifts:
        if runs and runs[-1][1:] == [place - 1, by]:
            runs[-1][1] = place
        else:
            runs.append([place, place, by])
    if len(runs) > _MOST_RUNS:
        core.save_values(Task, ["position"], [(place + by, key) for place, by, key in shifts])
    elif runs:
        moved = [(Q(position__range=(first, last)), by) for first, last, by in runs]
        there = reduce(or_, (where for where, _ in moved))
        how_far = Case(*(When(where, then=by) for where, by in moved))
        Task.objects.filter(there, plan=row).update(position=F("position") + how_far)


def _save_links(row: ProjectPlan, found: bridge.Edited) -> None:
    links = found.delta.links
    for predecessor, successor, kind in links.removed:
        _link(row, predecessor, successor, kind.value).delete()
    fresh = links.added.keys() | links.changed.keys()
    if not fresh:
        return
    made: list[TaskLink] = []
    for link in found.after.plan.links:
        if (key := key_of(link)) not in fresh:
            continue
        kept = bridge.link_row(row, link)
        if key in links.added:
            made.append(kept)
        else:
            values = {name: getattr(kept, name) for name in _OF_LINK}
            _link(row, link.predecessor, link.successor, link.type.value).update(**values)
    TaskLink.objects.bulk_create(made, BATCH)


def _link(row: ProjectPlan, predecessor: int, successor: int, kind: str) -> QuerySet[TaskLink]:
    return TaskLink.objects.filter(
        plan=row, predecessor_uid=predecessor, successor_uid=successor, type=kind
    )


def _save_assignments(row: ProjectPlan, found: bridge.Edited) -> None:
    people = found.delta.assignments
    if people.removed:
        PlanAssignment.objects.filter(plan=row, uid__in=list(people.removed)).delete()
    fresh = people.added.keys() | people.changed.keys()
    if not fresh:
        return
    keys: dict[int, int] = {}
    if people.changed:
        rows = PlanAssignment.objects.filter(plan=row, uid__in=list(people.changed))
        keys = dict(rows.values_list("uid", "pk"))
    made: list[PlanAssignment] = []
    changed: list[PlanAssignment] = []
    for item in found.after.plan.assignments:
        if item.uid in fresh:
            kept = bridge.assignment_row(row, item)
            kept.pk = keys.get(item.uid)
            (made if item.uid in people.added else changed).append(kept)
    core.save_many(changed, _OF_ASSIGNMENT)
    PlanAssignment.objects.bulk_create(made, BATCH)
