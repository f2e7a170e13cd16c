# SPDX-License-Identifier: Apache-2.0
"""The rule that everybody must have a second factor: of an office, and of the installation."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, creates, read, updates
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    FactorRuleOut,
    FactorRulePatch,
    PersonRef,
    RemindersSent,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.models import Installation
from pilothouse.foundation.core.pages import site_of
from pilothouse.foundation.organisation import second_factor as rules
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import kept_office

router = Router(tags=["Second factor"])


def _told(actor: Actor, row: OrgUnit | Installation) -> HttpResponse:
    office_id = row.pk if isinstance(row, OrgUnit) else None
    found = rules.lacking(actor, office_id, clock.today())
    told = FactorRuleOut(
        version=row.version,
        since=row.second_factor_from,
        bound=found.bound,
        without=found.people.count(),
    )
    return reply(told, version=told.version)


def _person(row: User) -> PersonRef:
    return PersonRef(id=row.pk, name=row.full_name)


def _people(request: HttpRequest, office_id: int | None, paging: Paging) -> HttpResponse:
    found = rules.lacking(actor_of(request), office_id, clock.today())
    return page_of(request, found.people, paging, _person)


def _remind(request: HttpRequest, office: OrgUnit | None) -> HttpResponse:
    mails = rules.remind(actor=actor_of(request), office=office, site=site_of(request))
    return reply(RemindersSent(mails=mails), status=201)


@router.get("/offices/{int:office_id}/second-factor", response=read(FactorRuleOut))
def read_factor_rule(request: HttpRequest, office_id: int) -> HttpResponse:
    """From which day everybody of an organisation must have one; for those who may set it."""
    actor = actor_of(request)
    return _told(actor, kept_office(actor, office_id))


@router.patch("/offices/{int:office_id}/second-factor", response=updates(FactorRuleOut))
def update_factor_rule(
    request: HttpRequest, office_id: int, payload: FactorRulePatch, if_match: IfMatch = None
) -> HttpResponse:
    """Set the day, today or later; none to ask for no second factor."""
    actor = actor_of(request)
    row = rules.set_rule_of_office(
        actor=actor,
        office=kept_office(actor, office_id),
        since=payload.since,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _told(actor, row)


@router.get("/offices/{int:office_id}/second-factor/people", response=read(Page[PersonRef]))
def list_without_factor(
    request: HttpRequest, office_id: int, paging: Query[Paging]
) -> HttpResponse:
    """Whom the rule binds, or would bind, and who has none yet."""
    office = kept_office(actor_of(request), office_id)
    return _people(request, office.pk, paging)


@router.post("/offices/{int:office_id}/second-factor/reminders", response=creates(RemindersSent))
def remind_of_factor(request: HttpRequest, office_id: int) -> HttpResponse:
    """Mail everybody in your sight who has none yet, once a day at most."""
    return _remind(request, kept_office(actor_of(request), office_id))


@router.get("/installation/second-factor", response=read(FactorRuleOut))
def read_factor_rule_of_all(request: HttpRequest) -> HttpResponse:
    """From which day every account must have one; for those who may set it."""
    actor = actor_of(request)
    rules.require_set_for_everybody(actor)
    return _told(actor, Installation.objects.first() or Installation())


@router.patch("/installation/second-factor", response=updates(FactorRuleOut))
def update_factor_rule_of_all(
    request: HttpRequest, payload: FactorRulePatch, if_match: IfMatch = None
) -> HttpResponse:
    """Set the day for every account, system administrators' too; none to ask for none."""
    actor = actor_of(request)
    row = rules.set_rule_of_installation(
        actor=actor,
        since=payload.since,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _told(actor, row)


@router.get("/installation/second-factor/people", response=read(Page[PersonRef]))
def list_all_without_factor(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Accounts that have none yet."""
    rules.require_set_for_everybody(actor_of(request))
    return _people(request, None, paging)


@router.post("/installation/second-factor/reminders", response=creates(RemindersSent))
def remind_all_of_factor(request: HttpRequest) -> HttpResponse:
    """Mail every account that has none yet, once a day at most."""
    return _remind(request, None)
