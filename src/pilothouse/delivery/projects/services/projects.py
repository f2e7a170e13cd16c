# SPDX-License-Identifier: Apache-2.0
"""Entering, changing and moving projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.events import ProjectChanged
from pilothouse.delivery.projects.models import Placement, Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import held_among
from pilothouse.foundation.access.queries import allowed_as, in_place_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.core.rounding import half_up
from pilothouse.foundation.organisation.queries import custom_fields
from pilothouse.foundation.organisation.services import (
    clean_custom,
    invalid_from,
    require_move_day,
    require_people,
)

STATED_FIELDS = frozenset(
    {
        "stated_colour",
        "stated_comment",
        "planned_start",
        "planned_finish",
        "forecast_cost",
        "benefits_forecast",
    }
)
"""What the project manager states about the present; may be edited in the list itself."""
PROJECT_FIELDS = (
    "code",
    "name",
    "purpose",
    "project_type",
    "size_class",
    "classification",
    "strategic_critical",
    "sponsor",
    "pm",
    "functional_owner",
    "technology_owner",
    "technology_owner_waiver",
    "finance_contact",
    "currency",
    "calendar",
    "baseline_start",
    "baseline_finish",
    "budget",
    "benefits_approved",
    "custom",
    *sorted(STATED_FIELDS),
)


@transaction.atomic
def create_project(
    *,
    actor: Actor,
    portfolio: Portfolio,
    programme: Programme | None = None,
    values: Mapping[str, Any],
    placed_from: date | None = None,
    reason: str = "",
) -> Project:
    """Enter a project in the register; a name, dates, money and a colour are enough.

    Who: C on project in the portfolio. Writes: Project, Placement. Publishes: ProjectChanged.
    Raises: Invalid for a place that is closed or a person of another organisation.
    """
    allowed = allowed_as(actor, "project", "C", rules.portfolio_scopes(portfolio))
    if allowed is None:
        raise NotAllowed("projects.project", "You may not enter projects in this portfolio.")
    _require_agreeing(portfolio, programme)
    rules.require_open_place(portfolio, programme)
    require_people(actor, portfolio.office_id, values)
    day = placed_from or clock.today()
    row = Project(portfolio=portfolio, programme=programme, office_id=portfolio.office_id, **values)
    row.custom = _clean_custom(row, values.get("custom", {}))
    rules.require_two_people(rules.sides_of(row))
    _dates_in_order(row)
    if row.stated_colour and row.stated_on is None:
        row.stated_on = day
    try:
        core.create(
            actor=allowed, obj=row, names=PROJECT_FIELDS, reason=reason, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.project") from error
    Placement.objects.create(
        project=row, portfolio=portfolio, programme=programme, valid_from=day, reason=reason[:300]
    )
    publish(ProjectChanged(row.pk, "entered"))
    return row


@transaction.atomic
def update_project(
    *,
    actor: Actor,
    project: Project,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
) -> Project:
    """Change named fields of a project.

    Who: U on project; for approved values whoever approves them (``rules.fields``).
    Publishes: ProjectChanged. Raises: NotAllowed naming each field, Invalid for an approved
    value changed without a reason or for one that other records hold, Conflict on a stale version.
    """
    unknown = set(values) - set(PROJECT_FIELDS)
    if unknown:
        raise Invalid(
            "projects.field", f"These fields cannot be set: {', '.join(sorted(unknown))}."
        )
    row = core.lock(Project.objects.select_related("portfolio__org_unit", "programme"), project.pk)
    rights = rules.FieldRights(actor)
    if not rights.anything(row):
        rules.require_on_project(actor, row, "U")
    changes = dict(values)
    if "custom" in changes:
        kept = {key: value for key, value in row.custom.items() if key not in changes["custom"]}
        changes["custom"] = kept | _clean_custom(row, changes["custom"])
    if STATED_FIELDS & set(changes):
        changes["stated_on"] = clock.today()
    core.require_version(row, version)
    different = core.differing(row, changes)
    rights.require(row, different)
    allowed = in_place_of(actor, rights.givers(row, different))
    _require_free(row, different)
    require_people(actor, row.office_id, different)
    if different.keys() & rules.SIDES.keys():
        rules.require_two_people(rules.sides_of(row, different))
    rules.require_reason(row, different, reason)
    trial = Project(
        **{
            f: changes.get(f, getattr(row, f))
            for f in ("planned_start", "planned_finish", "baseline_start", "baseline_finish")
        }
    )
    _dates_in_order(trial)
    try:
        changed = core.change(
            actor=allowed,
            obj=row,
            values=changes,
            version=version,
            reason=reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.project") from error
    if changed:
        publish(ProjectChanged(row.pk, "changed"))
    return row


@transaction.atomic
def move_project(
    *,
    actor: Actor,
    project: Project,
    portfolio: Portfolio,
    programme: Programme | None,
    from_day: date,
    version: int | None,
    reason: str = "",
) -> Project:
    """Put a project elsewhere in the tree from a day on; earlier reports keep the old tree.

    Who: U on the project here and there. Raises: Invalid for a day in the future or before
    the last move, or a place that is closed.
    """
    here = rules.require_on_project(actor, project, "U")
    allowed = allowed_as(here, "project", "U", rules.portfolio_scopes(portfolio))
    if allowed is None:
        raise NotAllowed("projects.move", "You may not put projects into that portfolio.")
    if portfolio.office_id != project.office_id:
        raise Invalid("projects.other_office", "A project cannot leave its organisation.")
    _require_agreeing(portfolio, programme)
    rules.require_open_place(portfolio, programme)
    return place_project(
        actor=allowed,
        project=project,
        portfolio=portfolio,
        programme=programme,
        from_day=from_day,
        version=version,
        reason=reason,
    )


@transaction.atomic
def place_project(
    *,
    actor: Actor,
    project: Project,
    portfolio: Portfolio,
    programme: Programme | None,
    from_day: date,
    version: int | None,
    reason: str,
) -> Project:
    """The move itself, once allowed: row, placements, audit, event.

    Who: the services that have asked the rules. Publishes: ProjectChanged.
    """
    row = core.lock(Project.objects.all(), project.pk)
    current = Placement.objects.get(project=row, valid_to=None)
    require_move_day(from_day, current.valid_from)
    values = {"portfolio": portfolio, "programme": programme}
    if core.differing(row, values):
        there = portfolio.org_unit.path, portfolio.path, programme.pk if programme else None
        rules.require_two_people_where_moved(actor, Q(pk=row.pk), lambda _: there, "portfolio")
    changed = core.change(
        actor=actor,
        obj=row,
        values=values,
        version=version,
        action="project.move",
        reason=reason,
        office_id=row.office_id,
    )
    if changed:
        if from_day == current.valid_from:
            current.delete()
        else:
            current.valid_to = from_day
            current.save(update_fields=["valid_to"])
        Placement.objects.create(
            project=row,
            portfolio=portfolio,
            programme=programme,
            valid_from=from_day,
            reason=reason[:300],
        )
        publish(ProjectChanged(row.pk, "moved"))
    return row


@transaction.atomic
def follow_budget(*, actor: Actor, project: Project, amount: Decimal, reason: str) -> None:
    """Let the approved budget of the register be what the budget of the project comes to.

    Who: the services that have asked their own rules. Writes: Project. Publishes: ProjectChanged.
    """
    row = core.lock(Project.objects.all(), project.pk)
    changed = core.change(
        actor=actor,
        obj=row,
        values={"budget": half_up(amount)},
        version=None,
        action="project.budget",
        reason=reason,
        office_id=row.office_id,
    )
    if changed:
        publish(ProjectChanged(row.pk, "changed"))


def _require_free(row: Project, different: Mapping[str, Any]) -> None:
    held = held_among({row.pk: different}).get(row.pk)
    if held:
        told = " ".join(f"{name.capitalize()}: {why}" for name, why in held.items())
        raise Invalid("projects.held", f"{row.code} was not changed. {told}", fields=held)


def _require_agreeing(portfolio: Portfolio, programme: Programme | None) -> None:
    if programme is not None and programme.portfolio_id != portfolio.pk:
        message = f"Programme {programme} belongs to another portfolio."
        raise Invalid("projects.disagree", message, fields={"programme": message})


def _clean_custom(row: Project, values: Mapping[str, Any]) -> dict[str, Any]:
    if not values:
        return {}
    fields = {field.key: field for field in custom_fields([row.office_id])}
    return clean_custom(fields, values)


def _dates_in_order(row: Project) -> None:
    if found := rules.dates_out_of_order(row):
        raise Invalid("projects.dates", " ".join(found.values()), fields=found)
