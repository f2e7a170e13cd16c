# SPDX-License-Identifier: Apache-2.0
"""Who reports on which tasks, and who decides what is reported (R-PRG-05)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from pilothouse.delivery.planning.models import PlanAssignment, PlanResource, Task
from pilothouse.delivery.planning.rules import can_confirm_progress, may_enter_progress
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES, visible_projects
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

AROUND = timedelta(days=14)
"""So far before and after today work is asked about."""
CYCLE = timedelta(days=7)
"""Work under way of which nobody said anything for longer is stale."""
MOST_ROWS = 200
"""Of one page or sheet; a form sends no more than the server takes."""
FIRST_YEAR, LAST_YEAR = 1984, 2100
MOST_REMARK = 2000


def reporting_projects(actor: Actor, grants: Grants | None = None) -> list[Project]:
    """Open projects in sight on which the actor may report on own tasks."""
    held = grants or grants_of(actor)
    plans = PlanResource.objects.filter(user_id=actor.user_id or 0).values("plan__project_id")
    rows = visible_projects(actor, held).filter(pk__in=plans, state__in=OPEN_STATES)
    found = rows.select_related("portfolio__org_unit", "programme", "pm").order_by("code", "pk")
    return [row for row in found if may_enter_progress(actor, row, own=True, grants=held)]


def require_confirm(actor: Actor, project: Project) -> None:
    """Raise NotAllowed unless the actor decides what is reported, Invalid on a closed project."""
    if not can_confirm_progress(actor, project):
        raise NotAllowed(
            "progress.not_allowed",
            f"Your roles do not let you confirm updates of project {project.code}. Its project "
            "manager and the leads of its workstreams do.",
        )
    if project.state not in OPEN_STATES:
        raise Invalid(
            "progress.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; nothing is reported "
            "on it any more.",
        )


def tasks_of(person_id: int) -> QuerySet[Task]:
    """Tasks that are given to a person and can be reported on."""
    own = PlanAssignment.objects.filter(
        Exists(
            PlanResource.objects.filter(
                plan=OuterRef("plan"), uid=OuterRef("resource_uid"), user_id=person_id
            )
        ),
        plan=OuterRef("plan"),
        task_uid=OuterRef("uid"),
    )
    rows = Task.objects.filter(Exists(own), active=True, summary=False, external=False)
    return rows.filter(level_of_effort=False)


def due_around(today: date) -> Q:
    """Unfinished work that begins or ends within two weeks, is under way, or is late."""
    first, last = _midnight(today - AROUND), _midnight(today + AROUND + timedelta(days=1))
    soon = Q(start__gte=first, start__lt=last) | Q(finish__gte=first, finish__lt=last)
    late = Q(finish__lt=_midnight(today))
    return Q(actual_finish=None) & (soon | late | Q(actual_start__isnull=False))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
