# SPDX-License-Identifier: Apache-2.0
"""Objectives of an office and workstreams of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.models import Project, StrategicObjective, Workstream
from pilothouse.foundation.access.queries import allowed_as
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import invalid_from, require_people

WORKSTREAM_FIELDS = ("name", "lead", "scope_statement")


@transaction.atomic
def save_workstream(
    *,
    actor: Actor,
    project: Project,
    workstream: Workstream | None,
    values: Mapping[str, Any],
    version: int | None = None,
) -> Workstream:
    """Add or change a workstream. Who: U on the project."""
    allowed = rules.require_on_project(actor, project, "U")
    named = values if workstream is None else core.differing(workstream, values)
    require_people(actor, project.office_id, named)
    try:
        if workstream is None:
            row = Workstream(project=project, **values)
            return core.create(
                actor=allowed, obj=row, names=WORKSTREAM_FIELDS, office_id=project.office_id
            )
        core.change(
            actor=allowed,
            obj=workstream,
            values=values,
            version=version,
            office_id=project.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.workstream") from error
    return workstream


@transaction.atomic
def void_workstream(
    *, actor: Actor, workstream: Workstream, version: int | None, reason: str
) -> Workstream:
    """Take a workstream out of use; it stays in the history. Who: U on the project."""
    allowed = rules.require_on_project(actor, workstream.project, "U")
    _require_reason(reason)
    core.change(
        actor=allowed,
        obj=workstream,
        values={"voided": True},
        version=version,
        action="workstream.void",
        reason=reason,
        office_id=workstream.project.office_id,
    )
    return workstream


@transaction.atomic
def save_objective(
    *,
    actor: Actor,
    office: OrgUnit,
    objective: StrategicObjective | None,
    values: Mapping[str, Any],
    version: int | None = None,
) -> StrategicObjective:
    """Add or change a strategic objective. Who: C or U on strategic_objective."""
    letter = "C" if objective is None else "U"
    allowed = allowed_as(actor, "strategic_objective", letter, unit_scopes(office))
    if allowed is None:
        raise NotAllowed("projects.objective", "You may not keep the objectives here.")
    _require_above(objective, office, values.get("parent"))
    _require_horizon(objective, values)
    named = values if objective is None else core.differing(objective, values)
    require_people(actor, office.pk, named)
    try:
        if objective is None:
            row = StrategicObjective(office=office, **values)
            return core.create(actor=allowed, obj=row, names=tuple(values), office_id=office.pk)
        core.change(
            actor=allowed, obj=objective, values=values, version=version, office_id=office.pk
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.objective") from error
    return objective


def _require_horizon(objective: StrategicObjective | None, values: Mapping[str, Any]) -> None:
    first, last = (
        values.get(name, getattr(objective, name, None)) for name in ("horizon_from", "horizon_to")
    )
    if first and last and last < first:
        message = "The last day lies before the first."
        raise Invalid("projects.dates", message, fields={"horizon_to": message})


def _require_above(
    objective: StrategicObjective | None, office: OrgUnit, parent: StrategicObjective | None
) -> None:
    above = parent
    while above is not None:
        if above.office_id != office.pk or (objective is not None and above.pk == objective.pk):
            message = f"‘{parent}’ is this objective, lies below it, or is another organisation's."
            raise Invalid("projects.cycle", message, fields={"parent": message})
        above = above.parent


@transaction.atomic
def void_objective(
    *, actor: Actor, objective: StrategicObjective, version: int | None, reason: str
) -> StrategicObjective:
    """Take an objective out of use; it stays in the history.

    Who: V on strategic_objective. Raises: Invalid while objectives below it stand.
    """
    allowed = allowed_as(actor, "strategic_objective", "V", unit_scopes(objective.office))
    if allowed is None:
        raise NotAllowed("projects.objective", "Only the director voids objectives.")
    _require_reason(reason)
    below = objective.children.filter(voided=False).count()
    if below:
        raise Invalid(
            "projects.open_children",
            f"Objectives below it still stand ({below}); void or move them first.",
        )
    core.change(
        actor=allowed,
        obj=objective,
        values={"voided": True},
        version=version,
        action="strategicobjective.void",
        reason=reason,
        office_id=objective.office_id,
    )
    return objective


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("projects.reason", "Say why.", fields={"reason": "Needed."})
