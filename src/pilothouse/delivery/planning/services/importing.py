# SPDX-License-Identifier: Apache-2.0
"""Files that become a plan: at once where there is none, else after a look at what they change."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanArrival,
    PlanAssignment,
    PlanEvent,
    PlanFeed,
    PlanResource,
    ProjectPlan,
    Sandbox,
)
from pilothouse.delivery.planning.queries import hanging_on, sandboxes_of
from pilothouse.delivery.planning.services.file_baselines import kept_numbers
from pilothouse.delivery.planning.services.files import mark_of
from pilothouse.delivery.planning.services.own_fields import values_taken
from pilothouse.delivery.planning.services.plans import (
    LAST_UID,
    PlanOutcome,
    clean_name,
    replace_plan,
    require_version,
)
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.planning.services.tables import (
    Asked,
    Understood,
    content_of,
    is_table,
    remember_columns,
    require_understood,
    understand,
    values_of_table,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import can_on_project, sees_budget
from pilothouse.engine.merging import Holds
from pilothouse.engine.network.plan import Notice
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, admit

_EDITS = "edits"
_IMPORT, _RECEIVE = "import", "receive"
KEPT_FOR = timedelta(days=7)
"""So long a file waits for whoever uploaded it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A file held against the plan that is there.

    ``version`` is that of the plan, 0 without one; ``recognised`` says how many tasks were known
    by what, ``stays`` what the file cannot say, by field; ``notices`` what was not understood;
    ``hanging`` tells what hangs on tasks that go, ``sandboxes`` which are open though the file
    knows no task of the plan; ``seen`` tells a file that waits from the next one.
    """

    file_name: str
    kind: str
    version: int
    plan_version: int
    tasks: int
    recognised: Mapping[str, int]
    trusted: bool
    stays: Mapping[str, int]
    notices: tuple[Notice, ...]
    differences: bridge.Differences
    hanging: Mapping[int, Sequence[str]]
    sandboxes: tuple[str, ...]
    table: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    """A file merged and scheduled, with the plan that it was merged with."""

    before: bridge.Scheduled | None
    after: bridge.Scheduled
    recognised: Mapping[str, int]
    trusted: bool
    stays: Mapping[str, int]
    version: int
    plan_version: int
    rescheduled: bool

    @property
    def unrelated(self) -> bool:
        """Whether the file knows no task of the plan that it would replace."""
        return bool(self.before and self.before.plan.tasks) and not self.recognised


def import_plan(
    *,
    actor: Actor,
    project: Project,
    source: BinaryIO,
    file_name: str,
    file_project: str = "",
    version: int | None = None,
    columns: Mapping[str, str] | None = None,
) -> PlanOutcome:
    """Make a file the plan of a project, scheduled and compared.

    Its content decides of which kind it is. Where there is a plan, its tasks, people and calendars
    keep their numbers, and what the file cannot say stays. ``file_project`` is the number or short
    name of one project where the file holds several, ``columns`` says what headers of a table mean.

    Who: C on task. Writes: the plan with all its rows, replacing an earlier one under the same
    id, and a PlanEvent that keeps the earlier one for undo. Publishes: PlanChanged.
    Raises: Invalid with line, row, field and reason, Conflict if the plan is no longer that
    of ``version`` (0: no plan yet); then nothing is written. As ``scanning.admit`` where the
    scanner found something or does not answer.
    """
    actor = _require(actor, project)
    asked = {
        "intent": _IMPORT,
        "file_project": file_project,
        "version": version,
        "columns": dict(columns or {}),
    }
    data = _admitted(actor, project, source, file_name, asked)
    coming = _parsed(project, data, file_name, file_project, columns)
    return _bring_in(actor, project, coming, file_name, version)


def look_at_file(
    *,
    actor: Actor,
    project: Project,
    source: BinaryIO,
    file_name: str,
    file_project: str = "",
    columns: Mapping[str, str] | None = None,
) -> Looked:
    """What ``import_plan`` would change; nothing is kept of the file.

    Who: C on task; costs only with R on budget, mail addresses only with R on resource.
    Raises: as ``import_plan``; Unavailable where the scanner does not answer.
    """
    actor = _require(actor, project)
    data = _admitted(actor, project, source, file_name, None)
    coming = _parsed(project, data, file_name, file_project, columns)
    return _looked(actor, project, coming, file_name)


def receive_plan(
    *,
    actor: Actor,
    project: Project,
    source: BinaryIO,
    file_name: str,
    file_project: str = "",
    version: int | None = None,
) -> PlanOutcome | None:
    """Take a file: as the plan where there is none, else aside, to be looked at first (None).

    A table is always taken aside: somebody says what its columns mean, or sees what was guessed.

    Who: C on task. Writes: as ``import_plan``, or a PlanArrival. Raises: as ``import_plan``.
    """
    actor = _require(actor, project)
    asked = {"intent": _RECEIVE, "file_project": file_project, "version": version}
    data = _admitted(actor, project, source, file_name, asked)
    return _receive(actor, project, data, file_name, file_project, version)


def import_held_plan(
    actor: Actor, held: IncomingFile, data: bytes, done: Callable[[int], None]
) -> None:
    """What was asked of a file that was held, and that the scanner found clean by now."""
    project = get_project(actor, held.object_id)
    actor = _require(actor, project)
    asked = held.asked
    if asked.get("intent") == _IMPORT:
        coming = _parsed(project, data, held.file_name, asked["file_project"], asked["columns"])
        _bring_in(actor, project, coming, held.file_name, asked["version"], done)
        return
    _receive(actor, project, data, held.file_name, asked["file_project"], asked["version"], done)


def look_at_arrival(*, actor: Actor, project: Project) -> Looked:
    """What accepting the actor's waiting file would change. Who: as ``look_at_file``.

    Raises: NotFound where none waits, Invalid where it does not fit the plan any more.
    """
    actor = _require(actor, project)
    row = arrival_of(actor, project)
    found = _looked(actor, project, coming_of(row), row.file_name)
    return replace(found, seen=seen_of(row))


def map_columns(*, actor: Actor, project: Project, asked: Asked, seen: str) -> PlanArrival:
    """Say what the columns of the actor's waiting table mean; the office remembers it.

    Who: C on task. Writes: PlanArrival, PlanColumn. Raises: Conflict if another file waits than
    the one that was ``seen``, Invalid by column; where cells cannot be read, the row says so and
    its plan is None.
    """
    actor = _require(actor, project)
    row = arrival_of(actor, project)
    _require_seen(row, seen)
    data = content_of(row)
    found = understand(project, data, asked)
    values = _values_of_table(project, data, found)
    with transaction.atomic():
        _require_seen(core.lock(PlanArrival.objects.all(), row.pk), seen)
        remember_columns(project, found.told)
        return keep_arrival(actor, project, row.file_name, values)


def accept_arrival(
    *, actor: Actor, project: Project, version: int | None, seen: str
) -> PlanOutcome:
    """Make the actor's waiting file the plan, as it was looked at.

    Who: C on task. Writes: as ``import_plan``. Publishes: PlanChanged. Raises: NotFound where
    none waits, Conflict if the plan is no longer that of ``version``, or the file no longer the
    one that was ``seen``.
    """
    actor = _require(actor, project)
    row = arrival_of(actor, project)
    _require_seen(row, seen)

    def done(_project_id: int) -> None:
        if not PlanArrival.objects.filter(pk=row.pk, at=row.at).delete()[0]:
            raise _other_file()

    return _bring_in(actor, project, coming_of(row), row.file_name, version, done)


def seen_of(row: PlanArrival) -> str:
    """What tells a waiting file, as it is read now, from any other."""
    return row.at.isoformat()


def _require_seen(row: PlanArrival, seen: str) -> None:
    if seen_of(row) != seen:
        raise _other_file()


def _other_file() -> Conflict:
    return Conflict(
        "planning.other_file",
        "Another file of yours waits by now, or its columns were read anew. Nothing was written; "
        "look at what waits now, and decide.",
    )


@transaction.atomic
def leave_arrival(*, actor: Actor, project: Project) -> None:
    """Give up the actor's waiting file. Who: C on task. Writes: PlanArrival."""
    actor = _require(actor, project)
    arrival_of(actor, project).delete()


def arrival_of(actor: Actor, project: Project) -> PlanArrival:
    """The file of the actor that waits. Raises: NotFound."""
    row = PlanArrival.objects.filter(project=project, person_id=actor.user_id).first()
    if row is None:
        raise NotFound(
            "planning.no_arrival", "No file of yours waits for this plan; upload it once more."
        )
    return row


def waiting_file(actor: Actor, project: Project) -> PlanArrival | None:
    """The file of the actor that waits, without what it says."""
    rows = PlanArrival.objects.filter(project=project, person_id=actor.user_id)
    return rows.defer("plan", "table", "notices").first()


def tidy(now: datetime) -> int:
    """Remove files that nobody accepted for a week; how many. Who: the system.

    Links to calendars that have expired go with them.
    """
    PlanFeed.objects.filter(expires_at__lt=now).delete()
    return PlanArrival.objects.filter(at__lt=now - KEPT_FOR).delete()[0]


def keep_arrival(
    actor: Actor, project: Project, file_name: str, values: Mapping[str, object]
) -> PlanArrival:
    """Put a file aside in the place of an earlier one of the same person."""
    row, _ = PlanArrival.objects.update_or_create(
        project=project,
        person_id=actor.user_id,
        defaults={
            "at": timezone.now(),
            "file_name": clean_name(file_name),
            "plan": None,
            "table": None,
            "notices": [],
            "holds": {},
            "columns": {},
            **values,
        },
    )
    return row


def values_of(coming: bridge.Coming) -> dict[str, object]:
    """What a file says, as columns of a PlanArrival."""
    holds = {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in asdict(coming.holds).items()
    }
    plan = replace(coming.plan, notices=())
    return {
        "kind": coming.kind,
        "plan": zlib.compress(bridge.archived(plan), 1),
        "notices": [asdict(item) for item in coming.plan.notices],
        "holds": holds | {_EDITS: bridge.edits_kept(coming.edits)},
    }


def coming_of(row: PlanArrival) -> bridge.Coming:
    """The waiting file as it was read."""
    if row.plan is None:
        raise NotFound("planning.no_columns", "Say first what the columns of the table mean.")
    plan = bridge.unarchived(zlib.decompress(bytes(row.plan)))
    notices = tuple(Notice(**item) for item in row.notices)
    holds: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value
        for name, value in row.holds.items()
        if name != _EDITS
    }
    edits = bridge.edits_of(row.holds[_EDITS])
    return bridge.Coming(replace(plan, notices=notices), row.kind, Holds(**holds), edits)


def _require(actor: Actor, project: Project) -> Actor:
    actor = rules.require_on_plan(actor, project, rules.Verb.IMPORT)
    rules.require_open(project)
    return actor


def _admitted(
    actor: Actor,
    project: Project,
    source: BinaryIO,
    file_name: str,
    asked: Mapping[str, Any] | None,
) -> bytes:
    """What is in a file that the scanner let pass; it is held only where something is ``asked``."""
    data = source.read()
    arrival = Arrival(
        door=IncomingFile.Door.PLAN,
        place=f"{project.code} {project.name}",
        file_name=clean_name(file_name),
        data=data,
        office_id=project.office_id,
        object_id=project.pk,
        asked=asked,
    )
    admit(actor=actor, arrival=arrival, holds=asked is not None)
    return data


def _parsed(
    project: Project,
    data: bytes,
    file_name: str,
    file_project: str,
    columns: Mapping[str, str] | None = None,
) -> bridge.Coming:
    if is_table(data, file_name):
        return require_understood(understand(project, data, Asked(named=columns)))
    plan, kind = bridge.read_file(BytesIO(data), project, file_name, file_project)
    return bridge.Coming(plan, plan.source or kind.name, kind.holds)


def _receive(
    actor: Actor,
    project: Project,
    data: bytes,
    file_name: str,
    file_project: str,
    version: int | None,
    done: Callable[[int], None] = lambda project_id: None,
) -> PlanOutcome | None:
    if is_table(data, file_name):
        values = _values_of_table(project, data, understand(project, data, Asked()))
        with transaction.atomic():
            keep_arrival(actor, project, file_name, values)
            done(project.pk)
        return None
    coming = _parsed(project, data, file_name, file_project)
    if not ProjectPlan.objects.filter(project=project).exists():
        return _bring_in(actor, project, coming, file_name, version, done)
    # What the scheduler would refuse is refused now, not after a look.
    _made(project, coming)
    with transaction.atomic():
        keep_arrival(actor, project, file_name, values_of(coming))
        done(project.pk)
    return None


def _values_of_table(project: Project, data: bytes, found: Understood) -> dict[str, object]:
    """A table that waits; with the plan that it means, once all of it can be read."""
    values = values_of_table(data, found)
    if found.problems:
        return values
    try:
        _made(project, found.coming)
    except Invalid as refused:
        told = {"problems": [[0, "", refused.message]], "problem_count": 1}
        return values | {"columns": found.told | told}
    return values | values_of(found.coming)


def _looked(actor: Actor, project: Project, coming: bridge.Coming, file_name: str) -> Looked:
    made = _made(project, coming)
    hidden = {name for name, seen in _rights(actor, project).items() if not seen}
    plan = made.after.plan
    before = made.before or _nothing(made.after)
    kept = kept_numbers(project) if "baselines" in coming.holds.tasks else range(11)
    told = bridge.differences(before, made.after, but_baselines=kept, hidden=hidden)
    gone = {line.uid for line in told.tasks if line.kind == "removed"}
    return Looked(
        clean_name(file_name),
        coming.kind,
        made.version,
        made.plan_version,
        len(plan.tasks),
        made.recognised,
        made.trusted,
        {name: count for name, count in made.stays.items() if name not in hidden},
        (*plan.notices, *made.after.notices),
        told,
        hanging_on(actor, project, gone),
        _sandboxes_in_the_way(project, made),
        coming.kind == bridge.TABLE,
    )


def _sandboxes_in_the_way(project: Project, made: _Made) -> tuple[str, ...]:
    """Open sandboxes that could not be adopted any more: the file is of another plan."""
    if not made.unrelated:
        return ()
    return tuple(
        sandboxes_of(project).filter(state=Sandbox.State.OPEN).values_list("name", flat=True)
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"‘{name}’" for name in names)


def _nothing(after: bridge.Scheduled) -> bridge.Scheduled:
    """No plan, to hold a first one against."""
    plan = replace(after.plan, tasks=(), links=(), resources=(), assignments=(), calendars=())
    return replace(after, plan=plan, result=replace(after.result, tasks={}))


def _rights(actor: Actor, project: Project) -> dict[str, bool]:
    """Field → whether the actor may see it."""
    return {
        "cost": sees_budget(actor, project),
        "email": can_on_project(actor, project, "R", "resource"),
    }


def _made(project: Project, coming: bridge.Coming) -> _Made:
    """The file over the plan that is there, scheduled."""
    row = ProjectPlan.objects.filter(project=project).first()
    if row is None:
        return _made_first(project, coming)
    before = as_stored(row)
    event = PlanEvent.objects.filter(project=project).order_by("-plan_version").first()
    merged = bridge.merged(
        bridge.with_guids(before.plan, mark_of(row)),
        coming,
        given=_given(row),
        sure_up_to=event.counts.get(LAST_UID) if event else None,
        kept_resources=_people_added(row),
    )
    merged = replace(merged, plan=values_taken(project, merged.plan, before.plan))
    # A file with dates of its own is scheduled as it was saved; a list of tasks goes on as before.
    rescheduled = row.work_after_status_date and "stored" not in coming.holds.tasks
    after = _scheduled(merged, coming, rescheduled)
    found = merged.recognised
    return _Made(
        before,
        after,
        found.counts,
        found.trusted,
        merged.stays,
        row.version,
        row.plan_version,
        rescheduled,
    )


def _made_first(project: Project, coming: bridge.Coming) -> _Made:
    """The file as the first plan; a list of tasks begins on the calendar of the project."""
    rescheduled = "stored" not in coming.holds.tasks
    if rescheduled:
        empty = bridge.empty_plan(project)
        merged = bridge.merged(empty, coming, given=(), sure_up_to=None, kept_resources=())
        after = _scheduled(merged, coming, rescheduled)
    else:
        plan = values_taken(project, coming.plan)
        after = bridge.schedule(plan, work_after_status_date=False)
    return _Made(None, after, {}, False, {}, 0, 0, rescheduled)


def _scheduled(merged: bridge.Merged, coming: bridge.Coming, rescheduled: bool) -> bridge.Scheduled:
    after = bridge.schedule(merged.plan, work_after_status_date=rescheduled)
    if not coming.edits:
        return after
    plan = bridge.typed_in(after, coming, merged.recognised)
    return bridge.schedule(plan, work_after_status_date=rescheduled)


def _people_added(row: ProjectPlan) -> set[int]:
    """People who were put into the plan here and do nothing in it yet: no file knows them."""
    busy = PlanAssignment.objects.filter(plan=row, resource_uid__isnull=False)
    people = PlanResource.objects.filter(plan=row, user__isnull=False)
    return set(people.values_list("uid", flat=True)) - set(
        busy.values_list("resource_uid", flat=True)
    )


def _given(row: ProjectPlan) -> set[int]:
    """Numbers of tasks that are no more but are still named by something."""
    promised = BaselineTask.objects.filter(baseline__project_id=row.home_id)
    highest = promised.aggregate(last=Max("uid"))["last"] or 0
    return {highest, row.last_task_uid}


def _bring_in(
    actor: Actor,
    project: Project,
    coming: bridge.Coming,
    file_name: str,
    version: int | None,
    done: Callable[[int], None] = lambda project_id: None,
) -> PlanOutcome:
    made = _made(project, coming)
    with transaction.atomic():
        core.lock(Project.objects.all(), project.pk)
        row = ProjectPlan.objects.filter(project=project).first()
        require_version(row, version)
        if (row.version if row else 0) != made.version:
            raise Conflict(
                "core.stale",
                "The plan was changed while the file was read. Nothing was written; look at what "
                "the file would change now, and decide.",
            )
        if names := _sandboxes_in_the_way(project, made):
            raise Conflict(
                "planning.sandboxes_open",
                f"The file has no task of the plan that is there, and {_quoted(names)} would be "
                "cut off from what they were copied from. Nothing was written. Adopt these "
                "sandboxes or throw them away first, or delete the plan and import anew.",
            )
        outcome = replace_plan(
            actor,
            project,
            made.after,
            kind=PlanEvent.Kind.IMPORTED,
            file_name=clean_name(file_name),
            rescheduled=made.rescheduled,
            keeps_baselines="baselines" not in coming.holds.tasks,
        )
        done(project.pk)
    return outcome
