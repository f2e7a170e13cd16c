# SPDX-License-Identifier: Apache-2.0
"""Opening, changing, moving and closing programmes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.models import (
    FormerProgrammePlace,
    Portfolio,
    Programme,
    Project,
)
from pilothouse.delivery.projects.queries import open_below_programme
from pilothouse.delivery.projects.services.projects import place_project
from pilothouse.foundation.access.queries import allowed_as
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.services import (
    invalid_from,
    require_move_day,
    require_people,
)

PROGRAMME_FIELDS = ("code", "name", "portfolio", "manager", "sponsor", "vision")


@transaction.atomic
def create_programme(
    *, actor: Actor, portfolio: Portfolio, values: Mapping[str, Any], reason: str = ""
) -> Programme:
    """Open a programme in a portfolio. Who: C on programme."""
    allowed = allowed_as(actor, "programme", "C", rules.portfolio_scopes(portfolio))
    if allowed is None:
        raise NotAllowed("projects.programme", "You may not open a programme in this portfolio.")
    rules.require_open_place(portfolio)
    require_people(actor, portfolio.office_id, values)
    row = Programme(portfolio=portfolio, office_id=portfolio.office_id, **values)
    try:
        return core.create(
            actor=allowed, obj=row, names=PROGRAMME_FIELDS, reason=reason, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.programme") from error


@transaction.atomic
def update_programme(
    *,
    actor: Actor,
    programme: Programme,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
) -> Programme:
    """Change a programme's own fields. Who: U on programme."""
    allowed = allowed_as(actor, "programme", "U", rules.programme_scopes(programme))
    if allowed is None:
        raise NotAllowed("projects.programme", "You may not change this programme.")
    row = core.lock(Programme.objects.all(), programme.pk)
    require_people(actor, row.office_id, core.differing(row, values))
    try:
        core.change(
            actor=allowed,
            obj=row,
            values=values,
            version=version,
            reason=reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.programme") from error
    return row


@transaction.atomic
def move_programme(
    *,
    actor: Actor,
    programme: Programme,
    portfolio: Portfolio,
    from_day: date,
    version: int | None,
    reason: str,
) -> Programme:
    """Put a programme with all its projects into another portfolio from a day on (R-ORG-01).

    Who: U on the programme here and there. Writes: Programme, FormerProgrammePlace, Placement.
    Publishes: ProjectChanged for each project. Raises: Invalid, also where somebody would become
    sponsor and manager of one project, Conflict.
    """
    allowed = allowed_as(actor, "programme", "U", rules.programme_scopes(programme))
    if allowed is None:
        raise NotAllowed("projects.programme", "You may not change this programme.")
    allowed = allowed_as(allowed, "programme", "U", rules.portfolio_scopes(portfolio))
    if allowed is None:
        raise NotAllowed("projects.move", f"You may not put anything into {portfolio}.")
    if portfolio.office_id != programme.office_id:
        message = "A programme cannot leave its organisation."
        raise Invalid("projects.other_office", message, fields={"portfolio": message})
    if not reason.strip():
        raise Invalid("projects.reason", "Say why it moves.", fields={"reason": "Needed."})
    rules.require_open_place(portfolio)
    row = core.lock(Programme.objects.all(), programme.pk)
    before = row.portfolio_id
    last = FormerProgrammePlace.objects.filter(programme=row).order_by("-until").first()
    require_move_day(from_day, last.until if last else None)
    if before != portfolio.pk:
        there = portfolio.org_unit.path, portfolio.path, row.pk
        rules.require_two_people_where_moved(actor, Q(programme=row), lambda _: there, "portfolio")
    changed = core.change(
        actor=allowed,
        obj=row,
        values={"portfolio": portfolio},
        version=version,
        action="programme.move",
        reason=reason,
        office_id=row.office_id,
    )
    if changed:
        if last is None or last.until < from_day:
            FormerProgrammePlace.objects.create(
                programme=row, portfolio_id=before, until=from_day, reason=reason[:300]
            )
        for project in Project.objects.filter(programme=row).order_by("pk"):
            place_project(
                actor=allowed,
                project=project,
                portfolio=portfolio,
                programme=row,
                from_day=from_day,
                version=None,
                reason=reason,
            )
    return row


@transaction.atomic
def set_programme_state(
    *, actor: Actor, programme: Programme, state: str, version: int | None, reason: str = ""
) -> Programme:
    """Move a programme through its states.

    Who: portfolio manager or director to *defined* and *closing*; steering member or director
    to *delivering*, *closed* and *cancelled*. R-ORG-03 guards the end.
    Raises: Invalid naming what is still open, NotAllowed.
    """
    row = core.lock(Programme.objects.select_related("portfolio__org_unit"), programme.pk)
    if state not in rules.PROGRAMME_TRANSITIONS[row.state]:
        message = f"A programme that is {row.get_state_display().lower()} cannot become {state}."
        raise Invalid("projects.transition", message, fields={"state": message})
    roles = rules.PROGRAMME_ROLES[state]
    allowed = rules.decides_within(actor, rules.programme_scopes(row), roles)
    if allowed is None:
        raise NotAllowed("projects.programme", "Another role decides this step.")
    if state == Programme.State.CANCELLED and not reason.strip():
        raise Invalid("projects.reason", "Say why it is cancelled.", fields={"reason": "Needed."})
    if state in {Programme.State.CLOSED, Programme.State.CANCELLED} and (
        gaps := open_below_programme(row)
    ):
        raise Invalid("projects.open_children", "Not yet possible: " + "; ".join(gaps) + ".")
    core.change(
        actor=allowed,
        obj=row,
        values={"state": state},
        version=version,
        action="programme.state",
        reason=reason,
        office_id=row.office_id,
    )
    return row
