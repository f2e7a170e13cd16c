# SPDX-License-Identifier: Apache-2.0
"""What one plan tells another: from when on a task that waits may start (R-CPM-03, DOMAIN 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.delivery.dependencies.chains import Network, told
from pilothouse.delivery.dependencies.forecasts import Measured, measured
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import TOLD_FROM_DAYS
from pilothouse.delivery.dependencies.services.agreeing import locked, remember_site
from pilothouse.delivery.dependencies.services.measuring import measure
from pilothouse.delivery.dependencies.services.telling import order_notice
from pilothouse.delivery.planning.events import PlanChanged
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan
from pilothouse.delivery.planning.queries import working_days, working_time
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.planning.services import EditOutcome, edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.prepared import prepared_for

Drive = PlanDependency.Drive
MOVES_TOLD = 8
"""So many milestones that were moved a mail names."""
_NOTE_LENGTH = 400
_TOLD = ("held_until", "found_until", "not_driven")
ACTOR = Actor.system("dependencies")
ROUNDS, ROUND_WITHIN = 30, timedelta(minutes=10)
_ROUND = (
    "The plans have moved each other many times within minutes; they wait for each other in a way "
    "that no link shows. Nothing is told until one of them changes later."
)


@transaction.atomic
def drive_receiver(
    *,
    actor: Actor,
    dependency: PlanDependency,
    drive: PlanDependency.Drive,
    version: int | None,
    site: str = "",
) -> PlanDependency:
    """Say what keeps the task that waits from an earlier start: the promise, or the giver's plan.

    Its plan is told right after, by itself, and again with every change.
    Who: U on task of the receiver. Writes: PlanDependency, Job. Raises: Invalid, Conflict.
    """
    row = locked(dependency, version)
    if not can_on_plan(actor, row.receiver, Verb.CHANGE):
        raise NotAllowed(
            "dependencies.not_your_plan",
            "Only who may change the plan of the project that gets it lets it be driven.",
        )
    if drive != Drive.NOTHING:
        _require_drivable(row)
    core.change(
        actor=actor,
        obj=row,
        values={"drive": drive},
        version=version,
        action="plandependency.drive",
        office_id=row.receiver.office_id,
    )
    remember_site(row, site)
    measure([row])
    return row


def _require_drivable(row: PlanDependency) -> None:
    if row.receiver_uid is None:
        raise Invalid(
            "dependencies.no_task", "No task of the receiver is named; nothing can be moved."
        )
    if row.state not in PlanDependency.AGREED_ON:
        raise Invalid(
            "dependencies.not_agreed",
            "Only a date that both sides agreed to drives a plan; have it agreed first.",
        )
    plan = ProjectPlan.objects.filter(project_id=row.receiver_id).first()
    if plan is not None and not plan.rules.get("external_dates", True):
        raise Invalid(
            "dependencies.dates_ignored",
            "By its own options this plan ignores what other projects allow; it cannot be driven.",
        )


@transaction.atomic
def drive_plan(*, project_id: int) -> EditOutcome | None:
    """Tell a plan what its tasks wait for, in one edit; None where nothing is to be told.

    The latest of several dependencies counts for a task.
    Who: the job. Writes: as ``edit_plan``, PlanDependency, Job.
    """
    project = core.lock(Project.objects.select_related("portfolio__org_unit"), project_id)
    list(ProjectPlan.objects.filter(project=project).select_for_update().only("pk"))
    rows = PlanDependency.objects.all().locked_of(project.pk).with_projects()
    gets = [row for row in rows if row.receiver_id == project.pk and row.receiver_uid is not None]
    bound = [
        found
        for found in measured(gets)
        if found.row.drive != Drive.NOTHING or found.row.held_until or found.row.not_driven
    ]
    notes = {found.row.pk: _hindrance(found) for found in bound}
    if _goes_round(project):
        notes |= {found.row.pk: _ROUND for found in bound if found.row.drive == Drive.PLAN}
    free = [found for found in bound if not notes[found.row.pk]]
    try:
        with transaction.atomic():
            return _tell_plan(project, bound, free, notes)
    except Invalid as refused:
        _keep(bound, (), notes | {found.row.pk: refused.message for found in free})
        return None


def _tell_plan(
    project: Project, bound: Sequence[Measured], free: Sequence[Measured], notes: dict[int, str]
) -> EditOutcome | None:
    """Keep what the plan is told before it is: its change asks for it again."""
    changed = [found.row for found in free if found.wanted != found.row.held_until]
    steps = _steps(bound, free)
    _keep(bound, free, notes)
    if not steps:
        return None
    outcome = edit_plan(actor=ACTOR, project=project, steps=steps)
    if moves := _moves(project, outcome):
        order_notice(changed, moves)
    return outcome


def _steps(bound: Sequence[Measured], free: Sequence[Measured]) -> list[dict[str, object]]:
    """A step for each task that was told something else than it waits for now.

    What cannot be told anew holds as it did, and what a file had told before stays the least.
    """
    told_now = {found.row.pk for found in free}
    latest: dict[int, datetime | None] = {}
    held: dict[int, datetime | None] = {}
    for found in bound:
        row, receiver = found.row, found.receiver
        if receiver is None or receiver.summary or row.receiver_uid is None:
            continue
        if row.held_until is None and row.found_until is None and found.wanted is not None:
            others = (one.row for one in bound if one.row.receiver_uid == row.receiver_uid)
            if all(one.held_until is None for one in others):
                row.found_until = receiver.held_until
        own = found.wanted if row.pk in told_now else row.held_until
        known = [when for when in (own, row.found_until, latest.get(row.receiver_uid)) if when]
        latest[row.receiver_uid] = max(known, default=None)
        held[row.receiver_uid] = receiver.held_until
    return [
        {
            "do": "set",
            "uid": uid,
            "field": "external_early_start",
            "value": None if wanted is None else wanted.strftime("%Y-%m-%dT%H:%M"),
        }
        for uid, wanted in latest.items()
        if wanted != held[uid]
    ]


def _goes_round(project: Project) -> bool:
    """Whether a plan was told so often within minutes that two plans must drive each other."""
    since = timezone.now() - ROUND_WITHIN
    edits = PlanEdit.objects.filter(project=project, by_id=None, by_label=ACTOR.label, at__gt=since)
    return edits.count() >= ROUNDS


def _hindrance(found: Measured) -> str:
    """Why the plan that waits cannot be told; empty where it can."""
    row = found.row
    if found.receiver is None:
        return f"The plan of {row.receiver.code} has no such task any more."
    if found.receiver.summary:
        return f"‘{found.receiver.name}’ is a summary now; name a task inside it."
    if found.wanted is None:
        return ""
    if found.receiver.begun:
        return f"‘{found.receiver.name}’ has begun; nothing keeps it from starting."
    if row.drive == Drive.PLAN:
        if found.giver is not None and found.giver.late:
            return (
                "The task that gives lies as late as its plan allows, so it follows the end of its "
                "plan; it drives no other. Choose the promised date."
            )
        network = Network(row.giver.office_id)
        if chain := network.circle_of(row):
            return told(network, chain, ())
        if found.giver is None:
            return "The plan of the giver has no such task any more; the last date stays."
    return ""


def _keep(bound: Sequence[Measured], free: Sequence[Measured], notes: dict[int, str]) -> None:
    told_now = {found.row.pk: found.wanted for found in free}
    core.save_values(
        PlanDependency,
        _TOLD,
        [
            (
                told_now.get(row.pk, row.held_until),
                row.found_until,
                notes[row.pk][:_NOTE_LENGTH],
                row.pk,
            )
            for row in (found.row for found in bound)
        ],
    )


def _moves(project: Project, outcome: EditOutcome) -> list[str]:
    """Milestones that moved by more than some working days, the last ones, in words."""
    time, found = working_time(project), []
    for moved in outcome.milestones:
        before = moved.finish_before
        if before is None:
            continue
        days = working_days(time, before.date(), moved.finish.date())
        if abs(days) > TOLD_FROM_DAYS:
            was, now = written(before.date()), written(moved.finish.date())
            found.append(f"‘{moved.name}’: {was} → {now} ({days:+d} d)")
    return found[-MOVES_TOLD:]


@prepared_for(1)
def _between_plans(project_id: int) -> QuerySet[PlanDependency]:
    """What a project gives, and gets for a task of its plan."""
    rows = PlanDependency.objects.open().of_project(project_id).filter(receiver_uid__isnull=False)
    return rows.select_related("giver", "receiver")


def refuse_circle(event: PlanChanged) -> None:
    """Take back a change after which tasks of several plans would wait for each other.

    Raises: Invalid naming the tasks of this plan, and of others the project alone (R-CPM-03).
    """
    if not event.relinked:
        return
    bound = _between_plans(event.project_id)
    gets = [row for row in bound if row.receiver_id == event.project_id]
    if not gets or len(gets) == len(bound):
        return
    network = Network(gets[0].giver.office_id)
    for row in gets:
        if chain := network.circle_of(row):
            message = told(network, chain, {event.project_id})
            raise Invalid("dependencies.circle", message, fields={"steps": message})
