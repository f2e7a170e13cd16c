# SPDX-License-Identifier: Apache-2.0
"""Dependencies between projects: propose, agree, deliver, accept, and change their dates."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.dependencies import queries, services
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    updates,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    reply,
    slice_of,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_dependencies import (
    DependencyDates,
    DependencyDatesOut,
    DependencyDrive,
    DependencyEnd,
    DependencyFull,
    DependencyOut,
    DependencyPropose,
    DependencyStep,
)
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.pages import site_of

router = Router(tags=["Dependencies"])
ONE = "/dependencies/{int:dependency_id}"
OF_PROJECT = "/projects/{int:project_id}/dependencies"
Only = Annotated[
    Literal["", "open", "red", "amber", "disputed", "waiting", "over"],
    Query(description="Narrow the list; `waiting` are those that wait for you."),
]


@router.get("/dependencies", response=read(Page[DependencyOut]))
def list_dependencies(request: HttpRequest, paging: Query[Paging], only: Only = "") -> HttpResponse:
    """All dependencies in sight, the least slack first."""
    return _listed(request, queries.dependency_rows(actor_of(request)), paging, only)


@router.get(OF_PROJECT, response=read(Page[DependencyOut]))
def list_project_dependencies(
    request: HttpRequest, project_id: int, paging: Query[Paging], only: Only = ""
) -> HttpResponse:
    """What a project gives and what it waits for, the least slack first."""
    rows = queries.dependency_rows(actor_of(request), project_id)
    return _listed(request, rows, paging, only)


@router.post(OF_PROJECT, response=creates(DependencyFull))
def create_dependency(
    request: HttpRequest,
    project_id: int,
    payload: DependencyPropose,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Propose a dependency; the manager who proposes it agrees thereby, the other must."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        own = queries.proposing_project(actor, project_id)
        other = queries.partner_project(actor, payload.other_project_id)
        giver, receiver = (own, other) if payload.gives else (other, own)
        proposal = services.Proposal(
            giver=giver,
            giver_uid=payload.giver_uid,
            receiver=receiver,
            receiver_uid=payload.receiver_uid,
            deliverable=payload.deliverable,
            need_date=payload.need_date,
            promised_date=payload.promised_date,
            note=payload.note,
        )
        side = Side.GIVER if payload.gives else Side.RECEIVER
        row = services.propose_dependency(
            actor=actor, proposal=proposal, side=side, site=site_of(request)
        )
        return _full(actor, row.pk), row.version

    return created(request, idempotency_key, make)


@router.get(ONE, response=read(DependencyFull))
def read_dependency(request: HttpRequest, dependency_id: int) -> HttpResponse:
    """One dependency with the history of its dates."""
    actor = actor_of(request)
    row = queries.dependency_of(actor, dependency_id)
    return _answer(actor, row)


@router.patch(ONE, response=updates(DependencyFull))
def update_dependency(
    request: HttpRequest, dependency_id: int, payload: DependencyDates, if_match: IfMatch = None
) -> HttpResponse:
    """Put other dates; whoever did not put them must agree again."""
    actor = actor_of(request)
    row = services.change_dates(
        actor=actor,
        dependency=queries.dependency_of(actor, dependency_id),
        need_date=payload.need_date,
        promised_date=payload.promised_date,
        reason=payload.reason,
        version=version_of(if_match),
        site=site_of(request),
    )
    return _answer(actor, row)


@router.post(ONE + "/step", response=updates(DependencyFull))
def take_dependency_step(
    request: HttpRequest, dependency_id: int, payload: DependencyStep, if_match: IfMatch = None
) -> HttpResponse:
    """Agree to a dependency, start, deliver, accept, dispute or cancel it."""
    actor = actor_of(request)
    row = services.take_step(
        actor=actor,
        dependency=queries.dependency_of(actor, dependency_id),
        step=Step(payload.step),
        version=version_of(if_match),
        reason=payload.reason,
        site=site_of(request),
    )
    return _answer(actor, row)


@router.post(ONE + "/drive", response=updates(DependencyFull))
def drive_receiver(
    request: HttpRequest, dependency_id: int, payload: DependencyDrive, if_match: IfMatch = None
) -> HttpResponse:
    """Say what keeps the task that waits from an earlier start; its plan is told by itself."""
    actor = actor_of(request)
    row = services.drive_receiver(
        actor=actor,
        dependency=queries.dependency_of(actor, dependency_id),
        drive=PlanDependency.Drive(payload.drive),
        version=version_of(if_match),
        site=site_of(request),
    )
    return _answer(actor, row)


def _listed(
    request: HttpRequest, rows: list[queries.Row], paging: Paging, only: Only
) -> HttpResponse:
    chosen = [row for row in rows if not only or queries.matches(row, only)]
    return page(request, [_shown(row) for row in slice_of(chosen, paging)], len(chosen), paging)


def _answer(actor: Actor, row: PlanDependency) -> HttpResponse:
    return reply(_full(actor, row.pk), version=row.version)


def _full(actor: Actor, dependency_id: int) -> DependencyFull:
    row = queries.dependency_row(actor, dependency_id)
    history = [
        DependencyDatesOut(
            at=promise.at,
            by=promise.by_label,
            need_date=promise.need_date,
            promised_date=promise.promised_date,
            reason=promise.reason,
        )
        for promise in queries.promises_of(row.dependency)
    ]
    zone = queries.clocks_of(row).days
    return DependencyFull(**_shown(row).model_dump(), time_zone=zone, promises=history)


def _shown(row: queries.Row) -> DependencyOut:
    it = row.dependency
    return DependencyOut(
        id=it.pk,
        deliverable=it.deliverable,
        note=it.note,
        state=it.state,
        state_reason=it.state_reason,
        giver=_end(row.giver),
        receiver=_end(row.receiver),
        need_date=it.need_date,
        promised_date=it.promised_date,
        forecast_date=it.forecast_date,
        slack_days=it.slack_days,
        colour=row.colour,
        drive=it.drive,
        held_until=it.held_until,
        not_driven=it.not_driven if row.receiver.seen else "",
        arbitrate_from=it.arbitrate_from,
        steps=[step.value for step in row.steps],
        waits_for_you=row.waiting,
    )


def _end(end: queries.End) -> DependencyEnd:
    return DependencyEnd(
        seen=end.seen,
        project_id=end.project_id,
        code=end.code,
        task_uid=end.uid,
        task=end.task,
        agreed_by=end.agreed_by,
        agreed_at=end.agreed_at,
    )
