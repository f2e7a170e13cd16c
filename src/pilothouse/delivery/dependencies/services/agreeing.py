# SPDX-License-Identifier: Apache-2.0
"""A dependency from its proposal to its end: agreed by both sides, delivered, accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.dependencies import queries, rules
from pilothouse.delivery.dependencies.chains import Network, told
from pilothouse.delivery.dependencies.events import DependencyChanged
from pilothouse.delivery.dependencies.models import (
    TEXT_LENGTH,
    TITLE_LENGTH,
    DependencyPromise,
    PlanDependency,
)
from pilothouse.delivery.dependencies.rules import BOTH, Side, Step
from pilothouse.delivery.dependencies.services.measuring import measure
from pilothouse.delivery.dependencies.services.telling import order_question
from pilothouse.delivery.planning.queries import (
    TaskEnds,
    TaskKey,
    task_ends,
    working_day_after,
    working_time,
    zones_of,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish

State = PlanDependency.State
_TOLD = ("giver", "receiver", "deliverable", "need_date", "promised_date", "state")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be delivered by a task of the giver to a task of the receiver, and when.

    Without dates it is needed when the receiver's task starts, and promised for when the giver's
    task finishes.
    """

    giver: Project
    giver_uid: int
    receiver: Project
    receiver_uid: int | None
    deliverable: str
    need_date: date | None = None
    promised_date: date | None = None
    note: str = ""


@transaction.atomic
def propose_dependency(
    *, actor: Actor, proposal: Proposal, side: Side, site: str = ""
) -> PlanDependency:
    """Propose a dependency in the name of one side; its manager agrees thereby, the other must.

    ``site`` is the address of the installation, for mails.
    Who: C on cross_project_dependency of the proposing project, and the plan of the other in sight.
    Writes: PlanDependency, DependencyPromise, Job. Publishes: DependencyChanged.
    Raises: Invalid naming the field, also for a circle of tasks; NotFound, NotAllowed.
    """
    own = proposal.giver if side is Side.GIVER else proposal.receiver
    other = proposal.receiver if side is Side.GIVER else proposal.giver
    allowed = rules.require_propose(actor, own)
    if own.pk == other.pk:
        message = "Both tasks are of one project; link them in its plan instead."
        raise Invalid("dependencies.same_project", message, fields={"other": message})
    queries.partner_project(actor, other.pk)
    if own.office_id != other.office_id:
        message = "The two projects belong to two offices; a dependency stays within one."
        raise Invalid("dependencies.two_offices", message, fields={"other": message})
    for project in sorted((own, other), key=lambda row: row.pk):
        rules.require_open(project)
        core.lock(Project.objects.all(), project.pk)
    ends = _ends_of(proposal)
    row = _row_of(proposal, ends)
    _refuse_circle(actor, row)
    row.site = site
    for name, value in _agreement(
        row, allowed, rules.sides_to_agree(grants_of(actor), row)
    ).items():
        setattr(row, name, value)
    core.create(actor=allowed, obj=row, names=_TOLD, reason=row.note, office_id=own.office_id)
    _keep_promise(allowed, row, row.note)
    measure([row])
    order_question(row)
    _publish(row)
    return row


@transaction.atomic
def take_step(
    *,
    actor: Actor,
    dependency: PlanDependency,
    step: Step,
    version: int | None,
    reason: str = "",
    site: str = "",
) -> PlanDependency:
    """Agree to, start, deliver, accept, dispute or cancel a dependency.

    Who: S on cross_project_dependency of the side concerned, U to start and to deliver.
    Writes: PlanDependency. Publishes: DependencyChanged.
    Raises: Invalid in another state or without the reason that is asked for, Conflict.
    """
    row = locked(dependency, version)
    allowed, sides = rules.require_step(actor, row, step)
    way = rules.WAYS[step]
    text = _reason(reason, needed=way.reasoned)
    values: dict[str, object] = {"state": way.target}
    if step is Step.AGREE:
        values = _agreement(row, allowed, sides)
    elif way.reasoned or row.state_reason:
        values["state_reason"] = text if way.reasoned else ""
    core.change(
        actor=allowed,
        obj=row,
        values=values,
        version=version,
        action=f"plandependency.{step.value}",
        reason=text,
        office_id=row.giver.office_id,
    )
    remember_site(row, site)
    there = zones_of([row.receiver_id])[row.receiver_id]
    measure([row], delivered=clock.today_in(there) if step is Step.DELIVER else None)
    _publish(row)
    return row


@transaction.atomic
def change_dates(
    *,
    actor: Actor,
    dependency: PlanDependency,
    need_date: date | None,
    promised_date: date | None,
    reason: str,
    version: int | None,
    site: str = "",
) -> PlanDependency:
    """Put other dates; whoever did not put them must agree again.

    Of a disputed one the same dates may be put again. Who holds A on both projects and manages
    neither settles a dispute by it, or what one side left without an answer: what they put is
    agreed. Who: U on cross_project_dependency of a side. Writes: PlanDependency,
    DependencyPromise, Job. Publishes: DependencyChanged. Raises: Invalid, Conflict.
    """
    row = locked(dependency, version)
    settles = rules.may_arbitrate(grants_of(actor), row, clock.today())
    allowed = actor if settles else rules.require_step(actor, row, Step.DATES)[0]
    text = _reason(reason, needed=True)
    need, promised = need_date or row.need_date, promised_date or row.promised_date
    same = (need, promised) == (row.need_date, row.promised_date)
    if same and row.state != State.DISPUTED and not settles:
        message = "These are the dates already; put another one."
        raise Invalid("dependencies.same_dates", message, fields={"promised_date": message})
    fresh = PlanDependency(giver=row.giver, receiver=row.receiver, state=State.PROPOSED)
    sides = list(BOTH) if settles else rules.sides_to_agree(grants_of(actor), fresh)
    core.change(
        actor=allowed,
        obj=row,
        values={
            "need_date": need,
            "promised_date": promised,
            "state": State.PROPOSED,
            "state_reason": "",
            "arbitrate_from": _arbitrate_from(row),
            **_nobody_agreed(),
            **_agreement(fresh, allowed, sides),
        },
        version=version,
        action="plandependency.settled" if settles else "plandependency.dates",
        reason=text,
        office_id=row.giver.office_id,
    )
    _keep_promise(allowed, row, text)
    remember_site(row, site)
    measure([row])
    order_question(row)
    _publish(row)
    return row


def _ends_of(proposal: Proposal) -> tuple[TaskEnds, TaskEnds | None]:
    """The tasks that a proposal names, as their plans have them; Invalid where one is not there."""
    given: TaskKey = (proposal.giver.pk, proposal.giver_uid)
    keys = [given]
    if proposal.receiver_uid is not None:
        keys.append((proposal.receiver.pk, proposal.receiver_uid))
    found = task_ends(keys)
    problems = {}
    if given not in found:
        problems["giver_uid"] = f"The plan of {proposal.giver.code} has no task of this number."
    if keys[-1] not in found:
        name = "receiver_uid" if len(keys) > 1 else "giver_uid"
        code = proposal.receiver.code if len(keys) > 1 else proposal.giver.code
        problems[name] = f"The plan of {code} has no task of this number."
    _check(problems)
    zones = zones_of((proposal.giver.pk, proposal.receiver.pk))
    giver = found[given].by_clock(zones[proposal.giver.pk], zones[proposal.receiver.pk])
    return giver, found[keys[-1]] if len(keys) > 1 else None


def _row_of(proposal: Proposal, ends: tuple[TaskEnds, TaskEnds | None]) -> PlanDependency:
    giver, receiver = ends
    need = proposal.need_date or (receiver.start if receiver else None)
    promised = proposal.promised_date or giver.finish or need
    problems = {}
    title = proposal.deliverable.strip()
    if not title:
        problems["deliverable"] = "Say what is delivered."
    elif not title.isprintable():
        problems["deliverable"] = "Say it in one line, without control characters."
    elif len(title) > TITLE_LENGTH:
        problems["deliverable"] = f"At most {TITLE_LENGTH} characters."
    if len(proposal.note.strip()) > TEXT_LENGTH:
        problems["note"] = f"At most {TEXT_LENGTH:,} characters."
    if need is None:
        problems["need_date"] = "Say when it is needed, or name the task that waits for it."
    if giver.done:
        problems["giver_uid"] = "This task is finished; what it made is there already."
    _check(problems)
    assert need is not None
    return PlanDependency(
        giver=proposal.giver,
        giver_uid=proposal.giver_uid,
        giver_task=giver.name,
        receiver=proposal.receiver,
        receiver_uid=proposal.receiver_uid,
        receiver_task=receiver.name if receiver else "",
        deliverable=title,
        note=proposal.note.strip(),
        need_date=need,
        promised_date=promised or need,
        arbitrate_from=_arbitrate_from(proposal),
    )


def _arbitrate_from(row: PlanDependency | Proposal) -> date:
    """From when on somebody above may answer in the place of a side that does not."""
    return working_day_after(working_time(row.receiver), clock.today(), rules.ANSWER_DAYS)


def remember_site(row: PlanDependency, site: str) -> None:
    """Keep the address under which the installation is reached, for mails."""
    if site and site != row.site:
        row.site = site
        core.save_many([row], ("site",))


def _refuse_circle(actor: Actor, row: PlanDependency) -> None:
    """A task must not wait for itself by way of other projects."""
    if row.receiver_uid is None:
        return
    network = Network(row.giver.office_id)
    chain = network.circle_of(row)
    if not chain:
        return
    projects = {project_id for project_id, _ in chain}
    seen = visible_projects(actor).filter(pk__in=projects).values_list("pk", flat=True)
    message = f"{told(network, chain, set(seen))} Take one of these bonds away first."
    raise Invalid("dependencies.circle", message, fields={"receiver_uid": message})


def locked(dependency: PlanDependency, version: int | None) -> PlanDependency:
    """The row, locked, if nobody changed it since ``version``."""
    row = core.lock(PlanDependency.objects.all().with_projects(), dependency.pk)
    core.require_version(row, version)
    return row


def _nobody_agreed() -> dict[str, object]:
    return {
        f"{side.value}_agreed_{name}": "" if name == "label" else None
        for side in BOTH
        for name in ("by_id", "label", "at")
    }


def _agreement(row: PlanDependency, actor: Actor, sides: Sequence[Side]) -> dict[str, object]:
    """What changes when the actor agrees for these sides; with both it is agreed."""
    values: dict[str, object] = {}
    for side in sides:
        values[f"{side.value}_agreed_by_id"] = actor.user_id
        values[f"{side.value}_agreed_label"] = actor.label[:200]
        values[f"{side.value}_agreed_at"] = timezone.now()
    labels = [
        values.get(f"{side.value}_agreed_label", getattr(row, f"{side.value}_agreed_label"))
        for side in BOTH
    ]
    if all(labels):
        values["state"] = State.AGREED
    return values


def _keep_promise(actor: Actor, row: PlanDependency, reason: str) -> None:
    DependencyPromise.objects.create(
        dependency=row,
        by_label=actor.label[:200],
        need_date=row.need_date,
        promised_date=row.promised_date,
        reason=reason,
    )


def _reason(text: str, *, needed: bool) -> str:
    said = text.strip()
    if needed and not said:
        _check({"reason": "Say why; the other side reads it."})
    if len(said) > TEXT_LENGTH:
        _check({"reason": f"At most {TEXT_LENGTH:,} characters."})
    return said


def _check(problems: dict[str, str]) -> None:
    if problems:
        raise Invalid("dependencies.entry", " ".join(problems.values()), fields=problems)


def _publish(row: PlanDependency) -> None:
    publish(DependencyChanged(row.pk, row.giver_id, row.receiver_id))
