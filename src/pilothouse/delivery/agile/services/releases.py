# SPDX-License-Identifier: Apache-2.0
"""Releases: planned, tied to a milestone of the plan, and their forecast put there on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.models import BacklogItem, Release
from pilothouse.delivery.agile.services.backlog import locked
from pilothouse.delivery.agile.services.forecasting import forecast_of_release
from pilothouse.delivery.planning.queries import task_ends
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.planning.services import (
    EditOutcome,
    EditPreview,
    edit_plan,
    preview_edit,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed

NAMES = (
    *("name", "goal", "position", "state", "start", "planned_sprints", "planned_points"),
    *("plan_note", "confidence", "milestone_uid"),
)
ENTERED = tuple(name for name in NAMES if name not in ("state",))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What putting a forecast into the plan would do to it."""

    day: date
    preview: EditPreview


@transaction.atomic
def save_release(
    *,
    actor: Actor,
    project: Project,
    release: Release | None,
    values: Mapping[str, Any],
    version: int | None = None,
) -> Release:
    """Plan a release, or change it; other planned points need a note why (DOMAIN 6.5).

    Who: C on backlog for a new one, else U. Writes: Release.
    Raises: Invalid naming the field, Conflict.
    """
    locked(project)
    allowed = rules.require_on_backlog(actor, project, "U" if release else "C")
    rules.require_open(project)
    chosen = {name: values[name] for name in ENTERED if name in values}
    _require_milestone(project, chosen.get("milestone_uid"))
    if release is None:
        row = Release(project=project, **chosen)
        return core.create(actor=allowed, obj=row, names=NAMES, office_id=project.office_id)
    row = _fresh(release)
    _require_open(row)
    planned = chosen.get("planned_points", row.planned_points)
    note = str(chosen.get("plan_note", row.plan_note)).strip()
    if planned != row.planned_points and (not note or note == row.plan_note):
        message = "Say why the release is planned anew; the note stays with it."
        raise Invalid("agile.plan_note", message, fields={"plan_note": message})
    office = project.office_id
    core.change(actor=allowed, obj=row, values=chosen, version=version, office_id=office)
    return row


@transaction.atomic
def end_release(
    *, actor: Actor, release: Release, state: str, version: int | None, today: date
) -> Release:
    """Say that a release is out, or that it will not come.

    Who: U on backlog. Writes: Release. Raises: Invalid where items of it are still open, Conflict.
    """
    locked(release.project)
    row = _fresh(release)
    allowed = rules.require_on_backlog(actor, row.project, "U")
    rules.require_open(row.project)
    _require_open(row)
    if state not in (Release.State.RELEASED, Release.State.CANCELLED):
        message = "A release ends released or cancelled."
        raise Invalid("agile.release_state", message, fields={"state": message})
    left = row.items.filter(state__in=BacklogItem.OPEN).count()
    if left:
        raise Invalid(
            "agile.release_open_items",
            f"{left} items of ‘{row}’ are still open; finish, drop or move them first.",
        )
    out = today if state == Release.State.RELEASED else None
    core.change(
        actor=allowed,
        obj=row,
        values={"state": state, "released_on": out},
        version=version,
        action=f"release.{state}",
        office_id=row.project.office_id,
    )
    return row


def proposal_of(*, actor: Actor, release: Release, today: date) -> Proposal | None:
    """What the forecast would do to the plan; None without a milestone, a forecast, or the right.

    Who: U on task and on backlog. Writes: nothing.
    """
    project = release.project
    if not (rules.may_of(actor, project).orders and can_on_plan(actor, project, Verb.CHANGE)):
        return None
    found = forecast_of_release(release, today)
    if found is None or release.milestone_uid is None or found.day is None:
        return None
    ends = task_ends([(project.pk, release.milestone_uid)]).get((project.pk, release.milestone_uid))
    if ends is None or ends.done:
        return None
    steps = [_step(release.milestone_uid, found.day)]
    preview = preview_edit(actor=actor, project=project, steps=steps)
    return Proposal(found.day, preview) if preview.tasks_moved else None


@transaction.atomic
def accept_forecast(
    *, actor: Actor, release: Release, day: date, version: int | None, today: date
) -> EditOutcome:
    """Let the milestone of a release lie no earlier than forecast, as an edit of the plan.

    Who: U on backlog and on task. Writes and publishes: as ``edit_plan``; an audit entry.
    Raises: Invalid where the forecast is another one than was shown, Conflict.
    """
    locked(release.project)
    row = _fresh(release)
    core.require_version(row, version)
    allowed = rules.require_on_backlog(actor, row.project, "U")
    if not can_on_plan(actor, row.project, Verb.CHANGE):
        raise NotAllowed(
            "agile.not_your_plan",
            "Only who may change the plan of the project puts a forecast there.",
        )
    _require_open(row)
    if row.milestone_uid is None:
        message = "The release is tied to no milestone of the plan; choose one first."
        raise Invalid("agile.no_milestone", message, fields={"milestone_uid": message})
    found = forecast_of_release(row, today)
    if found is None or found.day != day:
        raise Invalid(
            "agile.other_forecast",
            "The forecast has changed since it was shown; look at it again before it goes into "
            "the plan.",
        )
    outcome = edit_plan(actor=actor, project=row.project, steps=[_step(row.milestone_uid, day)])
    core.record(
        actor=allowed,
        action="release.forecast_accepted",
        obj=row,
        after={"date": day, "confidence": row.confidence, "milestone_uid": row.milestone_uid},
        office_id=row.project.office_id,
    )
    return outcome


def _step(uid: int, day: date) -> dict[str, Any]:
    when = {"type": "snet", "date": day.isoformat()}
    return {"do": "set", "uid": uid, "field": "constraint", "value": when}


def _fresh(release: Release) -> Release:
    rows = Release.objects.select_related("project__portfolio__org_unit", "project__backlog")
    return rows.get(pk=release.pk)


def _require_open(row: Release) -> None:
    if row.state != Release.State.OPEN:
        raise Invalid(
            "agile.release_over",
            f"‘{row}’ is {row.get_state_display().lower()}; it no longer changes.",
        )


def _require_milestone(project: Project, uid: int | None) -> None:
    if uid is not None and not task_ends([(project.pk, uid)]):
        message = "The plan of this project has no such task."
        raise Invalid("agile.milestone", message, fields={"milestone_uid": message})
