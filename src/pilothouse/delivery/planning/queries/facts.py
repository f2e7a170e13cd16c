# SPDX-License-Identifier: Apache-2.0
"""Summary figures of a plan for health and for the home of its project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.rounding import half_up


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
        percent_complete=half_up(done / weight) if weight else None,
        late_tasks=len([finish for finish, *_ in due if finish.date() < today]),
        missed_deadlines=len([1 for finish, *_, limit in due if limit and finish > limit]),
        negative_float=len([row for row in open_rows if row[7] is not None and row[7] < 0]),
        import_differences=sum(1 for row in every if row[8]),
        milestone_slip_days=max(slips) if slips else None,
        status_date=plan.status_date.date() if plan.status_date else None,
    )


def planned_among(project_ids: Iterable[int]) -> set[int]:
    """Which of these projects have a plan."""
    rows = ProjectPlan.objects.values_list("project_id", flat=True)
    return set(rows) & set(project_ids)
