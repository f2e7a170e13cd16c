# SPDX-License-Identifier: Apache-2.0
"""Corrections of actuals by two people, and the monthly comparison with the ledger."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import FiscalPeriod, LedgerCorrection, Reconciliation
from pilothouse.delivery.finance.queries import batches as reads
from pilothouse.delivery.finance.queries.actuals import actual_of
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office
from pilothouse.delivery.finance.services.corrections import (
    Rightly,
    approve_correction,
    propose_correction,
    reject_correction,
)
from pilothouse.delivery.finance.services.reconciliation import (
    explain_lines,
    reconcile,
    sign_off,
    void_reconciliation,
)
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_ledger import (
    CorrectionNew,
    CorrectionOut,
    Explanations,
    LedgerReason,
    ReconciliationLineOut,
    ReconciliationNew,
    ReconciliationOut,
    ReconciliationRow,
)

router = Router(tags=["Ledger"])
OFFICE = "/offices/{int:office_id}"
CORRECTION = "/ledger-corrections/{int:correction_id}"
ONE = "/reconciliations/{int:reconciliation_id}"


@router.post("/actuals/{int:actual_id}/corrections", response=creates(CorrectionOut))
def propose_ledger_correction(
    request: HttpRequest,
    actual_id: int,
    payload: CorrectionNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Propose to turn a row back, and to post it anew where a project is named."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        rightly = Rightly(payload.posting_date, payload.project_code, payload.account, payload.wbs)
        row = propose_correction(
            actor=actor,
            actual=actual_of(actor, actual_id),
            rightly=rightly,
            reason=payload.reason,
        )
        return _correction(row), row.version

    return created(request, idempotency_key, make)


@router.get(OFFICE + "/ledger-corrections", response=read(Page[CorrectionOut]))
def list_ledger_corrections(
    request: HttpRequest, office_id: int, paging: Query[Paging]
) -> HttpResponse:
    """The corrections of an office, the latest first."""
    opened = open_office(actor_of(request), office_id, rules.ACTUAL)
    return page_of(request, reads.corrections_of(opened), paging, _correction)


@router.post(CORRECTION + "/approve", response=updates(CorrectionOut))
def approve_ledger_correction(
    request: HttpRequest, correction_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Post what a correction proposes; never by who imported the row or proposed it."""
    actor = actor_of(request)
    row = reads.correction_of(actor, correction_id)
    row = approve_correction(actor=actor, correction=row, version=version_of(if_match))
    return reply(_correction(row), version=row.version)


@router.post(CORRECTION + "/reject", response=updates(CorrectionOut))
def reject_ledger_correction(
    request: HttpRequest, correction_id: int, payload: LedgerReason, if_match: IfMatch = None
) -> HttpResponse:
    """Turn a correction down."""
    actor = actor_of(request)
    row = reads.correction_of(actor, correction_id)
    row = reject_correction(
        actor=actor, correction=row, version=version_of(if_match), reason=payload.reason
    )
    return reply(_correction(row), version=row.version)


@router.post(OFFICE + "/reconciliations", response=creates(ReconciliationOut))
def create_ledger_reconciliation(
    request: HttpRequest,
    office_id: int,
    payload: ReconciliationNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Hold project totals of the ledger against what stands here for a period."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_office(actor, office_id, rules.IMPORT)
        period = FiscalPeriod.objects.filter(office=opened.office, pk=payload.period_id).first()
        if period is None:
            raise unknown("period_id", "There is no such period in this office.")
        row = reconcile(
            actor=actor,
            office=opened.office,
            period=period,
            source=payload.source,
            extract=[
                (line.project_code, line.currency, f"{line.amount:f}") for line in payload.lines
            ],
            form=Form(),
        )
        return _whole(row, opened), row.version

    return created(request, idempotency_key, make)


@router.get(OFFICE + "/reconciliations", response=read(Page[ReconciliationRow]))
def list_ledger_reconciliations(
    request: HttpRequest, office_id: int, paging: Query[Paging]
) -> HttpResponse:
    """The comparisons of an office, the latest period first."""
    opened = open_office(actor_of(request), office_id, rules.IMPORT)
    return page_of(request, reads.reconciliations_of(opened), paging, _row)


@router.get(ONE, response=read(ReconciliationOut))
def read_ledger_reconciliation(request: HttpRequest, reconciliation_id: int) -> HttpResponse:
    """One comparison with its lines."""
    opened, row = reads.reconciliation_of(actor_of(request), reconciliation_id)
    return reply(_whole(row, opened), version=row.version)


@router.post(ONE + "/explain", response=updates(ReconciliationOut))
def explain_ledger_reconciliation(
    request: HttpRequest, reconciliation_id: int, payload: Explanations, if_match: IfMatch = None
) -> HttpResponse:
    """Say why lines differ."""
    actor = actor_of(request)
    opened, row = reads.reconciliation_of(actor, reconciliation_id)
    texts = {line.line_id: line.text for line in payload.lines}
    row = explain_lines(actor=actor, row=row, version=version_of(if_match), texts=texts)
    return reply(_whole(row, opened), version=row.version)


@router.post(ONE + "/sign-off", response=updates(ReconciliationOut))
def sign_ledger_reconciliation(
    request: HttpRequest, reconciliation_id: int, if_match: IfMatch = None
) -> HttpResponse:
    """Sign that every difference is 0 or explained."""
    actor = actor_of(request)
    opened, row = reads.reconciliation_of(actor, reconciliation_id)
    row = sign_off(actor=actor, row=row, version=version_of(if_match))
    return reply(_whole(row, opened), version=row.version)


@router.post(ONE + "/void", response=updates(ReconciliationOut))
def void_ledger_reconciliation(
    request: HttpRequest, reconciliation_id: int, payload: LedgerReason, if_match: IfMatch = None
) -> HttpResponse:
    """Set a comparison aside, so that the period is compared anew."""
    actor = actor_of(request)
    opened, row = reads.reconciliation_of(actor, reconciliation_id)
    row = void_reconciliation(
        actor=actor, row=row, version=version_of(if_match), reason=payload.reason
    )
    return reply(_whole(row, opened), version=row.version)


def _correction(row: LedgerCorrection) -> CorrectionOut:
    return CorrectionOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        actual_id=row.actual_id,
        posting_date=row.posting_date,
        project_code=row.project_code,
        account=row.account,
        wbs=row.wbs,
        reason=row.reason,
        state=row.state,
        decision_reason=row.decision_reason,
        batch_id=row.batch_id,
    )


def _row(row: Reconciliation) -> ReconciliationRow:
    return ReconciliationRow(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        period=row.period.name,
        source=row.source,
        state=row.state,
        signed_by=row.signed_by.full_name if row.signed_by else "",
        signed_at=row.signed_at,
    )


def _whole(row: Reconciliation, opened: OpenedOffice) -> ReconciliationOut:
    return ReconciliationOut(
        **_row(row).model_dump(),
        lines=[
            ReconciliationLineOut(
                id=told.line.pk,
                project_code=told.code,
                currency=told.line.currency_id,
                theirs=told.line.theirs,
                ours=told.now,
                waiting=told.waiting,
                difference=told.difference,
                explanation=told.explanation,
            )
            for told in reads.compared(row, opened)
        ],
    )
