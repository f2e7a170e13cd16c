# SPDX-License-Identifier: Apache-2.0
"""What a project has ordered, what came of it, and what is accrued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Accrual, Commitment, FiscalPeriod
from pilothouse.delivery.finance.queries.costs import accrual_of, accruals_of, cost_to_date
from pilothouse.delivery.finance.queries.opening import OpenedProject, office_of, open_project
from pilothouse.delivery.finance.queries.orders import (
    OrderFigures,
    figures_of,
    invoices_of,
    order_of,
    orders_of,
    receipts_of,
)
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.finance.services import accruals, orders, receipts
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
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    page_of,
    reply,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import QueryId
from pilothouse.faces.api.schemas_finance import WithReason
from pilothouse.faces.api.schemas_orders import (
    AccrualNew,
    AccrualOut,
    CostToDateOut,
    InvoiceOut,
    OrderFull,
    OrderLineNew,
    OrderLineOut,
    OrderLinesNew,
    OrderNew,
    OrderOut,
    ReceiptNew,
    ReceiptOut,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.organisation.models import Currency

router = Router(tags=["Orders and accruals"])
PROJECT = "/projects/{int:project_id}"
ORDER = "/orders/{int:order_id}"
ACCRUAL = "/accruals/{int:accrual_id}"
StateAsked = Annotated[str, Query(pattern="^(open|closed|cancelled)?$")]


@router.get(PROJECT + "/orders", response=read(Page[OrderOut]))
def list_orders(
    request: HttpRequest, project_id: int, paging: Query[Paging], state: StateAsked = ""
) -> HttpResponse:
    """The orders of a project with what came of them, the latest first."""
    opened = open_project(actor_of(request), project_id, rules.COMMITMENT)
    rows = orders_of(opened, state)
    first = (paging.page - 1) * paging.limit
    found = _figures(opened, list(rows[first : first + paging.limit]))
    return page(request, [OrderOut(**_order(row)) for row in found], rows.count(), paging)


@router.post(PROJECT + "/orders", response=creates(OrderFull))
def create_order(
    request: HttpRequest,
    project_id: int,
    payload: OrderNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Enter a purchase order; above what is available it is refused or flagged."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_project(actor, project_id, rules.COMMITMENT)
        row = orders.place_order(
            actor=actor,
            project=opened.project,
            new=orders.NewOrder(
                payload.number,
                payload.supplier,
                payload.text,
                _currency(payload.currency),
                payload.ordered_on,
                payload.receipts_kept,
                _lines(payload.lines),
            ),
            today=clock.today(),
            reason=payload.reason,
        )
        return _full(opened, row), row.version

    return created(request, idempotency_key, make)


@router.get(ORDER, response=read(OrderFull))
def read_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order with its lines, what came of it, and its invoices."""
    opened, row = order_of(actor_of(request), order_id)
    return reply(_full(opened, row), version=row.version)


@router.put(ORDER + "/lines", response=updates(OrderFull))
def replace_order_lines(
    request: HttpRequest, order_id: int, payload: OrderLinesNew, if_match: IfMatch = None
) -> HttpResponse:
    """Replace the lines of an order of which nothing came."""
    actor = actor_of(request)
    opened, row = order_of(actor, order_id)
    kept = orders.change_lines(
        actor=actor,
        order=row,
        lines=_lines(payload.lines),
        version=version_of(if_match),
        today=clock.today(),
    )
    return reply(_full(opened, kept), version=kept.version)


@router.post(ORDER + "/receipts", response=updates(OrderFull))
def receive_order(
    request: HttpRequest, order_id: int, payload: ReceiptNew, if_match: IfMatch = None
) -> HttpResponse:
    """Enter what came of an order, whole or in part."""
    actor = actor_of(request)
    _, row = order_of(actor, order_id)
    receipts.receive(
        actor=actor,
        order=row,
        new=receipts.NewReceipt(**payload.model_dump()),
        version=version_of(if_match),
        today=clock.today(),
    )
    opened, kept = order_of(actor, order_id)
    return reply(_full(opened, kept), version=kept.version)


@router.post(ORDER + "/close", response=updates(OrderFull))
def close_order(
    request: HttpRequest, order_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Let the rest of an order go, with the reason."""
    actor = actor_of(request)
    opened, row = order_of(actor, order_id)
    version = version_of(if_match)
    kept = orders.close_order(actor=actor, order=row, version=version, reason=payload.reason)
    return reply(_full(opened, kept), version=kept.version)


@router.post(ORDER + "/cancel", response=updates(OrderFull))
def cancel_order(
    request: HttpRequest, order_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take back an order of which nothing came, with the reason."""
    actor = actor_of(request)
    opened, row = order_of(actor, order_id)
    version = version_of(if_match)
    kept = orders.cancel_order(actor=actor, order=row, version=version, reason=payload.reason)
    return reply(_full(opened, kept), version=kept.version)


@router.get(PROJECT + "/accruals", response=read(Page[AccrualOut]))
def list_accruals(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """The accruals of a project, the latest period first."""
    opened = open_project(actor_of(request), project_id, rules.ACCRUAL)
    return page_of(request, accruals_of(opened), paging, _accrual)


@router.post(PROJECT + "/accruals", response=creates(AccrualOut))
def propose_accrual(
    request: HttpRequest,
    project_id: int,
    payload: AccrualNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Propose that work of a period counts in it, though its invoice comes later."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = open_project(actor, project_id, rules.ACCRUAL).project
        period = FiscalPeriod.objects.filter(
            pk=payload.period_id, office_id=project.office_id
        ).first()
        if period is None:
            raise unknown("period_id", "There is no such fiscal period in this organisation.")
        new = accruals.NewAccrual(
            period,
            payload.wbs,
            payload.category,
            payload.nature,
            _currency(payload.currency),
            payload.amount,
            payload.basis,
        )
        row = accruals.propose_accrual(actor=actor, project=project, new=new)
        return _accrual(row), row.version

    return created(request, idempotency_key, make)


@router.post(ACCRUAL + "/post", response=updates(AccrualOut))
def post_accrual(request: HttpRequest, accrual_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Let an accrual count in its period; it is turned back in the next."""
    actor = actor_of(request)
    _, row = accrual_of(actor, accrual_id)
    kept = accruals.post_accrual(actor=actor, accrual=row, version=version_of(if_match))
    return reply(_accrual(kept), version=kept.version)


@router.post(ACCRUAL + "/reject", response=updates(AccrualOut))
def reject_accrual(
    request: HttpRequest, accrual_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Turn down an accrual that was proposed, with the reason."""
    actor = actor_of(request)
    _, row = accrual_of(actor, accrual_id)
    version = version_of(if_match)
    kept = accruals.reject_accrual(actor=actor, accrual=row, version=version, reason=payload.reason)
    return reply(_accrual(kept), version=kept.version)


@router.get(PROJECT + "/cost-to-date", response=read(CostToDateOut))
def read_cost_to_date(request: HttpRequest, project_id: int, period_id: QueryId) -> HttpResponse:
    """What a project has cost up to the end of a fiscal period."""
    project = open_project(actor_of(request), project_id, rules.ACTUAL).project
    period = FiscalPeriod.objects.filter(pk=period_id, office_id=project.office_id).first()
    if period is None:
        raise unknown("period_id", "There is no such fiscal period in this organisation.")
    found = cost_to_date(project, period)
    return reply(
        CostToDateOut(
            period=period.name,
            currency=project.currency_id or "",
            actuals=found.actuals,
            accruals=found.accruals,
            cost=found.cost,
            constant=found.constant,
        )
    )


def _currency(code: str) -> Currency:
    row = Currency.objects.filter(pk=code).first()
    if row is None:
        raise unknown("currency", f"There is no currency {code}.")
    return row


def _lines(rows: Sequence[OrderLineNew]) -> list[orders.NewLine]:
    return [orders.NewLine(**row.model_dump()) for row in rows]


def _figures(opened: OpenedProject, rows: Sequence[Commitment]) -> list[OrderFigures]:
    return figures_of(rows, Rates(office_of(opened.project)), clock.today())


def _order(row: OrderFigures) -> dict[str, Any]:
    order = row.order
    return {
        "id": order.pk,
        "version": order.version,
        "project_id": order.project_id,
        "number": order.number,
        "supplier": order.supplier,
        "text": order.text,
        "currency": order.currency_id,
        "ordered_on": order.ordered_on,
        "receipts_kept": order.receipts_kept,
        "state": order.state,
        "above_funding": order.above_funding,
        "reason": order.reason,
        "ordered": row.ordered,
        "received": row.received,
        "invoiced": row.invoiced,
        "open": row.open,
        "own_ordered": row.own_ordered,
        "own_open": row.own_open,
        "problem": row.problem,
    }


def _full(opened: OpenedProject, order: Commitment) -> OrderFull:
    row = _figures(opened, [order])[0]
    lines = [
        OrderLineOut(
            position=one.line.position,
            wbs=one.line.wbs,
            category=one.line.category,
            nature=one.line.nature,
            text=one.line.text,
            amount=one.line.amount,
            rate=one.line.rate,
            own_amount=one.line.own_amount,
            expected_on=one.line.expected_on,
            received=one.received,
            invoiced=one.invoiced,
            open=one.open,
        )
        for one in row.lines
    ]
    came = [
        ReceiptOut(
            id=one.pk,
            position=one.line.position,
            day=one.day,
            period=one.period.name,
            amount=one.amount,
            text=one.text,
            by=person_ref(one.created_by),
        )
        for one in receipts_of(order)
    ]
    shown = invoices_of(order) if opened.may(rules.ACTUAL, "R") else []
    invoices = [
        InvoiceOut(
            id=one.pk,
            source_system=one.source_system,
            document_no=one.document_no,
            line_no=one.line_no,
            posting_date=one.posting_date,
            period=str(one.period),
            wbs=one.wbs,
            amount=one.amount,
            currency=one.currency_id,
            own_amount=one.own_amount or one.amount,
        )
        for one in shown
    ]
    return OrderFull(**_order(row), lines=lines, receipts=came, invoices=invoices)


def _accrual(row: Accrual) -> AccrualOut:
    return AccrualOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        period=row.period.name,
        reversal_period=row.reversal_period.name if row.reversal_period else None,
        order_id=row.line.commitment_id if row.line else None,
        wbs=row.wbs,
        category=row.category,
        nature=row.nature,
        currency=row.currency_id,
        amount=row.amount,
        rate=row.rate,
        own_amount=row.own_amount,
        constant_amount=row.constant_amount,
        basis=row.basis,
        state=row.state,
        decision_reason=row.decision_reason,
    )
