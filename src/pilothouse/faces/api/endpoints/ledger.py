# SPDX-License-Identifier: Apache-2.0
"""The ledger: rows that are posted, what waits, and batches that are taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_effect import Effect, Posting, Row
from pilothouse.delivery.finance.ledger_rows import COLUMNS
from pilothouse.delivery.finance.models import Actual, FiscalPeriod, LedgerBatch
from pilothouse.delivery.finance.queries import actuals as reads
from pilothouse.delivery.finance.queries.batches import batch_of, batches_of
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office, open_project
from pilothouse.delivery.finance.services.ledger import dry_run, post_rows
from pilothouse.delivery.finance.services.ledger_batches import roll_back
from pilothouse.delivery.finance.services.suspense import (
    Settled,
    Which,
    map_waiting,
    release_held,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page_of,
    reply,
    version_of,
    whole,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import QueryId
from pilothouse.faces.api.schemas_ledger import (
    ActualOut,
    ControlTotal,
    CostSumOut,
    CostSums,
    LedgerBatchOut,
    LedgerEffect,
    LedgerGroup,
    LedgerMap,
    LedgerPosted,
    LedgerPosting,
    LedgerProblem,
    LedgerReason,
    LedgerRelease,
    LedgerSettled,
    LedgerWaits,
    LedgerWhich,
    Short,
)

router = Router(tags=["Ledger"])
OFFICE = "/offices/{int:office_id}"
BATCH = "/ledger-batches/{int:batch_id}"
By = Literal["period", "category", "nature", "wbs"]


class Narrowed(Schema):
    """Which rows of the ledger; what is left out does not narrow."""

    period_id: QueryId | None = None
    batch_id: QueryId | None = None
    state: Literal["", "mapped", "suspense", "held", "rolled_back"] = ""
    account: Short = ""
    category: Short = ""
    nature: Short = ""
    wbs: Short | None = None
    order: Short = ""
    code: Short = ""
    document: Short = ""


Waiting = Annotated[Literal["suspense", "held"], Query()]


@router.post(OFFICE + "/ledger-batches", response=creates(LedgerPosted))
def create_ledger_batch(
    request: HttpRequest,
    office_id: int,
    payload: LedgerPosting,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Post rows of the ledger as one batch, all or none; once for each ``key``."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_office(actor, office_id, rules.IMPORT)
        effect = post_rows(
            actor=actor, office=opened.office, rows=_rows(payload), posting=_posting(payload)
        )
        assert effect.batch is not None, "what was posted has a batch"
        told = _batch(effect.batch).model_dump()
        item = LedgerPosted(**told, again=effect.again, warnings=dict(effect.warnings))
        return item, effect.batch.version

    return created(request, idempotency_key, make)


@router.post(OFFICE + "/ledger-batches/try", response=read(LedgerEffect))
def try_ledger_batch(request: HttpRequest, office_id: int, payload: LedgerPosting) -> HttpResponse:
    """What posting these rows would do; nothing is written."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    effect = dry_run(
        actor=actor, office=opened.office, rows=_rows(payload), posting=_posting(payload)
    )
    return reply(_effect(effect))


@router.get(OFFICE + "/ledger-batches", response=read(Page[LedgerBatchOut]))
def list_ledger_batches(
    request: HttpRequest, office_id: int, paging: Query[Paging]
) -> HttpResponse:
    """The batches of an office, the latest first."""
    opened = open_office(actor_of(request), office_id, rules.IMPORT)
    return page_of(request, batches_of(opened), paging, _batch)


@router.get(BATCH, response=read(LedgerBatchOut))
def read_ledger_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch with its control totals."""
    _, row = batch_of(actor_of(request), batch_id)
    return reply(_batch(row), version=row.version)


@router.post(BATCH + "/roll-back", response=updates(LedgerBatchOut))
def roll_back_ledger_batch(
    request: HttpRequest, batch_id: int, payload: LedgerReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take a batch back as a whole; its rows stay readable and their keys become free."""
    actor = actor_of(request)
    _, row = batch_of(actor, batch_id)
    row = roll_back(actor=actor, batch=row, version=version_of(if_match), reason=payload.reason)
    return reply(_batch(row), version=row.version)


@router.get(OFFICE + "/actuals", response=read(Page[ActualOut]))
def list_actuals_of_office(
    request: HttpRequest, office_id: int, wanted: Query[Narrowed], paging: Query[Paging]
) -> HttpResponse:
    """The rows of the ledger of an office."""
    opened = open_office(actor_of(request), office_id, rules.ACTUAL)
    rows = reads.rows_of_office(opened, reads.RowFilter(**wanted.model_dump()))
    return page_of(request, rows, paging, _actual)


@router.get("/projects/{int:project_id}/actuals", response=read(Page[ActualOut]))
def list_actuals(
    request: HttpRequest, project_id: int, wanted: Query[Narrowed], paging: Query[Paging]
) -> HttpResponse:
    """The rows of the ledger that a project's costs are made of."""
    opened = open_project(actor_of(request), project_id, rules.ACTUAL)
    rows = reads.rows_of_project(opened, reads.RowFilter(**wanted.model_dump()))
    return page_of(request, rows, paging, _actual)


@router.get("/projects/{int:project_id}/actuals/sums", response=read(CostSums))
def read_sums_of_actuals(
    request: HttpRequest, project_id: int, by: Annotated[By, Query()] = "period"
) -> HttpResponse:
    """What a project has cost by period, category, nature or work package."""
    opened = open_project(actor_of(request), project_id, rules.ACTUAL)
    sums = reads.sums_of_project(opened, by)
    return reply(
        CostSums(
            currency=opened.project.currency_id,
            by=by,
            items=[
                CostSumOut(key=row.key, actual=row.actual, constant=row.constant, rows=row.rows)
                for row in sums
            ],
            actual=sum((row.actual for row in sums), reads.ZERO),
            constant=sum((row.constant for row in sums), reads.ZERO),
        )
    )


@router.get("/actuals/{int:actual_id}", response=read(ActualOut))
def read_actual(request: HttpRequest, actual_id: int) -> HttpResponse:
    """One row of the ledger."""
    return reply(_actual(reads.actual_of(actor_of(request), actual_id)))


@router.get(OFFICE + "/ledger-waiting", response=read(Page[LedgerGroup]))
def list_ledger_waiting(
    request: HttpRequest, office_id: int, state: Waiting = "suspense"
) -> HttpResponse:
    """What waits in suspense or is held, gathered by reason, code, account and currency."""
    opened = open_office(actor_of(request), office_id, rules.IMPORT)
    groups = [
        LedgerGroup(
            reason=reason, code=code, account=account, currency=currency, amount=amount, rows=rows
        )
        for reason, code, account, currency, amount, rows in reads.waiting_of(opened, state)
    ]
    return whole(groups)


@router.post(OFFICE + "/ledger-waiting/map", response=read(LedgerSettled))
def map_ledger_waiting(request: HttpRequest, office_id: int, payload: LedgerMap) -> HttpResponse:
    """Say where rows in suspense belong, and keep it as a rule where that is asked."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    settled = map_waiting(
        actor=actor,
        office=opened.office,
        which=_which(payload),
        project=_project(opened, payload.project_id),
        wbs=payload.wbs,
        category=payload.category or "",
        nature=payload.nature or "",
        keep=payload.keep,
    )
    return reply(_settled(settled))


@router.post(OFFICE + "/ledger-waiting/release", response=read(LedgerSettled))
def release_ledger_held(
    request: HttpRequest, office_id: int, payload: LedgerRelease
) -> HttpResponse:
    """Let held rows in, into an open period where theirs is closed."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    period = None
    if payload.period_id is not None:
        period = FiscalPeriod.objects.filter(office=opened.office, pk=payload.period_id).first()
        if period is None:
            raise unknown("period_id", "There is no such period in this office.")
    settled = release_held(
        actor=actor,
        office=opened.office,
        which=_which(payload),
        period=period,
        reason=payload.reason,
    )
    return reply(_settled(settled))


def _rows(payload: LedgerPosting) -> Iterator[Row]:
    """The rows as the cells of a file, so that both go the same way."""
    for number, row in enumerate(payload.rows, start=1):
        cells = {name: str(value) for name, value in row.model_dump().items()}
        yield number, cells | {"amount": f"{row.amount:f}"}


def _posting(payload: LedgerPosting) -> Posting:
    said = payload.model_dump_json(exclude={"key", "name"})
    return Posting(
        name=payload.name,
        digest=hashlib.sha256(said.encode()).hexdigest(),
        columns=COLUMNS,
        stated=payload.control_totals,
        key=payload.key,
    )


def _which(payload: LedgerWhich) -> Which:
    return Which(tuple(payload.row_ids), payload.code, payload.account)


def _project(opened: OpenedOffice, project_id: int | None) -> Project | None:
    if project_id is None:
        return None
    row = visible_projects(opened.actor, opened.grants).filter(pk=project_id).first()
    if row is None:
        raise unknown("project_id", "There is no such project.")
    return row


def _settled(settled: Settled) -> LedgerSettled:
    return LedgerSettled(mapped=settled.mapped, waiting=dict(settled.waiting))


def _totals(kept: list[dict[str, Any]]) -> list[ControlTotal]:
    return [ControlTotal(**line) for line in kept]


def _effect(effect: Effect) -> LedgerEffect:
    return LedgerEffect(
        totals=_totals(effect.kept()),
        waiting=[
            LedgerWaits(state=state, reason=reason, rows=rows)
            for (state, reason), rows in effect.waiting.items()
        ],
        warnings=dict(effect.warnings),
        problems=[
            LedgerProblem(row=problem.row, field=problem.field, reason=problem.reason)
            for problem in effect.problems
        ],
        problem_count=effect.problem_count,
    )


def _batch(row: LedgerBatch) -> LedgerBatchOut:
    return LedgerBatchOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        number=row.number,
        name=row.name,
        state=row.state,
        key=row.idempotency_key,
        totals=_totals(row.totals),
        reason=row.reason,
        made_at=row.created_at,
    )


def _actual(row: Actual) -> ActualOut:
    return ActualOut(
        id=row.pk,
        batch_id=row.batch_id,
        row=row.row,
        state=row.state,
        state_reason=row.state_reason,
        source_system=row.source_system,
        document_no=row.document_no,
        line_no=row.line_no,
        posting_date=row.posting_date,
        period=row.period.name if row.period else None,
        account=row.account,
        cost_centre=row.cost_centre,
        project_code=row.project_code,
        project_id=row.project_id,
        wbs=row.wbs,
        category=row.category,
        nature=row.nature,
        supplier=row.supplier,
        po_no=row.po_no,
        order_id=row.commitment_id,
        text=row.text,
        amount=row.amount,
        currency=row.currency_id,
        rate=row.rate,
        own_amount=row.own_amount,
        constant_amount=row.constant_amount,
        own_currency=row.project.currency_id if row.project else None,
        reverses_id=row.reverses_id,
    )
