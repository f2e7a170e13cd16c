# SPDX-License-Identifier: Apache-2.0
"""The life-cycle of a project: who may take which step, and what is still missing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.events import ProjectChanged
from pilothouse.delivery.projects.models import Project, StateChange
from pilothouse.delivery.projects.queries import missing_for
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.events import publish

HOLD_DAYS = 90
"""DOMAIN 2.2: a hold is looked at again within this time."""


def available_transitions(actor: Actor, project: Project) -> list[rules.Transition]:
    """Steps out of the present state that this actor's roles may decide."""
    return [
        step
        for step in rules.TRANSITIONS[project.state]
        if rules.decides_on_project(actor, project, step.roles)
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
    on: date | None = None,
) -> Project:
    """Advance, hold, release or cancel a project as DOMAIN 2.2 allows.

    ``on`` is the day it was decided, today if not said; the record keeps both that day and the
    moment of the entry.
    Who: the roles of the transition; never the project's own manager (R-GEN-08).
    Raises: Invalid naming the missing guard, or for a day that is not yet or lies before the
    step before it. Publishes: ProjectChanged.
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
        message = f"A project that is {row.get_state_display().lower()} cannot become {target}."
        raise Invalid("projects.transition", message, fields={"state": message})
    if rules.manages(actor, row):
        raise NotAllowed(
            "projects.own_project", "A project manager does not decide on the own project's state."
        )
    allowed = rules.decides_on_project(actor, row, step.roles)
    if allowed is None:
        raise NotAllowed("projects.transition_role", "Another role decides this step.")
    _require_guard(row, step, reason_code, reason, review_on, on or clock.today())
    at = _moment(row, on)
    values: dict[str, object] = {"state": target}
    if target == Project.State.ON_HOLD:
        values |= {"state_before_hold": row.state, "hold_review_on": review_on}
    elif row.state == Project.State.ON_HOLD:
        values |= {"state_before_hold": "", "hold_review_on": None}
    before = row.state
    core.change(
        actor=allowed,
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
        by_label=allowed.label[:200],
        at=at,
        reason_code=reason_code,
        reason=reason,
    )
    publish(ProjectChanged(row.pk, f"{before} → {target}"))
    return row


def _moment(row: Project, on: date | None) -> datetime:
    """When a step counts as taken; a day of the past counts from its beginning."""
    now = timezone.now()
    today = clock.day_of(now)
    if on is None or on == today:
        return now
    last = row.state_changes.last()
    since = (
        clock.day_of(last.at)
        if last
        else row.placements.values_list("valid_from", flat=True).first()
    )
    if on > today:
        message = f"{written(on)} lies ahead; a step is entered once it is decided."
    elif since is not None and on < since:
        message = f"It stands as it is since {written(since)}; choose that day or a later one."
    else:
        return clock.start_of(on)
    raise Invalid("projects.step_day", message, fields={"on": message})


def _require_guard(
    row: Project,
    step: rules.Transition,
    reason_code: str,
    reason: str,
    review_on: date | None,
    day: date,
) -> None:
    fields: dict[str, str] = {}
    if step.needs_reason:
        if reason_code not in set(rules.ReasonCode):
            fields["reason_code"] = "a reason must be chosen"
        elif reason_code == rules.ReasonCode.OTHER and not reason.strip():
            fields["reason"] = "“other” needs words"
    if step.guard == rules.Guard.BENEFITS and row.benefits_approved is None and not reason.strip():
        fields["reason"] = "no approved benefits are recorded; say why none are expected"
    if step.guard == rules.Guard.REVIEW_DATE and (
        review_on is None or not day < review_on <= day + timedelta(days=HOLD_DAYS)
    ):
        fields["review_on"] = f"a hold needs a review date within {HOLD_DAYS} days of its start"
    problems = [gap.what for gap in missing_for(row, step)] + list(fields.values())
    if problems:
        raise Invalid(
            "projects.guard", "Not yet possible: " + "; ".join(problems) + ".", fields=fields
        )
