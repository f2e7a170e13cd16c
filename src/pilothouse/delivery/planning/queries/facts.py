# SPDX-License-Identifier: Apache-2.0
"""Summary figures of a plan for health and for the home of its project."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.memory import Memory, state_of
from pilothouse.delivery.planning.models import PlanBaseline, PlanEdit, ProjectPlan, Task
from pilothouse.delivery.planning.queries.tally import PlanFacts, Tally, Told
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import PlannedEnd
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.prepared import prepared_for

FEW = 100
"""Of so many projects the database looks for each; of more it reads all that have a plan."""


def plan_of(project: Project) -> ProjectPlan | None:
    """The plan of a project, if it has one."""
    return ProjectPlan.objects.filter(project=project).first()


def require_plan(plan: ProjectPlan | None) -> ProjectPlan:
    """The plan; NotFound where the project has none."""
    if plan is None:
        raise NotFound("planning.plan", "This project has no plan yet; begin or import one.")
    return plan


def existing_plan(project: Project, sandbox: Sandbox | None = None) -> ProjectPlan:
    """The plan of a project, or of a sandbox of it; NotFound where there is none."""
    if sandbox is None:
        return require_plan(plan_of(project))
    return require_aside(ProjectPlan.objects.filter(sandbox=sandbox).first(), sandbox)


def require_aside(plan: ProjectPlan | None, sandbox: Sandbox) -> ProjectPlan:
    """The plan of a sandbox; NotFound where it is closed."""
    if plan is None:
        state = sandbox.get_state_display().lower()
        message = f"Sandbox ‘{sandbox.name}’ is {state}; its tasks are no longer kept."
        raise NotFound("planning.sandbox_closed", message)
    plan.sandbox = sandbox
    return plan


def edits_after(
    project: Project, plan_version: int, sandbox: Sandbox | None = None
) -> QuerySet[PlanEdit]:
    """Edits of a plan, or of a sandbox of it, after a version of it, the latest first."""
    place = {"project": project} if sandbox is None else {"sandbox": sandbox}
    edits = PlanEdit.objects.filter(plan_version__gt=plan_version, **place)
    return edits.order_by("-plan_version")


def edits_of(plan: ProjectPlan) -> QuerySet[PlanEdit]:
    """The edits of a stored plan that are kept."""
    if plan.sandbox_id is not None:
        return PlanEdit.objects.filter(sandbox_id=plan.sandbox_id)
    return PlanEdit.objects.filter(project_id=plan.home_id)


_TALLIES: Memory[tuple[Tally, int]] = Memory()


def plan_facts(project_id: int, today: date) -> PlanFacts | None:
    """Summary figures of the plan as at today, in two queries; after an edit in one."""
    plan = next(iter(_plan_with_promise(project_id)), None)
    if plan is None:
        return None
    known = _TALLIES.get(plan.pk, (*state_of(plan), plan.promise))
    tally, differing = known or _read_tally(plan)
    return tally.facts(
        today,
        plan_version=plan.plan_version,
        finish=plan.finish,
        status_date=plan.status_date.date() if plan.status_date else None,
        import_differences=differing,
        promised=(plan.promised_start, plan.promised_finish),
    )


@prepared_for(1)
def _plan_with_promise(project_id: int) -> QuerySet[Any]:
    """The plan, with the key, start and finish of the baseline that counts."""
    counts = PlanBaseline.objects.filter(project=OuterRef("project_id"), is_pmb=True)
    return ProjectPlan.objects.filter(project_id=project_id).annotate(
        promise=Subquery(counts.values("pk")),
        promised_start=Subquery(counts.values("start")),
        promised_finish=Subquery(counts.values("finish")),
    )


def remember_tally(
    plan: ProjectPlan, promise: int | None, tally: Tally, import_differences: int
) -> None:
    """Keep the sums of a plan, as the service that wrote its rows knows them.

    ``promise`` is the key of the baseline that counts.
    """
    _TALLIES.put(plan.pk, (*state_of(plan), promise), 1, (tally, import_differences))


def _read_tally(plan: ProjectPlan) -> tuple[Tally, int]:
    """What the tasks of a plan come to, and how many lie elsewhere than in their file."""
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
    return Tally.of(rows), differing


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
    wanted = set(project_ids)
    rows = ProjectPlan.objects.values_list("project_id", flat=True)
    if len(wanted) <= FEW:
        rows = rows.filter(project_id__in=wanted)
    return set(rows) & wanted
