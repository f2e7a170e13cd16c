# SPDX-License-Identifier: Apache-2.0
"""Sprints and releases of an agile project, and what is forecast from them."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from pilothouse.delivery.agile import queries, services
from pilothouse.delivery.agile.models import Release, Sprint
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, created, reply, version_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import QueryDay
from pilothouse.faces.api.schemas_agile import (
    BurnDayOut,
    ForecastAccept,
    ForecastOut,
    PlanMovedOut,
    ReachedOut,
    ReachOut,
    ReleaseEnd,
    ReleaseFields,
    ReleaseFull,
    ReleaseNew,
    ReleaseOut,
    SprintClose,
    SprintFields,
    SprintFull,
    SprintNew,
    SprintOut,
    SprintResult,
)
from pilothouse.foundation.core import clock

router = Router(tags=["Agile projects"])
PROJECT = "/projects/{int:project_id}"
SPRINT = "/sprints/{int:sprint_id}"
RELEASE = "/releases/{int:release_id}"


@router.get(PROJECT + "/sprints", response=read(Page[SprintOut]))
def list_sprints(request: HttpRequest, project_id: int) -> HttpResponse:
    """All sprints of a project, the latest first."""
    opened = queries.open_backlog(actor_of(request), project_id)
    opened.require()
    return whole([_sprint(row.sprint) for row in queries.sprint_rows(opened.project)])


@router.post(PROJECT + "/sprints", response=creates(SprintOut))
def create_sprint(
    request: HttpRequest,
    project_id: int,
    payload: SprintNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Plan the next sprint."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = queries.open_backlog(actor, project_id).project
        row = services.plan_sprint(actor=actor, project=project, values=payload.model_dump())
        return _sprint(row), row.version

    return created(request, idempotency_key, make)


@router.get(SPRINT, response=read(SprintFull))
def read_sprint(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """One sprint with its burn-down, and what became of its items."""
    actor = actor_of(request)
    row = queries.sprint_of(actor, sprint_id)
    page = queries.sprint_page(actor, row)
    days = queries.burn_of_sprint(row, row.closed_on or clock.today()) if row.started_on else []
    results = [
        SprintResult(
            item_id=it.item_id,
            key=it.item.key,
            points=it.points,
            committed=it.committed,
            result=it.result,
        )
        for it in page.results
    ]
    found = SprintFull(**_sprint(row).model_dump(), burn=_burn(days), results=results)
    return reply(found, version=row.version)


@router.patch(SPRINT, response=updates(SprintOut))
def update_sprint(
    request: HttpRequest, sprint_id: int, payload: SprintFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change name, goal, dates or capacity of a sprint that is not over."""
    actor = actor_of(request)
    values = payload.model_dump(exclude_unset=True)
    for name in ("start", "finish"):
        if name in values and values[name] is None:
            raise unknown(name, "A sprint has a first and a last day.")
    row = services.change_sprint(
        actor=actor,
        sprint=queries.sprint_of(actor, sprint_id),
        values=values,
        version=version_of(if_match),
    )
    return reply(_sprint(row), version=row.version)


@router.post(SPRINT + "/start", response=updates(SprintOut))
def start_sprint(request: HttpRequest, sprint_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Start a planned sprint: the points of its items are committed."""
    actor = actor_of(request)
    row = services.start_sprint(
        actor=actor,
        sprint=queries.sprint_of(actor, sprint_id),
        version=version_of(if_match),
        today=clock.today(),
    )
    return reply(_sprint(row), version=row.version)


@router.post(SPRINT + "/close", response=updates(SprintOut))
def close_sprint(
    request: HttpRequest, sprint_id: int, payload: SprintClose, if_match: IfMatch = None
) -> HttpResponse:
    """Close the running sprint; what is not done goes back, or forward into another one."""
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    forward = None
    if payload.forward_id is not None:
        forward = Sprint.objects.filter(project=sprint.project, pk=payload.forward_id).first()
        if forward is None:
            raise unknown("forward_id", "There is no such sprint here.")
    row = services.close_sprint(
        actor=actor,
        sprint=sprint,
        version=version_of(if_match),
        today=clock.today(),
        forward=forward,
    )
    return reply(_sprint(row), version=row.version)


@router.post(SPRINT + "/cancel", response=updates(SprintOut))
def cancel_sprint(request: HttpRequest, sprint_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Take a planned sprint out; its items go back to the backlog."""
    actor = actor_of(request)
    row = services.cancel_sprint(
        actor=actor,
        sprint=queries.sprint_of(actor, sprint_id),
        version=version_of(if_match),
        today=clock.today(),
    )
    return reply(_sprint(row), version=row.version)


@router.get(PROJECT + "/releases", response=read(Page[ReleaseOut]))
def list_releases(request: HttpRequest, project_id: int) -> HttpResponse:
    """All releases in their order, each with its forecast."""
    opened = queries.open_backlog(actor_of(request), project_id)
    rows = queries.releases_of(opened.project)
    _, found = services.forecasts_of(opened.require(), rows, clock.today())
    return whole([_release(row) for row in found])


@router.post(PROJECT + "/releases", response=creates(ReleaseOut))
def create_release(
    request: HttpRequest,
    project_id: int,
    payload: ReleaseNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Plan a release, and tie it to a milestone of the plan."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = queries.open_backlog(actor, project_id).project
        row = services.save_release(
            actor=actor, project=project, release=None, values=payload.model_dump()
        )
        return _release(_found(row)), row.version

    return created(request, idempotency_key, make)


@router.get(PROJECT + "/reach", response=read(ReachOut))
def read_reach(request: HttpRequest, project_id: int, by: QueryDay) -> HttpResponse:
    """How much of the backlog is done by a day, at each confidence, and how far that goes."""
    opened = queries.open_backlog(actor_of(request), project_id)
    backlog = opened.require()
    sprints, rows = services.reached_by(backlog, services.pace_of(backlog, clock.today()), by)
    reached = [
        ReachedOut(
            confidence=row.confidence,
            points=row.points,
            item_id=row.item.pk if row.item else None,
        )
        for row in rows
    ]
    return reply(ReachOut(by=by, sprints=sprints, reached=reached))


@router.get(RELEASE, response=read(ReleaseFull))
def read_release(request: HttpRequest, release_id: int) -> HttpResponse:
    """One release with its forecast and its burn-up."""
    row = queries.release_of(actor_of(request), release_id)
    days = queries.burn_of(row.project, row, row.released_on or clock.today())
    found = ReleaseFull(**_release(_found(row)).model_dump(), burn=_burn(days))
    return reply(found, version=row.version)


@router.patch(RELEASE, response=updates(ReleaseOut))
def update_release(
    request: HttpRequest, release_id: int, payload: ReleaseFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change a release; other planned points need a note."""
    actor = actor_of(request)
    release = queries.release_of(actor, release_id)
    values = payload.model_dump(exclude_unset=True)
    if "start" in values and values["start"] is None:
        raise unknown("start", "A release has a first day.")
    row = services.save_release(
        actor=actor,
        project=release.project,
        release=release,
        values=values,
        version=version_of(if_match),
    )
    return _answer(row)


@router.post(RELEASE + "/accept-forecast", response=updates(PlanMovedOut))
def accept_forecast(
    request: HttpRequest, release_id: int, payload: ForecastAccept, if_match: IfMatch = None
) -> HttpResponse:
    """Let the milestone lie no earlier than forecast, as an edit of the plan."""
    actor = actor_of(request)
    outcome = services.accept_forecast(
        actor=actor,
        release=queries.release_of(actor, release_id),
        day=payload.day,
        version=version_of(if_match),
        today=clock.today(),
    )
    return reply(
        PlanMovedOut(
            plan_version=outcome.plan.plan_version,
            tasks_moved=outcome.tasks_moved,
            finish_before=outcome.finish_before,
            finish_after=outcome.finish_after,
        )
    )


@router.post(RELEASE + "/end", response=updates(ReleaseOut))
def end_release(
    request: HttpRequest, release_id: int, payload: ReleaseEnd, if_match: IfMatch = None
) -> HttpResponse:
    """Say that a release is out, or that it will not come."""
    actor = actor_of(request)
    row = services.end_release(
        actor=actor,
        release=queries.release_of(actor, release_id),
        state=payload.state,
        version=version_of(if_match),
        today=clock.today(),
    )
    return _answer(row)


def _answer(row: Release) -> HttpResponse:
    return reply(_release(_found(row)), version=row.version)


def _found(row: Release) -> services.ReleaseForecast:
    found = services.forecast_of_release(row, clock.today())
    assert found is not None, "a release hangs on a backlog"
    return found


def _burn(days: Sequence[queries.BurnDay]) -> list[BurnDayOut]:
    return [BurnDayOut(day=day.day, scope=day.scope, done=day.done) for day in days]


def _sprint(row: Sprint) -> SprintOut:
    return SprintOut(
        id=row.pk,
        version=row.version,
        number=row.number,
        name=row.name,
        goal=row.goal,
        start=row.start,
        finish=row.finish,
        capacity=row.capacity,
        state=row.state,
        committed=row.committed,
        completed=row.completed,
        started_on=row.started_on,
        closed_on=row.closed_on,
    )


def _release(found: services.ReleaseForecast) -> ReleaseOut:
    row, left, earned = found.release, found.left, found.earned
    forecast = ForecastOut(
        scope=found.points.scope,
        done=found.points.done,
        unsized=found.points.unsized,
        ahead=found.ahead,
        sprints=dict(found.sprints),
        days=dict(found.days),
        growing_days=dict(found.growing_days),
        growing_points=dict(found.growth.added) if found.growth else {},
        day=found.day,
        expected_sprints=left.expected if left else None,
        best_sprints=left.best if left else None,
        worst_sprints=left.worst if left else None,
        milestone_date=found.milestone.finish if found.milestone else None,
        late_days=found.late_days,
        earned_pct=float(earned.earned_pct) if earned else None,
        planned_pct=float(earned.planned_pct) if earned else None,
        spi=float(earned.spi) if earned and earned.spi is not None else None,
    )
    return ReleaseOut(
        id=row.pk,
        version=row.version,
        name=row.name,
        goal=row.goal,
        position=row.position,
        state=row.state,
        start=row.start,
        planned_sprints=row.planned_sprints,
        planned_points=row.planned_points,
        plan_note=row.plan_note,
        confidence=row.confidence,
        milestone_uid=row.milestone_uid,
        released_on=row.released_on,
        forecast=forecast,
    )
