# SPDX-License-Identifier: Apache-2.0
"""The plan of a project: tasks, links, resources, assignments, and how an import came over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries import plan_of, reconciliation
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import require_on_project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.replies import Page, Paging, page_of
from pilothouse.faces.api.schemas import (
    LinkOut,
    PlanAssignmentOut,
    PlanOut,
    ReconciliationOut,
    ResourceOut,
    TaskOut,
)
from pilothouse.foundation.core.errors import NotFound

router = Router(tags=["Plans"])


def _get_plan(request: HttpRequest, project_id: int) -> ProjectPlan:
    actor = actor_of(request)
    project = get_project(actor, project_id)
    require_on_project(actor, project, "R", "task")
    plan = plan_of(project)
    if plan is None:
        raise NotFound("planning.plan", "This project has no plan yet; import one.")
    return plan


@router.get("/projects/{int:project_id}/plan", response=read(PlanOut))
def read_plan(request: HttpRequest, project_id: int) -> PlanOut:
    """Head of the plan."""
    return PlanOut.model_validate(_get_plan(request, project_id))


@router.get("/projects/{int:project_id}/plan/tasks", response=read(Page[TaskOut]))
def list_tasks(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    only: Annotated[
        Literal["", "critical", "milestones", "differs"], Query(description="Narrow the list.")
    ] = "",
) -> HttpResponse:
    """Tasks in outline order with computed dates and float."""
    rows = _get_plan(request, project_id).task_set.order_by("position", "pk")
    if only == "critical":
        rows = rows.filter(critical=True)
    elif only == "milestones":
        rows = rows.filter(milestone=True)
    elif only == "differs":
        rows = rows.exclude(difference="")
    return page_of(request, rows, paging, TaskOut.model_validate)


@router.get("/projects/{int:project_id}/plan/links", response=read(Page[LinkOut]))
def list_links(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Dependencies between tasks, by the uid of each end."""
    rows = _get_plan(request, project_id).links.order_by("pk")
    return page_of(request, rows, paging, LinkOut.model_validate)


@router.get("/projects/{int:project_id}/plan/resources", response=read(Page[ResourceOut]))
def list_resources(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Resources as the plan names them."""
    rows = _get_plan(request, project_id).planresource_set.order_by("uid", "pk")
    return page_of(request, rows, paging, ResourceOut.model_validate)


@router.get("/projects/{int:project_id}/plan/assignments", response=read(Page[PlanAssignmentOut]))
def list_plan_assignments(
    request: HttpRequest, project_id: int, paging: Query[Paging]
) -> HttpResponse:
    """Resources on tasks."""
    rows = _get_plan(request, project_id).planassignment_set.order_by("uid", "pk")
    return page_of(request, rows, paging, PlanAssignmentOut.model_validate)


@router.get("/projects/{int:project_id}/plan/reconciliation", response=read(ReconciliationOut))
def read_reconciliation(request: HttpRequest, project_id: int) -> Any:
    """What came over with the import and how many dates differ from the file."""
    return ReconciliationOut.model_validate(reconciliation(actor_of(request), project_id))
