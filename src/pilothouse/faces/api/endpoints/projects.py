# SPDX-License-Identifier: Apache-2.0
"""Projects: the register's row, its place, its state, its workstreams, its health and history."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Programme, Project, StateChange, Workstream
from pilothouse.delivery.projects.queries import (
    custom_in_use,
    forecast_finishes,
    get_project,
    role_gaps,
    staff_of,
)
from pilothouse.delivery.projects.rules import (
    TRANSITIONS,
    phase_of,
    sees_benefits,
    sees_budget,
    visible_programmes,
)
from pilothouse.delivery.projects.steps import project_steps
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.snapshot_page import reasons_seen, record_page, sight_on
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    ref,
    unknown,
    updates,
    values_of,
)
from pilothouse.faces.api.endpoints.register import next_state_out, visible_portfolio
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    ChangeOut,
    PlacementOut,
    ProjectIn,
    ProjectMove,
    ProjectOut,
    ProjectPatch,
    ProjectState,
    QueryDay,
    RecordLineOut,
    RecordOut,
    RoleGapOut,
    SnapshotOut,
    StateChangeOut,
    TransitionOut,
    ValueChangeOut,
    Void,
    WorkstreamIn,
    WorkstreamOut,
    WorkstreamPatch,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.queries import Memory, beginnings, require_remembered

router = Router(tags=["Projects"])


def project_out(actor: Actor, row: Project) -> ProjectOut:
    """A project as its own address shows it; money only where the matrix opens it."""
    money = sees_budget(actor, row)
    benefits = sees_benefits(actor, row)
    return ProjectOut(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        purpose=row.purpose,
        office_id=row.office_id,
        portfolio=ref(row.portfolio),
        programme=ref(row.programme) if row.programme else None,
        project_type=row.project_type,
        size_class=row.size_class,
        classification=row.classification,
        strategic_critical=row.strategic_critical,
        phase=phase_of(row.state),
        state=row.state,
        hold_review_on=row.hold_review_on,
        sponsor=person_ref(row.sponsor),
        pm=person_ref(row.pm),
        functional_owner=person_ref(row.functional_owner),
        technology_owner=person_ref(row.technology_owner),
        technology_owner_waiver=row.technology_owner_waiver,
        finance_contact=person_ref(row.finance_contact),
        roles_ended={name: was.last_day for name, was in staff_of(row).lapsed.items()},
        currency=row.currency_id,
        calendar_id=row.calendar_id,
        planned_start=row.planned_start,
        planned_finish=row.planned_finish,
        forecast_finish=forecast_finishes([row])[row.pk],
        baseline_start=row.baseline_start,
        baseline_finish=row.baseline_finish,
        budget=row.budget if money else None,
        forecast_cost=row.forecast_cost if money else None,
        benefits_approved=row.benefits_approved if benefits else None,
        benefits_forecast=row.benefits_forecast if benefits else None,
        stated_colour=row.stated_colour,
        stated_comment=row.stated_comment,
        stated_on=row.stated_on,
        custom=custom_in_use(row),
    )


def _visible_programme(actor: Actor, programme_id: int | None) -> Programme | None:
    if programme_id is None:
        return None
    row = visible_programmes(actor).filter(pk=programme_id).first()
    if row is None:
        raise unknown("programme_id", "There is no such programme.")
    return row


@router.post("/projects", response=creates(ProjectOut))
def create_project(
    request: HttpRequest, payload: ProjectIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Enter a project in the register; it starts as authorised."""
    actor = actor_of(request)

    def make() -> tuple[ProjectOut, int]:
        portfolio = visible_portfolio(actor, payload.portfolio_id)
        leave = ("portfolio_id", "programme_id")
        row = services.create_project(
            actor=actor,
            portfolio=portfolio,
            programme=_visible_programme(actor, payload.programme_id),
            values=values_of(request, payload, office_id=portfolio.office_id, leave=leave),
        )
        return project_out(actor, row), row.version

    return created(request, idempotency_key, make)


@router.get("/projects/{int:project_id}", response=read(ProjectOut))
def read_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """One project."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    return reply(project_out(actor, row), version=row.version)


@router.patch("/projects/{int:project_id}", response=updates(ProjectOut))
def update_project(
    request: HttpRequest, project_id: int, payload: ProjectPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Change fields of a project; only what is sent changes."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    row = services.update_project(
        actor=actor,
        project=row,
        values=values_of(request, payload, office_id=row.office_id, leave=("reason",)),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(project_out(actor, row), version=row.version)


@router.post("/projects/{int:project_id}/move", response=updates(ProjectOut))
def move_project(
    request: HttpRequest, project_id: int, payload: ProjectMove, if_match: IfMatch = None
) -> HttpResponse:
    """Put a project elsewhere in the tree from a day on; earlier reports keep the old tree."""
    actor = actor_of(request)
    row = services.move_project(
        actor=actor,
        project=get_project(actor, project_id),
        portfolio=visible_portfolio(actor, payload.portfolio_id),
        programme=_visible_programme(actor, payload.programme_id),
        from_day=payload.from_day,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(project_out(actor, row), version=row.version)


@router.get("/projects/{int:project_id}/transitions", response=read(Page[TransitionOut]))
def list_transitions(request: HttpRequest, project_id: int) -> HttpResponse:
    """Possible next states, who decides each, and what stands in the way."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    steps = zip(project_steps(actor, row), TRANSITIONS[row.state], strict=True)
    return whole(
        [
            TransitionOut(
                **next_state_out(step).model_dump(),
                roles=[role.name for role in rule.roles],
                guard=str(rule.guard),
                needs_reason=rule.needs_reason,
            )
            for step, rule in steps
        ]
    )


@router.post("/projects/{int:project_id}/state", response=updates(ProjectOut))
def set_project_state(
    request: HttpRequest, project_id: int, payload: ProjectState, if_match: IfMatch = None
) -> HttpResponse:
    """Advance, hold, release or cancel a project."""
    actor = actor_of(request)
    row = services.set_project_state(
        actor=actor,
        project=get_project(actor, project_id),
        target=payload.state,
        version=version_of(if_match),
        reason_code=payload.reason_code,
        reason=payload.reason,
        review_on=payload.review_on,
        on=payload.on,
    )
    return reply(project_out(actor, row), version=row.version)


@router.get("/projects/{int:project_id}/state-changes", response=read(Page[StateChangeOut]))
def list_state_changes(
    request: HttpRequest, project_id: int, paging: Query[Paging]
) -> HttpResponse:
    """Every step the project took, oldest first."""
    row = get_project(actor_of(request), project_id)
    return page_of(request, row.state_changes.order_by("pk"), paging, _state_change)


def _state_change(step: StateChange) -> StateChangeOut:
    return StateChangeOut(
        from_state=step.from_state,
        to_state=step.to_state,
        at=step.at,
        by=step.by_label,
        reason_code=step.reason_code,
        reason=step.reason,
    )


@router.get("/projects/{int:project_id}/role-gaps", response=read(Page[RoleGapOut]))
def list_role_gaps(request: HttpRequest, project_id: int) -> HttpResponse:
    """Mandatory roles that nobody holds: nobody is named, or somebody whose role has ended."""
    row = get_project(actor_of(request), project_id)
    gaps = role_gaps(row, staff_of(row))
    return whole(
        [
            RoleGapOut(
                role=gap.role,
                label=gap.label,
                what_to_do=gap.what_to_do,
                named=gap.lapsed.person if gap.lapsed else None,
                until=gap.lapsed.last_day if gap.lapsed else None,
            )
            for gap in gaps
        ]
    )


def _snapshots_for(actor: Actor, project: Project) -> Callable[[PerformanceSnapshot], SnapshotOut]:
    """How this actor sees the snapshots of a project: money only where the matrix opens it."""
    sight = sight_on(grants_of(actor), project)

    def seen(row: PerformanceSnapshot) -> SnapshotOut:
        hidden = [] if sight.money else ["budget", "bac"]
        if not sight.forecast(row.eac):
            hidden += ["forecast_cost", "eac"]
        if not sight.benefits:
            hidden += ["benefits_approved", "benefits_forecast"]
        told = SnapshotOut.model_validate(row)
        reasons = reasons_seen(row, sight)
        return told.model_copy(update={**dict.fromkeys(hidden), "reasons": reasons})

    return seen


@router.get("/projects/{int:project_id}/health", response=read(SnapshotOut))
def read_health(
    request: HttpRequest, project_id: int, as_of: QueryDay | None = None
) -> SnapshotOut:
    """The colours as at a day (today) and the reason of each."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    today = clock.today()
    day = looked_back(as_of, today) or today
    if day < today:
        require_remembered(day, beginnings([row.office_id], day, Memory.SNAPSHOTS))
    found = row.snapshots.filter(status_date__lte=day).order_by("-status_date", "-pk").first()
    if found is None:
        raise NotFound("performance.snapshot", "There is no snapshot of that day or before.")
    return _snapshots_for(actor, row)(found)


@router.get("/projects/{int:project_id}/snapshots", response=read(Page[SnapshotOut]))
def list_snapshots(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """The history of the project: one snapshot for each status date, oldest first."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    rows = row.snapshots.order_by("status_date", "pk")
    return page_of(request, rows, paging, _snapshots_for(actor, row))


@router.get("/projects/{int:project_id}/snapshots/{int:snapshot_id}", response=read(SnapshotOut))
def read_snapshot(request: HttpRequest, project_id: int, snapshot_id: int) -> SnapshotOut:
    """One snapshot as it was kept; nothing of it is computed again."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    found = row.snapshots.filter(pk=snapshot_id).first()
    if found is None:
        raise NotFound("portfolio.snapshot", "This project has no such snapshot.")
    return _snapshots_for(actor, row)(found)


@router.get("/projects/{int:project_id}/record", response=read(RecordOut))
def read_record(request: HttpRequest, project_id: int, on: QueryDay | None = None) -> RecordOut:
    """The record of the register at the end of a day (today), and every change up to it."""
    page = record_page(actor_of(request), project_id, on, clock.today())
    return RecordOut(
        project_id=project_id,
        day=page.day,
        lines=None
        if page.lines is None
        else [RecordLineOut.model_validate(line) for line in page.lines],
        trail_from=page.trail_from,
        changes=[
            ChangeOut(
                at=change.at,
                who=change.who,
                channel=change.channel,
                what=change.what,
                reason=change.reason,
                values=[ValueChangeOut.model_validate(value) for value in change.values],
            )
            for change in page.changes
        ],
    )


@router.get("/projects/{int:project_id}/places", response=read(Page[PlacementOut]))
def list_project_places(request: HttpRequest, project_id: int) -> HttpResponse:
    """Where a project stood in the tree, from when to when."""
    row = get_project(actor_of(request), project_id)
    return whole(
        [
            PlacementOut(
                portfolio=ref(place.portfolio),
                programme=ref(place.programme) if place.programme else None,
                valid_from=place.valid_from,
                valid_to=place.valid_to,
                reason=place.reason,
            )
            for place in row.placements.select_related("portfolio", "programme")
        ]
    )


def _stream(row: Workstream) -> WorkstreamOut:
    return WorkstreamOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        name=row.name,
        lead=person_ref(row.lead),
        scope_statement=row.scope_statement,
    )


def _get_stream(project: Project, workstream_id: int) -> Workstream:
    row = (
        project.workstreams.select_related("lead", "project__portfolio__org_unit")
        .filter(pk=workstream_id, voided=False)
        .first()
    )
    if row is None:
        raise NotFound("projects.workstream", "There is no such workstream in this project.")
    return row


@router.get("/projects/{int:project_id}/workstreams", response=read(Page[WorkstreamOut]))
def list_workstreams(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Workstreams of a project."""
    row = get_project(actor_of(request), project_id)
    rows = row.workstreams.filter(voided=False).select_related("lead").order_by("name", "pk")
    return page_of(request, rows, paging, _stream)


@router.post("/projects/{int:project_id}/workstreams", response=creates(WorkstreamOut))
def create_workstream(
    request: HttpRequest,
    project_id: int,
    payload: WorkstreamIn,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Add a workstream to a project."""
    actor = actor_of(request)
    project = get_project(actor, project_id)

    def make() -> tuple[WorkstreamOut, int]:
        values = values_of(request, payload, office_id=project.office_id)
        row = services.save_workstream(actor=actor, project=project, workstream=None, values=values)
        return _stream(row), row.version

    return created(request, idempotency_key, make)


@router.get(
    "/projects/{int:project_id}/workstreams/{int:workstream_id}", response=read(WorkstreamOut)
)
def read_workstream(request: HttpRequest, project_id: int, workstream_id: int) -> HttpResponse:
    """One workstream."""
    row = _get_stream(get_project(actor_of(request), project_id), workstream_id)
    return reply(_stream(row), version=row.version)


@router.patch(
    "/projects/{int:project_id}/workstreams/{int:workstream_id}", response=updates(WorkstreamOut)
)
def update_workstream(
    request: HttpRequest,
    project_id: int,
    workstream_id: int,
    payload: WorkstreamPatch,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Change fields of a workstream."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    row = services.save_workstream(
        actor=actor,
        project=project,
        workstream=_get_stream(project, workstream_id),
        values=values_of(request, payload, office_id=project.office_id),
        version=version_of(if_match),
    )
    return reply(_stream(row), version=row.version)


@router.post(
    "/projects/{int:project_id}/workstreams/{int:workstream_id}/void",
    response=updates(WorkstreamOut),
)
def void_workstream(
    request: HttpRequest,
    project_id: int,
    workstream_id: int,
    payload: Void,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Take a workstream out of use; it stays in the history."""
    actor = actor_of(request)
    row = services.void_workstream(
        actor=actor,
        workstream=_get_stream(get_project(actor, project_id), workstream_id),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_stream(row), version=row.version)
