# SPDX-License-Identifier: Apache-2.0
"""What one currency is worth in another, and what an hour of work costs."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import CostRate, ExchangeRate
from pilothouse.delivery.finance.queries.cost_rates import cost_rate_of, open_cost_rates
from pilothouse.delivery.finance.queries.exchange import rate_of_office, rates_of
from pilothouse.delivery.finance.queries.opening import open_office
from pilothouse.delivery.finance.services import cost_rates, exchange
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
from pilothouse.faces.api.schemas_finance import (
    CostRateEnd,
    CostRateNew,
    CostRateOut,
    ExchangeRateNew,
    ExchangeRateOut,
    ExchangeRatesNew,
    ExchangeRatesOut,
    RateLineOut,
    WithReason,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.organisation.models import Currency
from pilothouse.foundation.organisation.queries import office_people

router = Router(tags=["Finance desk"])
OFFICE = "/offices/{int:office_id}"
RATE = "/exchange-rates/{int:rate_id}"
COST = "/cost-rates/{int:cost_rate_id}"
KindAsked = Annotated[str, Query(pattern="^(budget|actual|closing)?$")]
CodeAsked = Annotated[str, Query(pattern="^([A-Z]{3})?$")]


@router.get(OFFICE + "/exchange-rates", response=read(Page[ExchangeRateOut]))
def list_exchange_rates(
    request: HttpRequest,
    office_id: int,
    paging: Query[Paging],
    kind: KindAsked = "",
    currency: CodeAsked = "",
) -> HttpResponse:
    """The exchange rates of an office that hold, the latest first."""
    opened = open_office(actor_of(request), office_id, rules.EXCHANGE_RATE)
    return page_of(request, rates_of(opened, kind, currency), paging, _rate)


@router.post(OFFICE + "/exchange-rates", response=creates(ExchangeRateOut))
def create_exchange_rate(
    request: HttpRequest,
    office_id: int,
    payload: ExchangeRateNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Enter one exchange rate."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.EXCHANGE_RATE).office
        row = exchange.enter_rate(actor=actor, office=office, new=_new(payload))
        return _rate(row), row.version

    return created(request, idempotency_key, make)


@router.post(OFFICE + "/exchange-rates/import", response=creates(ExchangeRatesOut))
def import_exchange_rates(
    request: HttpRequest,
    office_id: int,
    payload: ExchangeRatesNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Check a table of exchange rates, or take it: all of it or nothing."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.EXCHANGE_RATE).office
        news = {number: _new(row) for number, row in enumerate(payload.rates, start=1)}
        taken = exchange.take_new(actor=actor, office=office, news=news, commit=payload.commit)
        wrong = [RateLineOut(line=line, reason=reason) for line, reason in taken.wrong.items()]
        found = ExchangeRatesOut(
            added=len(taken.added), same=taken.same, wrong=wrong, committed=payload.commit
        )
        return found, None

    return created(request, idempotency_key, make)


@router.post(RATE + "/void", response=updates(ExchangeRateOut))
def void_exchange_rate(
    request: HttpRequest, rate_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take an exchange rate back, with the reason."""
    actor = actor_of(request)
    _, row = rate_of_office(actor, rate_id)
    version = version_of(if_match)
    kept = exchange.void_rate(actor=actor, rate=row, version=version, reason=payload.reason)
    return reply(_rate(kept), version=kept.version)


@router.get(OFFICE + "/cost-rates", response=read(Page[CostRateOut]))
def list_cost_rates(request: HttpRequest, office_id: int, paging: Query[Paging]) -> HttpResponse:
    """What an hour of each person and role costs, for those who may see that."""
    _, rows = open_cost_rates(actor_of(request), office_id)
    return page_of(request, rows, paging, _cost)


@router.post(OFFICE + "/cost-rates", response=creates(CostRateOut))
def create_cost_rate(
    request: HttpRequest,
    office_id: int,
    payload: CostRateNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Enter what an hour of a person, or of a role, costs from a day on."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        office = open_office(actor, office_id, rules.COST_RATE).office
        rules.require_in_office(actor, office, rules.COST_RATE, "C", "enter a cost rate")
        currency = Currency.objects.filter(pk=payload.currency).first()
        if currency is None:
            raise unknown("currency", f"There is no currency {payload.currency}.")
        new = cost_rates.NewCost(
            _person(office_id, payload.person_id),
            payload.role,
            payload.kind,
            payload.amount,
            currency,
            payload.valid_from,
            payload.valid_to,
        )
        row = cost_rates.enter_cost_rate(actor=actor, office=office, new=new)
        return _cost(row), row.version

    return created(request, idempotency_key, make)


@router.post(COST + "/end", response=updates(CostRateOut))
def end_cost_rate(
    request: HttpRequest, cost_rate_id: int, payload: CostRateEnd, if_match: IfMatch = None
) -> HttpResponse:
    """Say on which day a cost rate ends, or that it goes on."""
    actor = actor_of(request)
    _, row = cost_rate_of(actor, cost_rate_id)
    kept = cost_rates.end_cost_rate(
        actor=actor, rate=row, version=version_of(if_match), last=payload.valid_to
    )
    return reply(_cost(kept), version=kept.version)


@router.post(COST + "/void", response=updates(CostRateOut))
def void_cost_rate(
    request: HttpRequest, cost_rate_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take a cost rate back, with the reason; what was priced by it stays."""
    actor = actor_of(request)
    _, row = cost_rate_of(actor, cost_rate_id)
    version = version_of(if_match)
    kept = cost_rates.void_cost_rate(actor=actor, rate=row, version=version, reason=payload.reason)
    return reply(_cost(kept), version=kept.version)


def _person(office_id: int, person_id: int | None) -> User | None:
    if person_id is None:
        return None
    row = office_people(office_id).filter(pk=person_id).first()
    if row is None:
        raise unknown("person_id", "There is no such person in this organisation.")
    return row


def _new(row: ExchangeRateNew) -> exchange.NewRate:
    return exchange.NewRate(
        row.kind,
        row.from_currency,
        row.to_currency,
        row.rate,
        row.valid_from,
        row.valid_to,
        row.source,
    )


def _rate(row: ExchangeRate) -> ExchangeRateOut:
    return ExchangeRateOut(
        id=row.pk,
        version=row.version,
        kind=row.kind,
        from_currency=row.from_currency_id,
        to_currency=row.to_currency_id,
        rate=row.rate,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        source=row.source,
        voided=row.voided,
        void_reason=row.void_reason,
    )


def _cost(row: CostRate) -> CostRateOut:
    return CostRateOut(
        id=row.pk,
        version=row.version,
        person=person_ref(row.person),
        role=row.role,
        kind=row.kind,
        amount=row.amount,
        currency=row.currency_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        voided=row.voided,
        void_reason=row.void_reason,
    )
