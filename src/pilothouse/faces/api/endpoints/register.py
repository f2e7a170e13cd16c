# SPDX-License-Identifier: Apache-2.0
"""Objectives, portfolios and programmes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Portfolio, Programme, StrategicObjective
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.delivery.projects.rules import visible_portfolios, visible_programmes
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
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.schemas import (
    ObjectiveFields,
    ObjectiveIn,
    ObjectiveOut,
    PortfolioIn,
    PortfolioMove,
    PortfolioOut,
    PortfolioPatch,
    ProgrammeIn,
    ProgrammeMove,
    ProgrammeOut,
    ProgrammePatch,
    StateIn,
    Void,
)
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.queries import office_ids, visible_units

router = Router(tags=["Register"])


def _objective(row: StrategicObjective) -> ObjectiveOut:
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
    )


def _get_objective(actor: Actor, objective_id: int) -> StrategicObjective | None:
    offices = office_ids(actor)
    rows = StrategicObjective.objects.filter(voided=False).select_related("office", "owner")
    rows = rows if offices is None else rows.filter(office_id__in=offices)
    return rows.filter(pk=objective_id).first()


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
    offices = office_ids(actor_of(request))
    rows = StrategicObjective.objects.filter(voided=False).select_related("owner")
    rows = rows if offices is None else rows.filter(office_id__in=offices)
    return page_of(request, rows.order_by("office_id", "code", "pk"), paging, _objective)


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
        return _objective(row), row.version

    return created(request, idempotency_key, make)


@router.get("/objectives/{int:objective_id}", response=read(ObjectiveOut))
def read_objective(request: HttpRequest, objective_id: int) -> HttpResponse:
    """One objective."""
    row = _require_objective(actor_of(request), objective_id)
    return reply(_objective(row), version=row.version)


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
    return reply(_objective(row), version=row.version)


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
    return reply(_objective(row), version=row.version)


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
    )


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
        leave = ("org_unit_id", "parent_id")
        values = values_of(request, payload, office_id=unit.office_id, leave=leave)
        values["parent"] = _visible_parent(actor, payload.parent_id)
        row = services.create_portfolio(actor=actor, org_unit=unit, values=values)
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
        values=values_of(request, payload, office_id=row.office_id, leave=("reason",)),
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


def visible_portfolio(actor: Actor, portfolio_id: int) -> Portfolio:
    """The portfolio that a body names; one out of sight does not exist."""
    row = visible_portfolios(actor).select_related("org_unit").filter(pk=portfolio_id).first()
    if row is None:
        raise unknown("portfolio_id", "There is no such portfolio.")
    return row
