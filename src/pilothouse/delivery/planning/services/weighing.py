# SPDX-License-Identifier: Apache-2.0
"""A sandbox beside the plan, or beside another one: what it would gain and cost. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.calendars import project_time
from pilothouse.delivery.planning.memory import Memory, state_of
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.queries import days_of, existing_plan, sandbox_in, sandboxes_of
from pilothouse.delivery.planning.services.comparing import NOW, Variances, hours, variances
from pilothouse.delivery.planning.services.sandboxes import base_of
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

TASKS_SHOWN = 200
"""Tasks that differ on one page of a comparison; the API names all."""
_LOADS: Memory[tuple[bridge.Load, ...]] = Memory()


@dataclass(frozen=True, slots=True)
class Weighed:
    """One side: the plan, or a sandbox of it, and what it comes to.

    ``float_days`` is the least total float of the tasks that finish last.
    """

    sandbox: Sandbox | None
    plan: ProjectPlan
    finish: date | None
    work_hours: Decimal | None
    cost: Decimal | None
    float_days: Decimal | None
    critical: int
    tasks: int

    @property
    def key(self) -> str:
        """How the side is asked for."""
        return NOW if self.sandbox is None else str(self.sandbox.pk)


@dataclass(frozen=True, slots=True)
class LoadLine:
    """One resource on both sides; None where it has no tasks there."""

    name: str
    left: bridge.Load | None
    right: bridge.Load | None

    @property
    def over(self) -> bool:
        """Whether more is asked of it on either side than it has."""
        return any(side is not None and side.days for side in (self.left, self.right))


@dataclass(frozen=True, slots=True)
class Beside:
    """Two sides, what lies between them, and the tasks that differ; cost only for who sees it."""

    project: Project
    left: Weighed
    right: Weighed
    choices: Sequence[Sandbox]
    finish_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None
    money: bool
    loads: Sequence[LoadLine]
    lines: Sequence[Variances]

    @property
    def days_over(self) -> tuple[int, int]:
        """Days on which any resource is asked for too much, added up over resources, by side."""
        sides = [(line.left, line.right) for line in self.loads]
        return (
            sum(left.days for left, _ in sides if left),
            sum(right.days for _, right in sides if right),
        )


def weigh_sandbox(*, actor: Actor, project: Project, left: str, right: str) -> Beside:
    """Hold a sandbox against the plan, or against another sandbox.

    A side is the key of an open sandbox or ``now``, the plan of the project.
    Who: R on task; cost only with R on budget. Raises: NotFound.
    """
    rules.require_on_plan(actor, project, rules.Verb.READ)
    money = sees_budget(actor, project)
    plans = [_plan(project, key) for key in (left, right)]
    rows = [bridge.promises_now(plan) for plan in plans]
    if not money:
        rows = [[replace(row, cost=None) for row in side] for side in rows]
    same = _common(plans[0], plans[1])
    found = bridge.compare_baselines(
        rows[0], rows[1], project_time(project, plans[0]), lambda uid: uid in same
    )
    per_day = plans[0].minutes_per_day
    return Beside(
        project=project,
        left=_weighed(plans[0], found.sums.left),
        right=_weighed(plans[1], found.sums.right),
        choices=[row for row in sandboxes_of(project) if row.state == Sandbox.State.OPEN],
        finish_days=days_of(found.sums.finish_minutes, per_day),
        work_hours=hours(found.sums.work_minutes),
        cost=found.sums.cost,
        money=money,
        loads=_loads(*plans),
        lines=[
            variances(line, per_day)
            for line in found.lines
            if not line.row.summary and (line.changed or line.new or line.gone)
        ],
    )


def _plan(project: Project, key: str) -> ProjectPlan:
    if key == NOW:
        return existing_plan(project)
    if not key.isdecimal() or len(key) > 9:
        raise NotFound("planning.sandbox", "This project has no such sandbox.")
    return existing_plan(project, sandbox_in(project, int(key)))


def _common(left: ProjectPlan, right: ProjectPlan) -> set[int]:
    """Numbers that mean one task on both sides: each gives the next ones to rows of its own."""
    if left.pk == right.pk:
        return set(Task.objects.filter(plan=left).values_list("uid", flat=True))
    origins = {plan.sandbox.base_plan if plan.sandbox else plan.pk for plan in (left, right)}
    if len(origins - {None}) > 1:
        return set()
    uids = [
        {task.uid for task in base_of(plan.sandbox).tasks}
        if plan.sandbox
        else set(Task.objects.filter(plan=plan).values_list("uid", flat=True))
        for plan in (left, right)
    ]
    return uids[0] & uids[1]


def _weighed(plan: ProjectPlan, total: bridge.Total) -> Weighed:
    tasks = Task.objects.filter(plan=plan, summary=False, active=True, external=False)
    last = tasks.filter(finish=plan.finish, total_float_minutes__isnull=False)
    least = last.order_by("total_float_minutes").values_list("total_float_minutes", flat=True)
    return Weighed(
        plan.sandbox,
        plan,
        plan.finish and plan.finish.date(),
        hours(total.work_minutes),
        total.cost,
        days_of(least.first(), plan.minutes_per_day),
        tasks.filter(critical=True).count(),
        total.tasks,
    )


def _loads(left: ProjectPlan, right: ProjectPlan) -> list[LoadLine]:
    """Resources of both sides, those that are asked for too much first."""
    sides = [{load.resource_uid: load for load in loads(plan)} for plan in (left, right)]
    lines = [
        LoadLine((sides[0].get(uid) or sides[1][uid]).name, sides[0].get(uid), sides[1].get(uid))
        for uid in {**sides[0], **sides[1]}
    ]
    return sorted(lines, key=lambda line: (not line.over, line.name))


def loads(plan: ProjectPlan) -> tuple[bridge.Load, ...]:
    """What a stored plan asks of its resources."""
    proof = state_of(plan)
    known = _LOADS.get(plan.pk, proof)
    if known is None:
        known = bridge.loads(as_stored(plan))
        _LOADS.put(plan.pk, proof, len(known), known)
    return known
