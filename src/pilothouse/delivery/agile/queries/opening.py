# SPDX-License-Identifier: Apache-2.0
"""A backlog, an item, a sprint or a release as an actor may open it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.models import Backlog, BacklogItem, Release, Sprint
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Opened:
    """A project whose backlog the actor sees; there may be none yet, and no plan."""

    project: Project
    found: Backlog | None
    plan: ProjectPlan | None
    may: rules.May
    sees_plan: bool

    def require(self) -> Backlog:
        """The backlog; NotFound where the project has none."""
        if self.found is None:
            raise NotFound("agile.backlog", "This project has no backlog yet; begin one.")
        return self.found


def open_backlog(actor: Actor, project_id: int) -> Opened:
    """The backlog of a visible project, if there is one; NotFound or NotAllowed."""
    held = grants_of(actor)
    project = get_project(actor, project_id, held)
    if not rules.can_on_backlog(actor, project, "R", held):
        raise NotAllowed("agile.not_seen", "Your roles do not allow you to see this backlog.")
    backlog = Backlog.objects.filter(project=project).first()
    if backlog is not None:
        backlog.project = project
    return Opened(
        project,
        backlog,
        ProjectPlan.objects.defer("notices").filter(project=project).first(),
        rules.may_of(actor, project, held),
        can_on_plan(actor, project, Verb.READ, held),
    )


def hanging(actor: Actor, project: Project, uids: Collection[int]) -> dict[int, list[str]]:
    """Open releases that are tied to tasks of a project, in words."""
    if not rules.can_on_backlog(actor, project, "R"):
        return {}
    rows = Release.objects.filter(project=project, milestone_uid__in=uids, state=Release.State.OPEN)
    found: dict[int, list[str]] = {}
    for uid, name in rows.values_list("milestone_uid", "name"):
        found.setdefault(uid or 0, []).append(_("release ‘%(name)s’") % {"name": name})
    return found


def item_of(actor: Actor, item_id: int) -> BacklogItem:
    """An item in sight, or NotFound."""
    rows = BacklogItem.objects.select_related(
        "project__portfolio__org_unit", "owner", "epic", "release", "sprint"
    )
    row = rows.filter(pk=item_id, project__in=_visible(actor)).first()
    if row is None:
        raise NotFound("agile.item", "There is no such item, or you may not see it.")
    _require_seen(actor, row.project)
    return row


def sprint_of(actor: Actor, sprint_id: int) -> Sprint:
    """A sprint in sight, or NotFound."""
    rows = Sprint.objects.select_related("project__portfolio__org_unit")
    row = rows.filter(pk=sprint_id, project__in=_visible(actor)).first()
    if row is None:
        raise NotFound("agile.sprint", "There is no such sprint, or you may not see it.")
    _require_seen(actor, row.project)
    return row


def release_of(actor: Actor, release_id: int) -> Release:
    """A release in sight, or NotFound."""
    rows = Release.objects.select_related("project__portfolio__org_unit")
    row = rows.filter(pk=release_id, project__in=_visible(actor)).first()
    if row is None:
        raise NotFound("agile.release", "There is no such release, or you may not see it.")
    _require_seen(actor, row.project)
    return row


def team_of(project: Project) -> list[User]:
    """People with a role on the project or on a workstream of it, who may own items."""
    streams = project.workstreams.filter(voided=False).values("pk")
    here = RoleAssignment.objects.valid_on(clock.today()).filter(
        Q(scope_type="project", scope_id=project.pk)
        | Q(scope_type="workstream", scope_id__in=streams)
    )
    named = [project.pm_id, project.functional_owner_id, project.technology_owner_id]
    rows = User.objects.filter(Q(pk__in=here.values("person_id")) | Q(pk__in=filter(None, named)))
    return list(rows.filter(is_active=True).order_by("full_name", "pk"))


def _visible(actor: Actor) -> QuerySet[Project]:
    return visible_projects(actor).order_by().values("pk")  # type: ignore[return-value]  # a subquery of keys


def _require_seen(actor: Actor, project: Project) -> None:
    if not rules.can_on_backlog(actor, project, "R"):
        raise NotAllowed("agile.not_seen", "Your roles do not allow you to see this backlog.")
