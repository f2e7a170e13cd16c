# SPDX-License-Identifier: Apache-2.0
"""The kinds of data that a rule can be set for: what goes, the least term, who removes it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, F, QuerySet, Value

from pilothouse.delivery.planning.services import (
    forget_events,
    forget_sandboxes,
    past_events,
    past_sandboxes,
)
from pilothouse.delivery.progress.services import forget_updates, past_updates
from pilothouse.direction.performance.services import forget_snapshots, past_snapshots
from pilothouse.exchange.services import forget_imports, past_imports
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.clock import start_of
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.trail.services import retire_events
from pilothouse.foundation.organisation.queries import Memory
from pilothouse.retention.models import Kind

MOST_MONTHS = 1200

KEPT_OBJECTS = ("audithead", "retentionrule", "legalhold", "retentionrun")
"""What the trail says of rules, holds and runs stays: it says why something else is missing."""


@dataclass(frozen=True, slots=True)
class Class:
    """One kind of data. ``found`` and ``remove`` agree in what a row is."""

    kind: Kind
    goes: str
    stays: str
    least_months: int
    why: str
    entry: tuple[str, str]
    """What one row is called, and several."""
    memory: Memory | None
    """Which views of the past can no longer reach back once something went."""
    found: Callable[[int, date], QuerySet[Any]]
    """Rows of an office from before a day, in order, as ``_telling`` gives them."""
    remove: Callable[[Actor, int, Sequence[int], str], int]
    """Of an office, the rows of these keys, under a rule in words; how many went."""


def first_kept(today: date, months: int) -> date:
    """The same day of the month so many months ago, or the last one of a shorter month.

    What is of that day stays, what is of the day before goes.
    """
    index = today.year * 12 + today.month - 1 - months
    year, month = index // 12, index % 12 + 1
    if year < 1:
        return date.min
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def term(months: int | None) -> str:
    """10 years, 18 months, for ever."""
    if months is None:
        return "for ever"
    number, word = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return f"{number} {word}{'' if number == 1 else 's'}"


def _telling(rows: QuerySet[Any], of_type: str | None, of_id: str) -> QuerySet[Any]:
    """Rows with type and id of the object that each tells of; None: the type is on the row."""
    kind = F("object_type") if of_type is None else Value(of_type, output_field=CharField())
    told: QuerySet[Any] = rows.order_by("pk").annotate(of_type=kind, of_id=F(of_id))
    return told


def _trail(office_id: int, first: date) -> QuerySet[Any]:
    rows = AuditEvent.objects.filter(office_id=office_id, at__lt=start_of(first))
    return _telling(rows.exclude(object_type__in=KEPT_OBJECTS), None, "object_id")


def _imports(office_id: int, first: date) -> QuerySet[Any]:
    return _telling(past_imports(office_id, start_of(first)), "importjob", "pk")


def _plans(office_id: int, first: date) -> QuerySet[Any]:
    return _telling(past_events(office_id, start_of(first)), "project", "project_id")


def _sandboxes(office_id: int, first: date) -> QuerySet[Any]:
    return _telling(past_sandboxes(office_id, start_of(first)), "sandbox", "pk")


def _updates(office_id: int, first: date) -> QuerySet[Any]:
    return _telling(past_updates(office_id, first), "project", "project_id")


def _snapshots(office_id: int, first: date) -> QuerySet[Any]:
    return _telling(past_snapshots(office_id, first), "project", "project_id")


def _retire(actor: Actor, office_id: int, ids: Sequence[int], why: str) -> int:
    events = AuditEvent.objects.filter(pk__in=ids)
    return retire_events(actor=actor, events=events, reason=why, office_id=office_id)


CLASSES: Mapping[Kind, Class] = {
    one.kind: one
    for one in (
        Class(
            Kind.TRAIL,
            "who changed what, with the values before and after and the reason",
            "the records themselves, and what the trail says of rules, holds and runs",
            12,
            "an audit of the year past must find the year whole",
            ("event", "events"),
            Memory.TRAIL,
            _trail,
            _retire,
        ),
        Class(
            Kind.IMPORTS,
            "rows, first values and uploaded files of imports that nobody touched since; "
            "one that was left open is given up",
            "who brought which file when, and how many rows did what",
            3,
            "an import can be undone only while its rows are there",
            ("import", "imports"),
            None,
            _imports,
            lambda actor, _, ids, why: forget_imports(actor=actor, jobs=ids),
        ),
        Class(
            Kind.PLANS,
            "earlier imports and deletions of plans, with the names of their files",
            "the plan itself, and its latest entry with the step that can be undone",
            12,
            "a review of the year past must see which plans it was measured by",
            ("entry", "entries"),
            None,
            _plans,
            lambda actor, _, ids, why: forget_events(actor=actor, events=ids),
        ),
        Class(
            Kind.SANDBOXES,
            "names, purposes and reasons of sandboxes that were adopted or thrown away",
            "open sandboxes; what was adopted stands in the plan and in the trail",
            3,
            "a review of the quarter must find what was tried and why it was dropped",
            ("sandbox", "sandboxes"),
            None,
            _sandboxes,
            lambda actor, _, ids, why: forget_sandboxes(actor=actor, sandboxes=ids),
        ),
        Class(
            Kind.UPDATES,
            "what people reported on their tasks week by week, with remarks and decisions",
            "updates that wait for a decision; what was confirmed stands in the plan",
            3,
            "a report of the quarter must find what it was told",
            ("update", "updates"),
            None,
            _updates,
            lambda actor, _, ids, why: forget_updates(actor=actor, updates=ids),
        ),
        Class(
            Kind.SNAPSHOTS,
            "figures and colours as they were computed day by day",
            "published figures, and those that held on the first day kept",
            12,
            "this year is compared with the year before",
            ("snapshot", "snapshots"),
            Memory.SNAPSHOTS,
            _snapshots,
            lambda actor, _, ids, why: forget_snapshots(actor=actor, snapshots=ids),
        ),
    )
}
