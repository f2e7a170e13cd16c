# SPDX-License-Identifier: Apache-2.0
"""Setting right the past of many projects, for what is older may come to light later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import transaction

from pilothouse.delivery.projects.models import Placement, Project, StateChange
from pilothouse.delivery.projects.services.many import BATCH, Stage, Stay, audit_of, steps
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.services import record_many


@dataclass(frozen=True, slots=True)
class Past:
    """Where a project stood and which states it reached, each from a day on, oldest first."""

    project: Project
    stays: tuple[Stay, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days, both included, in which a stay is known anew."""

    first: date
    last: date


@transaction.atomic
def correct_pasts(*, actor: Actor, pasts: Sequence[Past], span: Span, reason: str) -> list[Project]:
    """Set right where projects stood and which states they reached.

    Stays that began outside the span are kept, and the states of a project of which another
    than the actor took a step. Rows that were wrong give way to right ones, and an audit event
    keeps both. The present portfolio and state are not touched.
    Who: the system. Writes: Placement, StateChange. Returns the projects whose past changed.
    """
    if not actor.is_system:
        raise NotAllowed("projects.past", "Only the system sets the past of projects right.")
    ids = [past.project.pk for past in pasts]
    places: dict[int, list[Placement]] = defaultdict(list)
    for place in Placement.objects.select_related("portfolio").filter(project_id__in=ids):
        places[place.project_id].append(place)
    changes: dict[int, list[StateChange]] = defaultdict(list)
    for change in StateChange.objects.filter(project_id__in=ids).order_by("at", "pk"):
        changes[change.project_id].append(change)
    moved: dict[int, list[Placement]] = {}
    changed: dict[int, list[StateChange]] = {}
    audits: list[AuditEvent] = []
    for past in pasts:
        pk = past.project.pk
        before = _said(places[pk], changes[pk])
        stood = _placements(past, places[pk], span, reason)
        reached = _state_changes(actor, past, changes[pk])
        after = _said(stood, reached)
        different = [name for name in before if before[name] != after[name]]
        if "placements" in different:
            moved[pk] = stood
        if "state_changes" in different:
            changed[pk] = reached
        if different:
            was = {name: before[name] for name in different}
            now = {name: after[name] for name in different}
            audits.append(audit_of(actor, past.project, "project.past", was, now, reason))
    Placement.objects.filter(project_id__in=list(moved)).delete()
    Placement.objects.bulk_create([row for rows in moved.values() for row in rows], BATCH)
    StateChange.objects.filter(project_id__in=list(changed)).delete()
    StateChange.objects.bulk_create([row for rows in changed.values() for row in rows], BATCH)
    record_many(audits)
    return [past.project for past in pasts if past.project.pk in moved.keys() | changed.keys()]


def _placements(past: Past, rows: Sequence[Placement], span: Span, reason: str) -> list[Placement]:
    """All stays of a project as new rows, those within the span as they are known now."""
    project = past.project
    known = {(row.portfolio_id, row.valid_from): row for row in rows}
    found = [row for row in rows if not span.first <= row.valid_from <= span.last]
    for stay in past.stays:
        if span.first <= stay.from_day <= span.last:
            fresh = Placement(
                project=project,
                portfolio=stay.portfolio,
                valid_from=stay.from_day,
                reason=reason[:300],
            )
            found.append(known.get((stay.portfolio.pk, stay.from_day), fresh))
    found.sort(key=lambda row: row.valid_from)
    copies = [
        Placement(
            project=project,
            portfolio=row.portfolio,
            programme_id=row.programme_id,
            valid_from=row.valid_from,
            reason=row.reason,
        )
        for row in found
    ]
    for row, after in pairwise(copies):
        row.valid_to = after.valid_from
    if copies and copies[-1].portfolio_id == project.portfolio_id:
        copies[-1].programme_id = project.programme_id
    return copies


def _state_changes(actor: Actor, past: Past, rows: Sequence[StateChange]) -> list[StateChange]:
    """All changes of state of a project anew, unless another than the actor took a step."""
    if any(row.by_label != actor.label[:200] for row in rows):
        return list(rows)
    return list(steps(actor, past.project, Project.State.AUTHORISED, past.stages))


def _said(places: Iterable[Placement], changes: Iterable[StateChange]) -> dict[str, str]:
    """The past in words, as the audit trail keeps and compares it."""
    return {
        "placements": "; ".join(f"{row.portfolio.code} from {row.valid_from}" for row in places),
        "state_changes": "; ".join(
            f"{row.to_state} from {clock.day_of(row.at)}: {row.reason}" for row in changes
        ),
    }
