# SPDX-License-Identifier: Apache-2.0
"""Opening, changing, moving and closing portfolios."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.models import FormerPortfolioPlace, Portfolio, StrategicObjective
from pilothouse.delivery.projects.queries import open_below_portfolio
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import allowed_as
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit, segment
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import (
    invalid_from,
    require_move_day,
    require_people,
)

PORTFOLIO_FIELDS = (
    "code",
    "name",
    "org_unit",
    "parent",
    "description",
    "manager",
    "sponsor",
    "currency",
    "budget_envelope",
)


@transaction.atomic
def create_portfolio(
    *,
    actor: Actor,
    org_unit: OrgUnit,
    values: Mapping[str, Any],
    objectives: Collection[StrategicObjective] = (),
    reason: str = "",
) -> Portfolio:
    """Open a portfolio in a unit, with the objectives it serves.

    Who: C on portfolio. Writes: Portfolio. Raises: Invalid, NotAllowed.
    """
    allowed = allowed_as(actor, "portfolio", "C", unit_scopes(org_unit))
    if allowed is None:
        raise NotAllowed("projects.portfolio", "You may not open a portfolio in this unit.")
    row = Portfolio(org_unit=org_unit, office_id=org_unit.office_id, **values)
    if row.parent is not None and row.parent.office_id != row.office_id:
        message = "The portfolio above belongs to another organisation."
        raise Invalid("projects.other_office", message, fields={"parent": message})
    if row.parent is not None:
        rules.require_open_place(row.parent, field="parent")
    require_people(actor, row.office_id, values)
    try:
        core.create(
            actor=allowed, obj=row, names=PORTFOLIO_FIELDS, reason=reason, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.portfolio") from error
    row.path = (row.parent.path if row.parent else "") + segment(row.pk)
    row.save(update_fields=["path"])
    _set_objectives(allowed, row, objectives, reason)
    return row


@transaction.atomic
def update_portfolio(
    *,
    actor: Actor,
    portfolio: Portfolio,
    values: Mapping[str, Any],
    version: int | None,
    objectives: Collection[StrategicObjective] | None = None,
    reason: str = "",
    from_day: date | None = None,
) -> Portfolio:
    """Change a portfolio; another unit or parent moves its branch from a day on (today).

    ``objectives`` are all that it serves from now on; None leaves them.
    Who: U on portfolio. Writes: Portfolio, FormerPortfolioPlace. Raises: Invalid, also where a
    move would make somebody sponsor and manager of one project, Conflict.
    """
    allowed = allowed_as(actor, "portfolio", "U", rules.portfolio_scopes(portfolio))
    if allowed is None:
        raise NotAllowed("projects.portfolio", "You may not change this portfolio.")
    row = core.lock(Portfolio.objects.select_related("org_unit", "parent"), portfolio.pk)
    parent = values.get("parent", row.parent)
    unit = values.get("org_unit", row.org_unit)
    _require_place(row, unit, parent)
    require_people(actor, row.office_id, core.differing(row, values))
    before_unit, before_parent = row.org_unit_id, row.parent_id
    if (unit.pk, parent.pk if parent else None) != (before_unit, before_parent):
        _require_two_people(actor, row, unit, parent)
    try:
        changed = core.change(
            actor=allowed,
            obj=row,
            values=values,
            version=version,
            reason=reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.portfolio") from error
    if (row.org_unit_id, row.parent_id) != (before_unit, before_parent):
        _remember_place(row, before_unit, before_parent, from_day or clock.today(), reason)
        _repath(row, parent)
    served_others = objectives is not None and _set_objectives(allowed, row, objectives, reason)
    if served_others and not changed:
        core.touch(actor=allowed, obj=row)
    return row


def move_portfolio(
    *,
    actor: Actor,
    portfolio: Portfolio,
    org_unit: OrgUnit,
    parent: Portfolio | None,
    from_day: date,
    version: int | None,
    reason: str,
) -> Portfolio:
    """Put a portfolio elsewhere from a day on; reports as at an earlier day keep the old place.

    Who: U on the portfolio, and on the one it goes below. Raises: Invalid for a day in the
    future or before the last move, or a place below itself.
    """
    allowed: Actor | None = actor
    if parent is not None:
        allowed = allowed_as(actor, "portfolio", "U", rules.portfolio_scopes(parent))
    if allowed is None:
        raise NotAllowed("projects.move", f"You may not put anything below {parent}.")
    if not reason.strip():
        raise Invalid("projects.reason", "Say why it moves.", fields={"reason": "Needed."})
    return update_portfolio(
        actor=allowed,
        portfolio=portfolio,
        values={"org_unit": org_unit, "parent": parent},
        version=version,
        reason=reason,
        from_day=from_day,
    )


def _set_objectives(
    actor: Actor, row: Portfolio, objectives: Collection[StrategicObjective], reason: str
) -> bool:
    """Whether the objectives that a portfolio serves are others now."""
    before = {found.pk: found for found in row.objectives.all()}
    wrong = [
        objective
        for objective in objectives
        if objective.office_id != row.office_id or (objective.voided and objective.pk not in before)
    ]
    if wrong:
        message = f"‘{wrong[0]}’ is no objective in use of this portfolio's organisation."
        raise Invalid("projects.objective", message, fields={"objectives": message})
    after = {objective.pk: objective for objective in objectives}
    if before.keys() == after.keys():
        return False
    row.objectives.set(list(after))
    core.record(
        actor=actor,
        action="portfolio.objectives",
        obj=row,
        before={"objectives": sorted(before)},
        after={"objectives": sorted(after)},
        reason=reason,
        office_id=row.office_id,
    )
    return True


def _require_place(row: Portfolio, unit: OrgUnit, parent: Portfolio | None) -> None:
    if parent is not None and parent.office_id != row.office_id:
        message = "A portfolio cannot lie in another organisation."
        raise Invalid("projects.other_office", message, fields={"parent": message})
    if parent is not None and parent.path.startswith(row.path):
        message = f"‘{parent}’ is this portfolio or lies below it; choose another place."
        raise Invalid("projects.cycle", message, fields={"parent": message})
    if unit.office_id != row.office_id:
        message = "A portfolio cannot leave its organisation."
        raise Invalid("projects.other_office", message, fields={"org_unit": message})


def _require_two_people(
    actor: Actor, row: Portfolio, unit: OrgUnit, parent: Portfolio | None
) -> None:
    """Nobody becomes sponsor and manager of a project by the move of what it lies in."""
    old, new = row.path, (parent.path if parent else "") + segment(row.pk)

    def moved(place: rules.Place) -> rules.Place:
        own_unit, path, programme = place
        return unit.path if path == old else own_unit, new + path[len(old) :], programme

    below = Q(portfolio__path__gte=old, portfolio__path__lt=old + "~")
    field = "parent" if parent is not None and parent.pk != row.parent_id else "org_unit"
    rules.require_two_people_where_moved(actor, below, moved, field)


def _remember_place(
    row: Portfolio, unit_id: int, parent_id: int | None, day: date, reason: str
) -> None:
    last = FormerPortfolioPlace.objects.filter(portfolio=row).order_by("-until").first()
    require_move_day(day, last.until if last else None)
    if last is None or last.until < day:
        FormerPortfolioPlace.objects.create(
            portfolio=row, org_unit_id=unit_id, parent_id=parent_id, until=day, reason=reason[:300]
        )


def _repath(row: Portfolio, parent: Portfolio | None) -> None:
    old_path = row.path
    new_path = (parent.path if parent else "") + segment(row.pk)
    if new_path == old_path:
        return
    branch = list(Portfolio.objects.filter(path__gte=old_path, path__lt=old_path + "~"))
    for member in branch:
        member.path = new_path + member.path[len(old_path) :]
    Portfolio.objects.bulk_update(branch, ["path"])
    row.path = new_path


@transaction.atomic
def set_portfolio_state(
    *, actor: Actor, portfolio: Portfolio, state: str, version: int | None, reason: str = ""
) -> Portfolio:
    """Move a portfolio through its states.

    Who: a director or steering member; a portfolio manager records a decision of the steering
    committee and names it as the reason. R-ORG-03 guards the close.
    Raises: Invalid naming what is still open, NotAllowed.
    """
    scopes = rules.portfolio_scopes(portfolio)
    row = core.lock(Portfolio.objects.all(), portfolio.pk)
    if state not in rules.PORTFOLIO_TRANSITIONS[row.state]:
        message = f"A portfolio that is {row.get_state_display().lower()} cannot become {state}."
        raise Invalid("projects.transition", message, fields={"state": message})
    allowed = rules.decides_within(actor, scopes, (Role.DIR, Role.SCM))
    if allowed is None:
        allowed = rules.decides_within(actor, scopes, (Role.PFM,))
        if allowed is None:
            raise NotAllowed("projects.portfolio", "You may not decide on this portfolio.")
        if not reason.strip():
            message = "Name the decision of the steering committee that you record."
            raise Invalid("projects.decision", message, fields={"reason": message})
    if state == Portfolio.State.CLOSED and (gaps := open_below_portfolio(row)):
        raise Invalid("projects.open_children", "Not yet possible: " + "; ".join(gaps) + ".")
    core.change(
        actor=allowed,
        obj=row,
        values={"state": state},
        version=version,
        action="portfolio.state",
        reason=reason,
        office_id=row.office_id,
    )
    return row
