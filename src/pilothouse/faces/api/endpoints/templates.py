# SPDX-License-Identifier: Apache-2.0
"""Templates of plans: those of the office of a project, kept, changed and used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import PlanTemplate
from pilothouse.delivery.planning.rules import Verb
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IN_USE,
    REFUSED,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import ProblemOut
from pilothouse.faces.api.schemas_templates import (
    RoleOut,
    TemplateChange,
    TemplateKeep,
    TemplateOut,
    TemplateRowOut,
    TemplateUse,
    TemplateUsedOut,
    TemplateWholeOut,
)
from pilothouse.foundation.organisation.queries import office_people

router = Router(tags=["Plans"])
LIST = "/projects/{int:project_id}/plan/templates"
ONE = LIST + "/{int:template_id}"


@router.get(LIST, response=read(Page[TemplateOut]))
def list_templates(request: HttpRequest, project_id: int, paging: Query[Paging]) -> HttpResponse:
    """All templates of the office of a project, retired ones too."""
    project, _ = queries.open_project(actor_of(request), project_id, Verb.READ)
    return page_of(request, queries.templates_of(project, retired=True), paging, _shown)


@router.post(LIST, response=creates(TemplateOut))
def create_template(request: HttpRequest, project_id: int, payload: TemplateKeep) -> HttpResponse:
    """Keep the plan of a project, or a branch of it, as a template of its office."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    made = services.keep_template(
        actor=actor,
        project=project,
        name=payload.name,
        kind=payload.kind,
        purpose=payload.purpose,
        root=payload.root,
        roles={role.uid: role.name for role in payload.roles},
    )
    return reply(_shown(made), status=201, version=made.version)


@router.get(ONE, response=read(TemplateWholeOut))
def read_template(request: HttpRequest, project_id: int, template_id: int) -> HttpResponse:
    """One template with its rows and roles."""
    project, _ = queries.open_project(actor_of(request), project_id, Verb.READ)
    row = queries.template_in(project, template_id)
    told = services.read_template(row)
    whole = TemplateWholeOut(
        **_values(row),
        rows=[TemplateRowOut.model_validate(line) for line in told.rows],
        role_names=[RoleOut(uid=uid, name=name) for uid, name in told.roles.items()],
    )
    return reply(whole, version=row.version)


@router.patch(ONE, response=updates(TemplateOut))
def update_template(
    request: HttpRequest,
    project_id: int,
    template_id: int,
    payload: TemplateChange,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Name a template anew, say what it is for, retire it or bring it back."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    row = services.change_template(
        actor=actor,
        project=project,
        template=queries.template_in(project, template_id),
        name=payload.name,
        kind=payload.kind,
        purpose=payload.purpose,
        retired=payload.retired,
        version=version_of(if_match),
    )
    return reply(_shown(row), version=row.version)


@router.post(ONE + "/use", response={200: TemplateUsedOut, REFUSED | IN_USE: ProblemOut})
def use_template(
    request: HttpRequest, project_id: int, template_id: int, payload: TemplateUse
) -> HttpResponse:
    """Begin the plan of a project from a template, or put its rows into the plan."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    row = queries.template_in(project, template_id)
    wanted = {item.uid: item.person_id for item in payload.people}
    there = office_people(project.office_id).filter(pk__in=wanted.values()).distinct()
    known = {person.pk: person for person in there}
    for person_id in wanted.values():
        if person_id not in known:
            raise unknown("people", f"There is no person {person_id} in the office of the project.")
    people = {uid: known[person_id] for uid, person_id in wanted.items()}
    if queries.plan_of(project) is None:
        plan = services.begin_from_template(
            actor=actor, project=project, template=row, start=payload.start, people=people
        )
        return reply(TemplateUsedOut(plan_version=plan.plan_version, added=[]))
    outcome = services.insert_template(
        actor=actor,
        project=project,
        template=row,
        start=payload.start,
        after=payload.after,
        people=people,
    )
    told = TemplateUsedOut(plan_version=outcome.plan.plan_version, added=list(outcome.added))
    return reply(told, version=outcome.plan.version)


def _values(row: PlanTemplate) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "number": row.number,
        "kind": row.kind,
        "purpose": row.purpose,
        "retired": row.retired,
        "source": row.source,
        "tasks": row.tasks,
        "roles": row.roles,
        "length_days": Decimal(row.length_minutes) / row.minutes_per_day,
        "created_at": row.created_at,
    }


def _shown(row: PlanTemplate) -> TemplateOut:
    return TemplateOut(**_values(row))
