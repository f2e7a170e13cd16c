# SPDX-License-Identifier: Apache-2.0
"""Sandboxes of a plan: which there are, how they lie to the plan, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.calendars import minutes_between, project_time
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.queries.facts import plan_of
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.planning.queries.rows import days_of
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

MOST_OPEN = 10
"""Sandboxes of one project that are open at once."""
CLOSED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan comes to: finish, work in hours, cost, critical tasks, tasks without summaries.

    ``later_days``: working days that it finishes after the plan of the project.
    """

    plan: ProjectPlan
    later_days: Decimal | None
    work_hours: Decimal
    cost: Decimal | None
    critical: int
    tasks: int


@dataclass(frozen=True, slots=True)
class SandboxRow:
    """An open sandbox; ``behind`` says that the plan of the project changed since it was copied.

    ``orphan`` says that the plan that it was copied from is gone.
    """

    sandbox: Sandbox
    figures: Figures
    behind: bool
    orphan: bool


@dataclass(frozen=True, slots=True)
class SandboxesPage:
    """All sandboxes of a project beside its plan; those that are closed without figures."""

    project: Project
    plan: ProjectPlan | None
    verbs: frozenset[rules.Verb]
    live: Figures | None
    rows: Sequence[SandboxRow]
    closed: Sequence[Sandbox]
    money: bool


def open_sandbox(
    actor: Actor, project_id: int, sandbox_id: int, verb: rules.Verb
) -> tuple[Project, Sandbox]:
    """A sandbox, closed or not, of a project on whose plan the actor holds the verb."""
    project, _ = open_project(actor, project_id, verb)
    return project, sandbox_in(project, sandbox_id)


def sandbox_in(project: Project, sandbox_id: int) -> Sandbox:
    """A sandbox of a project; NotFound where it has no such one."""
    found = Sandbox.objects.filter(project=project, pk=sandbox_id).defer("base").first()
    if found is None:
        raise NotFound("planning.sandbox", "This project has no such sandbox.")
    found.project = project
    return found


def sandboxes_of(project: Project) -> QuerySet[Sandbox]:
    """The sandboxes of a project, the latest first."""
    rows = Sandbox.objects.filter(project=project).defer("base")
    return rows.select_related("created_by", "updated_by")


def sandboxes_page(actor: Actor, project_id: int) -> SandboxesPage:
    """The sandboxes of a project, in as many queries however many there are."""
    project, grants = open_project(actor, project_id, rules.Verb.READ)
    plan, known = plan_of(project), list(sandboxes_of(project))
    aside = {row.sandbox_id: row for row in ProjectPlan.objects.filter(sandbox__in=known)}
    sums = _sums([row.pk for row in (*aside.values(), *([plan] if plan else []))])
    money = sees_budget(actor, project, grants)
    time = project_time(project, plan)
    rows = []
    for sandbox in known:
        copied = aside.get(sandbox.pk)
        if copied is None:
            continue
        copied.sandbox = sandbox
        sandbox.project = project
        behind = plan is None or plan.plan_version != sandbox.base_version
        orphan = plan is None or sandbox.base_plan not in (None, plan.pk)
        figures = _figures(copied, plan, time, sums[copied.pk], money)
        rows.append(SandboxRow(sandbox, figures, behind, orphan))
    return SandboxesPage(
        project=project,
        plan=plan,
        verbs=rules.verbs_on_plan(actor, project, grants),
        live=_figures(plan, plan, time, sums[plan.pk], money) if plan else None,
        rows=rows,
        closed=[row for row in known if row.state != Sandbox.State.OPEN][:CLOSED_SHOWN],
        money=money,
    )


def _sums(plans: Sequence[int]) -> dict[int, dict[str, Any]]:
    counted = Task.objects.filter(plan__in=plans, summary=False, active=True, external=False)
    rows = counted.values("plan_id").annotate(
        work=Sum("work_minutes"),
        money=Sum("cost"),
        critical_tasks=Count("pk", filter=Q(critical=True)),
        all=Count("pk"),
    )
    nothing: dict[str, Any] = {"work": 0, "money": None, "critical_tasks": 0, "all": 0}
    found = {row["plan_id"]: dict(row) for row in rows.order_by()}
    return {pk: found.get(pk, nothing) for pk in plans}


def _figures(
    plan: ProjectPlan,
    live: ProjectPlan | None,
    time: WorkingTime,
    sums: dict[str, Any],
    money: bool,
) -> Figures:
    later = None
    if live is not None:
        later = days_of(minutes_between(time, live.finish, plan.finish), live.minutes_per_day)
    return Figures(
        plan,
        later,
        Decimal(sums["work"] or 0) / 60,
        sums["money"] if money else None,
        sums["critical_tasks"],
        sums["all"],
    )
