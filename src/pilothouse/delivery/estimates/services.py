# SPDX-License-Identifier: Apache-2.0
"""Making and accepting estimates, and what they come to along a chain of tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from pilothouse.delivery.estimates import bridge, finished, queries, rules
from pilothouse.delivery.estimates.events import EstimateAccepted
from pilothouse.delivery.estimates.models import BASIS_LENGTH, Estimate
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.rules import Verb as PlanVerb
from pilothouse.delivery.planning.rules import can_on_plan
from pilothouse.delivery.planning.services import (
    EditOutcome,
    EditPreview,
    edit_plan,
    preview_edit,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

State, Unit, Method = Estimate.State, Estimate.Unit, Estimate.Method
TOLD = (
    *("task_uid", "task_name", "unit", "method", "accuracy", "value", "sd", "low", "high"),
    *("inputs", "basis", "author", "made_on", "state"),
)
CONFIDENCES = ("50", "80", "90")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is estimated, how, from which inputs, and on what basis."""

    task_uid: int | None
    unit: str
    method: str
    accuracy: str
    inputs: Mapping[str, Any]
    basis: str
    kind: str = ""
    """Of a reference class: the type of project that counts; empty is all."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A chain of tasks: their estimates in series, and what the plan says of the same."""

    rows: Sequence[queries.TaskEstimate]
    chain: bridge.Chain
    planned: Decimal
    kept_pct: Decimal
    unestimated: int


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """How estimates by one method turned out: ratios of actual to estimate."""

    method: str
    label: str
    count: int
    median: Decimal
    worst: Decimal
    within_pct: Decimal


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How estimates turned out, by method; those of the actor; and the reference classes."""

    methods: Sequence[MethodFigures]
    mine: Sequence[MethodFigures]
    classes: Sequence[tuple[str, bridge.ClassFigures]]


@transaction.atomic
def make_estimate(*, actor: Actor, project: Project, asked: Asked, today: date) -> Estimate:
    """Estimate a task or the whole project; the method says the value.

    Who: C on estimate; a cost, whoever sees the budget. Writes: Estimate.
    Raises: Invalid naming the field.
    """
    allowed = rules.require(actor, project, rules.Verb.MAKE)
    rules.require_open(project)
    _check(asked)
    if asked.unit == Unit.COST:
        rules.require_money(actor, project)
    task = None
    if asked.task_uid is not None:
        task = _task(project, asked.task_uid)
    pairs = _class_of(project, asked) if asked.method == Method.REFERENCE_CLASS else []
    found = bridge.found_by(asked.method, asked.inputs, asked.accuracy, pairs)
    inputs = found.inputs | ({"kind": asked.kind} if asked.kind else {})
    row = Estimate(
        project=project,
        task_uid=asked.task_uid,
        task_name=task.name if task else "",
        unit=asked.unit,
        method=asked.method,
        accuracy=found.accuracy,
        value=found.value,
        sd=found.sd,
        low=found.low,
        high=found.high,
        inputs=inputs,
        basis=asked.basis.strip(),
        author_id=actor.user_id,
        author_label=allowed.label[:200],
        made_on=today,
    )
    return core.create(actor=allowed, obj=row, names=TOLD, office_id=project.office_id)


@transaction.atomic
def accept_estimate(
    *, actor: Actor, estimate: Estimate, version: int | None, today: date
) -> EditOutcome | None:
    """Let an estimate count; that of a task becomes its duration, or its work, in the plan.

    Who: A on estimate, and U on task for one of a task. Writes: Estimate, and as ``edit_plan``.
    Publishes: EstimateAccepted, PlanChanged. Raises: Invalid, Conflict.
    """
    core.lock(Project.objects.all(), estimate.project_id)
    row = core.lock(Estimate.objects.select_related("project__portfolio__org_unit"), estimate.pk)
    core.require_version(row, version)
    allowed = rules.require(actor, row.project, rules.Verb.ACCEPT)
    rules.require_open(row.project)
    _require_proposed(row)
    if row.unit == Unit.COST:
        rules.require_money(actor, row.project)
    outcome = None
    if row.task_uid is not None:
        if not can_on_plan(actor, row.project, PlanVerb.CHANGE):
            raise NotAllowed(
                "estimates.not_your_plan",
                "Only who may change the plan of the project puts an estimate there.",
            )
        _task(row.project, row.task_uid)
        outcome = edit_plan(actor=actor, project=row.project, steps=[_step(row)])
    office = row.project.office_id
    same = Estimate.objects.filter(
        project=row.project, task_uid=row.task_uid, unit=row.unit, state=State.ACCEPTED
    )
    for old in same:
        core.change(
            actor=allowed,
            obj=old,
            values={"state": State.SUPERSEDED},
            version=None,
            action="estimate.superseded",
            office_id=office,
        )
    values = {"state": State.ACCEPTED, "accepted_on": today, "accepted_label": allowed.label[:200]}
    core.change(
        actor=allowed,
        obj=row,
        values=values,
        version=version,
        action="estimate.accept",
        office_id=office,
    )
    publish(EstimateAccepted(row.project_id, row.pk))
    return outcome


@transaction.atomic
def withdraw_estimate(*, actor: Actor, estimate: Estimate, version: int | None) -> Estimate:
    """Take back an estimate that was not accepted; it stays readable.

    Who: its author, or A on estimate. Writes: Estimate. Raises: Invalid, Conflict.
    """
    row = core.lock(Estimate.objects.select_related("project__portfolio__org_unit"), estimate.pk)
    core.require_version(row, version)
    allowed = actor
    if row.author_id is None or row.author_id != actor.user_id:
        allowed = rules.require(actor, row.project, rules.Verb.ACCEPT)
    _require_proposed(row)
    core.change(
        actor=allowed,
        obj=row,
        values={"state": State.WITHDRAWN},
        version=version,
        action="estimate.withdraw",
        office_id=row.project.office_id,
    )
    return row


def effect_of(*, actor: Actor, estimate: Estimate) -> EditPreview | None:
    """What accepting would do to the plan; None where it would do nothing or may not be asked."""
    if (
        estimate.task_uid is None
        or estimate.state != State.PROPOSED
        or rules.Verb.ACCEPT not in rules.verbs_of(actor, estimate.project)
        or not can_on_plan(actor, estimate.project, PlanVerb.CHANGE)
    ):
        return None
    try:
        return preview_edit(actor=actor, project=estimate.project, steps=[_step(estimate)])
    except Invalid:
        # The task is gone or done; accepting tells which.
        return None


def sum_of(rows: Sequence[queries.TaskEstimate]) -> Sum | None:
    """The tasks of a chain one after the other, in working days (O-EST-1).

    What is not estimated counts as the plan has it, without a spread.
    """
    counted = [row for row in rows if not row.done]
    if not counted:
        return None
    parts = []
    for row in counted:
        known = row.days
        sd = known.sd if known is not None else None
        parts.append((known.value if known else row.duration_days, sd or Decimal(0)))
    chain = bridge.chain_of(parts)
    planned = sum((row.duration_days for row in counted), Decimal(0))
    return Sum(
        counted,
        chain,
        planned,
        bridge.chance_of(chain, planned),
        sum(row.days is None for row in counted),
    )


def accuracy_of(*, actor: Actor, office_id: int) -> Accuracy:
    """How accepted estimates of finished tasks turned out, over the projects in sight."""
    told = queries.outcomes_of(actor, office_id)
    mine = [row for row in told if row.author_id is not None and row.author_id == actor.user_id]
    classes = [
        ("Finished projects, calendar days", finished.project_pairs(office_id, Unit.DAYS)),
        ("Finished tasks, working days", finished.task_pairs(office_id, Unit.DAYS)),
    ]
    if not grants_of(actor).reach("budget", "R").nothing:
        classes.append(("Finished projects, cost", finished.project_pairs(office_id, Unit.COST)))
    return Accuracy(
        _by_method(told),
        _by_method(mine),
        [(name, bridge.figures_of(pairs)) for name, pairs in classes],
    )


def spread_of_history(*, office_id: int, kind: str = "") -> bridge.Spread:
    """How durations of finished tasks of an office turned out against what was promised.

    Who: whoever was let in by a floor above; confidential projects are left out.
    """
    return bridge.spread_of(finished.task_pairs(office_id, Unit.DAYS, kind))


def _by_method(told: Sequence[queries.Outcome]) -> list[MethodFigures]:
    groups: defaultdict[str, list[queries.Outcome]] = defaultdict(list)
    for row in told:
        groups[row.method].append(row)
    found = []
    for method, rows in sorted(groups.items()):
        ratios = sorted(row.ratio for row in rows)
        middle = len(ratios) // 2
        median = ratios[middle] if len(ratios) % 2 else (ratios[middle - 1] + ratios[middle]) / 2
        within = Decimal(100) * sum(row.within for row in rows) / len(rows)
        found.append(
            MethodFigures(
                method, str(Method(method).label), len(rows), median, ratios[-1], round(within, 1)
            )
        )
    return found


def _class_of(project: Project, asked: Asked) -> finished.Pairs:
    make = finished.project_pairs if asked.task_uid is None else finished.task_pairs
    return make(project.office_id, asked.unit, asked.kind)


def _check(asked: Asked) -> None:
    problems = {}
    if asked.method not in Method.values:
        problems["method"] = "Choose one of the methods."
    if asked.accuracy not in Estimate.Accuracy.values:
        problems["accuracy"] = "Choose one of the classes of accuracy."
    units = (Unit.DAYS, Unit.COST) if asked.task_uid is None else (Unit.DAYS, Unit.HOURS)
    if asked.unit not in units:
        problems["unit"] = f"Choose one of {', '.join(str(unit.label) for unit in units)}."
    if not asked.basis.strip():
        problems["basis"] = "Say what the estimate is based on."
    elif len(asked.basis.strip()) > BASIS_LENGTH:
        problems["basis"] = f"At most {BASIS_LENGTH:,} characters."
    if str(asked.inputs.get("confidence", "80")) not in CONFIDENCES:
        problems["confidence"] = "Choose 50, 80 or 90."
    if problems:
        raise Invalid("estimates.entry", " ".join(problems.values()), fields=problems)


def _task(project: Project, uid: int) -> Task:
    task = Task.objects.filter(plan__project=project, uid=uid).first()
    problem = ""
    if task is None:
        problem = "The plan of this project has no such task."
    elif task.summary or task.milestone:
        problem = f"‘{task.name}’ is a summary or a milestone; estimate the work inside it."
    elif task.actual_finish is not None:
        problem = f"‘{task.name}’ is finished; what it took is known."
    if problem or task is None:
        raise Invalid("estimates.task", problem, fields={"task_uid": problem})
    return task


def _step(row: Estimate) -> dict[str, Any]:
    field, unit = ("duration", "d") if row.unit == Unit.DAYS else ("work_minutes", "h")
    value = f"{row.value.quantize(Decimal('0.01')).normalize():f}{unit}"
    return {"do": "set", "uid": row.task_uid, "field": field, "value": value}


def _require_proposed(row: Estimate) -> None:
    if row.state != State.PROPOSED:
        raise Invalid(
            "estimates.state",
            f"This estimate is {row.get_state_display().lower()}; only a proposed one is accepted "
            "or withdrawn.",
        )
