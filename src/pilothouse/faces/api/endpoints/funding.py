# SPDX-License-Identifier: Apache-2.0
"""Funding of projects by gate, what of it is available, and draws on the reserves."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import ContingencyDraw, FundingRelease
from pilothouse.delivery.finance.queries.budget_pages import draw_of, draws_of
from pilothouse.delivery.finance.queries.funding import funding_of
from pilothouse.delivery.finance.queries.funding_pages import later_releases, release_of
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.queries.releases import Held
from pilothouse.delivery.finance.services import draws, funding
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
    reply,
    slice_of,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_budgets import (
    AvailableOut,
    CarryIn,
    DrawNew,
    DrawOut,
    FundingOut,
    NoteIn,
    ReleaseNew,
    ReleaseOut,
)
from pilothouse.faces.api.schemas_finance import WithReason

router = Router(tags=["Funding"])
OF_PROJECT = "/projects/{int:project_id}"
ONE = "/funding-releases/{int:funding_id}"
DRAW = "/draws/{int:draw_id}"


@router.get(OF_PROJECT + "/funding", response=read(FundingOut))
def read_funding(request: HttpRequest, project_id: int) -> HttpResponse:
    """What is released of a project, what is available of it with its parts, and every release."""
    opened = open_project(actor_of(request), project_id, rules.FUNDING)
    project, sees_cost = opened.project, opened.may(rules.ACTUAL, "R")
    found = funding_of(project)
    free = found.free
    return reply(
        FundingOut(
            project_id=project.pk,
            currency=project.currency_id,
            available=AvailableOut(
                released=free.released,
                actuals=free.actuals if sees_cost else None,
                accruals=free.accruals if sees_cost else None,
                received=free.received if sees_cost else None,
                commitments=free.commitments if sees_cost else None,
                available=free.available if sees_cost else None,
            ),
            releases=[_release(held, sees_cost) for held in found.held],
        )
    )


@router.post(OF_PROJECT + "/funding-releases", response=creates(ReleaseOut))
def create_funding_release(
    request: HttpRequest,
    project_id: int,
    payload: ReleaseNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Propose what a gate is to set free for a stage."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_project(actor, project_id, rules.FUNDING)
        project = opened.project
        row = funding.propose_funding(actor=actor, project=project, asked=_asked(payload))
        return _shown(opened, row), row.version

    return created(request, idempotency_key, make)


@router.put(ONE, response=updates(ReleaseOut))
def update_funding_release(
    request: HttpRequest, funding_id: int, payload: ReleaseNew, if_match: IfMatch = None
) -> HttpResponse:
    """Change a release that is only proposed."""
    actor = actor_of(request)
    _, row = release_of(actor, funding_id)
    version = version_of(if_match)
    funding.change_funding(actor=actor, release=row, asked=_asked(payload), version=version)
    return _answer(request, funding_id)


@router.post(ONE + "/approve", response=updates(ReleaseOut))
def approve_funding(
    request: HttpRequest, funding_id: int, payload: NoteIn, if_match: IfMatch = None
) -> HttpResponse:
    """Decide for the gate that a stage gets its funding."""
    actor = actor_of(request)
    _, row = release_of(actor, funding_id)
    version = version_of(if_match)
    funding.approve_funding(actor=actor, release=row, version=version, note=payload.note)
    return _answer(request, funding_id)


@router.post(ONE + "/release", response=updates(ReleaseOut))
def release_funding(
    request: HttpRequest, funding_id: int, payload: NoteIn, if_match: IfMatch = None
) -> HttpResponse:
    """Set approved funding free."""
    actor = actor_of(request)
    _, row = release_of(actor, funding_id)
    version = version_of(if_match)
    funding.release_funding(actor=actor, release=row, version=version, note=payload.note)
    return _answer(request, funding_id)


@router.post(ONE + "/withdraw", response=updates(ReleaseOut))
def withdraw_funding(
    request: HttpRequest, funding_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take funding back; of what is released only what nobody used or promised."""
    actor = actor_of(request)
    _, row = release_of(actor, funding_id)
    version = version_of(if_match)
    funding.withdraw_funding(actor=actor, release=row, version=version, reason=payload.reason)
    return _answer(request, funding_id)


@router.post(ONE + "/carry", response=updates(ReleaseOut))
def carry_funding_over(
    request: HttpRequest, funding_id: int, payload: CarryIn, if_match: IfMatch = None
) -> HttpResponse:
    """Let the rest of a release last as long as a later one."""
    actor = actor_of(request)
    _, row = release_of(actor, funding_id)
    funding.carry_over(
        actor=actor,
        release=row,
        to=next((one for one in later_releases(row) if one.pk == payload.to_id), None),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _answer(request, funding_id)


@router.get(OF_PROJECT + "/draws", response=read(Page[DrawOut]))
def list_draws(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """Every draw on the reserves of a project, the latest first."""
    rows = draws_of(open_project(actor_of(request), project_id, rules.DRAW))
    return page(request, [_draw(row) for row in slice_of(rows, paging)], len(rows), paging)


@router.post(OF_PROJECT + "/draws", response=creates(DrawOut))
def create_draw(
    request: HttpRequest,
    project_id: int,
    payload: DrawNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Ask for money of a reserve because of a risk or an issue."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = open_project(actor, project_id, rules.DRAW).project
        period = Periods(project.office_id).by_id.get(payload.period_id)
        if period is None:
            raise unknown("period_id", "There is no such period in this organisation.")
        values = payload.model_dump(exclude={"period_id"})
        asked = draws.AskedDraw(**values, period=period)
        row = draws.submit_draw(actor=actor, project=project, asked=asked)
        return _draw(row), row.version

    return created(request, idempotency_key, make)


@router.post(DRAW + "/approve", response=updates(DrawOut))
def approve_draw(
    request: HttpRequest, draw_id: int, payload: NoteIn, if_match: IfMatch = None
) -> HttpResponse:
    """Let a draw move its amount into the BAC; the total of the budget stays."""
    actor = actor_of(request)
    _, row = draw_of(actor, draw_id)
    version = version_of(if_match)
    done = draws.approve_draw(actor=actor, draw=row, version=version, note=payload.note)
    return reply(_draw(done), version=done.version)


@router.post(DRAW + "/reject", response=updates(DrawOut))
def reject_draw(
    request: HttpRequest, draw_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Turn a draw down."""
    actor = actor_of(request)
    _, row = draw_of(actor, draw_id)
    version = version_of(if_match)
    done = draws.reject_draw(actor=actor, draw=row, version=version, reason=payload.reason)
    return reply(_draw(done), version=done.version)


@router.post(DRAW + "/withdraw", response=updates(DrawOut))
def withdraw_draw(
    request: HttpRequest, draw_id: int, payload: WithReason, if_match: IfMatch = None
) -> HttpResponse:
    """Take back a draw that nobody has decided on."""
    actor = actor_of(request)
    _, row = draw_of(actor, draw_id)
    version = version_of(if_match)
    done = draws.withdraw_draw(actor=actor, draw=row, version=version, reason=payload.reason)
    return reply(_draw(done), version=done.version)


def _asked(payload: ReleaseNew) -> funding.AskedFunding:
    return funding.AskedFunding(**payload.model_dump())


def _shown(opened: OpenedProject, row: FundingRelease) -> ReleaseOut:
    found = funding_of(opened.project).held
    held = next(held for held in found if held.release.pk == row.pk)
    return _release(held, opened.may(rules.ACTUAL, "R"))


def _answer(request: HttpRequest, funding_id: int) -> HttpResponse:
    opened, row = release_of(actor_of(request), funding_id)
    return reply(_shown(opened, row), version=row.version)


def _release(held: Held, sees_cost: bool) -> ReleaseOut:
    row: FundingRelease = held.release
    return ReleaseOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        number=row.number,
        gate=row.gate,
        amount=row.amount,
        first=row.first,
        last=row.last,
        reason=row.reason,
        state=row.state,
        used=held.used if sees_cost else None,
        unused=held.unused if sees_cost else None,
        lapsed=held.lapsed if sees_cost else None,
        carried_to_id=row.carried_to_id,
        lasts_until=held.last,
    )


def _draw(row: ContingencyDraw) -> DrawOut:
    return DrawOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        budget_id=row.budget_id,
        number=row.number,
        reserve=row.reserve,
        amount=row.amount,
        cites=row.cites,
        cited=row.cited,
        reason=row.reason,
        wbs=row.wbs,
        category=row.category,
        nature=row.nature,
        period_id=row.period_id,
        state=row.state,
        decided_by=person_ref(row.decided_by),
        decided_at=row.decided_at,
        own_limit=row.own_limit,
        decision_reason=row.decision_reason,
    )
