# SPDX-License-Identifier: Apache-2.0
"""Reads of plans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q

from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.projects.models import Project


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What health needs to know of a plan."""

    plan_version: int
    finish: date | None
    baseline_finish: date | None
    baseline_start: date | None
    next_milestone: str
    next_milestone_on: date | None
    percent_complete: Decimal | None
    late_tasks: int
    missed_deadlines: int
    negative_float: int
    import_differences: int
    milestone_slip_days: int | None
    status_date: date | None


def plan_of(project: Project) -> ProjectPlan | None:
    """The plan of a project, if it has one."""
    return ProjectPlan.objects.filter(project=project).first()


def plan_facts(project_id: int, today: date) -> PlanFacts | None:
    """Summary figures of the plan as at today, in three queries."""
    plan = ProjectPlan.objects.filter(project_id=project_id).first()
    if plan is None:
        return None
    every = list(
        Task.objects.filter(plan=plan).values_list(
            "name",
            "milestone",
            "finish",
            "actual_finish",
            "percent_complete",
            "duration_minutes",
            "deadline",
            "total_float_minutes",
            "difference",
            "summary",
            "active",
        )
    )
    rows = [row for row in every if row[10] and not row[9]]
    weight = sum(row[5] for row in rows)
    done = sum((row[4] * row[5] for row in rows), Decimal(0))
    open_rows = [row for row in rows if row[3] is None and row[4] < 100]
    due = [(row[2], row[0], row[1], row[6]) for row in open_rows if row[2] is not None]
    ahead = sorted(
        (finish.date(), name)
        for finish, name, milestone, _ in due
        if milestone and finish.date() >= today
    )
    bounds = list(
        Task.objects.filter(plan=plan, summary=False, active=True, baselines__number=0).values_list(
            "baselines__start", "baselines__finish", "finish", "milestone"
        )
    )
    slips = [
        (finish.date() - planned.date()).days
        for _, planned, finish, milestone in bounds
        if milestone and planned and finish
    ]
    return PlanFacts(
        plan_version=plan.plan_version,
        finish=plan.finish.date() if plan.finish else None,
        baseline_start=min((row[0].date() for row in bounds if row[0]), default=None),
        baseline_finish=max((row[1].date() for row in bounds if row[1]), default=None),
        next_milestone=ahead[0][1] if ahead else "",
        next_milestone_on=ahead[0][0] if ahead else None,
        percent_complete=(done / weight).quantize(Decimal("0.01")) if weight else None,
        late_tasks=len([finish for finish, *_ in due if finish.date() < today]),
        missed_deadlines=len([1 for finish, *_, limit in due if limit and finish > limit]),
        negative_float=len([row for row in open_rows if row[7] is not None and row[7] < 0]),
        import_differences=sum(1 for row in every if row[8]),
        milestone_slip_days=max(slips) if slips else None,
        status_date=plan.status_date.date() if plan.status_date else None,
    )


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of the readable plan."""

    id: int
    uid: int
    position: int
    name: str
    wbs: str
    level: int
    summary: bool
    milestone: bool
    active: bool
    start: datetime | None
    finish: datetime | None
    duration_days: Decimal
    percent: Decimal
    float_days: Decimal | None
    critical: bool
    constraint: str
    constraint_date: datetime | None
    deadline: datetime | None
    late: bool
    predecessors: str
    resources: str
    baseline_start: datetime | None
    baseline_finish: datetime | None
    difference: str


def task_rows(
    plan: ProjectPlan, today: date, *, offset: int, limit: int, only: str = ""
) -> tuple[list[TaskRow], int]:
    """A page of the plan in outline order; ``only`` is critical, late or differs."""
    rows = Task.objects.filter(plan=plan)
    if only == "critical":
        rows = rows.filter(critical=True)
    elif only == "late":
        rows = rows.filter(
            summary=False, actual_finish=None, finish__lt=today, percent_complete__lt=100
        )
    elif only == "differs":
        rows = rows.exclude(difference="")
    elif only == "milestones":
        rows = rows.filter(milestone=True)
    total = rows.count()
    page = list(rows.prefetch_related("baselines")[offset : offset + limit])
    uids = [task.uid for task in page]
    links = list(
        TaskLink.objects.filter(plan=plan, successor_uid__in=uids).values_list(
            "successor_uid", "predecessor_uid", "type", "lag_minutes", "lag_kind", "lag_percent"
        )
    )
    numbers = dict(
        Task.objects.filter(plan=plan, uid__in={link[1] for link in links}).values_list(
            "uid", "position"
        )
    )
    per_day = plan.minutes_per_day
    before: dict[int, list[str]] = {}
    for successor, predecessor, kind, lag, lag_kind, lag_percent in links:
        before.setdefault(successor, []).append(
            link_text(numbers.get(predecessor, 0), kind, lag, lag_kind, lag_percent, per_day)
        )
    names = dict(PlanResource.objects.filter(plan=plan).values_list("uid", "name"))
    who: dict[int, list[str]] = {}
    for task_uid, resource_uid in PlanAssignment.objects.filter(
        plan=plan, task_uid__in=uids
    ).values_list("task_uid", "resource_uid"):
        if resource_uid in names:
            who.setdefault(task_uid, []).append(names[resource_uid])
    result: list[TaskRow] = []
    for task in page:
        baseline = next((b for b in task.baselines.all() if b.number == 0), None)
        result.append(
            TaskRow(
                id=task.pk,
                uid=task.uid,
                position=task.position,
                name=task.name,
                wbs=task.wbs,
                level=task.outline_level,
                summary=task.summary,
                milestone=task.milestone,
                active=task.active,
                start=task.start,
                finish=task.finish,
                duration_days=(Decimal(task.duration_minutes) / per_day).quantize(Decimal("0.1")),
                percent=task.percent_complete,
                float_days=None
                if task.total_float_minutes is None
                else (Decimal(task.total_float_minutes) / per_day).quantize(Decimal("0.1")),
                critical=task.critical,
                constraint="" if task.constraint == "asap" else task.constraint.upper(),
                constraint_date=task.constraint_date,
                deadline=task.deadline,
                late=bool(
                    not task.summary
                    and task.actual_finish is None
                    and task.percent_complete < 100
                    and task.finish
                    and task.finish.date() < today
                ),
                predecessors=", ".join(before.get(task.uid, [])),
                resources=", ".join(who.get(task.uid, [])),
                baseline_start=baseline.start if baseline else None,
                baseline_finish=baseline.finish if baseline else None,
                difference=task.difference,
            )
        )
    return result, total


def link_text(
    number: int, kind: str, lag: int, lag_kind: str, lag_percent: Decimal, per_day: int
) -> str:
    """A predecessor as people write it: ``12``, ``12SS+2d``, ``7FF-1ed``, ``3FS+50%``."""
    text = f"{number}"
    if lag_kind in {"percent", "elapsed_percent"}:
        suffix = f"{lag_percent.normalize():+f}{'e' if lag_kind == 'elapsed_percent' else ''}%"
        return text + kind.upper() + suffix
    if lag:
        day, unit = (1440, "ed") if lag_kind == "elapsed" else (per_day, "d")
        amount = (Decimal(lag) / day).quantize(Decimal("0.01")).normalize()
        return f"{text}{kind.upper()}{amount:+f}{unit}"
    return text if kind == "fs" else text + kind.upper()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What came over with an import and what differs."""

    tasks: int
    summaries: int
    milestones: int
    links: int
    resources: int
    assignments: int
    calendars: int
    compared: int
    agreeing: int
    differing: int

    @property
    def agreement_pct(self) -> Decimal | None:
        if not self.compared:
            return None
        return (Decimal(100 * self.agreeing) / self.compared).quantize(Decimal("0.1"))


def reconciliation(plan: ProjectPlan) -> Reconciliation:
    """Counts for the reconciliation page."""
    tasks = Task.objects.filter(plan=plan).aggregate(
        all=Count("id"),
        summaries=Count("id", filter=Q(summary=True)),
        milestones=Count("id", filter=Q(milestone=True)),
        compared=Count("id", filter=Q(stored__compared=True)),
        differing=Count("id", filter=~Q(difference="")),
    )
    return Reconciliation(
        tasks=tasks["all"],
        summaries=tasks["summaries"],
        milestones=tasks["milestones"],
        links=TaskLink.objects.filter(plan=plan).count(),
        resources=PlanResource.objects.filter(plan=plan).count(),
        assignments=PlanAssignment.objects.filter(plan=plan).count(),
        calendars=plan.plancalendar_set.count(),
        compared=tasks["compared"],
        agreeing=tasks["compared"] - tasks["differing"],
        differing=tasks["differing"],
    )


def planned_among(project_ids: Iterable[int]) -> set[int]:
    """Which of these projects have a plan."""
    rows = ProjectPlan.objects.values_list("project_id", flat=True)
    return set(rows) & set(project_ids)
