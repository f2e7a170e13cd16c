# SPDX-License-Identifier: Apache-2.0
"""Baselines of a project: the list, one of them, and their dates beside the tasks of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.calendars import minutes_between, project_time
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.queries.rows import days_of
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import OPEN_STATES, FieldRights, sees_budget
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

State = PlanBaseline.State
MINUTES_PER_DAY = 480


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """One baseline of the list: how its finish lies to what was promised, and what may be done."""

    baseline: PlanBaseline
    against_pmb_days: Decimal | None
    against_original_days: Decimal | None
    may_decide: bool
    may_withdraw: bool
    may_rename: bool


@dataclass(frozen=True, slots=True)
class RegisterGap:
    """An approved date of the register that is not the one of the baseline that counts.

    ``days``: working days that the register lies later.
    """

    finish: bool
    register: date
    promised: date
    days: Decimal | None


@dataclass(frozen=True, slots=True)
class BaselinesPage:
    """All baselines of a project, the latest first, and how the plan lies to what was promised.

    ``gaps``: where the register says another date; ``may_set`` says who may change it there.
    ``over_target`` stays once such a baseline was approved. ``unbaselined`` counts tasks of the
    plan that the PMB does not promise; None without one.
    """

    project: Project
    plan: ProjectPlan | None
    rows: Sequence[BaselineRow]
    pmb: PlanBaseline | None
    original: PlanBaseline | None
    waiting: BaselineRow | None
    plan_against_pmb_days: Decimal | None
    plan_against_original_days: Decimal | None
    unbaselined: int | None
    gaps: Sequence[RegisterGap]
    may_set: bool
    over_target: bool
    may_take: bool
    money: bool


@dataclass(frozen=True, slots=True)
class TaskPromise:
    """What one baseline promised for a task, and how far the task has moved from it, in days."""

    number: int
    name: str
    is_pmb: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int | None
    work_minutes: int | None
    start_variance_days: Decimal | None
    finish_variance_days: Decimal | None


def open_baselines(
    actor: Actor,
    project_id: int,
    verb: rules.BaselineVerb = rules.BaselineVerb.READ,
    grants: Grants | None = None,
) -> Project:
    """A visible project on whose baselines the actor holds the verb; NotFound or NotAllowed."""
    project = get_project(actor, project_id, grants)
    rules.require_on_baselines(actor, project, verb, grants)
    return project


def baseline_of(actor: Actor, project_id: int, baseline_id: int) -> PlanBaseline:
    """One baseline of a visible project; NotFound or NotAllowed."""
    project = open_baselines(actor, project_id)
    row = PlanBaseline.objects.filter(project=project, pk=baseline_id).first()
    if row is None:
        raise NotFound("planning.no_baseline", "This project has no such baseline.")
    row.project = project
    return row


def baselines_of(project: Project) -> QuerySet[PlanBaseline]:
    """The baselines of a project, the latest first."""
    return PlanBaseline.objects.filter(project=project).order_by("-pk")


def baselines_page(actor: Actor, project_id: int) -> BaselinesPage:
    """The page of the baselines of a project."""
    grants = grants_of(actor)
    project = open_baselines(actor, project_id, grants=grants)
    plan = ProjectPlan.objects.defer("notices").filter(project=project).first()
    found = list(baselines_of(project))
    for baseline in found:
        baseline.project = project
    pmb = next((row for row in found if row.is_pmb), None)
    original = next((row for row in found if row.number == 0), None)
    measure = _Measure(project_time(project, plan), plan)
    finish = plan.finish if plan else None
    running = project.state in OPEN_STATES
    may_take = rules.can_on_baselines(actor, project, rules.BaselineVerb.TAKE, grants)
    rows = [
        BaselineRow(
            row,
            None if row is pmb or pmb is None else measure.days(pmb.finish, row.finish),
            None
            if row is original or original is None
            else measure.days(original.finish, row.finish),
            running and _open(row) and rules.may_decide(actor, row, grants),
            running and may_take and row.state == State.PROPOSED,
            may_take,
        )
        for row in found
    ]
    return BaselinesPage(
        project=project,
        plan=plan,
        rows=rows,
        pmb=pmb,
        original=original,
        waiting=next((row for row in rows if row.baseline.state == State.PROPOSED), None),
        plan_against_pmb_days=measure.days(pmb.finish, finish) if pmb else None,
        plan_against_original_days=measure.days(original.finish, finish) if original else None,
        unbaselined=_unbaselined(plan) if plan and pmb else None,
        gaps=_gaps(project, pmb, measure) if pmb else [],
        may_set=running and FieldRights(actor, grants).may(project, "baseline_finish"),
        over_target=any(
            row.kind == PlanBaseline.Kind.OVER_TARGET
            and row.state in (State.APPROVED, State.SUPERSEDED)
            for row in found
        ),
        may_take=running and may_take,
        money=sees_budget(actor, project, grants),
    )


class _Measure:
    """Working days between instants on the calendar of a project."""

    def __init__(self, time: WorkingTime, plan: ProjectPlan | None) -> None:
        self._time = time
        self._per_day = plan.minutes_per_day if plan else MINUTES_PER_DAY

    def days(self, then: datetime | None, now: datetime | None) -> Decimal | None:
        return days_of(minutes_between(self._time, then, now), self._per_day)


def _gaps(project: Project, pmb: PlanBaseline, measure: _Measure) -> list[RegisterGap]:
    """Approved dates of the register that somebody set apart from the baseline that counts."""
    pairs = (
        (False, project.baseline_start, pmb.start),
        (True, project.baseline_finish, pmb.finish),
    )
    return [
        RegisterGap(
            finish,
            register,
            promised.date(),
            # The same hour on both days, so that they differ by days alone.
            measure.days(promised, datetime.combine(register, promised.timetz())),
        )
        for finish, register, promised in pairs
        if register and promised and register != promised.date()
    ]


def _open(row: PlanBaseline) -> bool:
    """Whether a decision on it is possible: it waits, or is the promise of the file."""
    return row.state == State.PROPOSED or (row.state == State.IMPORTED and row.is_pmb)


def _unbaselined(plan: ProjectPlan) -> int:
    rows = Task.objects.filter(plan=plan, active=True, external=False, summary=False)
    return rows.filter(baseline_finish=None).count()


def task_promises(
    actor: Actor, project: Project, plan: ProjectPlan, task: Task
) -> list[TaskPromise]:
    """What each baseline that has a number promised for a task; nothing without R on baseline."""
    if not rules.can_on_baselines(actor, project, rules.BaselineVerb.READ):
        return []
    rows = BaselineTask.objects.filter(
        baseline__project=project, baseline__number__isnull=False, uid=task.uid
    ).select_related("baseline")
    found = list(rows.order_by("baseline__number"))
    if not found:
        return []
    measure = _Measure(project_time(project, plan), plan)
    return [
        TaskPromise(
            row.baseline.number or 0,
            row.baseline.name,
            row.baseline.is_pmb,
            row.start,
            row.finish,
            row.duration_minutes,
            row.work_minutes,
            measure.days(row.start, task.start),
            measure.days(row.finish, task.finish),
        )
        for row in found
    ]
