# SPDX-License-Identifier: Apache-2.0
"""Edit the plan of a project step by step, take steps back, and see what others did."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries import (
    COLUMNS,
    FLAGS,
    Sheet,
    SheetChanges,
    changes_of,
    edits_after,
    open_project,
    sheet_of,
)
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import (
    EditOutcome,
    begin_plan,
    closed_days,
    edit_plan,
    pass_over_edit,
    quality_of,
    redo_edit,
    undo_edit,
)
from pilothouse.delivery.projects.queries import get_project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IN_USE, REFUSED, creates, read
from pilothouse.faces.api.replies import Page, Paging, page_of, reply
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import PlanOut, ProblemOut
from pilothouse.faces.api.schemas_editing import (
    EditOutcomeOut,
    MovedOut,
    PlanBegin,
    PlanEditIn,
    PlanEditOut,
    PlanEditPassed,
    PlanQualityOut,
    QualityPointOut,
    SheetChangesOut,
    SheetHead,
    SheetOut,
)
from pilothouse.foundation.core.actor import Actor

router = Router(tags=["Plans"])
EDITED = {200: EditOutcomeOut, REFUSED | IN_USE: ProblemOut}
PASSED = {200: PlanEditOut, REFUSED | IN_USE: ProblemOut}
WithSheet = Annotated[bool, Query(description="Also give what changed in the sheet of the plan.")]


@router.post("/projects/{int:project_id}/plan/begin", response=creates(PlanOut))
def start_plan(request: HttpRequest, project_id: int, payload: PlanBegin) -> HttpResponse:
    """Give a project without a plan an empty one."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    plan = begin_plan(actor=actor, project=project, start=payload.start)
    return reply(PlanOut.model_validate(plan), status=201, version=plan.version)


@router.get("/projects/{int:project_id}/plan/sheet", response=read(SheetOut))
def read_plan_sheet(request: HttpRequest, project_id: int) -> HttpResponse:
    """The whole plan at once, as arrays: what the schedule screen is drawn from."""
    actor = actor_of(request)
    return sheet_reply(actor, *sheet_of(actor, project_id))


def sheet_reply(actor: Actor, plan: ProjectPlan, sheet: Sheet) -> HttpResponse:
    """A whole sheet with the days without working time."""
    whole = SheetOut.model_construct(
        columns=list(COLUMNS),
        flags=list(FLAGS),
        closed=closed_days(actor=actor, plan=plan),
        **_parts(sheet),
    )
    return reply(whole, version=plan.version)


@router.get("/projects/{int:project_id}/plan/quality", response=read(PlanQualityOut))
def read_plan_quality(request: HttpRequest, project_id: int) -> HttpResponse:
    """How sound the plan is: the fourteen points of DCMA with the tasks to look at."""
    actor = actor_of(request)
    found = quality_of(actor=actor, project=get_project(actor, project_id))
    told = PlanQualityOut(
        plan_version=found.plan.plan_version,
        baseline=found.baseline.number if found.baseline else None,
        passed=found.passed,
        applicable=found.applicable,
        points=[QualityPointOut.model_validate(point) for point in found.points],
    )
    return reply(told, version=found.plan.version)


@router.post("/projects/{int:project_id}/plan/edits", response=EDITED)
def edit_tasks(
    request: HttpRequest, project_id: int, payload: PlanEditIn, sheet: WithSheet = False
) -> HttpResponse:
    """Take steps of editing: all or none, with one new schedule, and say what moved and why.

    Each step may say what you saw (`was`); where somebody changed that since, nothing is done.
    """
    actor = actor_of(request)
    outcome = edit_plan(
        actor=actor,
        project=get_project(actor, project_id),
        steps=[step.model_dump(exclude_unset=True) for step in payload.steps],
    )
    return edit_reply(actor, outcome, sheet)


@router.post("/projects/{int:project_id}/plan/edits/undo", response=EDITED)
def undo_last_edit(request: HttpRequest, project_id: int, sheet: WithSheet = False) -> HttpResponse:
    """Take back your own last edit; what others did stays."""
    actor = actor_of(request)
    outcome = undo_edit(actor=actor, project=get_project(actor, project_id))
    return edit_reply(actor, outcome, sheet)


@router.post("/projects/{int:project_id}/plan/edits/pass-over", response=PASSED)
def pass_over_last_edit(request: HttpRequest, project_id: int, payload: PlanEditPassed) -> Any:
    """Leave your own last edit as it stands, so that undo takes back the one before it.

    For an edit that undo refuses, since others changed the same: the refusal names it in
    `fields`, as `edits.` and the version of the plan that it made.
    """
    actor = actor_of(request)
    passed = pass_over_edit(
        actor=actor, project=get_project(actor, project_id), plan_version=payload.plan_version
    )
    return PlanEditOut.model_validate(passed)


@router.post("/projects/{int:project_id}/plan/edits/redo", response=EDITED)
def redo_last_edit(request: HttpRequest, project_id: int, sheet: WithSheet = False) -> HttpResponse:
    """Make again what you took back last."""
    actor = actor_of(request)
    outcome = redo_edit(actor=actor, project=get_project(actor, project_id))
    return edit_reply(actor, outcome, sheet)


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


def edit_reply(actor: Actor, outcome: EditOutcome, sheet: bool) -> HttpResponse:
    """What an edit did, and on demand what it changed in the sheet."""
    changes = changes_of(actor, outcome.plan, outcome.touched, outcome.delta) if sheet else None
    closed = (
        closed_days(actor=actor, plan=outcome.plan) if sheet and outcome.delta.of_plan else None
    )
    made = EditOutcomeOut(
        plan_version=outcome.plan.plan_version,
        words=outcome.words,
        tasks_moved=outcome.tasks_moved,
        moved=[MovedOut.model_validate(row) for row in outcome.moved],
        added=list(outcome.added),
        finish_before=outcome.finish_before,
        finish_after=outcome.finish_after,
        sheet=SheetChangesOut.model_construct(closed=closed, **_parts(changes))
        if changes
        else None,
    )
    return reply(made, version=outcome.plan.version)


def _parts(sheet: Sheet | SheetChanges) -> dict[str, Any]:
    """What a sheet consists of, unchecked and uncopied: it can be a megabyte."""
    parts = {item.name: getattr(sheet, item.name) for item in fields(sheet)}
    return parts | {"head": SheetHead.model_construct(**asdict(sheet.head))}
