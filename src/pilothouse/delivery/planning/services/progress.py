# SPDX-License-Identifier: Apache-2.0
"""Progress as people report it: tried before it is believed, entered with one new schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import PlanAssignment, PlanEdit, ProjectPlan
from pilothouse.delivery.planning.services.edits import EditOutcome, save_edit
from pilothouse.delivery.planning.services.plans import locked_plan
from pilothouse.delivery.planning.services.stored import as_stored, stored
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed, PilothouseError

Progress = bridge.Progress
Refusals = dict[int, PilothouseError]
"""By uid of the task, why a report of it cannot be entered."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What entering reports would do to a plan; ``refused`` are left out of it."""

    finish_before: date | None
    finish_after: date | None
    tasks_moved: int
    status_before: date | None
    status_after: date | None
    refused: Refusals
    percents: dict[int, Decimal]


@transaction.atomic
def enter_progress(
    *, actor: Actor, project: Project, reports: Sequence[Progress]
) -> EditOutcome | None:
    """Enter reports into the plan, all or none, with one new schedule; None: they change nothing.

    A status date that the plan has moves on to the day of the reports. Each task is reported once.
    Who: U on task_progress; of own tasks the team. Writes: the rows that changed or moved, a
    PlanEdit. Publishes: PlanChanged. Raises: Invalid naming the task (``task.12``), NotFound.
    """
    row = locked_plan(project)
    _require(actor, project, row, reports)
    known = stored(row)
    before = bridge.with_status_date(known.scheduled, reports)
    steps, refused = _steps(before, reports)
    if refused:
        raise _all(refused)
    if not steps:
        return None
    found = bridge.edited(
        before,
        steps,
        last_uid=row.last_task_uid,
        work_after_status_date=row.work_after_status_date,
    )
    return save_edit(actor, project, row, known, found, PlanEdit.Kind.EDIT)


def refusals(*, actor: Actor, project: Project, reports: Sequence[Progress]) -> Refusals:
    """Which reports the plan would not take, and why; nothing is scheduled anew or written.

    Who: as ``enter_progress``.
    """
    row = _plan(project)
    _require(actor, project, row, reports)
    before = bridge.with_status_date(as_stored(row), reports)
    return _steps(before, reports)[1]


def effect_of(*, actor: Actor, project: Project, reports: Sequence[Progress]) -> Effect:
    """What entering these reports would do to the finish of the plan. Who: R on task."""
    rules.require_on_plan(actor, project, rules.Verb.READ)
    row = _plan(project)
    before = as_stored(row)
    known = bridge.with_status_date(before, reports)
    steps, refused = _steps(known, reports)
    status = (_day(before.plan.status_date), _day(known.plan.status_date))
    finish = before.result.finish.date()
    if not steps:
        return Effect(finish, finish, 0, *status, refused, {})
    found = bridge.edited(
        known,
        steps,
        last_uid=row.last_task_uid,
        work_after_status_date=row.work_after_status_date,
    )
    then = found.before.result.tasks
    moved = sum(
        (dates.start, dates.finish) != (then[uid].start, then[uid].finish)
        for uid, dates in found.after.result.tasks.items()
    )
    percents = {task.uid: task.percent_complete for task in found.after.plan.tasks}
    return Effect(finish, found.after.result.finish.date(), moved, *status, refused, percents)


def _steps(
    before: bridge.Scheduled, reports: Sequence[Progress]
) -> tuple[list[bridge.Step], Refusals]:
    """The steps of all reports that the plan takes, and why it does not take the others."""
    refused: Refusals = {}
    taken: list[bridge.Step] = []
    for report in reports:
        try:
            steps = bridge.progress_steps(before, report)
            if steps:
                bridge.accepted(before, steps)
            taken += steps
        except PilothouseError as error:
            refused[report.uid] = error
    return taken, refused


def _all(refused: Refusals) -> Invalid:
    fields = {f"task.{uid}": error.message for uid, error in refused.items()}
    first = next(iter(refused.values()))
    more = f" {len(refused) - 1} more reports were refused, too." if len(refused) > 1 else ""
    return Invalid("planning.reports", f"{first.message}{more}", fields=fields)


def _plan(project: Project) -> ProjectPlan:
    row = ProjectPlan.objects.filter(project=project).first()
    if row is None:
        raise Invalid("planning.plan", "This project has no plan; there is nothing to report on.")
    return row


def _require(actor: Actor, project: Project, row: ProjectPlan, reports: Sequence[Progress]) -> None:
    """Raise NotAllowed unless the actor may say how far each of these tasks is."""
    rules.require_open(project)
    if rules.may_enter_progress(actor, project, own=False):
        return
    own = set(
        PlanAssignment.objects.filter(plan=row, resource_uid__in=own_resources(actor, row))
        .values_list("task_uid", flat=True)
        .distinct()
    )
    mine = own.issuperset(report.uid for report in reports)
    if not mine or not rules.may_enter_progress(actor, project, own=True):
        raise NotAllowed(
            "planning.progress_not_allowed",
            f"You may report on tasks of project {project.code} that are given to you, while you "
            "are on its team. Its manager says who that is, at “People of this plan”.",
        )


def own_resources(actor: Actor, row: ProjectPlan) -> list[int]:
    """The resources of a plan that are the actor."""
    if actor.user_id is None:
        return []
    return list(row.planresource_set.filter(user_id=actor.user_id).values_list("uid", flat=True))


def _day(instant: datetime | None) -> date | None:
    return None if instant is None else instant.date()
