# SPDX-License-Identifier: Apache-2.0
"""How long an organisation keeps what, and what is under a legal hold."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    updates,
)
from pilothouse.faces.api.replies import Page, created, reply, version_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_retention import (
    LegalHoldIn,
    LegalHoldOut,
    LegalHoldRelease,
    OutlookOut,
    RetentionRuleIn,
    RetentionRuleOut,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.retention import services
from pilothouse.retention.kinds import MOST_MONTHS
from pilothouse.retention.queries import (
    UNSEEN,
    HoldLine,
    Outlook,
    RuleLine,
    get_hold,
    hold_lines,
    outlook,
    rule_lines,
    rule_of,
)
from pilothouse.retention.rules import get_office

router = Router(tags=["Retention"])
Months = Annotated[
    int | None,
    Query(ge=1, le=MOST_MONTHS, description="Tell what a rule of so many months would remove."),
]


def _outlook(found: Outlook | None) -> OutlookOut | None:
    if found is None:
        return None
    return OutlookOut(before=found.first, goes=found.goes, held=found.held)


def _rule(office: OrgUnit, line: RuleLine) -> RetentionRuleOut:
    about = line.about
    return RetentionRuleOut(
        office_id=office.pk,
        data=about.kind,
        label=str(about.kind.label),
        version=line.version,
        keep_months=line.keep_months,
        least_months=about.least_months,
        goes=about.goes,
        stays=about.stays,
        next=_outlook(line.outlook),
    )


@router.get("/offices/{int:office_id}/retention-rules", response=read(Page[RetentionRuleOut]))
def list_retention_rules(request: HttpRequest, office_id: int) -> HttpResponse:
    """Each kind of data with its rule, and what that would remove next."""
    office = get_office(actor_of(request), office_id)
    lines = rule_lines(office, clock.today())
    return whole([_rule(office, line) for line in lines])


@router.get("/offices/{int:office_id}/retention-rules/{data}", response=read(RetentionRuleOut))
def read_retention_rule(
    request: HttpRequest, office_id: int, data: str, keep_months: Months = None
) -> HttpResponse:
    """One kind of data: its rule and what that, or another term, would remove next."""
    today = clock.today()
    office, line = rule_of(actor_of(request), office_id, data, today)
    told = _rule(office, line)
    if keep_months is not None:
        services.checked_months(line.about.kind, keep_months)
        told.next = _outlook(outlook(office, line.about, keep_months, today))
    return reply(told, version=line.version)


@router.patch("/offices/{int:office_id}/retention-rules/{data}", response=updates(RetentionRuleOut))
def set_retention_rule(
    request: HttpRequest,
    office_id: int,
    data: str,
    payload: RetentionRuleIn,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Say for how many months a kind of data is kept; null is for ever. What went stays gone."""
    actor, today = actor_of(request), clock.today()
    office, line = rule_of(actor, office_id, data, today)
    services.set_rule(
        actor=actor,
        office=office,
        kind=line.about.kind,
        keep_months=payload.keep_months,
        version=version_of(if_match),
        reason=payload.reason,
    )
    _, line = rule_of(actor, office_id, data, today)
    return reply(_rule(office, line), version=line.version)


def _hold(line: HoldLine) -> LegalHoldOut:
    row = line.hold
    return LegalHoldOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        scope_type=row.scope_type,
        scope_id=row.scope_id,
        label="" if line.label == UNSEEN else line.label,
        reason=row.reason,
        placed_by=person_ref(row.created_by),
        placed_at=row.created_at,
        released_by=person_ref(row.released_by),
        released_at=row.released_at,
        release_reason=row.release_reason,
    )


@router.get("/offices/{int:office_id}/legal-holds", response=read(Page[LegalHoldOut]))
def list_legal_holds(request: HttpRequest, office_id: int) -> HttpResponse:
    """Every legal hold of an organisation, newest first, released ones too."""
    actor = actor_of(request)
    return whole([_hold(line) for line in hold_lines(actor, get_office(actor, office_id))])


@router.post("/offices/{int:office_id}/legal-holds", response=creates(LegalHoldOut))
def place_legal_hold(
    request: HttpRequest,
    office_id: int,
    payload: LegalHoldIn,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """From now on nothing of an object, and of what lies or lay below it, is removed."""
    actor = actor_of(request)

    def make() -> tuple[LegalHoldOut, int]:
        row = services.place_hold(
            actor=actor,
            office=get_office(actor, office_id),
            scope_type=payload.scope_type,
            scope_id=payload.scope_id,
            reason=payload.reason,
        )
        return _hold(get_hold(actor, row.pk)), row.version

    return created(request, idempotency_key, make)


@router.get("/legal-holds/{int:hold_id}", response=read(LegalHoldOut))
def read_legal_hold(request: HttpRequest, hold_id: int) -> HttpResponse:
    """One legal hold."""
    return _told(actor_of(request), hold_id)


@router.post("/legal-holds/{int:hold_id}/release", response=updates(LegalHoldOut))
def release_legal_hold(
    request: HttpRequest, hold_id: int, payload: LegalHoldRelease, if_match: IfMatch = None
) -> HttpResponse:
    """Let the rules apply again to what was held."""
    actor = actor_of(request)
    services.release_hold(
        actor=actor,
        hold=get_hold(actor, hold_id).hold,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _told(actor, hold_id)


def _told(actor: Actor, hold_id: int) -> HttpResponse:
    line = get_hold(actor, hold_id)
    return reply(_hold(line), version=line.hold.version)
