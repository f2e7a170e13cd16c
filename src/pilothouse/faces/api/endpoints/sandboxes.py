# SPDX-License-Identifier: Apache-2.0
"""Sandboxes of a plan: make, change as the plan itself, compare, adopt or throw away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import Sandbox
from pilothouse.delivery.planning.rules import Verb
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, creates, person_ref, read, updates
from pilothouse.faces.api.endpoints.editing import (
    EDITED,
    PASSED,
    WithSheet,
    edit_reply,
    sheet_reply,
)
from pilothouse.faces.api.endpoints.plans import whole_task
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import TaskWhole
from pilothouse.faces.api.schemas_editing import (
    PlanEditIn,
    PlanEditOut,
    PlanEditPassed,
    SheetOut,
)
from pilothouse.faces.api.schemas_sandboxes import (
    AdoptionOut,
    ChangedOut,
    ClashOut,
    CutOut,
    DifferingOut,
    LoadLineOut,
    SandboxAdopt,
    SandboxChange,
    SandboxComparisonOut,
    SandboxDiscard,
    SandboxMake,
    SandboxOut,
    SandboxRebase,
    SideOut,
)

router = Router(tags=["Sandboxes"])
LIST = "/projects/{int:project_id}/sandboxes"
ONE = LIST + "/{int:sandbox_id}"


@router.get(LIST, response=read(Page[SandboxOut]))
def list_sandboxes(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """All sandboxes of a project, the latest first; those that are closed have no tasks."""
    project, _ = queries.open_project(actor_of(request), project_id, Verb.READ)
    return page_of(request, queries.sandboxes_of(project), paging, _shown)


@router.post(LIST, response=creates(SandboxOut))
def create_sandbox(request: HttpRequest, project_id: int, payload: SandboxMake) -> HttpResponse:
    """Copy the plan of a project aside."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    made = services.make_sandbox(
        actor=actor, project=project, name=payload.name, purpose=payload.purpose
    )
    return reply(_shown(made), status=201, version=made.version)


@router.get(ONE, response=read(SandboxOut))
def read_sandbox(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """One sandbox."""
    _, found = queries.open_sandbox(actor_of(request), project_id, sandbox_id, Verb.READ)
    return reply(_shown(found), version=found.version)


@router.patch(ONE, response=updates(SandboxOut))
def update_sandbox(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    payload: SandboxChange,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Give an open sandbox another name or purpose."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    services.rename_sandbox(
        actor=actor,
        project=project,
        sandbox=found,
        name=payload.name,
        purpose=payload.purpose,
        version=version_of(if_match),
    )
    return reply(_shown(found), version=found.version)


@router.get(ONE + "/sheet", response=read(SheetOut))
def read_sandbox_sheet(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """The whole sandbox at once, as arrays: what the schedule screen is drawn from."""
    actor = actor_of(request)
    return sheet_reply(actor, *queries.sheet_of(actor, project_id, sandbox_id))


@router.get(ONE + "/tasks/{int:uid}", response=read(TaskWhole))
def read_sandbox_task(
    request: HttpRequest, project_id: int, sandbox_id: int, uid: int
) -> TaskWhole:
    """One task of a sandbox with its notes, the reason of its dates, and what was promised."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    return whole_task(actor, project, queries.existing_plan(project, found), uid)


@router.post(ONE + "/edits", response=EDITED)
def edit_sandbox(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    payload: PlanEditIn,
    sheet: WithSheet = False,
) -> HttpResponse:
    """Take steps of editing in a sandbox, as in the plan: all or none, with one new schedule."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.edit_plan(
        actor=actor,
        project=project,
        steps=[step.model_dump(exclude_unset=True) for step in payload.steps],
        sandbox=found,
    )
    return edit_reply(actor, outcome, sheet)


@router.post(ONE + "/edits/undo", response=EDITED)
def undo_sandbox_edit(
    request: HttpRequest, project_id: int, sandbox_id: int, sheet: WithSheet = False
) -> HttpResponse:
    """Take back your own last edit of a sandbox."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.undo_edit(actor=actor, project=project, sandbox=found)
    return edit_reply(actor, outcome, sheet)


@router.post(ONE + "/edits/pass-over", response=PASSED)
def pass_over_sandbox_edit(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: PlanEditPassed
) -> PlanEditOut:
    """Leave your own last edit of a sandbox as it stands; undo goes on before it."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    passed = services.pass_over_edit(
        actor=actor, project=project, plan_version=payload.plan_version, sandbox=found
    )
    return PlanEditOut.model_validate(passed)


@router.post(ONE + "/edits/redo", response=EDITED)
def redo_sandbox_edit(
    request: HttpRequest, project_id: int, sandbox_id: int, sheet: WithSheet = False
) -> HttpResponse:
    """Make again in a sandbox what you took back last."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.redo_edit(actor=actor, project=project, sandbox=found)
    return edit_reply(actor, outcome, sheet)


@router.get(ONE + "/edits", response=read(Page[PlanEditOut]))
def list_sandbox_edits(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    paging: Query[Paging],
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="Only those after this version of it.")
    ] = 0,
) -> HttpResponse:
    """Edits of a sandbox, at most the last 200, the latest first."""
    project, found = queries.open_sandbox(actor_of(request), project_id, sandbox_id, Verb.READ)
    rows = queries.edits_after(project, after, found)
    return page_of(request, rows, paging, PlanEditOut.model_validate)


@router.get(ONE + "/comparison", response=read(SandboxComparisonOut))
def compare_sandbox(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    beside: Annotated[
        str, Query(max_length=20, description="`now`, the plan, or the id of another sandbox.")
    ] = "now",
) -> HttpResponse:
    """Hold a sandbox against the plan or another sandbox: figures, loads, tasks that differ."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    told = services.weigh_sandbox(actor=actor, project=project, left=beside, right=str(found.pk))
    return reply(
        SandboxComparisonOut(
            left=_side(told.left, told.money),
            right=_side(told.right, told.money),
            finish_days=told.finish_days,
            work_hours=told.work_hours,
            cost=told.cost,
            loads=[LoadLineOut.model_validate(line) for line in told.loads],
            tasks=[_line(line) for line in told.lines],
        )
    )


@router.get(ONE + "/adoption", response=read(AdoptionOut))
def read_adoption(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """What adopting the sandbox would change, what happened meanwhile, and where both clash."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    told = services.adoption_of(actor=actor, project=project, sandbox=found)
    return reply(
        AdoptionOut(
            plan_version=told.live.plan_version,
            aside_version=told.aside.plan_version,
            own=[ChangedOut.model_validate(row) for row in told.own],
            meanwhile=[ChangedOut.model_validate(row) for row in told.meanwhile],
            clashes=[ClashOut.model_validate(row) for row in told.clashes],
            cut=[CutOut.model_validate(row) for row in told.cut],
            refused=told.refused.message if told.refused else "",
        )
    )


@router.post(ONE + "/adopt", response=EDITED)
def adopt_sandbox(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: SandboxAdopt
) -> HttpResponse:
    """Make the plan what the sandbox made of it, as one edit that can be taken back."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.adopt_sandbox(
        actor=actor,
        project=project,
        sandbox=found,
        reason=payload.reason,
        seen=(payload.plan_version, payload.aside_version),
        decisions=_decisions(payload.decisions),
        others=services.AdoptionSide(payload.others) if payload.others else None,
    )
    return edit_reply(actor, outcome, False)


@router.post(ONE + "/rebase", response=updates(SandboxOut))
def rebase_sandbox(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: SandboxRebase
) -> HttpResponse:
    """Take over into the sandbox what happened to the plan since it was copied."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    services.rebase_sandbox(
        actor=actor,
        project=project,
        sandbox=found,
        seen=(payload.plan_version, payload.aside_version),
        decisions=_decisions(payload.decisions),
        others=services.AdoptionSide(payload.others),
    )
    return reply(_shown(found), version=found.version)


@router.post(ONE + "/discard", response=updates(SandboxOut))
def discard_sandbox(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    payload: SandboxDiscard,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Throw a sandbox away; who did it and why stays."""
    actor = actor_of(request)
    project, found = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    services.discard_sandbox(
        actor=actor,
        project=project,
        sandbox=found,
        reason=payload.reason,
        version=version_of(if_match),
    )
    return reply(_shown(found), version=found.version)


def _decisions(sent: Mapping[str, str]) -> dict[str, services.AdoptionSide]:
    return {key: services.AdoptionSide(side) for key, side in sent.items()}


def _shown(row: Sandbox) -> SandboxOut:
    return SandboxOut(
        id=row.pk,
        name=row.name,
        purpose=row.purpose,
        state=row.state,
        base_version=row.base_version,
        created_by=person_ref(row.created_by),
        created_at=row.created_at,
        closed_at=row.closed_at,
        reason=row.reason,
        adopted_version=row.adopted_version,
    )


def _side(side: services.Weighed, money: bool) -> SideOut:
    return SideOut(
        sandbox_id=side.sandbox.pk if side.sandbox else None,
        plan_version=side.plan.plan_version,
        finish=side.finish,
        work_hours=side.work_hours,
        cost=side.cost if money else None,
        float_days=side.float_days,
        critical=side.critical,
        tasks=side.tasks,
    )


def _line(line: services.Variances) -> DifferingOut:
    return DifferingOut(
        uid=line.row.uid,
        name=line.row.name,
        kind=line.kind,
        left_start=line.left.start if line.left else None,
        left_finish=line.left.finish if line.left else None,
        right_start=line.right.start if line.right else None,
        right_finish=line.right.finish if line.right else None,
        finish_days=line.finish_days,
        duration_days=line.duration_days,
        work_hours=line.work_hours,
        cost=line.cost,
    )
