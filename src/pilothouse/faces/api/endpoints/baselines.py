# SPDX-License-Identifier: Apache-2.0
"""Baselines of a project: take, decide, name, and hold one against another."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, creates, read, updates
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, slice_of, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_baselines import (
    BaselineApprove,
    BaselineColumnsOut,
    BaselineNamed,
    BaselineReject,
    BaselineRename,
    BaselineSpan,
    BaselineSums,
    BaselineTake,
    BaselineTaskOut,
    ComparisonOut,
    PlanBaselineOut,
    VariancesOut,
)

router = Router(tags=["Plans"])
LIST = "/projects/{int:project_id}/plan/baselines"
ONE = LIST + "/{int:baseline_id}"
# One for each side: an annotation that two parameters share keeps one default for both.
Left = Annotated[
    str,
    Query(max_length=20, description="The id of a baseline, `pmb`, `original` or `now`."),
]
Right = Annotated[
    str,
    Query(max_length=20, description="The id of a baseline, `pmb`, `original` or `now`."),
]
Numbers = Annotated[
    str,
    Query(
        pattern=r"^([0-9]{1,9}(,[0-9]{1,9}){0,2})?$",
        description="Up to three numbers, as `0,1,2`; without any, the baseline that counts.",
    ),
]


@router.get(LIST, response=read(Page[PlanBaselineOut]))
def list_baselines(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """All baselines of a project, the latest first."""
    actor = actor_of(request)
    project = queries.open_baselines(actor, project_id)
    money = sees_budget(actor, project)
    rows = queries.baselines_of(project)
    return page_of(request, rows, paging, lambda row: _shown(row, money))


@router.post(LIST, response=creates(PlanBaselineOut))
def create_baseline(request: HttpRequest, project_id: int, payload: BaselineTake) -> HttpResponse:
    """Keep the plan as it stands as a baseline that waits for approval."""
    actor = actor_of(request)
    row = services.take_baseline(
        actor=actor,
        project=queries.open_baselines(actor, project_id),
        asked=services.Asked(payload.kind, payload.name, payload.reason, payload.reference),
    )
    return _answer(request, row, status=201)


@router.get(LIST + "/compare", response=read(ComparisonOut))
def compare_baselines(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    left: Left = "pmb",
    right: Right = "now",
    only: Annotated[
        Literal["all", "changed", "late", "new", "gone"], Query(description="Narrow the list.")
    ] = "all",
) -> HttpResponse:
    """Hold one baseline against another, or against the plan as it stands."""
    actor = actor_of(request)
    found = services.compare_baselines(
        actor=actor,
        project=queries.open_baselines(actor, project_id),
        left=left,
        right=right,
        only=only,
    )
    total = len(found.lines)
    pages = max(1, -(-total // paging.limit))
    following = None
    if paging.page < pages:
        asked = {**request.GET.dict(), "page": paging.page + 1, "limit": paging.limit}
        following = f"{request.path}?{urlencode(asked)}"
    return reply(
        ComparisonOut(
            sums=_sums(found),
            items=[_line(line) for line in slice_of(found.lines, paging)],
            total=total,
            page=paging.page,
            pages=pages,
            next=following,
        )
    )


@router.get(LIST + "/columns", response=read(BaselineColumnsOut))
def read_baseline_columns(
    request: HttpRequest, project_id: int, numbers: Numbers = ""
) -> HttpResponse:
    """What up to three baselines promised for each task, as arrays: the bars beside a plan."""
    wanted = [int(number) for number in numbers.split(",") if number]
    found = queries.baseline_columns(actor_of(request), project_id, wanted)
    return reply(
        BaselineColumnsOut.model_construct(
            baselines=[BaselineNamed.model_validate(row) for row in found.baselines],
            tasks=found.tasks,
        )
    )


@router.get(ONE, response=read(PlanBaselineOut))
def read_baseline(request: HttpRequest, project_id: int, baseline_id: int) -> HttpResponse:
    """One baseline."""
    return _answer(request, queries.baseline_of(actor_of(request), project_id, baseline_id))


@router.get(ONE + "/tasks", response=read(Page[BaselineTaskOut]))
def list_baseline_tasks(
    request: HttpRequest, project_id: int, baseline_id: int, paging: Query[Paging]
) -> HttpResponse:
    """The tasks of a baseline as they were promised, in outline order."""
    actor = actor_of(request)
    baseline = queries.baseline_of(actor, project_id, baseline_id)
    money = sees_budget(actor, baseline.project)

    def shown(row: BaselineTask) -> BaselineTaskOut:
        made = BaselineTaskOut.model_validate(row)
        return made if money else made.model_copy(update={"cost": None})

    return page_of(request, baseline.rows.order_by("position"), paging, shown)


@router.patch(ONE, response=updates(PlanBaselineOut))
def update_baseline(
    request: HttpRequest,
    project_id: int,
    baseline_id: int,
    payload: BaselineRename,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Give a baseline another name; what it promises never changes."""
    actor = actor_of(request)
    row = services.rename_baseline(
        actor=actor,
        baseline=queries.baseline_of(actor, project_id, baseline_id),
        name=payload.name,
        version=version_of(if_match),
    )
    return _answer(request, row)


@router.post(ONE + "/approve", response=updates(PlanBaselineOut))
def approve_baseline(
    request: HttpRequest,
    project_id: int,
    baseline_id: int,
    payload: BaselineApprove,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Make a baseline the one that counts; the approved dates of the project follow it."""
    actor = actor_of(request)
    row = services.approve_baseline(
        actor=actor,
        baseline=queries.baseline_of(actor, project_id, baseline_id),
        version=version_of(if_match),
        note=payload.note,
        on=payload.on,
    )
    return _answer(request, row)


@router.post(ONE + "/reject", response=updates(PlanBaselineOut))
def reject_baseline(
    request: HttpRequest,
    project_id: int,
    baseline_id: int,
    payload: BaselineReject,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Turn down a baseline that waits; it stays readable."""
    actor = actor_of(request)
    row = services.reject_baseline(
        actor=actor,
        baseline=queries.baseline_of(actor, project_id, baseline_id),
        version=version_of(if_match),
        note=payload.note,
    )
    return _answer(request, row)


@router.post(ONE + "/withdraw", response=updates(PlanBaselineOut))
def withdraw_baseline(
    request: HttpRequest, project_id: int, baseline_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Take back a baseline that waits, so that another can be taken."""
    actor = actor_of(request)
    row = services.withdraw_baseline(
        actor=actor,
        baseline=queries.baseline_of(actor, project_id, baseline_id),
        version=version_of(if_match),
    )
    return _answer(request, row)


def _answer(request: HttpRequest, row: PlanBaseline, status: int = 200) -> HttpResponse:
    money = sees_budget(actor_of(request), row.project)
    return reply(_shown(row, money), status=status, version=row.version)


def _shown(row: PlanBaseline, money: bool) -> PlanBaselineOut:
    return PlanBaselineOut(
        id=row.pk,
        number=row.number,
        name=row.name,
        kind=row.kind,
        state=row.state,
        is_pmb=row.is_pmb,
        taken_on=row.taken_on,
        taken_by=row.taken_label,
        decided_on=row.decided_on,
        decided_by=row.decided_label,
        decision_note=row.decision_note,
        reason=row.reason,
        reference=row.reference,
        plan_version=row.plan_version,
        start=row.start,
        finish=row.finish,
        work_minutes=row.work_minutes,
        cost=row.cost if money else None,
        tasks=row.tasks,
    )


def _sums(found: services.Compared) -> BaselineSums:
    sums = found.sums
    return BaselineSums(
        left_id=found.left.baseline.pk if found.left.baseline else None,
        right_id=found.right.baseline.pk if found.right.baseline else None,
        left_finish=sums.left.finish,
        right_finish=sums.right.finish,
        finish_days=found.finish_days,
        work_hours=found.work_hours,
        cost=sums.cost,
        changed=sums.changed,
        late=sums.late,
        milestones_late=sums.milestones_late,
        unbaselined=sums.unbaselined,
        gone=sums.gone,
    )


def _line(line: services.Variances) -> VariancesOut:
    row, left, right = line.row, line.left, line.right
    return VariancesOut(
        uid=row.uid,
        name=row.name,
        wbs=row.wbs,
        summary=row.summary,
        milestone=row.milestone,
        kind=line.kind,
        left=None if left is None else BaselineSpan(start=left.start, finish=left.finish),
        right=None if right is None else BaselineSpan(start=right.start, finish=right.finish),
        start_days=line.start_days,
        finish_days=line.finish_days,
        duration_days=line.duration_days,
        work_hours=line.work_hours,
        cost=line.cost,
    )
