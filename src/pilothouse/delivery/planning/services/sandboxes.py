# SPDX-License-Identifier: Apache-2.0
"""Sandboxes (R-BAS-03): copy the plan aside, adopt what became of it, or throw it away."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.events import SandboxChanged
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanEdit,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.queries import MOST_OPEN, edits_of, existing_plan, hanging_on
from pilothouse.delivery.planning.services.edits import EditOutcome, save_edit
from pilothouse.delivery.planning.services.plans import insert_rows, locked_plan
from pilothouse.delivery.planning.services.stored import as_stored, stored
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.engine.editing import Merged
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

SANDBOX_NAME = Sandbox._meta.get_field("name").max_length or 0
PURPOSE_LENGTH = 2000
_BELOW = (PlanCalendar, Task, TaskLink, PlanResource, PlanAssignment)
_NAMED = ("name", "purpose", "base_version")
_OF_ITS_OWN = frozenset(
    {"id", "project", "sandbox", "version", "created_at", "created_by", "updated_at", "updated_by"}
)
"""Columns of a plan that a copy of it does not take over."""


class Side(StrEnum):
    """Whose value holds where plan and sandbox changed the same since: or who decides later."""

    LIVE = "live"
    SANDBOX = "sandbox"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Cut:
    """A task that the sandbox drops, and what hangs on it: here and elsewhere, each in words."""

    uid: int
    task: str
    hangs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting a sandbox would do to the plan, and what happened to that meanwhile.

    ``own`` is what the sandbox changed, ``meanwhile`` what the plan did since it was copied;
    ``clashes`` are where both did, ``cut`` the tasks that go. ``refused`` says why no plan can be
    made of both as they are.
    """

    live: ProjectPlan
    aside: ProjectPlan
    own: Sequence[bridge.Changed]
    meanwhile: Sequence[bridge.Changed]
    clashes: Sequence[bridge.ClashTold]
    cut: Sequence[Cut] = ()
    refused: Invalid | Conflict | None = None

    @property
    def behind(self) -> bool:
        """Whether the plan of the project moved on since."""
        return bool(self.meanwhile)


@transaction.atomic
def make_sandbox(*, actor: Actor, project: Project, name: str, purpose: str = "") -> Sandbox:
    """Copy the plan of a project aside under a name.

    Who: U on task. Writes: Sandbox with a plan and its rows. Publishes: SandboxChanged.
    Raises: Invalid for a name that is missing or taken or one sandbox too many, NotFound without
    a plan.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project)
    _require_name(project, name)
    if Sandbox.objects.filter(project=project, state=Sandbox.State.OPEN).count() >= MOST_OPEN:
        message = f"{MOST_OPEN} sandboxes are open; adopt one or throw one away first."
        raise Invalid("planning.sandboxes", message, fields={"name": message})
    sandbox = core.create(
        actor=actor,
        obj=Sandbox(
            project=project,
            name=name.strip(),
            purpose=purpose.strip(),
            base=_archive(row),
            base_version=row.plan_version,
            base_plan=row.pk,
        ),
        names=_NAMED,
        office_id=project.office_id,
    )
    copied = ProjectPlan(sandbox=sandbox, created_by_id=actor.user_id, updated_by_id=actor.user_id)
    _take_head(copied, row)
    copied.plan_version = 1
    copied.save(force_insert=True)
    _write_below(copied, as_stored(row))
    publish(SandboxChanged(project.pk, sandbox.pk, "made"))
    return sandbox


@transaction.atomic
def rename_sandbox(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    name: str,
    purpose: str,
    version: int | None,
) -> Sandbox:
    """Give an open sandbox another name or purpose.

    Who: U on task. Writes: Sandbox. Raises: Invalid, NotFound where it is closed, Conflict.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    locked_plan(project, sandbox)
    if name.strip() != sandbox.name:
        _require_name(project, name)
    core.change(
        actor=actor,
        obj=sandbox,
        values={"name": name.strip(), "purpose": purpose.strip()},
        version=version,
        action="sandbox.rename",
        office_id=project.office_id,
    )
    return sandbox


def adoption_of(*, actor: Actor, project: Project, sandbox: Sandbox) -> Adoption:
    """What adopting the sandbox would change, and what clashes; reads only.

    Who: R on task; amounts of money only with R on budget.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    money = sees_budget(actor, project)
    live, aside = existing_plan(project), existing_plan(project, sandbox)
    plan, ours, base = as_stored(live).plan, as_stored(aside).plan, base_of(sandbox)
    own = bridge.changes_told(base, ours, money)
    try:
        _require_same_plan(sandbox, live)
    except Conflict as refused:
        return Adoption(live, aside, own, (), (), refused=refused)
    cut = _cut(actor, project, base, ours)
    moved_on = live.plan_version != sandbox.base_version
    meanwhile = bridge.changes_told(base, plan, money) if moved_on else ()
    try:
        found = bridge.taken_over(base, plan, ours, (), live.last_task_uid)
    except Invalid as refused:
        return Adoption(live, aside, own, meanwhile, (), cut, refused)
    clashes = bridge.clashes_told(found.clashes, base, plan, ours, money)
    return Adoption(live, aside, own, meanwhile, clashes, cut)


def _cut(actor: Actor, project: Project, base: Plan, ours: Plan) -> list[Cut]:
    """Tasks of the copied plan that the sandbox has no more, in their order."""
    stay = {task.uid: task.name for task in ours.tasks}
    gone = {task.uid: task.name for task in base.tasks if task.uid not in stay}
    hangs = hanging_on(actor, project, gone.keys())
    for link in base.links:
        if link.predecessor in gone and link.successor in stay:
            waits = _("‘%(name)s’ waits for it") % {"name": stay[link.successor]}
            hangs.setdefault(link.predecessor, []).append(waits)
    return [Cut(uid, name, hangs.get(uid, ())) for uid, name in gone.items()]


@transaction.atomic
def adopt_sandbox(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    reason: str,
    seen: tuple[int, int],
    decisions: Mapping[str, Side],
    others: Side | None = None,
) -> EditOutcome:
    """Make the plan of the project what the sandbox made of it, as one edit.

    ``seen`` are the versions of plan and sandbox that were looked at. Where both changed the same
    since the copy was made, ``decisions`` say whose value holds, by the key of the clash, and
    ``others`` for all that they do not name; what is left for later stays in the sandbox, which
    then lies on the new plan and stays open.

    Who: U on task. Writes: as ``edit_plan``; closes the sandbox. Publishes: PlanChanged.
    Raises: Invalid without a reason or where nothing would change, Conflict where one of them
    moved on, or something is undecided.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    if not reason.strip():
        message = "Say why the plan is to be as the sandbox is."
        raise Invalid("planning.reason", message, fields={"reason": message})
    row, aside = locked_plan(project), locked_plan(project, sandbox)
    _require_same_plan(sandbox, row)
    _require_seen(row, aside, seen)
    known = stored(row)
    sides = _sides(sandbox, row, aside, decisions, others)
    keep = {key for key, side in sides.items() if side is Side.SANDBOX}
    later = {key for key, side in sides.items() if side is Side.LATER}
    edited = _merged(sandbox, row, aside, keep)
    if not edited.delta:
        message = "Nothing would change in the plan. Rebase the sandbox, or throw it away."
        raise Invalid("planning.sandbox_empty", message)
    # Of the plan as it was, or rows that are adopted now would be taken for others next time.
    left = _merged(sandbox, row, aside, keep | later) if later else None
    words = f"Sandbox ‘{sandbox.name}’ adopted"
    outcome = save_edit(
        actor, project, row, known, edited, PlanEdit.Kind.EDIT, words, reason.strip()
    )
    if left is None:
        _close(actor, sandbox, aside, Sandbox.State.ADOPTED, reason, outcome.plan.plan_version)
    else:
        _lay_on(actor, sandbox, row, aside, left)
        publish(SandboxChanged(project.pk, sandbox.pk, "adopted in part"))
    return outcome


@transaction.atomic
def rebase_sandbox(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    seen: tuple[int, int],
    decisions: Mapping[str, Side],
    others: Side | None = None,
) -> Sandbox:
    """Take over into the sandbox what happened to the plan since it was copied.

    In a clash the sandbox keeps its value unless ``decisions``, or ``others`` for all that they
    do not name, say otherwise. Its own edits can
    no longer be taken back one by one. Who: U on task. Writes: the rows of the sandbox.
    Publishes: SandboxChanged. Raises: Conflict where one of them moved on.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row, aside = locked_plan(project), locked_plan(project, sandbox)
    _require_same_plan(sandbox, row)
    _require_seen(row, aside, seen)
    sides = _sides(sandbox, row, aside, decisions, others or Side.SANDBOX)
    keep = {key for key, side in sides.items() if side is not Side.LIVE}
    _lay_on(actor, sandbox, row, aside, _merged(sandbox, row, aside, keep))
    publish(SandboxChanged(project.pk, sandbox.pk, "rebased"))
    return sandbox


@transaction.atomic
def discard_sandbox(
    *, actor: Actor, project: Project, sandbox: Sandbox, reason: str, version: int | None
) -> Sandbox:
    """Throw a sandbox away: its rows go, and who did it and why stays.

    Who: U on task. Writes: Sandbox, removes the rows below it. Publishes: SandboxChanged.
    Raises: NotFound where it is closed, Conflict.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    aside = locked_plan(project, sandbox)
    core.require_version(sandbox, version)
    _close(actor, sandbox, aside, Sandbox.State.DISCARDED, reason, None)
    return sandbox


def past_sandboxes(office_id: int, before: datetime) -> QuerySet[Sandbox]:
    """Sandboxes of an office that were closed before an instant."""
    return Sandbox.objects.filter(project__office_id=office_id, closed_at__lt=before)


@transaction.atomic
def forget_sandboxes(*, actor: Actor, sandboxes: Sequence[int]) -> int:
    """Remove closed sandboxes under a rule of retention; who runs it, audits it.

    Who: the system. Writes: Sandbox. Returns how many went.
    """
    if not actor.is_system:
        raise NotAllowed("planning.retention", "Only the rules of retention remove history.")
    rows = Sandbox.objects.filter(pk__in=sandboxes).exclude(state=Sandbox.State.OPEN)
    return rows.delete()[1].get("planning.Sandbox", 0)


def _require_name(project: Project, name: str) -> None:
    message = ""
    if not name.strip():
        message = "Give the sandbox a name that says what is tried in it."
    elif len(name.strip()) > SANDBOX_NAME:
        message = f"The name is longer than {SANDBOX_NAME} characters."
    elif Sandbox.objects.filter(
        project=project, state=Sandbox.State.OPEN, name=name.strip()
    ).exists():
        message = "Another open sandbox of this plan has this name."
    if message:
        raise Invalid("planning.sandbox_name", message, fields={"name": message})


def _require_seen(row: ProjectPlan, aside: ProjectPlan, seen: tuple[int, int]) -> None:
    for plan, version, what in ((row, seen[0], "plan"), (aside, seen[1], "sandbox")):
        if plan.plan_version != version:
            raise Conflict(
                "planning.moved_on",
                f"The {what} was changed in the meantime: it was at version {version} when you "
                f"looked, and is at {plan.plan_version} now. Nothing was changed; look again and "
                "decide.",
            )


def _require_same_plan(sandbox: Sandbox, row: ProjectPlan) -> None:
    """Numbers of tasks mean nothing in another plan."""
    if sandbox.base_plan not in (None, row.pk):
        raise Conflict(
            "planning.sandbox_base",
            f"The plan that ‘{sandbox.name}’ was copied from was deleted, and another one is in "
            "its place. Nothing can be taken over; throw the sandbox away, or bring the plan back.",
        )


def _sides(
    sandbox: Sandbox,
    row: ProjectPlan,
    aside: ProjectPlan,
    decisions: Mapping[str, Side],
    others: Side | None,
) -> dict[str, Side]:
    """Whose value holds in each clash; Conflict where one is undecided."""
    found = _taken_over(sandbox, row, aside, ()).clashes
    sides = {
        clash.key: side for clash in found if (side := decisions.get(clash.key, others)) is not None
    }
    missing = [clash.key for clash in found if clash.key not in sides]
    if missing:
        raise Conflict(
            "planning.undecided",
            f"Plan and sandbox both changed {len(missing)} values since the copy was made. "
            "Nothing was changed; say for each which one holds, or for all others.",
            fields={f"decide-{key}": "Say which value holds." for key in missing},
        )
    return sides


def _taken_over(
    sandbox: Sandbox, row: ProjectPlan, aside: ProjectPlan, keep: Collection[str]
) -> Merged:
    plan, ours = as_stored(row).plan, as_stored(aside).plan
    return bridge.taken_over(base_of(sandbox), plan, ours, keep, row.last_task_uid)


def _merged(
    sandbox: Sandbox, row: ProjectPlan, aside: ProjectPlan, keep: Collection[str]
) -> bridge.Edited:
    """The plan of the project with what the sandbox changed."""
    found = _taken_over(sandbox, row, aside, keep)
    return bridge.settled(as_stored(row), found.plan, row.work_after_status_date)


def _lay_on(
    actor: Actor, sandbox: Sandbox, row: ProjectPlan, aside: ProjectPlan, found: bridge.Edited
) -> None:
    """Make the sandbox the plan of the project with the changes of an edit."""
    _take_head(aside, row)
    aside.last_task_uid = max(
        aside.last_task_uid, row.last_task_uid, *(task.uid for task in found.after.plan.tasks), 0
    )
    aside.plan_version += 1
    aside.finish = bridge.kept(found.after.result.finish)
    aside.version += 1
    aside.updated_by_id = actor.user_id
    aside.save()
    edits_of(aside).delete()
    _clear(aside)
    _write_below(aside, found.after)
    before = sandbox.base_version
    sandbox.base, sandbox.base_version = _archive(row), row.plan_version
    sandbox.base_plan = row.pk
    core.touch(actor=actor, obj=sandbox)
    sandbox.save(update_fields=["base", "base_version", "base_plan"])
    core.record(
        actor=actor,
        action="sandbox.rebase",
        obj=sandbox,
        before={"base_version": before},
        after={"base_version": row.plan_version},
        office_id=row.home.office_id,
    )


def _write_below(aside: ProjectPlan, scheduled: bridge.Scheduled) -> None:
    """All rows of a sandbox; nobody's account hangs on them."""
    comparison = bridge.compare(scheduled, bridge.promised(aside))
    insert_rows(bridge.rows_of(aside, scheduled, comparison))


def _take_head(copied: ProjectPlan, row: ProjectPlan) -> None:
    """The columns of the plan itself; its number goes on by itself."""
    for column in ProjectPlan._meta.concrete_fields:
        if column.name not in _OF_ITS_OWN | {"plan_version"}:
            setattr(copied, column.attname, getattr(row, column.attname))


def _close(
    actor: Actor,
    sandbox: Sandbox,
    aside: ProjectPlan,
    state: Sandbox.State,
    reason: str,
    adopted: int | None,
) -> None:
    edits_of(aside).delete()
    _clear(aside)
    aside.delete()
    sandbox.base = None
    sandbox.slopes = {}
    core.change(
        actor=actor,
        obj=sandbox,
        values={
            "state": state,
            "closed_at": timezone.now(),
            "reason": reason.strip(),
            "adopted_version": adopted,
        },
        version=None,
        action=f"sandbox.{state.value}",
        reason=reason.strip(),
        office_id=sandbox.project.office_id,
    )
    sandbox.save(update_fields=["base", "slopes"])
    publish(SandboxChanged(sandbox.project_id, sandbox.pk, state.value))


def _clear(aside: ProjectPlan) -> None:
    for model in _BELOW:
        model._default_manager.filter(plan=aside).delete()


def _archive(row: ProjectPlan) -> bytes:
    return zlib.compress(bridge.archive(as_stored(row).plan), 6)


def base_of(sandbox: Sandbox) -> Plan:
    """The plan that a sandbox was copied from."""
    assert sandbox.base is not None
    return bridge.read_archive(zlib.decompress(bytes(sandbox.base)))
