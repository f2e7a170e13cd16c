# SPDX-License-Identifier: Apache-2.0
"""The plan of a project: tasks, links, resources, assignments, and how an import came over."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query
from ninja.files import UploadedFile

from pilothouse.delivery.planning.models import PlanEvent, ProjectPlan
from pilothouse.delivery.planning.queries import (
    existing_plan,
    late_condition,
    open_project,
    plan_of,
    reconciliation,
    task_page,
)
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import (
    FILES,
    Looked,
    PlanOutcome,
    delete_plan,
    evening_of,
    explain_dates,
    import_plan,
    last_event,
    look_at_file,
    plan_file,
    reschedule,
    undo,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import require_on_project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import REFUSED, STALE, IfMatch, creates, read, updates
from pilothouse.faces.api.endpoints.files import held_answer
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    BaselineOut,
    ExplanationOut,
    IncomingFileOut,
    LinkOut,
    PlanAssignmentOut,
    PlanDifferencesOut,
    PlanEventOut,
    PlanOut,
    PlanOutcomeOut,
    PlanStatus,
    ProblemOut,
    ReconciliationOut,
    ResourceOut,
    TaskOut,
    TaskWhole,
    Void,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import FileHeld, Invalid, NotFound
from pilothouse.foundation.core.pages import attachment

router = Router(tags=["Plans"])
MOST_LINES = 1000
PlanFile = Annotated[UploadedFile, File(description="Microsoft Project XML, XER, plan JSON …")]
Columns = Annotated[
    str,
    Form(
        max_length=4000,
        description='What headers of a table mean, as JSON: {"Work package": "name"}.',
    ),
]
FileProject = Annotated[
    str, Form(max_length=100, description="One of several projects in a Primavera file.")
]


def _get_plan(request: HttpRequest, project_id: int) -> ProjectPlan:
    actor = actor_of(request)
    project = get_project(actor, project_id)
    require_on_project(actor, project, "R", "task")
    return existing_plan(project)


@router.get("/projects/{int:project_id}/plan", response=read(PlanOut))
def read_plan(request: HttpRequest, project_id: int) -> HttpResponse:
    """Head of the plan."""
    plan = _get_plan(request, project_id)
    return reply(PlanOut.model_validate(plan), version=plan.version)


@router.post(
    "/projects/{int:project_id}/plan",
    response=creates(PlanOutcomeOut) | {202: IncomingFileOut, STALE: ProblemOut},
)
def upload_plan(
    request: HttpRequest,
    project_id: int,
    file: PlanFile,
    file_project: FileProject = "",
    columns: Columns = "",
    if_match: IfMatch = None,
) -> HttpResponse:
    """Make a file the plan: whole, scheduled and compared, or not at all.

    The content says of which kind it is: Microsoft Project XML, Primavera XER, a plan as JSON,
    a table of tasks (XLSX, CSV), and where the installation has MPXJ, MPP, PMXML and others.

    Replacing a plan needs If-Match with the ETag of the plan that is replaced. Its tasks, people
    and calendars keep their numbers; what the file cannot say stays. ``plan/differences`` tells
    first what would change.

    202: the scanner of files does not answer. The file is kept; ``Location`` says where to look.
    """
    actor = actor_of(request)
    project = _project_for_file(request, project_id, file)
    replaces = if_match is not None or plan_of(project) is not None
    try:
        outcome = import_plan(
            actor=actor,
            project=project,
            source=BytesIO(file.read()),
            file_name=file.name or "",
            file_project=file_project.strip(),
            version=version_of(if_match) if replaces else 0,
            columns=_named(columns),
        )
    except FileHeld as held:
        return held_answer(request, held)
    return _outcome(outcome, status=201)


def _named(columns: str) -> dict[str, str]:
    """Header → field, from the JSON that was sent."""
    if not columns:
        return {}
    try:
        found = json.loads(columns)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        message = 'Send an object of headers and fields such as {"Work package": "name"}.'
        raise Invalid("planning.columns", message, fields={"columns": message})
    return found


def _project_for_file(request: HttpRequest, project_id: int, file: UploadedFile) -> Project:
    project = get_project(actor_of(request), project_id)
    require_on_project(actor_of(request), project, "C", "task")
    limit = settings.PILOTHOUSE_UPLOAD_MAX_BYTES
    if (file.size or 0) > limit:
        message = f"The file is larger than {limit // 2**20} MB."
        raise Invalid("planning.file", message, fields={"file": message})
    return project


@router.post(
    "/projects/{int:project_id}/plan/differences",
    response={200: PlanDifferencesOut, REFUSED: ProblemOut},
)
def tell_plan_differences(
    request: HttpRequest,
    project_id: int,
    file: PlanFile,
    file_project: FileProject = "",
    columns: Columns = "",
) -> HttpResponse:
    """What a file would change of the plan; nothing is written.

    Sending the file to ``plan`` with the ETag of this answer accepts it, unless the plan was
    changed meanwhile. The first 1,000 lines of each list are told, ``counts`` says how many
    there are. 503: the scanner of files does not answer; nothing is kept, ask again later.
    """
    project = _project_for_file(request, project_id, file)
    found = look_at_file(
        actor=actor_of(request),
        project=project,
        source=BytesIO(file.read()),
        file_name=file.name or "",
        file_project=file_project.strip(),
        columns=_named(columns),
    )
    return reply(_differences(found), version=found.version or None)


def _differences(found: Looked) -> PlanDifferencesOut:
    told = found.differences
    return PlanDifferencesOut.model_validate(
        {
            "kind": found.kind,
            "plan_version": found.plan_version or None,
            "tasks_after": found.tasks,
            "recognised": found.recognised,
            "counts": told.counts,
            "stays": found.stays,
            "hanging": found.hanging,
            "sandboxes": found.sandboxes,
            "notices": found.notices[:MOST_LINES],
            "tasks": told.tasks[:MOST_LINES],
            "people": told.people[:MOST_LINES],
            "calendars": told.calendars[:MOST_LINES],
            "plan": told.plan,
            "dates": told.dates[:MOST_LINES],
            "baselines": told.baselines,
            "finish_before": told.finish_before,
            "finish_after": told.finish,
        }
    )


def _outcome(outcome: PlanOutcome, status: int = 200) -> HttpResponse:
    made = PlanOutcomeOut(
        plan_version=outcome.plan_version,
        counts=outcome.counts,
        finish_before=outcome.finish_before,
        finish_after=outcome.finish_after,
    )
    return reply(made, status=status, version=outcome.plan.version if outcome.plan else None)


@router.post("/projects/{int:project_id}/plan/reschedule", response=updates(PlanOutcomeOut))
def reschedule_plan(
    request: HttpRequest, project_id: int, payload: PlanStatus, if_match: IfMatch = None
) -> HttpResponse:
    """Compute all dates again, unfinished work from a status date on."""
    actor = actor_of(request)
    outcome = reschedule(
        actor=actor,
        project=get_project(actor, project_id),
        status_date=evening_of(payload.status_date),
        version=version_of(if_match),
    )
    return _outcome(outcome)


@router.post("/projects/{int:project_id}/plan/delete", response=updates(PlanOutcomeOut))
def remove_plan(
    request: HttpRequest, project_id: int, payload: Void, if_match: IfMatch = None
) -> HttpResponse:
    """Take the plan off the project; undo brings it back."""
    actor = actor_of(request)
    outcome = delete_plan(
        actor=actor,
        project=get_project(actor, project_id),
        reason=payload.reason,
        version=version_of(if_match),
    )
    return _outcome(outcome)


@router.post("/projects/{int:project_id}/plan/undo", response=updates(PlanOutcomeOut))
def undo_plan(request: HttpRequest, project_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Put back the plan as it was before the last import or deletion.

    Where there is a plan, it needs If-Match with its ETag.
    """
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.DELETE)
    replaces = if_match is not None or plan_of(project) is not None
    version = version_of(if_match) if replaces else 0
    return _outcome(undo(actor=actor, project=project, version=version))


@router.get("/projects/{int:project_id}/plan/last-step", response=read(PlanEventOut))
def read_last_step(request: HttpRequest, project_id: int) -> PlanEventOut:
    """The last import, deletion or undo, and whether it can be undone."""
    project, _ = open_project(actor_of(request), project_id, Verb.READ)
    event = last_event(project)
    if event is None:
        raise NotFound("planning.event", "Nothing was done to the plan of this project yet.")
    return PlanEventOut(
        kind=event.kind,
        at=event.at,
        by=event.by_label,
        plan_version=event.plan_version,
        file_name=event.file_name,
        reason=event.reason,
        undone=event.undone,
        can_be_undone=event.kind != PlanEvent.Kind.RESTORED,
    )


@router.get(
    "/projects/{int:project_id}/plan/file",
    response={200: bytes, REFUSED: ProblemOut},
    openapi_extra={"responses": {200: {"content": {kind: {} for kind in FILES.values()}}}},
)
def download_plan(
    request: HttpRequest,
    project_id: int,
    kind: Annotated[
        Literal["xml", "xer", "json", "csv", "xlsx"],
        Query(alias="as", description="Kind of file: of Microsoft Project, Primavera, …"),
    ] = "xml",
) -> HttpResponse:
    """The plan as it stands as a file."""
    actor = actor_of(request)
    name, body = plan_file(actor=actor, project=get_project(actor, project_id), kind=kind)
    return attachment(name, FILES[kind], body)


@router.get("/projects/{int:project_id}/plan/tasks", response=read(Page[TaskOut]))
def list_tasks(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    only: Annotated[
        Literal["", "critical", "late", "milestones", "differs"],
        Query(description="Narrow the list."),
    ] = "",
) -> HttpResponse:
    """Tasks in outline order with computed dates and float."""
    rows = _get_plan(request, project_id).task_set.order_by("position", "pk")
    if only == "critical":
        rows = rows.filter(critical=True)
    elif only == "late":
        rows = rows.filter(late_condition(clock.today()))
    elif only == "milestones":
        rows = rows.filter(milestone=True)
    elif only == "differs":
        rows = rows.exclude(difference="")
    return page_of(request, rows, paging, TaskOut.model_validate)


@router.get("/projects/{int:project_id}/plan/tasks/{int:uid}", response=read(TaskWhole))
def read_task(request: HttpRequest, project_id: int, uid: int) -> TaskWhole:
    """One task with its baselines, notes and the reason of its dates."""
    project = get_project(actor_of(request), project_id)
    return whole_task(actor_of(request), project, _get_plan(request, project_id), uid)


def whole_task(actor: Actor, project: Project, plan: ProjectPlan, uid: int) -> TaskWhole:
    """A task of a plan, or of a sandbox of it, with what no list tells."""
    found = task_page(actor, project, plan, uid, [])
    task = TaskOut.model_validate(found.task).model_dump()
    return TaskWhole(
        **task,
        elapsed_duration=found.task.elapsed_duration,
        estimated=found.task.estimated,
        reason=found.task.reason,
        notes=found.task.notes,
        baselines=[BaselineOut.model_validate(row) for row in found.promises],
    )


@router.get("/projects/{int:project_id}/plan/tasks/{int:uid}/why", response=read(ExplanationOut))
def explain_task(request: HttpRequest, project_id: int, uid: int) -> ExplanationOut:
    """Why a task lies where it lies, back to the beginning, and why not later, on to the end."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    found, _ = explain_dates(actor=actor, project=project, uid=uid)
    return ExplanationOut.model_validate(found)


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
