# SPDX-License-Identifier: Apache-2.0
"""Templates of the office of a project."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.delivery.planning.models import PlanResource, PlanTemplate, ProjectPlan, Task
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.errors import NotFound


def templates_of(project: Project, *, retired: bool = False) -> QuerySet[PlanTemplate]:
    """The templates that a project can use, by name; on demand those that are retired, too."""
    rows = PlanTemplate.objects.filter(office_id=project.office_id).defer("plan", "offsets")
    return rows if retired else rows.filter(retired=False)


def template_in(project: Project, template_id: int) -> PlanTemplate:
    """A template of the office of a project; NotFound where there is no such one."""
    found = PlanTemplate.objects.filter(office_id=project.office_id, pk=template_id).first()
    if found is None:
        raise NotFound("planning.template", "The office of this project has no such template.")
    return found


def summaries_of(project: Project) -> list[tuple[int, str]]:
    """The summaries of a plan with their codes, to choose a part of it from."""
    return _rows(project, summary=True)


def rows_of(project: Project, most: int = 1000) -> list[tuple[int, str]]:
    """The first rows of a plan with their codes, to choose a place in it from."""
    return _rows(project)[:most]


def _rows(project: Project, **which: bool) -> list[tuple[int, str]]:
    rows = Task.objects.filter(plan=existing_plan(project), **which).order_by("position")
    return [
        (uid, f"{wbs} {name}".strip()) for uid, wbs, name in rows.values_list("uid", "wbs", "name")
    ]


def roles_of(plan: ProjectPlan) -> list[tuple[int, str, str]]:
    """Uid and name of the resources of a plan, and how their roles are called.

    That is the name, or for one that bears the name of a person the job title of that one.
    """
    rows = PlanResource.objects.filter(plan=plan).select_related("user").order_by("name", "uid")
    return [(row.uid, row.name, _role(row)) for row in rows]


def _role(row: PlanResource) -> str:
    if row.user is None or row.name != row.user.full_name:
        return row.name
    return row.user.job_title or f"Role {row.uid}"
