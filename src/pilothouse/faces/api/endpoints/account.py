# SPDX-License-Identifier: Apache-2.0
"""Own tokens, search, and the audit trail of an object."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects.queries import scope_chain
from pilothouse.direction.portfolio.search import search
from pilothouse.faces.api.auth import actor_of, user_of
from pilothouse.faces.api.endpoints.common import creates, read
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    AuditEventOut,
    HitOut,
    QueryId,
    TokenIn,
    TokenMade,
    TokenOut,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts import services
from pilothouse.foundation.accounts.models import ApiToken
from pilothouse.foundation.accounts.web import confirm_unless_fresh
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

router = Router(tags=["Account, search, audit"])

OBJECTS = {
    "org_unit": "orgunit",
    "portfolio": "portfolio",
    "programme": "programme",
    "project": "project",
    "workstream": "workstream",
}


@router.get("/tokens", response=read(Page[TokenOut]))
def list_tokens(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Your own tokens; the secrets are not kept."""
    rows = user_of(request).tokens.order_by("-pk")
    return page_of(request, rows, paging, TokenOut.model_validate)


@router.post("/tokens", response=creates(TokenMade))
def create_token(request: HttpRequest, payload: TokenIn) -> HttpResponse:
    """Make a token; only in the web session, for a token does not make tokens.

    Ten minutes after the sign-in it needs the password again.
    """
    if actor_of(request).channel == "web":
        confirm_unless_fresh(request, payload.password)
    token, secret = services.create_token(
        actor=actor_of(request),
        user=user_of(request),
        name=payload.name,
        may_write=payload.may_write,
        days=payload.days,
    )
    known = TokenOut.model_validate(token).model_dump()
    return reply(TokenMade(**known, secret=secret), status=201)


@router.delete("/tokens/{int:token_id}", response=read(TokenOut))
def revoke_token(request: HttpRequest, token_id: int) -> TokenOut:
    """End one of your tokens at once."""
    token = ApiToken.objects.filter(pk=token_id, user=user_of(request)).first()
    if token is None:
        raise NotFound("accounts.token", "There is no such token.")
    services.revoke_token(actor=actor_of(request), token=token)
    return TokenOut.model_validate(token)


@router.get("/search", response=read(Page[HitOut]))
def find(
    request: HttpRequest, q: Annotated[str, Query(min_length=1, max_length=100)]
) -> HttpResponse:
    """Projects, programmes, portfolios and people in sight, best first."""
    hits = search(actor_of(request), q)
    return whole([HitOut(kind=h.kind, label=h.label, detail=h.detail, url=h.url) for h in hits])


def _event(row: AuditEvent) -> AuditEventOut:
    return AuditEventOut(
        id=row.pk,
        at=row.at,
        by=row.actor_label,
        on_behalf_of=row.on_behalf_of_id,
        channel=row.channel,
        action=row.action,
        object_type=row.object_type,
        object_id=row.object_id,
        object_label=row.object_label,
        before=row.before,
        after=row.after,
        reason=row.reason,
    )


@router.get("/audit-events", response=read(Page[AuditEventOut]))
def list_audit_events(
    request: HttpRequest,
    paging: Query[Paging],
    object_type: Literal["org_unit", "portfolio", "programme", "project", "workstream"],
    object_id: QueryId,
) -> HttpResponse:
    """Who changed an object, when, from what to what; for the director and the auditor."""
    actor = actor_of(request)
    scopes, _, _ = scope_chain(actor, object_type, object_id)
    if not grants_of(actor).allows("audit_event", "R", scopes):
        raise NotAllowed("core.audit", "The audit trail is for the PMO director and the auditor.")
    rows = AuditEvent.objects.filter(object_type=OBJECTS[object_type], object_id=object_id)
    return page_of(request, rows.order_by("-pk"), paging, _event)
