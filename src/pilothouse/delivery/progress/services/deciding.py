# SPDX-License-Identifier: Apache-2.0
"""Confirming what was reported, or not taking it (R-PRG-05); how a project and its office ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.services import EditOutcome, enter_progress
from pilothouse.delivery.progress import rules
from pilothouse.delivery.progress.models import OfficeRhythm, Rhythm, TaskUpdate
from pilothouse.delivery.progress.queries import (
    UpdateRow,
    reports_of,
    rhythm_of,
    rhythm_of_office,
    waiting_rows,
)
from pilothouse.delivery.progress.services.reporting import words_of
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import require_on_unit

_Row = TypeVar("_Row", Rhythm, OfficeRhythm)


@transaction.atomic
def confirm_updates(
    *, actor: Actor, project: Project, chosen: Mapping[int, str | None]
) -> EditOutcome | None:
    """Enter updates into the plan, all or none, with one new schedule; None: no date or figure.

    ``chosen`` is the id of each with the mark of what its decider saw (None: not asked). Where two
    speak of one task, the later one counts.

    Who: A on task_progress. Writes: TaskUpdate, the plan. Publishes: PlanChanged.
    Raises: Invalid naming the update (``update.7``), Conflict where one is decided already or its
    task has changed since it was looked at.
    """
    rules.require_confirm(actor, project)
    core.lock(Project.objects.all(), project.pk)
    rows = _waiting(project, chosen)
    _require_as_seen(rows, chosen)
    said = reports_of(row.update for row in rows)
    outcome = None
    if said:
        try:
            outcome = enter_progress(actor=actor, project=project, reports=said)
        except Invalid as error:
            raise _by_update(error, rows) from error
    _decide(actor, project, rows, TaskUpdate.State.CONFIRMED, "")
    return outcome


@transaction.atomic
def reject_updates(*, actor: Actor, project: Project, updates: Iterable[int], reason: str) -> int:
    """Do not take updates; whoever sent them reads why. Returns how many.

    Who: A on task_progress. Writes: TaskUpdate. Raises: Invalid without a reason, Conflict where
    one is decided already.
    """
    rules.require_confirm(actor, project)
    if not reason.strip():
        message = "Say why these updates are not taken; whoever sent them reads it."
        raise Invalid("progress.reason", message, fields={"reason": message})
    core.lock(Project.objects.all(), project.pk)
    rows = _waiting(project, updates)
    _decide(actor, project, rows, TaskUpdate.State.REJECTED, reason.strip())
    return len(rows)


@transaction.atomic
def set_rhythm(
    *,
    actor: Actor,
    project: Project,
    by_mail: bool,
    weekday: int | None,
    hour: int | None,
    at_once: bool,
    site: str,
    version: int | None,
) -> Rhythm:
    """Say how the people of a project are asked, and whether what they say counts at once.

    Without a day or an hour those of the office count.
    ``site`` is the address of the installation, for the links of the mails.
    Who: A on task_progress. Writes: Rhythm. Raises: Invalid, Conflict.
    """
    rules.require_confirm(actor, project)
    core.lock(Project.objects.all(), project.pk)
    row = rhythm_of(project)
    values = {
        "by_mail": by_mail,
        "weekday": weekday,
        "hour": hour,
        "at_once": at_once,
        "site": site if by_mail else "",
    }
    return _put(actor, row, values, version, project.office_id)


@transaction.atomic
def set_rhythm_of_office(
    *, actor: Actor, office: OrgUnit, weekday: int, hour: int, version: int | None
) -> OfficeRhythm:
    """Say when the projects of an office ask that say no day or hour of their own.

    Who: U on org_unit. Writes: OfficeRhythm. Raises: Conflict.
    """
    require_on_unit(actor, office, "U")
    core.lock(OrgUnit.objects.all(), office.pk)
    row = rhythm_of_office(office.pk)
    values = {"weekday": weekday, "hour": hour}
    return _put(actor, row, values, version, office.pk)


def _put(
    actor: Actor, row: _Row, values: Mapping[str, Any], version: int | None, office_id: int
) -> _Row:
    """Change a row, or write the one that nobody has written yet."""
    if row.pk is not None:
        core.change(actor=actor, obj=row, values=values, version=version, office_id=office_id)
        return row
    core.require_version(row, version)
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    return core.create(actor=actor, obj=row, names=values, office_id=office_id)


def _waiting(project: Project, ids: Iterable[int]) -> list[UpdateRow]:
    wanted = set(ids)
    if not wanted:
        message = "Choose at least one update."
        raise Invalid("progress.none_chosen", message, fields={"update": message})
    plan = ProjectPlan.objects.filter(project=project).first()
    rows = waiting_rows(plan, wanted)
    if len(rows) < len(wanted) or any(row.update.project_id != project.pk for row in rows):
        raise Conflict(
            "progress.decided",
            "Some of these updates were decided or replaced in the meantime. Nothing was changed; "
            "look again and choose.",
        )
    return rows


def _require_as_seen(rows: Sequence[UpdateRow], chosen: Mapping[int, str | None]) -> None:
    changed = [
        row.update.task_name for row in rows if chosen[row.update.pk] not in (None, row.mark)
    ]
    if changed:
        raise Conflict(
            "progress.changed",
            f"‘{changed[0]}’ was changed in the plan since you looked. Nothing was confirmed; look "
            "at what it is now and confirm again.",
        )


def _by_update(error: Invalid, rows: Sequence[UpdateRow]) -> Invalid:
    """The refusal of the plan beside the updates that it is about."""
    fields = {}
    for name, message in error.fields.items():
        uid = name.removeprefix("task.")
        for row in rows:
            if str(row.update.task_uid) == uid:
                fields[f"update.{row.update.pk}"] = message
    return Invalid(
        "progress.not_taken",
        f"{error.message} No update is confirmed; leave out those that the plan does not take.",
        fields=fields or error.fields,
    )


def _decide(
    actor: Actor,
    project: Project,
    rows: Sequence[UpdateRow],
    state: TaskUpdate.State,
    reason: str,
) -> None:
    TaskUpdate.objects.filter(pk__in=[row.update.pk for row in rows]).update(
        state=state,
        decided_at=timezone.now(),
        decided_by_label=actor.label[:200],
        reason=reason,
    )
    core.record(
        actor=actor,
        action="progress.confirm" if state == TaskUpdate.State.CONFIRMED else "progress.reject",
        obj=project,
        after={
            f"{row.update.task_uid} ‘{row.update.task_name}’ by {row.update.person}": words_of(
                row.update
            )
            for row in rows
        },
        reason=reason,
        office_id=project.office_id,
    )
