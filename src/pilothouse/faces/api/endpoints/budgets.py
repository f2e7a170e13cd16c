# SPDX-License-Identifier: Apache-2.0
"""Budgets of projects: versions, their lines, and the steps to an approved one."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Budget, Nature
from pilothouse.delivery.finance.queries.budget_pages import (
    budget_of,
    for_what,
    notes_of,
    versions_of,
)
from pilothouse.delivery.finance.queries.budget_sheet import Line, all_lines
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, totals_of
from pilothouse.delivery.finance.queries.comparing import Beside, compare_budgets
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.delivery.finance.services import budget_states as states
from pilothouse.delivery.finance.services.budget_lines import (
    Key,
    SheetRow,
    reclassify,
    set_lines,
)
from pilothouse.delivery.finance.services.budgets import Start, begin_budget, change_budget
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    updates,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    reply,
    slice_of,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_budgets import (
    BesideOut,
    BudgetFields,
    BudgetNew,
    BudgetOut,
    BudgetWhole,
    CellOut,
    ComparisonOut,
    LineIn,
    LineKey,
    LineOut,
    LinesIn,
    LinesSet,
    NoteIn,
    Number,
    ReclassifyIn,
    SpreadOut,
    TotalsOut,
)
from pilothouse.faces.api.schemas_finance import WithReason

router = Router(tags=["Budgets"])
OF_PROJECT = "/projects/{int:project_id}/budgets"
ONE = "/budgets/{int:budget_id}"
VersionNumber = Annotated[Number, Query(description="The number of a version.")]


@router.get(OF_PROJECT, response=read(Page[BudgetOut]))
def list_budgets(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Every version of the budget of a project, the newest first."""
    opened = open_project(actor_of(request), project_id, rules.BUDGET)
    rows = versions_of(opened)
    shown = [_shown(opened, row, totals) for row, totals in slice_of(rows, paging)]
    return page(request, shown, len(rows), paging)


@router.post(OF_PROJECT, response=creates(BudgetOut))
def create_budget(
    request: HttpRequest,
    project_id: int,
    payload: BudgetNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Begin a version: a copy of the approved one with its draws, or empty."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_project(actor, project_id, rules.BUDGET)
        row = begin_budget(
            actor=actor,
            project=opened.project,
            start=Start(payload.start),
            name=payload.name,
            reason=payload.reason,
        )
        return _shown(opened, row, totals_of([row])[row.pk]), row.version

    return created(request, idempotency_key, make)


@router.get(OF_PROJECT + "/comparison", response=read(ComparisonOut))
def read_budget_comparison(
    request: HttpRequest, project_id: int, one: VersionNumber, other: VersionNumber
) -> HttpResponse:
    """Two versions side by side: the rows that differ, in the project's currency."""
    found = compare_budgets(actor_of(request), project_id, one, other)
    return reply(
        ComparisonOut(
            one=_shown(found.opened, found.one, found.one_totals),
            other=_shown(found.opened, found.other, found.other_totals),
            rows=[_beside(row) for row in found.rows],
            same=found.same,
        )
    )


@router.get(ONE, response=read(BudgetWhole))
def read_budget(request: HttpRequest, budget_id: int) -> HttpResponse:
    """One version with its totals, what it is for, and what should be known of it."""
    opened, row = budget_of(actor_of(request), budget_id)
    totals = totals_of([row])[row.pk]
    spread = [
        SpreadOut(category=part.category, capex=part.natures["capex"], opex=part.natures["opex"])
        for part in for_what(row)
    ]
    found = BudgetWhole(
        **_shown(opened, row, totals).model_dump(),
        spread=spread,
        notes=notes_of(opened, row, totals),
    )
    return reply(found, version=row.version)


@router.patch(ONE, response=updates(BudgetOut))
def update_budget(
    request: HttpRequest, budget_id: int, payload: BudgetFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change the header of a draft: name, reason, what is not distributed, the reserves."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    values = payload.model_dump(exclude_none=True)
    change_budget(actor=actor, budget=row, values=values, version=version_of(if_match))
    return _answer(request, budget_id)


@router.get(ONE + "/lines", response=read(Page[LineOut]))
def list_budget_lines(request: HttpRequest, budget_id: int, paging: Query[Paging]) -> HttpResponse:
    """The rows of a version with their cells, approved draws last."""
    _, row = budget_of(actor_of(request), budget_id)
    rows = all_lines(row)
    return page(request, [_line(line) for line in slice_of(rows, paging)], len(rows), paging)


@router.put(ONE + "/lines", response=updates(LinesSet))
def set_budget_lines(
    request: HttpRequest, budget_id: int, payload: LinesIn, if_match: IfMatch = None
) -> HttpResponse:
    """Replace exactly the named cells of a draft, all or none."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    done = set_lines(
        actor=actor,
        budget=row,
        rows=[
            _row(number, line, row.currency_id) for number, line in enumerate(payload.rows, start=1)
        ],
        version=version_of(if_match),
        whole=payload.whole,
    )
    opened, row = budget_of(actor, budget_id)
    shown = _shown(opened, row, totals_of([row])[row.pk]).model_dump()
    return reply(LinesSet(**shown, cells_changed=done.cells), version=row.version)


@router.post(ONE + "/reclassify", response=updates(BudgetOut))
def reclassify_budget_row(
    request: HttpRequest, budget_id: int, payload: ReclassifyIn, if_match: IfMatch = None
) -> HttpResponse:
    """Put a row under the other nature; finance alone, also once it is approved."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    key = _key(payload, row.currency_id)
    reclassify(
        actor=actor,
        budget=row,
        key=key,
        nature=Nature.OPEX if key.nature == Nature.CAPEX else Nature.CAPEX,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _answer(request, budget_id)


@router.post(ONE + "/submit", response=updates(BudgetOut))
def submit_budget(request: HttpRequest, budget_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Hand a draft over to finance."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    states.submit_budget(actor=actor, budget=row, version=version_of(if_match))
    return _answer(request, budget_id)


@router.post(ONE + "/endorse", response=updates(BudgetOut))
def endorse_budget(
    request: HttpRequest, budget_id: int, payload: NoteIn, if_match: IfMatch = None
) -> HttpResponse:
    """Say for finance that a budget is sound; it is no approval."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    version = version_of(if_match)
    states.endorse_budget(actor=actor, budget=row, version=version, note=payload.note)
    return _answer(request, budget_id)


@router.post(ONE + "/approve", response=updates(BudgetOut))
def approve_budget(
    request: HttpRequest, budget_id: int, payload: NoteIn, if_match: IfMatch = None
) -> HttpResponse:
    """Let a budget count; the one before is superseded, and the register follows."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    version = version_of(if_match)
    states.approve_budget(actor=actor, budget=row, version=version, note=payload.note)
    return _answer(request, budget_id)


@router.post(ONE + "/return", response=updates(BudgetOut))
def return_budget(
    request: HttpRequest, budget_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Give a budget back as a draft, with what is to be mended."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    version = version_of(if_match)
    states.return_budget(actor=actor, budget=row, version=version, reason=payload.reason)
    return _answer(request, budget_id)


@router.post(ONE + "/withdraw", response=updates(BudgetOut))
def withdraw_budget(
    request: HttpRequest, budget_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take back a version that is not approved; it stays readable."""
    actor = actor_of(request)
    _, row = budget_of(actor, budget_id)
    version = version_of(if_match)
    states.withdraw_budget(actor=actor, budget=row, version=version, reason=payload.reason)
    return _answer(request, budget_id)


def _answer(request: HttpRequest, budget_id: int) -> HttpResponse:
    opened, row = budget_of(actor_of(request), budget_id)
    return reply(_shown(opened, row, totals_of([row])[row.pk]), version=row.version)


def _key(line: LineKey, currency: str) -> Key:
    return Key(
        line.wbs.strip(), line.category, line.nature, line.currency or currency, line.text.strip()
    )


def _row(number: int, line: LineIn, currency: str) -> SheetRow:
    cells = {cell.period_id: cell.amount for cell in line.cells}
    return SheetRow(number, _key(line, currency), cells, gone=line.remove)


def _line(line: Line) -> LineOut:
    return LineOut(
        **line.key._asdict(),
        draw_id=line.draw or None,
        cells=[
            CellOut(period_id=period, amount=amount, own_amount=line.own_cells[period])
            for period, amount in sorted(line.cells.items())
        ],
        own_total=line.own_total,
    )


def _beside(row: Beside) -> BesideOut:
    return BesideOut(**row.key._asdict(), one=row.one, other=row.other, difference=row.difference)


def _totals(totals: BudgetTotals) -> TotalsOut:
    return TotalsOut(
        distributed=totals.distributed,
        undistributed=totals.undistributed,
        drawn=totals.drawn,
        bac=totals.bac,
        contingency=totals.contingency,
        contingency_left=totals.contingency_left,
        management_reserve=totals.management_reserve,
        management_reserve_left=totals.reserve_left,
        total=totals.total,
    )


def _shown(opened: OpenedProject, row: Budget, totals: BudgetTotals) -> BudgetOut:
    return BudgetOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        number=row.number,
        name=row.name,
        reason=row.reason,
        state=row.state,
        currency=row.currency_id,
        follows=row.follows.number if row.follows else None,
        totals=_totals(totals),
        submitted_by=person_ref(row.submitted_by),
        submitted_at=row.submitted_at,
        endorsed_by=person_ref(row.endorsed_by),
        endorsed_at=row.endorsed_at,
        approved_by=person_ref(row.approved_by),
        approved_at=row.approved_at,
        returned_reason=row.returned_reason,
        warning=row.warning if opened.may(rules.FUNDING, "R") else "",
    )
