# SPDX-License-Identifier: Apache-2.0
"""The list of projects, its figures and files; saved views; the cockpit. All as on the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.dependencies.queries import Row as Bond
from pilothouse.direction.portfolio import cockpit as cockpits
from pilothouse.direction.portfolio import services
from pilothouse.direction.portfolio.columns import CUSTOM
from pilothouse.direction.portfolio.export import file_of
from pilothouse.direction.portfolio.filters import Filters, parse_filters
from pilothouse.direction.portfolio.layouts.heat import heat_of
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries import (
    Dashboard,
    Listed,
    Moments,
    Totals,
    View,
    dashboard,
    moments_of,
    saved_views,
)
from pilothouse.direction.portfolio.rules import can_change_view, visible_view
from pilothouse.faces.api.auth import actor_of, user_of
from pilothouse.faces.api.endpoints.common import REFUSED, creates, read
from pilothouse.faces.api.endpoints.projects import router as register
from pilothouse.faces.api.replies import (
    TABLE_FILE,
    Page,
    Paging,
    page,
    reply,
    slice_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import PersonRef, ProblemOut, QueryDay
from pilothouse.faces.api.schemas_portfolio import (
    ALWAYS,
    CUSTOM_FILTERS,
    FIELDS,
    AttributionOut,
    BreachOut,
    ChangedOut,
    CockpitAsked,
    CockpitOut,
    CountOut,
    FiguresOut,
    FreshnessOut,
    HandOut,
    HeatOut,
    MoneyOut,
    NamedRef,
    OwnerOut,
    ProjectRow,
    ProjectsAsked,
    RhythmOut,
    SourceOut,
    TimelineLink,
    TimelineMilestone,
    TimelineOut,
    TimelineRow,
    TotalsOut,
    ViewIn,
    ViewOut,
    ViewPatch,
)
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import attachment

router = Router(tags=["Portfolio"])
Asked = Query[ProjectsAsked]


def _filters(request: HttpRequest, asked: ProjectsAsked, *beside: str) -> Filters:
    """What the request asks for; a name nobody knows would widen the list unseen.

    So would a condition of a view on a field that is gone: it is refused too.
    """
    known = set(ProjectsAsked.model_fields) | set(beside)
    given = {name: text for name, text in request.GET.dict().items() if name not in beside}
    for name in given:
        if name not in known and not name.startswith(CUSTOM):
            message = f"The list has no filter ‘{name[:40]}’."
            raise Invalid("portfolio.filter", message, fields={name[:80]: message})
    if asked.view is not None:
        view = visible_view(actor_of(request), asked.view)
        given = {**dict(parse_qsl(view.query)), **given}
    return replace(parse_filters(given, clock.today()), view=None)


def _board(request: HttpRequest, filters: Filters, own: tuple[str, ...] = ()) -> Dashboard:
    return dashboard(actor_of(request), filters, clock.today(), own_columns=own)


def _only(filters: Filters) -> set[str] | None:
    """Fields of the columns that were asked for; None for all."""
    if not filters.columns:
        return None
    found = set(ALWAYS)
    for key in filters.columns:
        found |= FIELDS.get(key, {"custom"})
    return found


def _row(board: Dashboard, row: Listed) -> ProjectRow:
    columns = board.filters.columns
    custom = {
        key: value
        for key, value in row.custom.items()
        if key in board.fields and (not columns or CUSTOM + key in columns)
    }
    return ProjectRow(
        id=row.project_id,
        code=row.code,
        name=row.name,
        office_id=row.office_id,
        portfolio=NamedRef(id=row.portfolio_id, name=row.portfolio_name),
        manager=row.owner_name,
        manager_until=row.owner_until,
        status_date=row.status_date,
        source=row.source,
        group=board.label(row) if board.filters.group else None,
        phase=row.phase,
        state=row.state,
        in_portfolio=row.in_portfolio,
        overall=row.overall,
        stated=row.stated,
        stated_label=row.stated_label,
        schedule=row.schedule,
        cost=row.cost,
        scope=row.scope,
        benefits=row.benefits,
        risk=row.risk,
        resources=row.resources,
        trend=row.trend,
        planned_start=row.planned_start,
        forecast_finish=row.forecast_finish,
        baseline_start=row.baseline_start,
        baseline_finish=row.baseline_finish,
        slip_days=row.slip_days,
        slip_pct=None if row.slip_pct is None else round(row.slip_pct, 4),
        currency=row.currency,
        budget=row.budget,
        bac=row.bac,
        forecast_cost=row.forecast_cost,
        over_budget=row.variance,
        over_budget_pct=None if row.variance_pct is None else round(row.variance_pct, 4),
        benefits_forecast=row.benefits_forecast,
        percent_complete=row.percent_complete,
        next_milestone=row.next_milestone,
        next_milestone_on=row.next_milestone_on,
        programme=NamedRef(id=row.programme_id, name=row.programme_name or "")
        if row.programme_id
        else None,
        project_type=row.project_type,
        data_as_of=row.data_as_of,
        is_stale=row.is_stale(board.day),
        custom=custom,
    )


@register.get(
    "/projects",
    response=read(Page[ProjectRow]),
    openapi_extra=CUSTOM_FILTERS,
    tags=["Portfolio"],
)
def list_projects(request: HttpRequest, asked: Asked, paging: Query[Paging]) -> HttpResponse:
    """Every project in sight as the portfolio page lists it, worst first, now or as of a day."""
    filters = _filters(request, asked, "page", "limit")
    board = _board(request, filters)
    items = [_row(board, row) for row in slice_of(board.rows, paging)]
    return page(request, items, board.total, paging, _only(filters))


@register.get(
    "/projects/timeline",
    response=read(TimelineOut),
    openapi_extra=CUSTOM_FILTERS,
    tags=["Portfolio"],
)
def read_timeline(
    request: HttpRequest,
    asked: Asked,
    span: Annotated[
        Literal["", "quarter", "half", "year", "three"],
        Query(description="Which days are shown: 3 or 6 months, 1 or 3 years; empty: all."),
    ] = "",
    page: Annotated[int, Query(ge=1, le=100_000, description="Fifty projects each.")] = 1,
) -> TimelineOut:
    """Every project in sight over time, with milestones of its plan and links between projects."""
    filters = replace(_filters(request, asked, "span", "page"), span=span, page=page)
    board = _board(request, filters)
    moments = moments_of(actor_of(request), board)
    return TimelineOut(
        day=board.day,
        first=moments.first,
        last=moments.last,
        page=board.page,
        pages=board.pages,
        total=board.total,
        projects=[_on_timeline(board, row, moments) for row in board.page_rows],
        links=[_link(bond) for bond in moments.bonds],
        milestones_left_out=moments.left_out,
    )


def _on_timeline(board: Dashboard, row: Listed, moments: Moments) -> TimelineRow:
    found = [
        TimelineMilestone(
            task_uid=one.uid,
            name=one.name,
            day=one.day,
            approved=one.approved,
            is_critical=one.critical,
            is_done=one.done,
        )
        for one in moments.milestones.get(row.project_id, ())
    ]
    if not found and row.next_milestone_on is not None:
        found = [
            TimelineMilestone(
                task_uid=None,
                name=row.next_milestone,
                day=row.next_milestone_on,
                approved=None,
                is_critical=False,
                is_done=False,
            )
        ]
    return TimelineRow(
        id=row.project_id,
        code=row.code,
        name=row.name,
        group=board.label(row) if board.filters.group else None,
        overall=row.overall,
        start=row.planned_start or row.baseline_start,
        finish=row.forecast_finish,
        approved_start=row.baseline_start,
        approved_finish=row.baseline_finish,
        slip_days=row.slip_days,
        milestones=found,
    )


def _link(bond: Bond) -> TimelineLink:
    row = bond.dependency
    return TimelineLink(
        id=row.pk,
        deliverable=row.deliverable,
        giver_id=bond.giver.project_id,
        giver_code=bond.giver.code,
        given_on=row.forecast_date or row.promised_date,
        receiver_id=bond.receiver.project_id,
        receiver_code=bond.receiver.code,
        needed_on=row.need_date,
        slack_days=row.slack_days,
        colour=bond.colour,
    )


def _totals(totals: Totals) -> TotalsOut:
    return TotalsOut(
        label=totals.label,
        count=totals.count,
        overall=totals.overall,
        stated=totals.stated,
        money=[MoneyOut.model_validate(sums) for sums in totals.money],
    )


@router.get("/projects/figures", response=read(FiguresOut), openapi_extra=CUSTOM_FILTERS)
def read_figures(request: HttpRequest, asked: Asked) -> FiguresOut:
    """The figures above the list, the totals of its groups, and the table of the map."""
    board = _board(request, _filters(request, asked))
    cards = board.cards
    return FiguresOut(
        day=board.day,
        scope=_totals(cards.totals),
        shown=_totals(board.shown_totals),
        groups=[_totals(totals) for totals in board.groups.values()],
        late=cards.late,
        stale=cards.stale,
        over_budget=cards.over,
        known=dict(cards.known),
        ended=cards.ended,
        disagree=cards.disagree,
        changes=dict(cards.changes),
        published=cards.published,
        oldest=cards.oldest,
        newest=cards.newest,
        heat=[
            HeatOut(
                portfolio=NamedRef(id=line.place.pk, name=line.place.name),
                count=line.count,
                overall={key: cell.count for key, cell in line.overall.items()},
                red={key: cell.count for key, cell in line.red.items()},
            )
            for line in heat_of(board)
        ],
        dates=list(board.dates),
        sources=[SourceOut(text=text, count=count) for text, count in board.sources],
        attributions=[
            AttributionOut(office=NamedRef(id=office.pk, name=office.name), text=office.attribution)
            for office in board.attributions
        ],
    )


@router.get(
    "/projects/export",
    response={200: bytes, REFUSED: ProblemOut},
    openapi_extra={**CUSTOM_FILTERS, **TABLE_FILE},
)
def export_projects(
    request: HttpRequest,
    asked: Asked,
    format: Annotated[Literal["xlsx", "csv"], Query(description="The kind of file.")] = "xlsx",
) -> HttpResponse:
    """The list as a file: the same projects, columns, order and day, all pages."""
    own = services.columns_kept(user_of(request))
    file = file_of(_board(request, _filters(request, asked, "format"), own), format)
    return attachment(file.name, file.kind, file.body)


# Saved views


def _view(actor: Actor, grants: Grants, row: SavedView | View, owner: str) -> ViewOut:
    return ViewOut(
        id=row.pk,
        name=row.name,
        query=row.query,
        owner=PersonRef(id=row.owner_id, name=owner),
        shared_office_id=row.shared_office_id,
        may_change=can_change_view(actor, row, grants),
    )


@router.get("/views", response=read(Page[ViewOut]))
def list_views(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Your saved views of the list, and those shared in your organisations."""
    actor = actor_of(request)
    grants = grants_of(actor)
    rows = saved_views(actor, grants)
    items = [_view(actor, grants, row, row.owner_name) for row in slice_of(rows, paging)]
    return page(request, items, len(rows), paging)


@router.post("/views", response=creates(ViewOut))
def create_view(request: HttpRequest, payload: ViewIn) -> HttpResponse:
    """Keep filters, columns, order and grouping under a name; an own view of it is replaced."""
    actor = actor_of(request)
    row = services.save_view(
        actor=actor,
        name=payload.name,
        query=payload.query,
        shared_office_id=payload.shared_office_id,
        today=clock.today(),
    )
    made = _view(actor, grants_of(actor), row, row.owner.full_name)
    return reply(made, status=201)


@router.get("/views/{int:view_id}", response=read(ViewOut))
def read_view(request: HttpRequest, view_id: int) -> ViewOut:
    """One saved view; GET /projects?view= applies it."""
    actor = actor_of(request)
    grants = grants_of(actor)
    row = visible_view(actor, view_id, grants)
    return _view(actor, grants, row, row.owner.full_name)


@router.patch("/views/{int:view_id}", response=read(ViewOut))
def update_view(request: HttpRequest, view_id: int, payload: ViewPatch) -> ViewOut:
    """Rename a view, change its query, or share it; shared ones also by the PMO."""
    actor = actor_of(request)
    row = services.change_view(
        actor=actor,
        view_id=view_id,
        values=payload.model_dump(exclude_unset=True),
        today=clock.today(),
    )
    return _view(actor, grants_of(actor), row, row.owner.full_name)


@router.delete("/views/{int:view_id}", response={204: None, REFUSED: ProblemOut})
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Remove a view."""
    services.delete_view(actor=actor_of(request), view_id=view_id)
    return HttpResponse(status=204)


# Cockpit


@router.get("/cockpit", response=read(CockpitOut))
def read_cockpit(
    request: HttpRequest,
    asked: Query[CockpitAsked],
    since: Annotated[
        QueryDay | None, Query(description="Changes since this day; unset: since yesterday.")
    ] = None,
) -> CockpitOut:
    """What the PMO must know today beside the lines: changes, owners, age of the data."""
    today = clock.today()
    found = cockpits.cockpit(
        actor_of(request), cockpits.parse_asked(request.GET.dict(), today), today
    )
    return CockpitOut(
        since=found.asked.since,
        projects=found.projects,
        lines=found.total,
        by_severity=[
            CountOut(key=label.lower().replace(" ", "_"), label=label, count=count)
            for _, label, count in found.by_severity
        ],
        by_kind=[CountOut(key=key, label=label, count=n) for key, label, n in found.kinds],
        by_portfolio=[
            CountOut(key=str(pk), label=name, count=count) for pk, name, count in found.portfolios
        ],
        owners=[OwnerOut.model_validate(owner) for owner in found.owners],
        changes=[
            ChangedOut(
                project_id=one.project_id,
                project=one.project,
                code=one.code,
                figures=list(one.figures),
                hands=[HandOut.model_validate(hand) for hand in one.hands],
                more_hands=one.more_hands,
            )
            for one in found.changes
        ],
        more_changes=found.more_changes,
        freshness=FreshnessOut.model_validate(found.freshness),
        rhythms=[RhythmOut.model_validate(rhythm) for rhythm in found.rhythms],
        stale_after_days=found.stale_after,
        attributions=list(found.attributions),
    )


@router.get("/cockpit/breaches", response=read(Page[BreachOut]))
def list_breaches(
    request: HttpRequest, asked: Query[CockpitAsked], paging: Query[Paging]
) -> HttpResponse:
    """Lines of the cockpit, the worst first: what is in breach, since when, who must act."""
    today = clock.today()
    wanted = cockpits.parse_asked(request.GET.dict(), today)
    found = cockpits.cockpit(actor_of(request), wanted, today, paging.limit)
    lines = found.lines if paging.page <= found.pages else ()
    return page(request, [BreachOut.model_validate(line) for line in lines], found.total, paging)
