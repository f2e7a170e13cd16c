# SPDX-License-Identifier: Apache-2.0
"""Which account a resource of a plan is: by its mail address, or because somebody said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import PlanResource, ProjectPlan
from pilothouse.delivery.planning.queries import require_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.organisation.queries import office_people

Links = Mapping[tuple[int, str], int]
"""Number and name of a resource → the account that it was said to be."""


@transaction.atomic
def link_person(
    *, actor: Actor, project: Project, uid: int, person: User | None, version: int | None
) -> PlanResource:
    """Say which account a resource of the plan is; None: nobody's.

    Who: U on task. Writes: PlanResource. Raises: Invalid for who is not of the office, NotFound,
    Conflict.
    """
    actor, row = _plan_for_change(actor, project, version)
    resource = PlanResource.objects.filter(plan=row, uid=uid, kind="work").first()
    if resource is None:
        raise NotFound("planning.resource", "There is no such person in this plan.")
    _require_of_office(project, person)
    if resource.user_id == (person.pk if person else None):
        return resource
    before = resource.user.full_name if resource.user else None
    resource.user = person
    resource.save(update_fields=["user"])
    _note(actor, row, project, {resource.name: before}, resource)
    return resource


@transaction.atomic
def add_person(
    *, actor: Actor, project: Project, person: User, version: int | None
) -> PlanResource:
    """Give the plan a resource that is a person of the office.

    Who: U on task. Writes: PlanResource. Raises: Invalid for who is in it already or not of the
    office, NotFound without a plan, Conflict.
    """
    actor, row = _plan_for_change(actor, project, version)
    _require_of_office(project, person)
    if PlanResource.objects.filter(plan=row, user=person).exists():
        message = f"{person.full_name} is in this plan already."
        raise Invalid("planning.person_there", message, fields={"person": message})
    last = PlanResource.objects.filter(plan=row).aggregate(last=Max("uid"))["last"]
    resource = PlanResource.objects.create(
        plan=row, uid=(last or 0) + 1, name=person.full_name, user=person
    )
    _note(actor, row, project, {}, resource)
    return resource


def _plan_for_change(
    actor: Actor, project: Project, version: int | None
) -> tuple[Actor, ProjectPlan]:
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    core.lock(Project.objects.all(), project.pk)
    row = require_plan(ProjectPlan.objects.select_for_update().filter(project=project).first())
    core.require_version(row, version)
    return actor, row


def _require_of_office(project: Project, person: User | None) -> None:
    if person is not None and not office_people(project.office_id).filter(pk=person.pk).exists():
        message = "Choose somebody of the office of this project."
        raise Invalid("planning.person", message, fields={"person": message})


def _note(
    actor: Actor,
    row: ProjectPlan,
    project: Project,
    before: dict[str, str | None],
    resource: PlanResource,
) -> None:
    core.touch(actor=actor, obj=row)
    core.record(
        actor=actor,
        action="plan.person",
        obj=row,
        before=before,
        after={resource.name: resource.user.full_name if resource.user else None},
        office_id=project.office_id,
    )


def people_kept(row: ProjectPlan) -> list[dict[str, object]]:
    """Who is who in a plan, to be kept beside its archive, which does not hold it."""
    rows = PlanResource.objects.filter(plan=row, user__isnull=False).order_by("uid")
    return [
        {"uid": uid, "name": name, "user": user}
        for uid, name, user in rows.values_list("uid", "name", "user_id")
    ]


def links_of(kept: Mapping[str, Any]) -> Links:
    """Back from what was kept."""
    people = kept.get("before_people", [])
    return {(item["uid"], item["name"]): item["user"] for item in people}


def linked(project: Project, resources: Sequence[PlanResource], links: Links) -> None:
    """Link rows that are not saved yet: as the same number and name was, else by mail address.

    Only active people of the office are found; a name alone links nobody.
    """
    wanted = {row.email.strip().lower() for row in resources if row.email.strip()}
    if not (wanted or links):
        return
    people = office_people(project.office_id).distinct()
    by_address = {
        email.lower(): pk
        for pk, email in people.values_list("pk", "email")
        if email.lower() in wanted
    }
    known = set(people.filter(pk__in=set(links.values())).values_list("pk", flat=True))
    for row in resources:
        if row.kind == "work":
            kept = links.get((row.uid, row.name))
            row.user_id = kept if kept in known else by_address.get(row.email.strip().lower())
