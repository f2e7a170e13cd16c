# SPDX-License-Identifier: Apache-2.0
"""Keeping the register: create, change, move and advance what the organisation is doing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.events import ProjectChanged
from pilothouse.delivery.projects.models import (
    Placement,
    Portfolio,
    Programme,
    Project,
    StateChange,
    StrategicObjective,
    Workstream,
)
from pilothouse.delivery.projects.queries import role_gaps, steering_members
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.models import OrgUnit, segment
from pilothouse.foundation.organisation.queries import custom_fields, unit_scopes
from pilothouse.foundation.organisation.services import clean_custom, invalid_from

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
PROGRAMME_FIELDS = ("code", "name", "portfolio", "manager", "sponsor", "vision")
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
WORKSTREAM_FIELDS = ("name", "lead", "scope_statement")


@transaction.atomic
def create_portfolio(
    *, actor: Actor, org_unit: OrgUnit, values: Mapping[str, Any], reason: str = ""
) -> Portfolio:
    """Open a portfolio in a unit. Who: C on portfolio. Raises: Invalid, NotAllowed."""
    if not grants_of(actor).allows("portfolio", "C", unit_scopes(org_unit)):
        raise NotAllowed("projects.portfolio", "You may not open a portfolio in this unit.")
    row = Portfolio(org_unit=org_unit, office_id=org_unit.office_id, **values)
    if row.parent is not None and row.parent.office_id != row.office_id:
        message = "The portfolio above belongs to another organisation."
        raise Invalid("projects.other_office", message, fields={"parent": message})
    try:
        core.create(
            actor=actor, obj=row, names=PORTFOLIO_FIELDS, reason=reason, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.portfolio") from error
    row.path = (row.parent.path if row.parent else "") + segment(row.pk)
    row.save(update_fields=["path"])
    return row


@transaction.atomic
def update_portfolio(
    *,
    actor: Actor,
    portfolio: Portfolio,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
) -> Portfolio:
    """Change a portfolio; a new parent moves its branch. Who: U on portfolio."""
    if not grants_of(actor).allows("portfolio", "U", rules.portfolio_scopes(portfolio)):
        raise NotAllowed("projects.portfolio", "You may not change this portfolio.")
    row = core.lock(Portfolio.objects.all(), portfolio.pk)
    parent = values.get("parent", row.parent)
    if parent is not None and (
        parent.path.startswith(row.path) or parent.office_id != row.office_id
    ):
        message = "A portfolio cannot lie below itself or in another organisation."
        raise Invalid("projects.cycle", message, fields={"parent": message})
    unit = values.get("org_unit", row.org_unit)
    if unit.office_id != row.office_id:
        message = "A portfolio cannot leave its organisation."
        raise Invalid("projects.other_office", message, fields={"org_unit": message})
    old_path = row.path
    try:
        core.change(
            actor=actor,
            obj=row,
            values=values,
            version=version,
            reason=reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.portfolio") from error
    new_path = (parent.path if parent else "") + segment(row.pk)
    if new_path != old_path:
        branch = list(Portfolio.objects.filter(path__gte=old_path, path__lt=old_path + "~"))
        for member in branch:
            member.path = new_path + member.path[len(old_path) :]
        Portfolio.objects.bulk_update(branch, ["path"])
        row.path = new_path
    return row


@transaction.atomic
def set_portfolio_state(
    *, actor: Actor, portfolio: Portfolio, state: str, version: int | None, reason: str = ""
) -> Portfolio:
    """Move a portfolio through its states. Who: A on portfolio. R-ORG-03 guards the close."""
    if not grants_of(actor).allows("portfolio", "A", rules.portfolio_scopes(portfolio)):
        raise NotAllowed("projects.portfolio", "You may not decide on this portfolio.")
    row = core.lock(Portfolio.objects.all(), portfolio.pk)
    if state not in rules.PORTFOLIO_TRANSITIONS[row.state]:
        raise Invalid("projects.transition", f"A portfolio cannot go from {row.state} to {state}.")
    if state == Portfolio.State.CLOSED:
        below = Project.objects.filter(
            portfolio__path__gte=row.path,
            portfolio__path__lt=row.path + "~",
            state__in=rules.OPEN_STATES,
        ).count()
        if below:
            raise Invalid(
                "projects.open_children",
                f"{below} projects are still open; close, cancel or move them first.",
            )
    core.change(
        actor=actor,
        obj=row,
        values={"state": state},
        version=version,
        action="portfolio.state",
        reason=reason,
        office_id=row.office_id,
    )
    return row


@transaction.atomic
def create_programme(
    *, actor: Actor, portfolio: Portfolio, values: Mapping[str, Any], reason: str = ""
) -> Programme:
    """Open a programme in a portfolio. Who: C on programme."""
    if not grants_of(actor).allows("programme", "C", rules.portfolio_scopes(portfolio)):
        raise NotAllowed("projects.programme", "You may not open a programme in this portfolio.")
    row = Programme(portfolio=portfolio, office_id=portfolio.office_id, **values)
    try:
        return core.create(
            actor=actor, obj=row, names=PROGRAMME_FIELDS, reason=reason, office_id=row.office_id
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
    if not grants_of(actor).allows("programme", "U", rules.programme_scopes(programme)):
        raise NotAllowed("projects.programme", "You may not change this programme.")
    row = core.lock(Programme.objects.all(), programme.pk)
    try:
        core.change(
            actor=actor,
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
def set_programme_state(
    *, actor: Actor, programme: Programme, state: str, version: int | None, reason: str = ""
) -> Programme:
    """Move a programme through its states. Who: A on programme."""
    if not grants_of(actor).allows("programme", "A", rules.programme_scopes(programme)):
        raise NotAllowed("projects.programme", "You may not decide on this programme.")
    row = core.lock(Programme.objects.all(), programme.pk)
    if state not in rules.PROGRAMME_TRANSITIONS[row.state]:
        raise Invalid("projects.transition", f"A programme cannot go from {row.state} to {state}.")
    if state in {"closed", "cancelled"}:
        below = Project.objects.filter(programme=row, state__in=rules.OPEN_STATES).count()
        if below:
            raise Invalid(
                "projects.open_children",
                f"{below} projects are still open; close, cancel or move them first.",
            )
    core.change(
        actor=actor,
        obj=row,
        values={"state": state},
        version=version,
        action="programme.state",
        reason=reason,
        office_id=row.office_id,
    )
    return row


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
    """
    if not grants_of(actor).allows("project", "C", rules.portfolio_scopes(portfolio)):
        raise NotAllowed("projects.project", "You may not enter projects in this portfolio.")
    _require_agreeing(portfolio, programme)
    day = placed_from or timezone.localdate()
    row = Project(portfolio=portfolio, programme=programme, office_id=portfolio.office_id, **values)
    row.custom = _clean_custom(row, values.get("custom", {}))
    _dates_in_order(row)
    if row.stated_colour and row.stated_on is None:
        row.stated_on = day
    try:
        core.create(
            actor=actor, obj=row, names=PROJECT_FIELDS, reason=reason, office_id=row.office_id
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

    Who: U on project. Publishes: ProjectChanged. Raises: Conflict on a stale version.
    """
    rules.require_on_project(actor, project, "U")
    unknown = set(values) - set(PROJECT_FIELDS)
    if unknown:
        raise Invalid(
            "projects.field", f"These fields cannot be set: {', '.join(sorted(unknown))}."
        )
    row = core.lock(Project.objects.select_related("portfolio"), project.pk)
    changes = dict(values)
    if "custom" in changes:
        changes["custom"] = _clean_custom(row, {**row.custom, **changes["custom"]})
    if STATED_FIELDS & set(changes):
        changes["stated_on"] = timezone.localdate()
    trial = Project(
        **{
            f: changes.get(f, getattr(row, f))
            for f in ("planned_start", "planned_finish", "baseline_start", "baseline_finish")
        }
    )
    _dates_in_order(trial)
    try:
        changed = core.change(
            actor=actor,
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

    Who: U on the project and C where it goes. Raises: Invalid for a day before the last move.
    """
    rules.require_on_project(actor, project, "U")
    if not grants_of(actor).allows("project", "U", rules.portfolio_scopes(portfolio)):
        raise NotAllowed("projects.move", "You may not put projects into that portfolio.")
    if portfolio.office_id != project.office_id:
        raise Invalid("projects.other_office", "A project cannot leave its organisation.")
    _require_agreeing(portfolio, programme)
    if from_day > timezone.localdate():
        message = "A move takes effect today or earlier."
        raise Invalid("projects.move_day", message, fields={"from_day": message})
    row = core.lock(Project.objects.all(), project.pk)
    current = Placement.objects.get(project=row, valid_to=None)
    if from_day < current.valid_from:
        message = (
            f"The project came to its present place on {current.valid_from}; choose a later day."
        )
        raise Invalid("projects.move_day", message, fields={"from_day": message})
    changed = core.change(
        actor=actor,
        obj=row,
        values={"portfolio": portfolio, "programme": programme},
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


def available_transitions(actor: Actor, project: Project) -> list[rules.Transition]:
    """Steps out of the present state that this actor's roles may decide."""
    return [
        step
        for step in rules.TRANSITIONS[project.state]
        if rules.holds_role_on_project(actor, project, step.roles, (project.pm_id,))
    ]


@transaction.atomic
def set_project_state(
    *,
    actor: Actor,
    project: Project,
    target: str,
    version: int | None,
    reason_code: str = "",
    reason: str = "",
    review_on: date | None = None,
) -> Project:
    """Advance, hold, release or cancel a project as DOMAIN 2.2 allows.

    Who: the roles of the transition; never the project's own manager (R-GEN-08).
    Raises: Invalid naming the missing guard. Publishes: ProjectChanged.
    """
    row = core.lock(Project.objects.select_related("portfolio__org_unit"), project.pk)
    step = next(
        (
            step
            for step in rules.TRANSITIONS[row.state]
            if (step.target or row.state_before_hold) == target
        ),
        None,
    )
    if step is None:
        raise Invalid(
            "projects.transition",
            f"A project that is {row.get_state_display().lower()} cannot become {target}.",
        )
    if actor.user_id is not None and actor.user_id == row.pm_id:
        raise NotAllowed(
            "projects.own_project", "A project manager does not decide on the own project's state."
        )
    if not rules.holds_role_on_project(actor, row, step.roles, (row.pm_id,)):
        raise NotAllowed("projects.transition_role", "Another role decides this step.")
    _require_guard(row, step, reason_code, reason, review_on)
    values: dict[str, object] = {"state": target}
    if target == Project.State.ON_HOLD:
        values |= {"state_before_hold": row.state, "hold_review_on": review_on}
    elif row.state == Project.State.ON_HOLD:
        values |= {"state_before_hold": "", "hold_review_on": None}
    before = row.state
    core.change(
        actor=actor,
        obj=row,
        values=values,
        version=version,
        action="project.state",
        reason=reason or reason_code,
        office_id=row.office_id,
    )
    StateChange.objects.create(
        project=row,
        from_state=before,
        to_state=target,
        by_label=actor.label[:200],
        reason_code=reason_code,
        reason=reason,
    )
    publish(ProjectChanged(row.pk, f"{before} → {target}"))
    return row


def _require_guard(
    row: Project, step: rules.Transition, reason_code: str, reason: str, review_on: date | None
) -> None:
    problems: list[str] = []
    if step.needs_reason:
        if reason_code not in set(rules.ReasonCode):
            problems.append("a reason must be chosen")
        elif reason_code == rules.ReasonCode.OTHER and not reason.strip():
            problems.append("“other” needs words")
    if step.guard == "review_date":
        today = timezone.localdate()
        if review_on is None or not today < review_on <= today + timedelta(days=90):
            problems.append("a hold needs a review date within the next 90 days")
    if step.guard == "pm_budget_dates":
        if row.pm_id is None:
            problems.append("no project manager is appointed")
        if row.budget is None:
            problems.append("there is no budget")
        if row.planned_start is None or row.planned_finish is None:
            problems.append("planned dates are missing")
    if step.guard == "mandatory_roles":
        gaps = role_gaps(row, steering_members(row))
        problems += [f"{gap.label.lower()} is missing" for gap in gaps]
    if step.guard == "baseline_and_budget":
        if row.baseline_finish is None:
            problems.append("there is no approved finish")
        if row.budget is None:
            problems.append("there is no budget")
    if problems:
        raise Invalid("projects.guard", "Not yet possible: " + "; ".join(problems) + ".")


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
    rules.require_on_project(actor, project, "U")
    try:
        if workstream is None:
            row = Workstream(project=project, **values)
            return core.create(
                actor=actor, obj=row, names=WORKSTREAM_FIELDS, office_id=project.office_id
            )
        core.change(
            actor=actor,
            obj=workstream,
            values=values,
            version=version,
            office_id=project.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "projects.workstream") from error
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
    if not grants_of(actor).allows("strategic_objective", letter, unit_scopes(office)):
        raise NotAllowed("projects.objective", "You may not keep the objectives here.")
    try:
        if objective is None:
            row = StrategicObjective(office=office, **values)
            return core.create(actor=actor, obj=row, names=tuple(values), office_id=office.pk)
        core.change(actor=actor, obj=objective, values=values, version=version, office_id=office.pk)
    except ValidationError as error:
        raise invalid_from(error, "projects.objective") from error
    return objective


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
    for first, last, label in (
        ("planned_start", "planned_finish", "planned"),
        ("baseline_start", "baseline_finish", "approved"),
    ):
        start, finish = getattr(row, first), getattr(row, last)
        for name, value in ((first, start), (last, finish)):
            if value is not None and not 1950 <= value.year <= 2199:
                message = f"The year {value.year} is out of range (1950 to 2199)."
                raise Invalid("projects.dates", message, fields={name: message})
        if start and finish and finish < start:
            message = f"The {label} finish {finish} lies before the {label} start {start}."
            raise Invalid("projects.dates", message, fields={last: message})
