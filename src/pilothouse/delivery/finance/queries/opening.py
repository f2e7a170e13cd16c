# SPDX-License-Identifier: Apache-2.0
"""The money of a project or of an office as an actor may open it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """A project of which the actor sees some of the money."""

    project: Project
    actor: Actor
    grants: Grants

    def may(self, kind: str, letter: str) -> bool:
        """Whether the matrix gives the letter on this kind of money here; for display only."""
        return rules.can(self.actor, self.project, kind, letter, self.grants)


@dataclass(frozen=True, slots=True)
class OpenedOffice:
    """An office of which the actor sees some of the money."""

    office: OrgUnit
    actor: Actor
    grants: Grants

    def may(self, kind: str, letter: str) -> bool:
        """Whether the matrix gives the letter on this kind of money here; for display only."""
        return rules.can_in_office(self.actor, self.office, kind, letter, self.grants)


def open_project(actor: Actor, project_id: int, kind: str) -> OpenedProject:
    """A visible project of which the actor may read this kind of money.

    Raises: NotFound for a project out of sight, NotAllowed without R on the kind.
    """
    held = grants_of(actor)
    project = get_project(actor, project_id, held)
    if not rules.can(actor, project, kind, "R", held):
        raise NotAllowed(
            "finance.not_seen", f"Your roles do not allow you to see this money of {project.code}."
        )
    return OpenedProject(project, actor, held)


def office_in_sight(actor: Actor, office_id: int) -> OpenedOffice:
    """An office in sight, whatever the actor may read there. Raises: NotFound."""
    held = grants_of(actor)
    office = offices_in_sight(actor, held).filter(pk=office_id).first()
    if office is None:
        raise NotFound("finance.office", "There is no such office, or you may not see it.")
    return OpenedOffice(office, actor, held)


def open_office(actor: Actor, office_id: int, kind: str) -> OpenedOffice:
    """An office in sight of which the actor may read this kind of money.

    Raises: NotFound for an office out of sight, NotAllowed without R on the kind.
    """
    opened = office_in_sight(actor, office_id)
    if not opened.may(kind, "R"):
        raise not_seen(opened.office)
    return opened


def not_seen(office: OrgUnit) -> NotAllowed:
    """What is told to who may not read a kind of money of an office."""
    return NotAllowed(
        "finance.office_not_seen", f"Your roles do not allow you to see this money of {office}."
    )


def row_of_office(
    actor: Actor, rows: QuerySet[Row], pk: int, kind: str
) -> tuple[OpenedOffice, Row]:
    """A row that hangs on an office, with that office as ``open_office`` opens it.

    Raises: NotFound for one that is not there or out of sight, NotAllowed without R on the kind.
    """
    row: Any = rows.filter(pk=pk).first()
    try:
        return open_office(actor, row.office_id if row is not None else 0, kind), row
    except NotFound as error:
        raise _no_row() from error


def row_of_project(
    actor: Actor, rows: QuerySet[Row], pk: int, kind: str
) -> tuple[OpenedProject, Row]:
    """As ``row_of_office`` for a row that hangs on a project."""
    row: Any = rows.filter(pk=pk).first()
    try:
        return open_project(actor, row.project_id if row is not None else 0, kind), row
    except NotFound as error:
        raise _no_row() from error


def _no_row() -> NotFound:
    return NotFound("finance.row", "There is no such entry, or you may not see it.")


def office_of(project: Project) -> OrgUnit:
    """The office whose periods and rates hold for a project."""
    return OrgUnit.objects.get(pk=project.office_id)
