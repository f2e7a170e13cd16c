# SPDX-License-Identifier: Apache-2.0
"""Objectives, portfolios and programmes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Portfolio, Programme, StrategicObjective
from pilothouse.delivery.projects.queries import (
    get_portfolio,
    get_programme,
    portfolios_by_objective,
)
from pilothouse.delivery.projects.rules import visible_portfolios, visible_programmes
from pilothouse.delivery.projects.steps import Step, portfolio_steps, programme_steps
from pilothouse.delivery.projects.tree import Node, register_tree
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    office_of,
    person_ref,
    read,
    ref,
    unknown,
    updates,
    values_of,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    page_of,
    reply,
    slice_of,
    version_of,
    whole,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    NextStateOut,
    NodeOut,
    ObjectiveFields,
    ObjectiveIn,
    ObjectiveOut,
    PlaceOut,
    PortfolioFields,
    PortfolioIn,
    PortfolioMove,
    PortfolioOut,
    PortfolioPatch,
    ProgrammeIn,
    ProgrammeMove,
    ProgrammeOut,
    ProgrammePatch,
    QueryDay,
    StateIn,
    Void,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.queries import office_ids, visible_units

router = Router(tags=["Register"])


def _objective(row: StrategicObjective, serving: Sequence[Portfolio]) -> ObjectiveOut:
    return ObjectiveOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        code=row.code,
        title=row.title,
        parent_id=row.parent_id,
        owner=person_ref(row.owner),
        weight_pct=row.weight_pct,
        horizon_from=row.horizon_from,
        horizon_to=row.horizon_to,
        measure=row.measure,
        target=row.target,
        portfolios=[ref(portfolio) for portfolio in serving],
    )


def _told(actor: Actor, row: StrategicObjective) -> ObjectiveOut:
    return _objective(row, portfolios_by_objective(actor).get(row.pk, []))


def visible_objectives(actor: Actor) -> QuerySet[StrategicObjective]:
    """Objectives of the actor's organisations."""
    offices = office_ids(actor)
    rows = StrategicObjective.objects.filter(voided=False).select_related("office", "owner")
    return rows if offices is None else rows.filter(office_id__in=offices)


def _get_objective(actor: Actor, objective_id: int) -> StrategicObjective | None:
    return visible_objectives(actor).filter(pk=objective_id).first()


def _require_objective(actor: Actor, objective_id: int) -> StrategicObjective:
    row = _get_objective(actor, objective_id)
    if row is None:
        raise NotFound("projects.objective", "There is no such objective.")
    return row


def _objective_values(
    request: HttpRequest, payload: ObjectiveFields, office_id: int
) -> dict[str, Any]:
    values = values_of(request, payload, office_id=office_id, leave=("office_id", "parent_id"))
    if "parent_id" in payload.model_fields_set:
        values["parent"] = None
        if payload.parent_id is not None:
            values["parent"] = _get_objective(actor_of(request), payload.parent_id)
            if values["parent"] is None:
                raise unknown("parent_id", "There is no such objective.")
    return values


@router.get("/objectives", response=read(Page[ObjectiveOut]))
def list_objectives(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Strategic objectives of your organisations."""
    actor = actor_of(request)
    rows = visible_objectives(actor).order_by("office_id", "code", "pk")
    serving = portfolios_by_objective(actor)
    return page_of(request, rows, paging, lambda row: _objective(row, serving.get(row.pk, [])))


@router.post("/objectives", response=creates(ObjectiveOut))
def create_objective(
    request: HttpRequest, payload: ObjectiveIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add a strategic objective."""
    actor = actor_of(request)

    def make() -> tuple[ObjectiveOut, int]:
        office = office_of(actor, payload.office_id)
        row = services.save_objective(
            actor=actor,
            office=office,
            objective=None,
            values=_objective_values(request, payload, office.pk),
        )
        return _objective(row, []), row.version

    return created(request, idempotency_key, make)


@router.get("/objectives/{int:objective_id}", response=read(ObjectiveOut))
def read_objective(request: HttpRequest, objective_id: int) -> HttpResponse:
    """One objective."""
    actor = actor_of(request)
    row = _require_objective(actor, objective_id)
    return reply(_told(actor, row), version=row.version)


@router.patch("/objectives/{int:objective_id}", response=updates(ObjectiveOut))
def update_objective(
    request: HttpRequest, objective_id: int, payload: ObjectiveFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change fields of an objective."""
    actor = actor_of(request)
    row = _require_objective(actor, objective_id)
    row = services.save_objective(
        actor=actor,
        office=row.office,
        objective=row,
        values=_objective_values(request, payload, row.office_id),
        version=version_of(if_match),
    )
    return reply(_told(actor, row), version=row.version)


@router.post("/objectives/{int:objective_id}/void", response=updates(ObjectiveOut))
def void_objective(
    request: HttpRequest, objective_id: int, payload: Void, if_match: IfMatch = None
) -> HttpResponse:
    """Take an objective out of use; it stays in the history."""
    actor = actor_of(request)
    row = _require_objective(actor, objective_id)
    row = services.void_objective(
        actor=actor, objective=row, version=version_of(if_match), reason=payload.reason
    )
    return reply(_told(actor, row), version=row.version)


def _portfolio(row: Portfolio) -> PortfolioOut:
    return PortfolioOut(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        state=row.state,
        office_id=row.office_id,
        org_unit=ref(row.org_unit),
        parent_id=row.parent_id,
        description=row.description,
        manager=person_ref(row.manager),
        sponsor=person_ref(row.sponsor),
        currency=row.currency_id,
        budget_envelope=row.budget_envelope,
        objective_ids=sorted(objective.pk for objective in row.objectives.all()),
    )


def _objectives(actor: Actor, payload: PortfolioFields) -> list[StrategicObjective] | None:
    """Those that were sent; None where none were."""
    if "objective_ids" not in payload.model_fields_set:
        return None
    found = list(visible_objectives(actor).filter(pk__in=payload.objective_ids))
    if len(found) < len(set(payload.objective_ids)):
        raise unknown("objective_ids", "There is no such objective among your organisations'.")
    return found


def _visible_parent(actor: Actor, parent_id: int | None) -> Portfolio | None:
    if parent_id is None:
        return None
    row = visible_portfolios(actor).select_related("org_unit").filter(pk=parent_id).first()
    if row is None:
        raise unknown("parent_id", "There is no such portfolio.")
    return row


@router.get("/portfolios", response=read(Page[PortfolioOut]))
def list_portfolios(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Portfolios in sight, each branch together."""
    rows = visible_portfolios(actor_of(request)).select_related("org_unit", "manager", "sponsor")
    rows = rows.prefetch_related("objectives")
    return page_of(request, rows.order_by("path", "pk"), paging, _portfolio)


@router.post("/portfolios", response=creates(PortfolioOut))
def create_portfolio(
    request: HttpRequest, payload: PortfolioIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Open a portfolio in a unit, or below another portfolio."""
    actor = actor_of(request)

    def make() -> tuple[PortfolioOut, int]:
        unit = visible_units(actor).filter(pk=payload.org_unit_id).first()
        if unit is None:
            raise unknown("org_unit_id", "There is no such unit.")
        leave = ("org_unit_id", "parent_id", "objective_ids")
        values = values_of(request, payload, office_id=unit.office_id, leave=leave)
        values["parent"] = _visible_parent(actor, payload.parent_id)
        row = services.create_portfolio(
            actor=actor,
            org_unit=unit,
            values=values,
            objectives=_objectives(actor, payload) or [],
        )
        return _portfolio(row), row.version

    return created(request, idempotency_key, make)


@router.get("/portfolios/{int:portfolio_id}", response=read(PortfolioOut))
def read_portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """One portfolio."""
    row = get_portfolio(actor_of(request), portfolio_id)
    return reply(_portfolio(row), version=row.version)


@router.patch("/portfolios/{int:portfolio_id}", response=updates(PortfolioOut))
def update_portfolio(
    request: HttpRequest, portfolio_id: int, payload: PortfolioPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Change fields of a portfolio."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    row = services.update_portfolio(
        actor=actor,
        portfolio=row,
        values=values_of(
            request, payload, office_id=row.office_id, leave=("reason", "objective_ids")
        ),
        objectives=_objectives(actor, payload),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_portfolio(row), version=row.version)


@router.post("/portfolios/{int:portfolio_id}/move", response=updates(PortfolioOut))
def move_portfolio(
    request: HttpRequest, portfolio_id: int, payload: PortfolioMove, if_match: IfMatch = None
) -> HttpResponse:
    """Put a portfolio elsewhere from a day on; earlier reports keep the old tree."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    unit = visible_units(actor).filter(pk=payload.org_unit_id).first()
    if unit is None:
        raise unknown("org_unit_id", "There is no such unit.")
    row = services.move_portfolio(
        actor=actor,
        portfolio=row,
        org_unit=unit,
        parent=_visible_parent(actor, payload.parent_id),
        from_day=payload.from_day,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_portfolio(row), version=row.version)


@router.post("/portfolios/{int:portfolio_id}/state", response=updates(PortfolioOut))
def set_portfolio_state(
    request: HttpRequest, portfolio_id: int, payload: StateIn, if_match: IfMatch = None
) -> HttpResponse:
    """Move a portfolio through its states: draft, active, suspended, closed."""
    actor = actor_of(request)
    row = services.set_portfolio_state(
        actor=actor,
        portfolio=get_portfolio(actor, portfolio_id),
        state=payload.state,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_portfolio(row), version=row.version)


def next_state_out(step: Step) -> NextStateOut:
    """A possible next state as the pages tell it."""
    return NextStateOut(
        state=step.target,
        label=step.label,
        who=step.who,
        may=step.may,
        why_not=step.why_not,
        missing=[gap.what for gap in step.missing],
    )


@router.get("/portfolios/{int:portfolio_id}/transitions", response=read(Page[NextStateOut]))
def list_portfolio_transitions(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Possible next states of a portfolio, who decides each, and what stands in the way."""
    actor = actor_of(request)
    steps = portfolio_steps(actor, get_portfolio(actor, portfolio_id))
    return whole([next_state_out(step) for step in steps])


@router.get("/portfolios/{int:portfolio_id}/places", response=read(Page[PlaceOut]))
def list_portfolio_places(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Where a portfolio stood before, and until when."""
    row = get_portfolio(actor_of(request), portfolio_id)
    return whole(
        [
            PlaceOut(
                org_unit=ref(place.org_unit),
                portfolio=ref(place.parent) if place.parent else None,
                until=place.until,
                reason=place.reason,
            )
            for place in row.former_places.select_related("org_unit", "parent")
        ]
    )


def _programme(row: Programme) -> ProgrammeOut:
    return ProgrammeOut(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        state=row.state,
        office_id=row.office_id,
        portfolio=ref(row.portfolio),
        manager=person_ref(row.manager),
        sponsor=person_ref(row.sponsor),
        vision=row.vision,
    )


@router.get("/programmes", response=read(Page[ProgrammeOut]))
def list_programmes(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Programmes in sight."""
    rows = visible_programmes(actor_of(request)).select_related("portfolio", "manager", "sponsor")
    return page_of(request, rows.order_by("office_id", "code", "pk"), paging, _programme)


@router.post("/programmes", response=creates(ProgrammeOut))
def create_programme(
    request: HttpRequest, payload: ProgrammeIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Open a programme in a portfolio."""
    actor = actor_of(request)

    def make() -> tuple[ProgrammeOut, int]:
        portfolio = visible_portfolio(actor, payload.portfolio_id)
        values = values_of(request, payload, office_id=portfolio.office_id, leave=("portfolio_id",))
        row = services.create_programme(actor=actor, portfolio=portfolio, values=values)
        return _programme(row), row.version

    return created(request, idempotency_key, make)


@router.get("/programmes/{int:programme_id}", response=read(ProgrammeOut))
def read_programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """One programme."""
    row = get_programme(actor_of(request), programme_id)
    return reply(_programme(row), version=row.version)


@router.patch("/programmes/{int:programme_id}", response=updates(ProgrammeOut))
def update_programme(
    request: HttpRequest, programme_id: int, payload: ProgrammePatch, if_match: IfMatch = None
) -> HttpResponse:
    """Change fields of a programme."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    row = services.update_programme(
        actor=actor,
        programme=row,
        values=values_of(request, payload, office_id=row.office_id, leave=("reason",)),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_programme(row), version=row.version)


@router.post("/programmes/{int:programme_id}/move", response=updates(ProgrammeOut))
def move_programme(
    request: HttpRequest, programme_id: int, payload: ProgrammeMove, if_match: IfMatch = None
) -> HttpResponse:
    """Put a programme with its projects into another portfolio from a day on."""
    actor = actor_of(request)
    row = services.move_programme(
        actor=actor,
        programme=get_programme(actor, programme_id),
        portfolio=visible_portfolio(actor, payload.portfolio_id),
        from_day=payload.from_day,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_programme(row), version=row.version)


@router.post("/programmes/{int:programme_id}/state", response=updates(ProgrammeOut))
def set_programme_state(
    request: HttpRequest, programme_id: int, payload: StateIn, if_match: IfMatch = None
) -> HttpResponse:
    """Move a programme through its states."""
    actor = actor_of(request)
    row = services.set_programme_state(
        actor=actor,
        programme=get_programme(actor, programme_id),
        state=payload.state,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_programme(row), version=row.version)


@router.get("/programmes/{int:programme_id}/transitions", response=read(Page[NextStateOut]))
def list_programme_transitions(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Possible next states of a programme, who decides each, and what stands in the way."""
    actor = actor_of(request)
    steps = programme_steps(actor, get_programme(actor, programme_id))
    return whole([next_state_out(step) for step in steps])


@router.get("/programmes/{int:programme_id}/places", response=read(Page[PlaceOut]))
def list_programme_places(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Portfolios in which a programme stood before, and until when."""
    row = get_programme(actor_of(request), programme_id)
    return whole(
        [
            PlaceOut(portfolio=ref(place.portfolio), until=place.until, reason=place.reason)
            for place in row.former_places.select_related("portfolio")
        ]
    )


@router.get("/register", response=read(Page[NodeOut]))
def read_register(
    request: HttpRequest,
    paging: Query[Paging],
    as_of: QueryDay | None = None,
    ended: Annotated[bool, Query(description="Closed and cancelled ones too.")] = False,
) -> HttpResponse:
    """The tree of units, portfolios, programmes and projects in order, now or as of a day."""
    day = looked_back(as_of, clock.today())
    tree = register_tree(actor_of(request), day, with_ended=ended)
    nodes = list(_nodes(tree.roots, 0))
    return page(request, slice_of(nodes, paging), len(nodes), paging)


def _nodes(nodes: Sequence[Node], depth: int) -> Iterator[NodeOut]:
    for node in nodes:
        yield NodeOut(
            kind=node.kind,
            id=node.pk,
            code=node.code,
            name=node.name,
            state=node.state,
            manager=node.manager,
            depth=depth,
            projects=node.projects,
            open_projects=node.open_projects,
        )
        yield from _nodes(node.children, depth + 1)


def visible_portfolio(actor: Actor, portfolio_id: int) -> Portfolio:
    """The portfolio that a body names; one out of sight does not exist."""
    row = visible_portfolios(actor).select_related("org_unit").filter(pk=portfolio_id).first()
    if row is None:
        raise unknown("portfolio_id", "There is no such portfolio.")
    return row
