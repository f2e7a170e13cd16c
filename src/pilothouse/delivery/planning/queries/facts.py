# SPDX-License-Identifier: Apache-2.0
"""Summary figures of a plan for health and for the home of its project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from pilothouse.delivery.planning.memory import Memory, Proof, proof_of
from pilothouse.delivery.planning.models import PlanBaseline, PlanEdit, ProjectPlan, Task
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import PlannedEnd
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


def edits_after(project: Project, plan_version: int) -> QuerySet[PlanEdit]:
    """Edits of a plan after a version of it, the latest first."""
    edits = PlanEdit.objects.filter(project=project, plan_version__gt=plan_version)
    return edits.order_by("-plan_version")


class Told(NamedTuple):
    """What a plan tells of one task that is work or a milestone and still wanted."""

    name: str
    milestone: bool
    finish: datetime | None
    done: bool
    percent_complete: Decimal
    duration_minutes: int
    deadline: datetime | None
    total_float_minutes: int | None
    baseline_start: datetime | None
    baseline_finish: datetime | None


_TOLD: Memory[tuple[Sequence[Told], int]] = Memory()


def plan_facts(project_id: int, today: date) -> PlanFacts | None:
    """Summary figures of the plan as at today, in two queries."""
    counting = PlanBaseline.objects.filter(project=OuterRef("project_id"), is_pmb=True)
    plan = (
        ProjectPlan.objects.filter(project_id=project_id)
        .annotate(
            promised_start=Subquery(counting.values("start")),
            promised_finish=Subquery(counting.values("finish")),
        )
        .first()
    )
    if plan is None:
        return None
    known = _TOLD.get(plan.pk, proof_of(plan)) if _TOLD.holds(plan.pk) else None
    rows, differing = known or _read_told(plan)
    return facts_from(
        rows,
        today,
        plan_version=plan.plan_version,
        finish=plan.finish,
        status_date=plan.status_date.date() if plan.status_date else None,
        import_differences=differing,
        promised=(plan.promised_start, plan.promised_finish),
    )


def remember_told(
    plan: int, proof: Proof, told: Mapping[int, Told], import_differences: int
) -> None:
    """Keep what the tasks of a plan tell, as the service that wrote them knows it."""
    _TOLD.put(plan, proof, len(told), (tuple(told.values()), import_differences))


def _read_told(plan: ProjectPlan) -> tuple[Sequence[Told], int]:
    """What the tasks of a plan tell, and how many lie elsewhere than in their file."""
    every: QuerySet[Task, tuple[Any, ...]] = (
        Task.objects.filter(plan=plan)
        .order_by("position")
        .values_list(
            "name",
            "milestone",
            "finish",
            "actual_finish",
            "percent_complete",
            "duration_minutes",
            "deadline",
            "total_float_minutes",
            "baseline_start",
            "baseline_finish",
            "difference",
            "summary",
            "active",
        )
    )
    rows: list[Told] = []
    differing = 0
    for *told, difference, summary, active in every:
        differing += bool(difference)
        if active and not summary:
            name, milestone, finish, actual_finish, percent, *others = told
            done = actual_finish is not None or percent >= 100
            rows.append(Told(name, milestone, finish, done, percent, *others))
    return rows, differing


def facts_from(
    rows: Sequence[Told],
    today: date,
    *,
    plan_version: int,
    finish: datetime | None,
    status_date: date | None,
    import_differences: int = 0,
    promised: tuple[datetime | None, datetime | None] | None = None,
) -> PlanFacts:
    """Summary figures of the tasks of a plan, wherever they are told from.

    ``promised`` are start and finish of the baseline, where tasks that it holds may be gone.
    """
    weight = sum(row.duration_minutes for row in rows)
    done = sum((row.percent_complete * row.duration_minutes for row in rows), Decimal(0))
    open_rows = [row for row in rows if not row.done]
    due = [(row.finish, row) for row in open_rows if row.finish is not None]
    ahead = sorted(
        (day.date(), row.name) for day, row in due if row.milestone and day.date() >= today
    )
    slips = [
        (row.finish.date() - row.baseline_finish.date()).days
        for row in rows
        if row.milestone and row.baseline_finish and row.finish
    ]
    start, end = promised or (
        min((row.baseline_start for row in rows if row.baseline_start), default=None),
        max((row.baseline_finish for row in rows if row.baseline_finish), default=None),
    )
    return PlanFacts(
        plan_version=plan_version,
        finish=finish.date() if finish else None,
        baseline_start=start.date() if start else None,
        baseline_finish=end.date() if end else None,
        next_milestone=ahead[0][1] if ahead else "",
        next_milestone_on=ahead[0][0] if ahead else None,
        percent_complete=half_up(done / weight) if weight else None,
        late_tasks=sum(day.date() < today for day, _ in due),
        missed_deadlines=sum(row.deadline is not None and day > row.deadline for day, row in due),
        negative_float=sum((row.total_float_minutes or 0) < 0 for row in open_rows),
        import_differences=import_differences,
        milestone_slip_days=max(slips, default=None),
        status_date=status_date,
    )


def planned_ends(project_ids: Collection[int]) -> dict[int, PlannedEnd]:
    """Project → the computed end of its plan; without those that have none."""
    rows = ProjectPlan.objects.filter(project_id__in=project_ids, finish__isnull=False)
    return {
        project_id: PlannedEnd(finish.date(), version)
        for project_id, finish, version in rows.values_list("project_id", "finish", "plan_version")
        if finish is not None
    }


def planned_among(project_ids: Iterable[int]) -> set[int]:
    """Which of these projects have a plan."""
    rows = ProjectPlan.objects.values_list("project_id", flat=True)
    return set(rows) & set(project_ids)
