# SPDX-License-Identifier: Apache-2.0
"""Forecasts of cost: their sheet, their reasons, and the way to approval."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import Forecast
from pilothouse.delivery.finance.queries.forecasts import (
    Part,
    forecast_of,
    forecasts_of,
    sheet_of,
)
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.services import forecast_states as states
from pilothouse.delivery.finance.services import forecasts as services
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_finance import WithReason
from pilothouse.faces.api.schemas_value import (
    ForecastCells,
    ForecastLineOut,
    ForecastNew,
    ForecastOut,
    ForecastSheetOut,
    PartOut,
    VarianceReasons,
)
from pilothouse.foundation.core.actor import Actor

router = Router(tags=["Forecasts"])
OF_PROJECT = "/projects/{int:project_id}/forecasts"
ONE = "/forecasts/{int:forecast_id}"


@router.get(OF_PROJECT, response=read(Page[ForecastOut]))
def list_forecasts(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Versions of the forecast of a project, the latest first."""
    opened = open_project(actor_of(request), project_id, rules.FORECAST)
    sees = opened.may(rules.ACTUAL, "R")
    return page_of(request, forecasts_of(opened), paging, lambda row: _head(row, sees))


@router.post(OF_PROJECT, response=creates(ForecastSheetOut))
def begin_forecast(
    request: HttpRequest,
    project_id: int,
    payload: ForecastNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Begin a version from the latest one, else from the budget."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = open_project(actor, project_id, rules.FORECAST).project
        row = services.begin_forecast(actor=actor, project=project, reason=payload.reason)
        return _sheet(actor, row.pk), row.version

    return created(request, idempotency_key, make)


@router.get(ONE, response=read(ForecastSheetOut))
def read_forecast(request: HttpRequest, forecast_id: int) -> HttpResponse:
    """One version with its parts and lines."""
    return _answer(actor_of(request), forecast_id)


@router.patch(ONE + "/lines", response=updates(ForecastSheetOut))
def update_forecast_lines(
    request: HttpRequest, forecast_id: int, payload: ForecastCells, if_match: IfMatch = None
) -> HttpResponse:
    """Put cells into a draft, all or none; closed periods cannot be typed."""
    actor = actor_of(request)
    _, row = forecast_of(actor, forecast_id)
    cells = [
        SheetRow(
            number,
            Key(cell.wbs, cell.category, cell.nature, cell.currency or row.currency_id, cell.text),
            {cell.period_id: cell.amount},
        )
        for number, cell in enumerate(payload.cells, 1)
    ]
    services.set_forecast_lines(actor=actor, forecast=row, rows=cells, version=version_of(if_match))
    return _answer(actor, forecast_id)


@router.patch(ONE + "/reasons", response=updates(ForecastSheetOut))
def update_variance_reasons(
    request: HttpRequest, forecast_id: int, payload: VarianceReasons, if_match: IfMatch = None
) -> HttpResponse:
    """Say why parts of the work leave their budget; an empty text takes a reason away."""
    actor = actor_of(request)
    _, row = forecast_of(actor, forecast_id)
    reasons = {Part(one.wbs, one.category, one.nature): one.reason for one in payload.reasons}
    services.set_variance_reasons(
        actor=actor, forecast=row, reasons=reasons, version=version_of(if_match)
    )
    return _answer(actor, forecast_id)


@router.post(ONE + "/submit", response=updates(ForecastSheetOut))
def submit_forecast(
    request: HttpRequest, forecast_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Hand a draft over to finance; what it comes to is kept with it."""
    actor, version = actor_of(request), version_of(if_match)
    return _step(
        actor,
        forecast_id,
        lambda row: states.submit_forecast(actor=actor, forecast=row, version=version),
    )


@router.post(ONE + "/endorse", response=updates(ForecastSheetOut))
def endorse_forecast(
    request: HttpRequest, forecast_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Say for finance that a forecast is sound."""
    actor, version = actor_of(request), version_of(if_match)
    return _step(
        actor,
        forecast_id,
        lambda row: states.endorse_forecast(
            actor=actor, forecast=row, version=version, note=payload.reason
        ),
    )


@router.post(ONE + "/approve", response=updates(ForecastSheetOut))
def approve_forecast(
    request: HttpRequest, forecast_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Let a forecast count; the one before is superseded."""
    actor, version = actor_of(request), version_of(if_match)
    return _step(
        actor,
        forecast_id,
        lambda row: states.approve_forecast(
            actor=actor, forecast=row, version=version, note=payload.reason
        ),
    )


@router.post(ONE + "/return", response=updates(ForecastSheetOut))
def return_forecast(
    request: HttpRequest, forecast_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Give a forecast back as a draft, with what is to be mended."""
    actor, version = actor_of(request), version_of(if_match)
    return _step(
        actor,
        forecast_id,
        lambda row: states.return_forecast(
            actor=actor, forecast=row, version=version, reason=payload.reason
        ),
    )


@router.post(ONE + "/withdraw", response=updates(ForecastSheetOut))
def withdraw_forecast(
    request: HttpRequest, forecast_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take back a version that is not approved; it stays readable."""
    actor, version = actor_of(request), version_of(if_match)
    return _step(
        actor,
        forecast_id,
        lambda row: states.withdraw_forecast(
            actor=actor, forecast=row, version=version, reason=payload.reason
        ),
    )


def _step(actor: Actor, forecast_id: int, take: Callable[[Forecast], Forecast]) -> HttpResponse:
    _, row = forecast_of(actor, forecast_id)
    take(row)
    return _answer(actor, forecast_id)


def _answer(actor: Actor, forecast_id: int) -> HttpResponse:
    shown = _sheet(actor, forecast_id)
    return reply(shown, version=shown.version)


def _head(row: Forecast, sees: bool) -> ForecastOut:
    return ForecastOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        number=row.number,
        state=row.state,
        reason=row.reason,
        currency=row.currency_id,
        as_of=row.as_of,
        eac=row.eac if sees else None,
        warning=row.warning if sees else "",
        submitted_by=person_ref(row.submitted_by),
        submitted_at=row.submitted_at,
        approved_by=person_ref(row.approved_by),
        approved_at=row.approved_at,
    )


def _sheet(actor: Actor, forecast_id: int) -> ForecastSheetOut:
    opened, row = forecast_of(actor, forecast_id)
    sheet = sheet_of(row)
    sees = opened.may(rules.ACTUAL, "R")
    outlook = sheet.outlook
    return ForecastSheetOut(
        **_head(row, sees).model_dump(),
        cost=outlook.cost if sees else None,
        ordered=outlook.ordered if sees else None,
        to_complete=outlook.to_complete,
        eac_now=outlook.eac if sees else None,
        budget=None if outlook.budget is None else outlook.budget.total,
        bac=None if outlook.budget is None else outlook.budget.bac,
        parts=[
            PartOut(
                **part.part._asdict(),
                budget=part.budget,
                spent=part.cost if sees else None,
                ordered=part.ordered if sees else None,
                to_complete=part.to_complete,
                eac=part.eac if sees else None,
                variance=part.variance if sees else None,
                reason=part.reason,
                asks=part.asks,
            )
            for part in sheet.rows
        ],
        lines=[
            ForecastLineOut(
                wbs=line.wbs,
                category=line.category,
                nature=line.nature,
                text=line.text,
                period_id=line.period_id,
                currency=line.currency_id,
                amount=line.amount,
                own_amount=line.own_amount,
            )
            for line in sheet.lines
        ],
    )
