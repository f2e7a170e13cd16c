# SPDX-License-Identifier: Apache-2.0
"""Estimates of tasks and projects: make, accept, withdraw, add up, and how they turned out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.estimates import queries, services
from pilothouse.delivery.estimates.models import Estimate
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    office_of,
    read,
    unknown,
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
from pilothouse.faces.api.schemas_estimates import (
    ClassFigures,
    EstimateAccepted,
    EstimateAccuracy,
    EstimateNew,
    EstimateOut,
    EstimateSum,
    MethodFigures,
)
from pilothouse.foundation.core import clock

router = Router(tags=["Estimates"])
OF_PROJECT = "/projects/{int:project_id}/estimates"
ONE = "/estimates/{int:estimate_id}"
ASKED = {
    "three_point": ("least", "likely", "most"),
    "triangular": ("least", "likely", "most"),
    "parametric": ("quantity", "rate", "source"),
    "analogous": ("reference", "actual", "reference_size", "size", "similarity"),
    "reference_class": ("base", "confidence"),
}
"""What each method asks for."""
Uids = Annotated[
    str,
    Query(
        pattern=r"^$|^\d{1,9}(,\d{1,9}){0,99}$",
        description="Tasks of a chain, with commas; empty is the critical path that is to do.",
    ),
]


@router.get(OF_PROJECT, response=read(Page[EstimateOut]))
def list_estimates(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """All estimates of a project, the latest first."""
    rows = queries.estimates_of(actor_of(request), project_id)
    return page(request, [_shown(row) for row in slice_of(rows, paging)], len(rows), paging)


@router.post(OF_PROJECT, response=creates(EstimateOut))
def create_estimate(
    request: HttpRequest,
    project_id: int,
    payload: EstimateNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Estimate a task or the whole project by a method."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = queries.open_estimates(actor, project_id)
        asked = services.Asked(
            payload.task_uid,
            payload.unit,
            payload.method,
            payload.accuracy,
            _inputs(payload),
            payload.basis,
            payload.project_type,
        )
        row = services.make_estimate(actor=actor, project=project, asked=asked, today=clock.today())
        return _shown(row), row.version

    return created(request, idempotency_key, make)


@router.get(OF_PROJECT + "/sum", response=read(EstimateSum))
def read_estimate_sum(request: HttpRequest, project_id: int, tasks: Uids = "") -> HttpResponse:
    """What a chain of tasks comes to, with P80 and P90."""
    found = queries.estimates_page(actor_of(request), project_id, "all")
    wanted = {int(uid) for uid in tasks.split(",") if uid}
    chain = [
        row
        for row in found.rows
        if (row.uid in wanted if wanted else queries.matches(row, "critical"))
    ]
    total = services.sum_of(chain)
    if total is None:
        return reply(_no_sum())
    return reply(
        EstimateSum(
            task_uids=[row.uid for row in total.rows],
            mean=total.chain.mean,
            sd=total.chain.sd,
            p80=total.chain.p80,
            p90=total.chain.p90,
            planned=total.planned,
            kept_pct=total.kept_pct,
            unestimated=total.unestimated,
        )
    )


@router.get(ONE, response=read(EstimateOut))
def read_estimate(request: HttpRequest, estimate_id: int) -> HttpResponse:
    """One estimate with its calculation."""
    return _answer(queries.estimate_of(actor_of(request), estimate_id))


@router.post(ONE + "/accept", response=updates(EstimateAccepted))
def accept_estimate(
    request: HttpRequest, estimate_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Let an estimate count; that of a task becomes its duration or its work in the plan."""
    actor = actor_of(request)
    outcome = services.accept_estimate(
        actor=actor,
        estimate=queries.estimate_of(actor, estimate_id),
        version=version_of(if_match),
        today=clock.today(),
    )
    row = queries.estimate_of(actor, estimate_id)
    found = EstimateAccepted(
        **_shown(row).model_dump(),
        tasks_moved=outcome.tasks_moved if outcome else 0,
        finish_before=outcome.finish_before if outcome else None,
        finish_after=outcome.finish_after if outcome else None,
    )
    return reply(found, version=row.version)


@router.post(ONE + "/withdraw", response=updates(EstimateOut))
def withdraw_estimate(
    request: HttpRequest, estimate_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Take back an estimate that was not accepted; it stays readable."""
    actor = actor_of(request)
    row = services.withdraw_estimate(
        actor=actor,
        estimate=queries.estimate_of(actor, estimate_id),
        version=version_of(if_match),
    )
    return _answer(row)


@router.get("/offices/{int:office_id}/estimate-accuracy", response=read(EstimateAccuracy))
def read_estimate_accuracy(request: HttpRequest, office_id: int) -> HttpResponse:
    """How accepted estimates of finished tasks turned out, over the projects in sight."""
    actor = actor_of(request)
    office = office_of(actor, office_id)
    found = services.accuracy_of(actor=actor, office_id=office.pk)
    classes = [
        ClassFigures(name=name, count=row.count, p50=row.p50, p80=row.p80)
        for name, row in found.classes
    ]
    return reply(
        EstimateAccuracy(
            methods=_figures(found.methods), mine=_figures(found.mine), classes=classes
        )
    )


def _inputs(payload: EstimateNew) -> dict[str, Any]:
    given = payload.inputs.model_dump(exclude_none=True)
    asked = ASKED[payload.method]
    for name in asked:
        if name not in given:
            raise unknown(f"inputs.{name}", f"The method asks for {name.replace('_', ' ')}.")
    return {name: given[name] for name in (*asked, "factors") if name in given}


def _figures(rows: Sequence[services.MethodFigures]) -> list[MethodFigures]:
    return [
        MethodFigures(
            method=row.method,
            count=row.count,
            median=row.median,
            worst=row.worst,
            within_pct=row.within_pct,
        )
        for row in rows
    ]


def _no_sum() -> EstimateSum:
    return EstimateSum(
        task_uids=[],
        mean=None,
        sd=None,
        p80=None,
        p90=None,
        planned=None,
        kept_pct=None,
        unestimated=0,
    )


def _answer(row: Estimate) -> HttpResponse:
    return reply(_shown(row), version=row.version)


def _shown(row: Estimate) -> EstimateOut:
    return EstimateOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        task_uid=row.task_uid,
        task=row.task_name,
        unit=row.unit,
        method=row.method,
        accuracy=row.accuracy,
        value=row.value,
        sd=row.sd,
        low=row.low,
        high=row.high,
        calculation=queries.calculation_of(row),
        basis=row.basis,
        author=row.author_label,
        made_on=row.made_on,
        state=row.state,
        accepted_on=row.accepted_on,
        accepted_by=row.accepted_label,
    )
