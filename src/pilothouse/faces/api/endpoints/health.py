# SPDX-License-Identifier: Apache-2.0
"""Colours: rolled up over portfolios and programmes, and the limits that make them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.direction.performance import services
from pilothouse.direction.performance.models import ThresholdPolicy
from pilothouse.direction.performance.queries import (
    RollUp,
    checked_policy,
    policies_of,
    policy_of,
    preview_policy,
    require_latest,
    roll_up_of,
)
from pilothouse.direction.performance.rules import require_set_policy
from pilothouse.engine.health import policy_to_data
from pilothouse.engine.health.rating import PolicyData
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    STALE,
    IdempotencyKey,
    IfMatch,
    creates,
    office_of,
    person_ref,
    read,
)
from pilothouse.faces.api.replies import Page, created, reply, version_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    ColourChangeOut,
    DimensionChange,
    LimitsIn,
    LimitsOut,
    ProblemOut,
    QueryDay,
    QueryId,
    RolledOut,
    RollUpOut,
    ShareOut,
    ThresholdsIn,
    ThresholdsOut,
    ThresholdsTry,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.organisation.models import OrgUnit

router = Router(tags=["Health"])


def _roll_up(found: RollUp) -> RollUpOut:
    return RollUpOut(
        currency=found.currency,
        rolled=[
            RolledOut(
                name=row.name,
                colour=row.colour,
                reason=row.reason,
                parts=[ShareOut.model_validate(part) for part in row.parts],
            )
            for row in found.rolled
        ],
        active=found.active,
        on_hold=found.on_hold,
        ended=found.ended,
        without_budget=found.without_budget,
        other_currency=found.other_currency,
        oldest=found.oldest,
    )


@router.get("/portfolios/{int:portfolio_id}/health", response=read(RollUpOut))
def read_portfolio_health(request: HttpRequest, portfolio_id: int) -> RollUpOut:
    """The colours of a portfolio, weighed by the budgets of its projects, and why."""
    actor = actor_of(request)
    return _roll_up(roll_up_of(actor, get_portfolio(actor, portfolio_id)))


@router.get("/programmes/{int:programme_id}/health", response=read(RollUpOut))
def read_programme_health(request: HttpRequest, programme_id: int) -> RollUpOut:
    """The colours of a programme, weighed by the budgets of its projects, and why."""
    actor = actor_of(request)
    return _roll_up(roll_up_of(actor, get_programme(actor, programme_id)))


def _thresholds(office: OrgUnit, row: ThresholdPolicy | None) -> ThresholdsOut:
    policy = policy_of(row)
    return ThresholdsOut(
        office_id=office.pk,
        number=policy.number,
        valid_from=row.valid_from if row else None,
        reason=row.reason if row else "",
        set_by=person_ref(row.created_by) if row else None,
        rules=[LimitsOut.model_validate(item) for item in policy_to_data(policy)],
    )


def _tag(rows: list[ThresholdPolicy]) -> int:
    """The version of the limits of an office: 1 before any were set."""
    return 1 + (rows[0].number if rows else 0)


@router.get("/thresholds", response=read(ThresholdsOut))
def read_thresholds(
    request: HttpRequest, office_id: QueryId, on: QueryDay | None = None
) -> HttpResponse:
    """The limits of the colours of one organisation, as at a day (today)."""
    office = office_of(actor_of(request), office_id)
    day = on or clock.today()
    rows = policies_of(office)
    held = next((row for row in rows if row.valid_from <= day), None)
    return reply(_thresholds(office, held), version=_tag(rows))


@router.get("/thresholds/history", response=read(Page[ThresholdsOut]))
def list_thresholds(request: HttpRequest, office_id: QueryId) -> HttpResponse:
    """All limits that an organisation ever set, newest first."""
    office = office_of(actor_of(request), office_id)
    return whole([_thresholds(office, row) for row in policies_of(office)])


def _data(rules: list[LimitsIn]) -> PolicyData:
    return [
        {
            "metric": item.metric,
            "green": str(item.green),
            "amber": None if item.amber is None else str(item.amber),
        }
        for item in rules
    ]


@router.post("/thresholds/preview", response=read(Page[ColourChangeOut]))
def preview_thresholds(request: HttpRequest, payload: ThresholdsTry) -> HttpResponse:
    """Which open projects would change a colour by these limits; nothing is set."""
    actor = actor_of(request)
    office = office_of(actor, payload.office_id)
    require_set_policy(actor, office)
    changes = preview_policy(actor, office, checked_policy(_data(payload.rules)))
    return whole(
        [
            ColourChangeOut(
                project_id=change.project_id,
                code=change.code,
                name=change.name,
                before=change.before,
                after=change.after,
                dimensions=[
                    DimensionChange(dimension=name, before=before, after=after)
                    for name, before, after in change.dimensions
                ],
            )
            for change in changes
        ]
    )


@router.post("/thresholds", response=creates(ThresholdsOut) | {STALE: ProblemOut})
def set_thresholds(
    request: HttpRequest,
    payload: ThresholdsIn,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Set new limits from a day on; earlier snapshots keep theirs."""
    actor = actor_of(request)
    version = version_of(if_match)

    def make() -> tuple[ThresholdsOut, int]:
        office = office_of(actor, payload.office_id)
        require_set_policy(actor, office)
        require_latest(office, version - 1)
        row = services.set_policy(
            actor=actor,
            office=office,
            data=_data(payload.rules),
            valid_from=payload.valid_from,
            reason=payload.reason,
        )
        return _thresholds(office, row), row.number + 1

    return created(request, idempotency_key, make)
