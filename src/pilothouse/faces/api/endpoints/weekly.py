# SPDX-License-Identifier: Apache-2.0
"""The people of plans, and what they report on their tasks each week."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router

from pilothouse.delivery.planning.models import PlanResource
from pilothouse.delivery.planning.queries import PlanPerson, open_project, people_page
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import add_person, link_person
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, person_ref, read, unknown, updates
from pilothouse.faces.api.replies import Page, reply, version_of, whole
from pilothouse.faces.api.schemas_weekly import PlanPersonLink, PlanPersonNew, PlanPersonOut
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.queries import visible_people

router = Router(tags=["Weekly updates"])


def _present(row: PlanPerson) -> PlanPersonOut:
    return PlanPersonOut(
        resource_uid=row.uid,
        name=row.name,
        open_tasks=row.open_tasks,
        person=person_ref(row.user),
        suggested=person_ref(row.suggested),
        reports=row.reports,
    )


@router.get("/projects/{int:project_id}/plan/people", response=read(Page[PlanPersonOut]))
def list_plan_people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Resources of the plan that work, and which account each is."""
    found = people_page(actor_of(request), project_id)
    return whole([_present(row) for row in found.people])


@router.put(
    "/projects/{int:project_id}/plan/people/{int:resource_uid}", response=updates(PlanPersonOut)
)
def link_plan_person(
    request: HttpRequest,
    project_id: int,
    resource_uid: int,
    payload: PlanPersonLink,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Say which account a resource is. If-Match: the ETag of the plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    person = None if payload.person_id is None else _person(actor, payload.person_id)
    made = link_person(
        actor=actor,
        project=project,
        uid=resource_uid,
        person=person,
        version=version_of(if_match),
    )
    return _linked(actor, project_id, made)


@router.post("/projects/{int:project_id}/plan/people", response=updates(PlanPersonOut))
def add_plan_person(
    request: HttpRequest, project_id: int, payload: PlanPersonNew, if_match: IfMatch = None
) -> HttpResponse:
    """Give the plan a resource that is somebody of the office. If-Match: the ETag of the plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    person = _person(actor, payload.person_id)
    made = add_person(actor=actor, project=project, person=person, version=version_of(if_match))
    return _linked(actor, project_id, made)


def _person(actor: Actor, person_id: int) -> User:
    row = visible_people(actor).filter(pk=person_id).first()
    if row is None:
        raise unknown("person_id", "There is no such person in your organisation.")
    return row


def _linked(actor: Actor, project_id: int, made: PlanResource) -> HttpResponse:
    page = people_page(actor, project_id)
    row = next(row for row in page.people if row.uid == made.uid)
    return reply(_present(row), version=page.plan.version)
