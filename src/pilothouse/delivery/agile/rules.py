# SPDX-License-Identifier: Apache-2.0
"""Who orders the backlog of a project, who changes which items, and when."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.delivery.agile.models import BacklogItem
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES, classified, project_scopes
from pilothouse.foundation.access.queries import Grants, allowed_as, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

BACKLOG, ITEM = "backlog", "backlog_item"
"""Object types of the matrix: the whole with its order, sprints and releases; and one item."""
_WORDS = {
    "R": "see the backlog",
    "C": "begin a backlog, or plan sprints and releases",
    "U": "order the backlog, or run its sprints and releases",
}


@dataclass(frozen=True, slots=True)
class May:
    """What an actor may do with a backlog, for the buttons of a page.

    ``own``: change own items, and take one that is nobody's.
    """

    orders: bool
    plans: bool
    adds: bool
    changes: bool
    own: bool
    user_id: int | None

    def change(self, item: BacklogItem) -> bool:
        """Whether the actor may change what the item says."""
        return self.changes or (self.own and item.owner_id == self.user_id)

    def move(self, item: BacklogItem) -> bool:
        """Whether the actor may move the item over the board."""
        return self.changes or (self.own and item.owner_id in (None, self.user_id))


NOTHING = May(False, False, False, False, False, None)


def can_on_backlog(
    actor: Actor, project: Project, letter: str, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on the backlog of this project."""
    held = classified(grants or grants_of(actor), project)
    return held.allows(BACKLOG, letter, project_scopes(project))


def may_of(actor: Actor, project: Project, grants: Grants | None = None) -> May:
    """All that the actor may do; nothing once the project is over."""
    if project.state not in OPEN_STATES:
        return NOTHING
    held = classified(grants or grants_of(actor), project)
    scopes = project_scopes(project)
    return May(
        held.allows(BACKLOG, "U", scopes),
        held.allows(BACKLOG, "C", scopes),
        held.allows(ITEM, "C", scopes),
        held.allows(ITEM, "U", scopes),
        _own_items(held, project),
        actor.user_id,
    )


def _own_items(held: Grants, project: Project) -> bool:
    """A role that reaches own items alone counts on its project, or on a workstream of it."""
    within = set(project_scopes(project))
    streams = {grant.scope_id for grant in held.grants if grant.scope_type == "workstream"}
    if streams:
        inside = project.workstreams.filter(pk__in=streams, voided=False)
        within |= {("workstream", number) for number in inside.values_list("pk", flat=True)}
    here = held.only(lambda grant: (grant.scope_type, grant.scope_id) in within)
    return here.reach(ITEM, "U").own


def require_on_backlog(actor: Actor, project: Project, letter: str) -> Actor:
    """Raises NotAllowed without the letter on the backlog, else says as whom the actor may."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, BACKLOG, letter, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "agile.not_allowed",
            f"Your roles do not allow you to {_WORDS[letter]} of project {project.code}. "
            "Its project manager and its functional owner may.",
        )
    return allowed


def require_add(actor: Actor, project: Project) -> Actor:
    """Raises NotAllowed unless the actor may add items."""
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, ITEM, "C", project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "agile.add_not_allowed",
            f"Your roles do not allow you to add items to the backlog of project {project.code}. "
            "Its project manager, its functional owner and its workstream leads may.",
        )
    return allowed


def require_change(actor: Actor, item: BacklogItem, *, moving: bool = False) -> Actor:
    """Raises NotAllowed unless the actor may change the item, or ``moving`` it over the board."""
    project = item.project
    held = classified(grants_of(actor), project)
    allowed = allowed_as(actor, ITEM, "U", project_scopes(project), held)
    if allowed is not None:
        return allowed
    may = may_of(actor, project)
    if may.move(item) if moving else may.change(item):
        return actor
    raise NotAllowed(
        "agile.item_not_allowed",
        f"{item.key} is not yours, and your roles do not allow you to change items of others. "
        "Its owner may, and whoever orders the backlog.",
    )


def require_open(project: Project) -> None:
    """A backlog changes only while its project is open."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "agile.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; its backlog no "
            "longer changes.",
        )
