# SPDX-License-Identifier: Apache-2.0
"""The people of a plan: which resource is which account, and who might be meant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import (
    PlanAssignment,
    PlanCalendar,
    PlanResource,
    ProjectPlan,
    Task,
)
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import can_on_project
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.queries import office_people


@dataclass(frozen=True, slots=True)
class PlanPerson:
    """A resource of a plan; ``suggested`` bears its name, and nobody has said that it is it.

    ``reports``: the account has a role on the project, so what it says of its tasks is taken.
    """

    uid: int
    name: str
    email: str
    open_tasks: int
    user: User | None
    suggested: User | None
    reports: bool
    calendar: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The people of a plan, and what the actor may do about them."""

    project: Project
    plan: ProjectPlan
    verbs: frozenset[rules.Verb]
    people: list[PlanPerson]


def people_page(actor: Actor, project_id: int) -> PeoplePage:
    """Resources that are people, in the order of the plan. Who: R on task."""
    project, grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    resources = list(
        PlanResource.objects.filter(plan=plan, kind="work").select_related("user").order_by("uid")
    )
    calendars: dict[int | None, str] = dict(
        PlanCalendar.objects.filter(plan=plan).values_list("uid", "name")
    )
    tasks = _open_tasks(plan)
    suggested = _of_the_same_name(project, resources)
    on_project = _with_a_role(project)
    addresses = can_on_project(actor, project, "R", "resource", grants)
    return PeoplePage(
        project,
        plan,
        rules.verbs_on_plan(actor, project, grants),
        [
            PlanPerson(
                row.uid,
                row.name,
                row.email if addresses else "",
                tasks.get(row.uid, 0),
                row.user,
                None if row.user else suggested.get(row.name.casefold().strip()),
                row.user_id in on_project,
                calendars.get(row.calendar_uid, ""),
            )
            for row in resources
        ],
    )


def resource_of(plan: ProjectPlan, uid: int) -> PlanResource:
    """One person of a plan, or NotFound."""
    rows = PlanResource.objects.filter(plan=plan, uid=uid, kind="work").select_related("user")
    row = rows.first()
    if row is None:
        raise NotFound("planning.resource", "There is no such person in this plan.")
    return row


def _open_tasks(plan: ProjectPlan) -> dict[int, int]:
    """Resource → how many of its tasks are not finished."""
    unfinished = Task.objects.filter(
        plan=plan, uid=OuterRef("task_uid"), actual_finish=None, active=True, summary=False
    )
    rows = PlanAssignment.objects.filter(Exists(unfinished), plan=plan, resource_uid__isnull=False)
    counted = rows.order_by().values_list("resource_uid").annotate(Count("task_uid", distinct=True))
    return {uid: count for uid, count in counted if uid is not None}


def _of_the_same_name(project: Project, resources: list[PlanResource]) -> dict[str, User]:
    """Folded name → the one person of the office who bears it; nobody where there are two."""
    names = {row.name.casefold().strip() for row in resources if row.user_id is None}
    if not names:
        return {}
    found: defaultdict[str, list[User]] = defaultdict(list)
    for person in office_people(project.office_id).distinct():
        if person.full_name.casefold().strip() in names:
            found[person.full_name.casefold().strip()].append(person)
    return {name: people[0] for name, people in found.items() if len(people) == 1}


def _with_a_role(project: Project) -> set[int | None]:
    """People who hold a role on the project or on a workstream of it today."""
    today = clock.today()
    here = RoleAssignment.objects.valid_on(today)
    streams = project.workstreams.filter(voided=False).values("pk")
    on_it = here.filter(scope_type="project", scope_id=project.pk)
    inside = here.filter(scope_type="workstream", scope_id__in=streams)
    return {
        person for rows in (on_it, inside) for person in rows.values_list("person_id", flat=True)
    }
