# SPDX-License-Identifier: Apache-2.0
"""What the page of a week needs, of one's own or of somebody who tells a manager."""

from __future__ import annotations

from django.urls import reverse

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.queries.updates import people_of
from pilothouse.delivery.progress.queries.week import Week
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

WeekPage = dict[str, object]


def person_of_plan(actor: Actor, project_id: int, person_id: int) -> tuple[Project, User]:
    """Somebody of the plan of a project whose updates the actor may decide; NotFound else."""
    project = get_project(actor, project_id)
    rules.require_confirm(actor, project)
    plan = ProjectPlan.objects.filter(project=project).first()
    people = people_of(plan) if plan is not None else []
    person = next((row for row in people if row.pk == person_id), None)
    if person is None:
        raise NotFound("progress.person", "There is no such person in this plan.")
    return project, person


def own_week_page(week: Week) -> WeekPage:
    """The page of one's own week, as it is before anything is typed."""
    return _page(week) | {
        "sends": reverse("progress:week"),
        "sheet": reverse("exchange:week-sheet"),
        "reads": reverse("exchange:week-read"),
    }


def week_page_of(project: Project, person: User, week: Week) -> WeekPage:
    """The page of the week of somebody else in one project."""
    places = [project.pk, person.pk]
    return _page(week) | {
        "person": person,
        "project": project,
        "sends": reverse("progress:week-of", args=places),
        "sheet": reverse("exchange:week-sheet-of", args=places),
        "reads": reverse("exchange:week-read-of", args=places),
    }


def _page(week: Week) -> WeekPage:
    return {
        "week": week,
        "error": None,
        "values": {},
        "loose": [],
        "links": 0,
        "action": "",
        "door": "page",
        "changed": None,
        "person": None,
        "project": None,
    }
