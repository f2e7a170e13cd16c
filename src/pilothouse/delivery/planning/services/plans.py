# SPDX-License-Identifier: Apache-2.0
"""Replacing plans, rescheduling, deleting and restoring them. Always whole, never half."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.events import PlanChanged
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanEdit,
    PlanEvent,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.queries import existing_plan, require_aside, require_plan
from pilothouse.delivery.planning.services.file_baselines import (
    drop_imported,
    left_out,
    take_over,
)
from pilothouse.delivery.planning.services.people import Links, linked, links_of, people_kept
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

BATCH = 500
STATUS_YEARS = (1990, 2199)
EVENING = time(17)
"""A status day counts to its evening, as in Microsoft Project."""


_BEFORE_KEY = "before_key"
LAST_UID = "last_uid"
"""What the history calls the highest number of a task that a file brought."""


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What a change did to a plan; ``plan`` is None where none is left."""

    plan: ProjectPlan | None
    plan_version: int
    counts: dict[str, int]
    finish_before: date | None
    finish_after: date | None


@transaction.atomic
def reschedule(
    *,
    actor: Actor,
    project: Project,
    status_date: datetime | None,
    version: int | None,
) -> PlanOutcome:
    """Compute all dates again, unfinished work from the status date on (R-PRG-02).

    Who: U on task. Writes: the dates that moved. Publishes: PlanChanged.
    Raises: Invalid, NotFound, Conflict.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project)
    if status_date is not None and not STATUS_YEARS[0] <= status_date.year <= STATUS_YEARS[1]:
        message = f"The year {status_date.year} is out of range."
        raise Invalid("planning.status_date", message, fields={"status_date": message})
    values: dict[str, object] = {
        "status_date": status_date or row.status_date,
        "work_after_status_date": True,
    }
    core.change(
        actor=actor,
        obj=row,
        values=values,
        version=version,
        action="plan.reschedule",
        office_id=project.office_id,
    )
    scheduled = bridge.schedule(bridge.load_plan(row), work_after_status_date=True)
    moved = _save_dates(row, scheduled)
    before = row.finish.date() if row.finish else None
    row.finish = bridge.plan_values(scheduled)["finish"]
    row.plan_version = next_version(project)
    row.save(update_fields=["finish", "plan_version", "updated_at"])
    publish(PlanChanged(project.pk, row.plan_version, "rescheduled", relinked=False))
    return PlanOutcome(
        row, row.plan_version, {"tasks_moved": moved}, before, row.finish and row.finish.date()
    )


def evening_of(day: date) -> datetime:
    """The status date that a status day means."""
    return datetime.combine(day, EVENING, UTC)


@transaction.atomic
def delete_plan(
    *, actor: Actor, project: Project, reason: str, version: int | None = None
) -> PlanOutcome:
    """Take the plan off a project; the undo brings it back.

    Who: V on task. Writes: removes the rows, keeps them as a file in a PlanEvent.
    Publishes: PlanChanged. Raises: Invalid without a reason, NotFound, Conflict.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.DELETE)
    rules.require_open(project)
    if not reason.strip():
        message = "Say why the plan is deleted."
        raise Invalid("planning.reason", message, fields={"reason": message})
    row = locked_plan(project)
    require_version(row, version)
    return _remove(actor, project, row, PlanEvent.Kind.DELETED, reason.strip())


@transaction.atomic
def undo(*, actor: Actor, project: Project, version: int | None = None) -> PlanOutcome:
    """Put back the plan as it was before the last import or deletion.

    Who: V on task. Writes: as import and deletion do. Publishes: PlanChanged.
    Raises: Invalid where there is nothing to undo, Conflict.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.DELETE)
    rules.require_open(project)
    core.lock(Project.objects.all(), project.pk)
    require_version(ProjectPlan.objects.filter(project=project).first(), version)
    event = last_event(project)
    if event is None or event.kind == PlanEvent.Kind.RESTORED:
        raise Invalid("planning.nothing_to_undo", "There is no import or deletion to undo.")
    if event.before is None:
        return _remove(
            actor, project, locked_plan(project), PlanEvent.Kind.RESTORED, "first import undone"
        )
    plan = bridge.read_archive(zlib.decompress(event.before))
    rescheduled = bool(event.counts.get("before_rescheduled"))
    outcome = replace_plan(
        actor,
        project,
        bridge.schedule(plan, work_after_status_date=rescheduled),
        kind=PlanEvent.Kind.RESTORED,
        file_name=str(event.counts.get("before_file", "")),
        rescheduled=rescheduled,
        links=links_of(event.counts),
    )
    if outcome.plan is not None:
        # What was copied from the plan that was deleted lies on the one that is back.
        asides = Sandbox.objects.filter(project=project, base_plan=event.counts.get(_BEFORE_KEY))
        asides.exclude(base_plan=None).update(base_plan=outcome.plan.pk)
    return outcome


def explain_dates(
    *, actor: Actor, project: Project, uid: int, sandbox: Sandbox | None = None
) -> tuple[bridge.Explanation, ProjectPlan]:
    """Why a task is where it is: its own reason and the chain behind it. Who: R on task."""
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = existing_plan(project, sandbox)
    return bridge.explain_task(as_stored(row), uid), row


def last_event(project: Project) -> PlanEvent | None:
    """The latest import, deletion or undo."""
    return PlanEvent.objects.filter(project=project).order_by("-plan_version").first()


def past_events(office_id: int, before: datetime) -> QuerySet[PlanEvent]:
    """Entries of the history of plans from before an instant; the latest of each plan stays.

    It says where the present plan comes from, holds the step that can be undone, and keeps the
    numbers of versions from being given twice.
    """
    latest = PlanEvent.objects.filter(project=OuterRef("project")).order_by("-plan_version")
    return PlanEvent.objects.filter(project__office_id=office_id, at__lt=before).exclude(
        pk=Subquery(latest.values("pk")[:1])
    )


@transaction.atomic
def forget_events(*, actor: Actor, events: Sequence[int]) -> int:
    """Remove entries of the history of plans under a rule of retention; who runs it, audits it.

    Who: the system. Writes: PlanEvent. Returns how many went.
    """
    if not actor.is_system:
        raise NotAllowed("planning.retention", "Only the rules of retention remove history.")
    return PlanEvent.objects.filter(pk__in=events).delete()[0]


def clean_name(name: str) -> str:
    """The last part of a file name without control and direction characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return unicodedata.normalize("NFC", text).strip()[:200] or "plan"


def locked_plan(project: Project, sandbox: Sandbox | None = None) -> ProjectPlan:
    """The plan of a project, or of one of its sandboxes, for a change of it."""
    core.lock(Project.objects.all(), project.pk)
    rows = ProjectPlan.objects.select_for_update()
    if sandbox is not None:
        return require_aside(rows.filter(sandbox=sandbox).first(), sandbox)
    row = require_plan(rows.filter(project=project).first())
    row.project = project
    return row


def next_version(project: Project) -> int:
    """The number that the next change of a plan gets; none comes twice."""
    seen = PlanEvent.objects.filter(project=project).aggregate(last=Max("plan_version"))["last"]
    held = ProjectPlan.objects.filter(project=project).values_list("plan_version", flat=True)
    return max(seen or 0, *held, 0) + 1


def replace_plan(
    actor: Actor,
    project: Project,
    scheduled: bridge.Scheduled,
    *,
    kind: PlanEvent.Kind,
    file_name: str,
    rescheduled: bool = False,
    version: int | None = None,
    links: Links | None = None,
    told: Mapping[str, int] | None = None,
    keeps_baselines: bool = False,
) -> PlanOutcome:
    """Put a scheduled plan in the place of the one that is there, or of none; call it in a
    transaction.

    ``links`` say who is who, where it is not as now; ``told`` are counts for history and trail.
    With ``keeps_baselines`` what files brought of them stays.
    """
    core.lock(Project.objects.all(), project.pk)
    row = ProjectPlan.objects.select_for_update().filter(project=project).first()
    require_version(row, version)
    number = next_version(project)
    before = None if row is None else _archive(row)
    old = _facts(row)
    if kind == PlanEvent.Kind.IMPORTED and not keeps_baselines:
        notices = left_out(project, scheduled.plan)
        scheduled = replace(scheduled, notices=(*scheduled.notices, *notices))
    finish_before = row.finish.date() if row is not None and row.finish else None
    values = bridge.plan_values(scheduled) | {
        "plan_version": number,
        "source_name": file_name,
        "imported_at": timezone.now(),
        "work_after_status_date": rescheduled,
        "updated_by_id": actor.user_id,
    }
    if row is None:
        # Versions never come again, or a stale page could pass for a fresh one.
        row = ProjectPlan.objects.create(
            project=project, version=number, created_by_id=actor.user_id, **values
        )
    else:
        _clear(row, keeps_baselines)
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.save(update_fields=[*values, "version", "updated_at"])
    promises = 0 if keeps_baselines else take_over(actor, row, scheduled.plan)
    comparison = bridge.compare(scheduled, bridge.promised(row))
    rows = bridge.rows_of(row, scheduled, comparison)
    linked(project, rows.resources, links_of(old) if links is None else links)
    insert_rows(rows)
    counts = rows.counts() | {
        "baselines": promises,
        "compared": len(comparison.compared),
        "differing": len(comparison.differences),
        "notices": len(row.notices),
        **(told or {}),
    }
    facts = {**counts, **old, LAST_UID: max((task.uid for task in rows.tasks), default=0)}
    keep_event(actor, project, kind, number, before, facts, file_name)
    core.record(
        actor=actor,
        action=f"plan.{kind.value}",
        obj=row,
        before={"finish": finish_before, "file": old["before_file"]},
        after={**counts, "finish": row.finish, "file": file_name, "plan_version": number},
        office_id=project.office_id,
    )
    publish(PlanChanged(project.pk, number, kind.value))
    return PlanOutcome(row, number, counts, finish_before, row.finish and row.finish.date())


def _remove(
    actor: Actor, project: Project, row: ProjectPlan, kind: PlanEvent.Kind, reason: str
) -> PlanOutcome:
    number = next_version(project)
    counts = {"tasks": Task.objects.filter(plan=row).count()}
    before, old = _archive(row), _facts(row)
    finish = row.finish.date() if row.finish else None
    core.record(
        actor=actor,
        action=f"plan.{kind.value}",
        obj=row,
        before={**counts, "finish": finish, "file": row.source_name},
        reason=reason,
        office_id=project.office_id,
    )
    _clear(row)
    row.delete()
    keep_event(actor, project, kind, number, before, {**counts, **old}, reason=reason)
    publish(PlanChanged(project.pk, number, kind.value))
    return PlanOutcome(None, number, counts, finish, None)


def require_version(row: ProjectPlan | None, version: int | None) -> None:
    """Raise Conflict where the plan is no longer that of a version; 0: none yet."""
    if row is not None:
        core.require_version(row, version)
    elif version:
        raise Conflict(
            "core.stale",
            "The plan was deleted in the meantime. Nothing was changed; look again and decide.",
        )


def _facts(row: ProjectPlan | None) -> dict[str, object]:
    """What the archived file of a plan does not hold."""
    return {
        "before_file": row.source_name if row else "",
        "before_rescheduled": bool(row and row.work_after_status_date),
        "before_people": people_kept(row) if row else [],
        _BEFORE_KEY: row.pk if row else None,
    }


def _archive(row: ProjectPlan) -> bytes:
    return zlib.compress(bridge.archive(bridge.load_plan(row)), 6)


def keep_event(
    actor: Actor,
    project: Project,
    kind: PlanEvent.Kind,
    number: int,
    before: bytes | None,
    counts: dict[str, object],
    file_name: str = "",
    reason: str = "",
) -> None:
    """Note an event; it alone keeps the plan before it, and edits of that are over."""
    PlanEdit.objects.filter(project=project).delete()
    PlanEvent.objects.filter(project=project).exclude(before=None).update(before=None)
    PlanEvent.objects.create(
        project=project,
        kind=kind,
        by_label=actor.label[:200],
        plan_version=number,
        file_name=file_name,
        reason=reason,
        counts=counts,
        before=before,
    )


def _clear(row: ProjectPlan, keeps_baselines: bool = False) -> None:
    if not keeps_baselines:
        drop_imported(row.home_id)
    for model in (TaskLink, PlanAssignment, PlanResource, PlanCalendar, Task):
        model.objects.filter(plan=row).delete()


def insert_rows(rows: bridge.Rows) -> None:
    """Write everything below a plan."""
    PlanCalendar.objects.bulk_create(rows.calendars, BATCH)
    Task.objects.bulk_create(rows.tasks, BATCH)
    TaskLink.objects.bulk_create(rows.links, BATCH)
    PlanResource.objects.bulk_create(rows.resources, BATCH)
    PlanAssignment.objects.bulk_create(rows.assignments, BATCH)


def _save_dates(row: ProjectPlan, scheduled: bridge.Scheduled) -> int:
    """Write only the tasks whose dates, float or reason changed; how many dates moved."""
    comparison = bridge.compare(scheduled, bridge.promised(row))
    changed: list[Task] = []
    moved = 0
    names: list[str] = []
    for task in Task.objects.filter(plan=row):
        values = bridge.computed(task.uid, scheduled.result.tasks[task.uid], comparison)
        names = list(values)
        if (task.start, task.finish) != (values["start"], values["finish"]):
            moved += 1
        if any(getattr(task, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(task, name, value)
            changed.append(task)
    if changed:
        Task.objects.bulk_update(changed, names, batch_size=100)
    return moved
