# SPDX-License-Identifier: Apache-2.0
"""Edit the plan of a project step by step, take steps back, and see what others did."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pilothouse.delivery.planning.queries import edits_after, open_project
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import (
    EditOutcome,
    begin_plan,
    edit_plan,
    redo_edit,
    undo_edit,
)
from pilothouse.delivery.projects.queries import get_project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IN_USE, REFUSED, creates, read
from pilothouse.faces.api.replies import Page, Paging, page_of, reply
from pilothouse.faces.api.schemas import PlanOut, ProblemOut
from pilothouse.faces.api.schemas_editing import (
    EditOutcomeOut,
    MovedOut,
    PlanBegin,
    PlanEditIn,
    PlanEditOut,
)

router = Router(tags=["Plans"])
EDITED = {200: EditOutcomeOut, REFUSED | IN_USE: ProblemOut}


@router.post("/projects/{int:project_id}/plan/begin", response=creates(PlanOut))
def start_plan(request: HttpRequest, project_id: int, payload: PlanBegin) -> HttpResponse:
    """Give a project without a plan an empty one."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    plan = begin_plan(actor=actor, project=project, start=payload.start)
    return reply(PlanOut.model_validate(plan), status=201, version=plan.version)


@router.post("/projects/{int:project_id}/plan/edits", response=EDITED)
def edit_tasks(request: HttpRequest, project_id: int, payload: PlanEditIn) -> HttpResponse:
    """Take steps of editing: all or none, with one new schedule, and say what moved and why.

    Each step may say what you saw (`was`); where somebody changed that since, nothing is done.
    """
    actor = actor_of(request)
    outcome = edit_plan(
        actor=actor,
        project=get_project(actor, project_id),
        steps=[step.model_dump(exclude_unset=True) for step in payload.steps],
    )
    return _outcome(outcome)


@router.post("/projects/{int:project_id}/plan/edits/undo", response=EDITED)
def undo_last_edit(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take back your own last edit; what others did stays."""
    actor = actor_of(request)
    return _outcome(undo_edit(actor=actor, project=get_project(actor, project_id)))


@router.post("/projects/{int:project_id}/plan/edits/redo", response=EDITED)
def redo_last_edit(request: HttpRequest, project_id: int) -> HttpResponse:
    """Make again what you took back last."""
    actor = actor_of(request)
    return _outcome(redo_edit(actor=actor, project=get_project(actor, project_id)))


@router.get("/projects/{int:project_id}/plan/edits", response=read(Page[PlanEditOut]))
def list_plan_edits(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="Only those after this version of the plan.")
    ] = 0,
) -> HttpResponse:
    """Edits since the plan began or came in, at most the last 200, the latest first."""
    project, _ = open_project(actor_of(request), project_id, Verb.READ)
    return page_of(request, edits_after(project, after), paging, PlanEditOut.model_validate)


def _outcome(outcome: EditOutcome) -> HttpResponse:
    made = EditOutcomeOut(
        plan_version=outcome.plan.plan_version,
        words=outcome.words,
        tasks_moved=outcome.tasks_moved,
        moved=[MovedOut.model_validate(row) for row in outcome.moved],
        added=list(outcome.added),
        finish_before=outcome.finish_before,
        finish_after=outcome.finish_after,
    )
    return reply(made, version=outcome.plan.version)
