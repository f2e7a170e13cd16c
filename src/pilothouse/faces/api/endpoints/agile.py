# SPDX-License-Identifier: Apache-2.0
"""The backlog of a project: its items, their order, and how the team counts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import BaseModel

from pilothouse.delivery.agile import queries, services
from pilothouse.delivery.agile.models import BacklogItem, Release, Sprint
from pilothouse.delivery.projects.models import Project
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import QueryId
from pilothouse.faces.api.schemas_agile import (
    BacklogFields,
    BacklogOut,
    BacklogSettings,
    ItemFields,
    ItemList,
    ItemMove,
    ItemOrder,
    ItemOut,
    ItemsChange,
    ItemsNew,
    VelocityOut,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.queries import office_people

router = Router(tags=["Agile projects"])
OF_PROJECT = "/projects/{int:project_id}/backlog"
ONE = "/backlog-items/{int:item_id}"
Show = Annotated[
    Literal["open", "unsized", "unplanned", "done", "dropped", "all"],
    Query(description="Which items; `unplanned` are in no sprint and no release."),
]


@router.get(OF_PROJECT, response=read(BacklogOut))
def read_backlog(request: HttpRequest, project_id: int) -> HttpResponse:
    """How the team of a project counts, its velocity, and its points in all."""
    return _answer(actor_of(request), project_id)


@router.post(OF_PROJECT, response=creates(BacklogOut))
def create_backlog(
    request: HttpRequest,
    project_id: int,
    payload: BacklogFields,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Let a project work in sprints."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = queries.open_backlog(actor, project_id).project
        row = services.begin_backlog(actor=actor, project=project, values=payload.model_dump())
        return _backlog(actor, project_id), row.version

    return created(request, idempotency_key, make)


@router.patch(OF_PROJECT, response=updates(BacklogOut))
def update_backlog(
    request: HttpRequest, project_id: int, payload: BacklogSettings, if_match: IfMatch = None
) -> HttpResponse:
    """Change how the team counts, and what the columns of its board take."""
    actor = actor_of(request)
    services.change_settings(
        actor=actor,
        backlog=queries.open_backlog(actor, project_id).require(),
        values=payload.model_dump(exclude_unset=True),
        version=version_of(if_match),
    )
    return _answer(actor, project_id)


@router.get(OF_PROJECT + "/items", response=read(Page[ItemOut]))
def list_backlog_items(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    show: Show = "open",
    sprint_id: QueryId | None = None,
    release_id: QueryId | None = None,
    epic_id: QueryId | None = None,
) -> HttpResponse:
    """Items in the order of work."""
    opened = queries.open_backlog(actor_of(request), project_id)
    opened.require()
    wanted = queries.Wanted(show, epic=epic_id or 0, release=release_id or 0, sprint=sprint_id or 0)
    return page_of(request, queries.items_of(opened.project, wanted), paging, _shown)


@router.post(OF_PROJECT + "/items", response=creates(ItemList))
def create_backlog_items(
    request: HttpRequest,
    project_id: int,
    payload: ItemsNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Add items at the end of the backlog, all or none."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = queries.open_backlog(actor, project_id).project
        drafts, rows = [], []
        for item in payload.items:
            values = item_values(project, item)
            kind = BacklogItem.Kind(values.pop("kind", "story"))
            drafts.append(services.Draft(values.pop("title"), kind, values.pop("points", None)))
            rows.append(values)
        made = services.add_items(
            actor=actor, project=project, drafts=drafts, rows=rows, today=clock.today()
        )
        return ItemList(items=[_shown(row) for row in made]), None

    return created(request, idempotency_key, make)


@router.patch(OF_PROJECT + "/items", response=read(ItemList))
def update_backlog_items(
    request: HttpRequest, project_id: int, payload: ItemsChange
) -> HttpResponse:
    """Give many items the same values, all or none."""
    actor = actor_of(request)
    project = queries.open_backlog(actor, project_id).project
    rows = services.change_items(
        actor=actor,
        project=project,
        ids=payload.ids,
        values=item_values(project, payload.values),
        today=clock.today(),
    )
    return reply(ItemList(items=[_shown(row) for row in rows]))


@router.get(ONE, response=read(ItemOut))
def read_backlog_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """One item."""
    return _one(queries.item_of(actor_of(request), item_id))


@router.patch(ONE, response=updates(ItemOut))
def update_backlog_item(
    request: HttpRequest, item_id: int, payload: ItemFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change what an item says, how far it is, and what it is planned into."""
    actor = actor_of(request)
    item = queries.item_of(actor, item_id)
    row = services.change_item(
        actor=actor,
        item=item,
        values=item_values(item.project, payload),
        version=version_of(if_match),
        today=clock.today(),
    )
    return _one(row)


@router.post(ONE + "/order", response=read(ItemOut))
def order_backlog_item(request: HttpRequest, item_id: int, payload: ItemOrder) -> HttpResponse:
    """Move an item before or after another one, to the top, or else to the end."""
    actor = actor_of(request)
    beside = {
        name: None if number is None else queries.item_of(actor, number)
        for name, number in (("before", payload.before_id), ("after", payload.after_id))
    }
    row = services.move_item(
        actor=actor,
        item=queries.item_of(actor, item_id),
        before=beside["before"],
        after=beside["after"],
        to_top=payload.to_top,
    )
    return _one(row)


@router.post(ONE + "/state", response=updates(ItemOut))
def move_backlog_item(
    request: HttpRequest, item_id: int, payload: ItemMove, if_match: IfMatch = None
) -> HttpResponse:
    """Move an item into another column of the board; who moves one that is nobody's takes it."""
    actor = actor_of(request)
    row = services.move_on_board(
        actor=actor,
        item=queries.item_of(actor, item_id),
        state=payload.state,
        version=version_of(if_match),
        today=clock.today(),
    )
    return _one(row)


def item_values(project: Project, payload: BaseModel) -> dict[str, Any]:
    """Only the fields that were sent, with numbers of other rows turned into them."""
    rows: dict[str, Any] = {
        "owner": office_people(project.office_id).distinct(),
        "epic": BacklogItem.objects.filter(project=project, kind="epic"),
        "release": Release.objects.filter(project=project),
        "sprint": Sprint.objects.filter(project=project),
    }
    values: dict[str, Any] = {}
    for name, value in payload.model_dump(exclude_unset=True).items():
        short = name.removesuffix("_id")
        if short not in rows:
            values[name] = value
            continue
        values[short] = None if value is None else rows[short].filter(pk=value).first()
        if value is not None and values[short] is None:
            raise unknown(name, f"There is no such {short} here.")
    return values


def _answer(actor: Actor, project_id: int) -> HttpResponse:
    opened = queries.open_backlog(actor, project_id)
    return reply(_backlog(actor, project_id), version=opened.require().version)


def _backlog(actor: Actor, project_id: int) -> BacklogOut:
    opened = queries.open_backlog(actor, project_id)
    row = opened.require()
    pace = services.pace_of(row, clock.today())
    points = services.points_of(opened.project, None).values()
    rate = pace.velocity
    return BacklogOut(
        project_id=project_id,
        method=row.method,
        velocity_sprints=row.velocity_sprints,
        sprint_days=row.sprint_days,
        limit_todo=row.limit_todo,
        limit_in_progress=row.limit_in_progress,
        limit_review=row.limit_review,
        velocity=None
        if rate is None
        else VelocityOut(mean=rate.mean, taken=rate.taken, least=rate.least, most=rate.most),
        completed=list(pace.completed),
        points=sum((row.scope for row in points), Decimal(0)),
        points_done=sum((row.done for row in points), Decimal(0)),
    )


def _one(row: BacklogItem) -> HttpResponse:
    return reply(_shown(row), version=row.version)


def _shown(row: BacklogItem) -> ItemOut:
    return ItemOut(
        id=row.pk,
        version=row.version,
        key=row.key,
        title=row.title,
        kind=row.kind,
        points=row.points,
        value=row.value,
        state=row.state,
        owner=person_ref(row.owner),
        acceptance=row.acceptance,
        epic_id=row.epic_id,
        release_id=row.release_id,
        sprint_id=row.sprint_id,
        done_on=row.done_on,
    )
