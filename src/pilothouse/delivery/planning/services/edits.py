# SPDX-License-Identifier: Apache-2.0
"""Editing a plan step by step; each edit is scheduled, saved whole, and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import QuerySet

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.calendars import office_calendar
from pilothouse.delivery.planning.events import PlanChanged, SandboxChanged
from pilothouse.delivery.planning.models import PlanEdit, PlanEvent, ProjectPlan
from pilothouse.delivery.planning.queries import edits_of, existing_plan
from pilothouse.delivery.planning.services.own_fields import with_own_fields
from pilothouse.delivery.planning.services.plans import (
    insert_rows,
    keep_event,
    locked_plan,
    next_version,
)
from pilothouse.delivery.planning.services.saving import save_rows
from pilothouse.delivery.planning.services.stored import (
    Stored,
    after_edit,
    as_stored,
    remember,
    stored,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.editing import FIRST_YEAR, LAST_YEAR, Delta
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.core.prepared import prepared_for

KEPT_EDITS = 200
"""Edits of a plan that can be taken back; older ones stay in the audit trail alone."""
TOLD = 200
"""Moved tasks that an answer names."""
_AUDITED = 100
"""Cells of one edit that the audit trail names."""
_MORNING = time(8)
_OUTLINE = frozenset({"outline_level", "summary", "active"})


@dataclass(frozen=True, slots=True)
class Moved:
    """A task whose dates an edit moved, and why it lies where it lies now."""

    uid: int
    name: str
    start_before: datetime | None
    finish_before: datetime | None
    start: datetime
    finish: datetime
    reason: str
    milestone: bool = False


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """What an edit did; ``moved`` are the first, ``tasks_moved`` the number of all.

    ``touched`` are the rows that hold other values or dates now, those added among them;
    ``delta`` is what the steps themselves changed; ``milestones`` are all that moved.
    """

    plan: ProjectPlan
    words: str
    tasks_moved: int
    moved: tuple[Moved, ...]
    added: tuple[int, ...]
    finish_before: date | None
    finish_after: date | None
    touched: frozenset[int]
    delta: Delta
    milestones: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class EditPreview:
    """What an edit would do; ``moved`` are the first, ``tasks_moved`` the number of all."""

    tasks_moved: int
    moved: tuple[Moved, ...]
    finish_before: date | None
    finish_after: date | None


@transaction.atomic
def begin_plan(*, actor: Actor, project: Project, start: date) -> ProjectPlan:
    """Give a project an empty plan that starts on a day, on its own calendar or its office's.

    Who: C on task. Writes: the plan and a PlanEvent. Publishes: PlanChanged.
    Raises: Invalid, also where there is a plan already.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.IMPORT)
    calendar = office_calendar(project)
    plan = Plan(
        name=project.name,
        start=datetime.combine(start, _MORNING),
        calendars=(calendar,),
        default_calendar_uid=calendar.uid,
        tasks=(),
    )
    return begun(actor, project, plan)


def begun(actor: Actor, project: Project, plan: Plan) -> ProjectPlan:
    """Make a plan that of a project that has none; who may, is asked before."""
    rules.require_open(project)
    start = plan.start
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        message = f"The year {start.year} is out of range."
        raise Invalid("planning.start", message, fields={"start": message})
    core.lock(Project.objects.all(), project.pk)
    if ProjectPlan.objects.filter(project=project).exists():
        raise Invalid("planning.plan_there", "This project has a plan already; edit that one.")
    plan = replace(plan, name=project.name, currency=project.currency_id or "")
    scheduled = bridge.schedule(plan, work_after_status_date=True)
    number = next_version(project)
    row = ProjectPlan.objects.create(
        project=project,
        version=number,
        created_by_id=actor.user_id,
        **bridge.plan_values(scheduled)
        | {
            "plan_version": number,
            "work_after_status_date": True,
            "notices": [],
            "updated_by_id": actor.user_id,
        },
    )
    rows = bridge.rows_of(row, scheduled, bridge.compare(scheduled, bridge.promised(row)))
    insert_rows(rows)
    keep_event(
        actor, project, PlanEvent.Kind.BEGUN, number, None, {"start": start.date().isoformat()}
    )
    core.record(
        actor=actor,
        action="plan.begun",
        obj=row,
        after={"start": row.start, "plan_version": number},
        office_id=project.office_id,
    )
    publish(PlanChanged(project.pk, number, "begun"))
    return row


@transaction.atomic
def edit_plan(
    *,
    actor: Actor,
    project: Project,
    steps: Sequence[bridge.Step],
    sandbox: Sandbox | None = None,
) -> EditOutcome:
    """Take steps of editing, all or none, with one new schedule; in a sandbox, if given.

    A step may say what its author saw (``was``); where somebody changed that since, nothing
    is done. So two people edit one plan at once, and no version of the whole is asked for.
    Where the steps change nothing, nothing is written.

    Who: U on task. Writes: the rows that changed or moved, a PlanEdit. Publishes: PlanChanged, of a
    sandbox SandboxChanged.
    Raises: Invalid naming the step and the reason, Conflict, NotFound without a plan.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    if not 1 <= len(steps) <= bridge.MOST_STEPS:
        message = f"An edit has 1 to {bridge.MOST_STEPS:,} steps; this one has {len(steps):,}."
        raise Invalid("planning.steps", message, fields={"steps": message})
    rows = sum(len(new) for step in steps if isinstance(new := step.get("tasks"), list))
    if rows > bridge.MOST_ROWS:
        message = (
            f"An edit adds {bridge.MOST_ROWS:,} rows at most; this one has {rows:,}. "
            "Add fewer at once, or import a file."
        )
        raise Invalid("planning.steps", message, fields={"steps": message})
    row = locked_plan(project, sandbox)
    known = stored(row)
    found = bridge.edited(
        known.scheduled,
        with_own_fields(project, steps),
        last_uid=row.last_task_uid,
        work_after_status_date=row.work_after_status_date,
    )
    if not found.delta:
        finish = row.finish and row.finish.date()
        return EditOutcome(row, "", 0, (), (), finish, finish, frozenset(), found.delta)
    return save_edit(actor, project, row, known, found, PlanEdit.Kind.EDIT)


def preview_edit(*, actor: Actor, project: Project, steps: Sequence[bridge.Step]) -> EditPreview:
    """What steps of editing would do to the dates of a plan; nothing is written.

    Who: U on task. Raises: as ``edit_plan``.
    """
    rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = existing_plan(project)
    known = as_stored(row)
    found = bridge.edited(
        known,
        steps,
        last_uid=row.last_task_uid,
        work_after_status_date=row.work_after_status_date,
    )
    moved = _moved(found) if found.delta else ()
    finish = found.after.result.finish if found.delta else known.result.finish
    return EditPreview(len(moved), moved[:TOLD], row.finish and row.finish.date(), finish.date())


@transaction.atomic
def undo_edit(*, actor: Actor, project: Project, sandbox: Sandbox | None = None) -> EditOutcome:
    """Take back the actor's own last edit that was not taken back yet; others' edits stay.

    Who: U on task. Writes: as ``edit_plan``. Publishes: PlanChanged.
    Raises: Invalid where there is none, Conflict where others changed the same since; its field
    ``edits.N`` names the edit, which ``pass_over_edit`` takes out of the way.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project, sandbox)
    last = _last(actor, row)
    try:
        return _take_back(actor, project, row, last, PlanEdit.Kind.UNDO)
    except Conflict as refused:
        place = f"edits.{last.plan_version}"
        raise Conflict(refused.code, refused.message, fields={place: str(last)}) from refused


@transaction.atomic
def pass_over_edit(
    *, actor: Actor, project: Project, plan_version: int, sandbox: Sandbox | None = None
) -> PlanEdit:
    """Leave the actor's own last edit as it stands, so that the one before it can be taken back.

    Who: U on task. Writes: PlanEdit. The plan stays as it is.
    Raises: Invalid where there is none, Conflict where ``plan_version`` names another edit.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project, sandbox)
    last = _last(actor, row)
    if last.plan_version != plan_version:
        raise Conflict(
            "planning.not_last",
            f"Your last edit is now ‘{last}’ (version {last.plan_version}); nothing was passed "
            "over. Undo once more to see whether it can be taken back.",
        )
    last.taken_back = True
    last.save(update_fields=["taken_back"])
    core.record(
        actor=actor,
        action="plan.passed_over" if sandbox is None else "sandbox.passed_over",
        obj=row if sandbox is None else sandbox,
        after={"edit": last.plan_version},
        reason=last.words,
        office_id=project.office_id,
    )
    return last


@transaction.atomic
def redo_edit(*, actor: Actor, project: Project, sandbox: Sandbox | None = None) -> EditOutcome:
    """Make again what the actor took back last, unless the actor edited since.

    Who: U on task. Writes: as ``edit_plan``. Publishes: PlanChanged.
    Raises: Invalid where there is none, Conflict where others changed the same since.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project, sandbox)
    own = _own(actor, row)
    edit = own.filter(kind=PlanEdit.Kind.EDIT).first()
    last = own.filter(kind=PlanEdit.Kind.UNDO, taken_back=False).first()
    if last is None or (edit is not None and edit.plan_version > last.plan_version):
        raise Invalid("planning.no_undo", "You have taken nothing back that could be made again.")
    return _take_back(actor, project, row, last, PlanEdit.Kind.REDO)


def _last(actor: Actor, row: ProjectPlan) -> PlanEdit:
    """The actor's last edit that stands; Invalid where there is none."""
    standing = _own(actor, row).exclude(kind=PlanEdit.Kind.UNDO).filter(taken_back=False)
    last = standing.first()
    if last is None:
        raise Invalid("planning.no_edit", "You have made no edit of this plan to take back.")
    return last


def _own(actor: Actor, row: ProjectPlan) -> QuerySet[PlanEdit]:
    """The actor's edits of a plan, the latest first."""
    return edits_of(row).filter(by_id=actor.user_id)


def _take_back(
    actor: Actor, project: Project, row: ProjectPlan, last: PlanEdit, kind: PlanEdit.Kind
) -> EditOutcome:
    known = stored(row)
    found = bridge.replayed(
        known.scheduled,
        bridge.decode_delta(last.delta).reversed(),
        work_after_status_date=row.work_after_status_date,
    )
    outcome = save_edit(actor, project, row, known, found, kind)
    last.taken_back = True
    last.save(update_fields=["taken_back"])
    return outcome


def save_edit(
    actor: Actor,
    project: Project,
    row: ProjectPlan,
    known: Stored,
    found: bridge.Edited,
    kind: PlanEdit.Kind,
    words: str = "",
    reason: str = "",
) -> EditOutcome:
    """Write an edit that was taken and scheduled, with its history.

    ``known`` is the plan as it is stored, on which the edit was made. ``words`` say what it did,
    ``reason`` why, where somebody said so. Publishes: PlanChanged, of a sandbox SandboxChanged.
    """
    words = words or bridge.words_of(found)
    finish_before = row.finish and row.finish.date()
    written = save_rows(row, known, found)
    # Whatever else gives numbers gives them to the plan too.
    number = row.plan_version + 1
    row.finish = bridge.kept(found.after.result.finish)
    row.status_date = bridge.kept(found.after.plan.status_date)
    row.plan_version = number
    row.last_task_uid = max(row.last_task_uid, *written.held, 0)
    row.version += 1
    row.updated_by_id = actor.user_id
    row.save(
        update_fields=[
            "finish",
            "status_date",
            "plan_version",
            "last_task_uid",
            "version",
            "updated_by",
            "updated_at",
        ]
    )
    remember(row, after_edit(known, row, found, written.held, written.differing))
    before, after = _cells(found)
    core.record(
        actor=actor,
        action=f"plan.{kind.value}" if row.sandbox is None else f"sandbox.{kind.value}",
        obj=row if row.sandbox is None else row.sandbox,
        before=before | {"finish": finish_before},
        after=after | {"finish": row.finish and row.finish.date(), "plan_version": number},
        reason=f"{words}: {reason}" if reason else words,
        office_id=project.office_id,
    )
    _keep(actor, row, kind, words, found.delta)
    if row.sandbox_id is None:
        publish(PlanChanged(project.pk, number, kind.value, _relinks(found.delta)))
    else:
        publish(SandboxChanged(project.pk, row.sandbox_id, kind.value))
    moved = _moved(found)
    return EditOutcome(
        row,
        words,
        len(moved),
        moved[:TOLD],
        tuple(found.delta.tasks.added),
        finish_before,
        row.finish and row.finish.date(),
        found.changed | found.dated,
        found.delta,
        tuple(task for task in moved if task.milestone),
    )


@prepared_for(1)
def _beyond_the_kept(project_id: int) -> QuerySet[PlanEdit, tuple[int]]:
    """The number of the latest edit that can no longer be taken back."""
    kept = PlanEdit.objects.filter(project_id=project_id).values_list("plan_version")
    return kept[KEPT_EDITS : KEPT_EDITS + 1]


@prepared_for(1)
def _beyond_the_kept_aside(sandbox_id: int) -> QuerySet[PlanEdit, tuple[int]]:
    """The same of a sandbox."""
    kept = PlanEdit.objects.filter(sandbox_id=sandbox_id).values_list("plan_version")
    return kept[KEPT_EDITS : KEPT_EDITS + 1]


def _keep(actor: Actor, row: ProjectPlan, kind: PlanEdit.Kind, words: str, delta: Delta) -> None:
    PlanEdit.objects.create(
        project_id=row.project_id,
        sandbox_id=row.sandbox_id,
        plan_version=row.plan_version,
        kind=kind,
        by_id=actor.user_id,
        by_label=actor.label[:200],
        words=words[:300],
        delta=bridge.encode_delta(delta),
    )
    if row.sandbox_id is None:
        oldest = _beyond_the_kept(row.home_id)
    else:
        oldest = _beyond_the_kept_aside(row.sandbox_id)
    if oldest:
        edits_of(row).filter(plan_version__lte=oldest[0][0]).delete()


def _relinks(delta: Delta) -> bool:
    """Whether tasks may wait for others than before."""
    rows = delta.order or delta.tasks.added or delta.tasks.removed
    cells = delta.tasks.changed.values()
    return bool(delta.links or rows or any(not _OUTLINE.isdisjoint(names) for names in cells))


def _moved(found: bridge.Edited) -> tuple[Moved, ...]:
    before, after = found.before.result.tasks, found.after.result.tasks
    moved = []
    for task in found.after.plan.tasks:
        if task.uid not in found.dated:
            continue
        now, then = after[task.uid], before.get(task.uid)
        if then is not None and (then.start, then.finish) == (now.start, now.finish):
            continue
        moved.append(
            Moved(
                task.uid,
                task.name,
                None if then is None else then.start,
                None if then is None else then.finish,
                now.start,
                now.finish,
                now.reason,
                task.milestone,
            )
        )
    return tuple(moved)


def _cells(found: bridge.Edited) -> tuple[dict[str, object], dict[str, object]]:
    """Cells before and after, for the audit trail; the first of many, and how many there are."""
    names = bridge.names_in(found)
    tasks = found.delta.tasks
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for uid, task in tasks.added.items():
        after[f"{uid} ‘{task.name}’"] = "added"
    for uid, task in tasks.removed.items():
        before[f"{uid} ‘{task.name}’"] = "deleted"
    for uid, cells in tasks.changed.items():
        for name, (then, now) in cells.items():
            label = f"{uid} ‘{names[uid]}’ {name.replace('_', ' ')}"
            before[label], after[label] = _plain(name, then), _plain(name, now)
    for uid, pairs in found.delta.calendars.changed.items():
        for name in pairs:
            before[f"calendar {uid} {name}"], after[f"calendar {uid} {name}"] = "", "changed"
    for uid, spec in found.delta.calendars.added.items():
        after[f"calendar {uid} ‘{spec.name}’"] = "added"
    for uid, spec in found.delta.calendars.removed.items():
        before[f"calendar {uid} ‘{spec.name}’"] = "deleted"
    for uid, pairs in found.delta.resources.changed.items():
        for name, (then, now) in pairs.items():
            before[f"resource {uid} {name}"], after[f"resource {uid} {name}"] = then, now
    for name, (then, now) in found.delta.options.items():
        before[name], after[name] = _plain(name, then), _plain(name, now)
    count = len(before.keys() | after.keys())
    if count > _AUDITED:
        kept = list(dict.fromkeys([*after, *before]))[:_AUDITED]
        before = {name: before[name] for name in kept if name in before}
        after = {name: after[name] for name in kept if name in after}
        after["cells"] = count
    for key, word in ((found.delta.links.removed, before), (found.delta.links.added, after)):
        if key:
            word["links"] = "; ".join(f"{a}→{b} {kind.value}" for a, b, kind in list(key)[:20])
    return before, after


def _plain(name: str, value: object) -> object:
    if value is None or isinstance(value, str | int):
        return value
    parts = bridge.of_parts(name, value)
    return str(value) if parts is None else parts
