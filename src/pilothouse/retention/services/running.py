# SPDX-License-Identifier: Apache-2.0
"""Applying the rules: batch by batch, each its own transaction, so that it may be cut short."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import begin_later
from pilothouse.retention.held import held_in
from pilothouse.retention.kinds import CLASSES, Class, first_kept, term
from pilothouse.retention.models import RetentionRule, RetentionRun
from pilothouse.retention.services.deciding import locked_office

BATCH = 2000
ACTOR = Actor.system("retention")


@dataclass(frozen=True, slots=True)
class Removed:
    """What one run removed of an office, by kind."""

    office: OrgUnit
    counts: Mapping[str, int]


def _go_on() -> None:
    """What happens between two batches, unless a caller has something to do there."""


def apply_rules(*, today: date, between: Callable[[], None] = _go_on) -> list[Removed]:
    """Remove what the rules of every office no longer keep on a day, but for what is held.

    It may be cut short between any two batches and repeated: in the end the same is gone, and the
    trail of each office tells of it once. An office of which nothing goes leaves no trace.
    Who: the system. Writes: RetentionRun, and what each kind of data removes.
    """
    ruled = RetentionRule.objects.exclude(keep_months=None).values("office")
    begun = RetentionRun.objects.filter(finished_at=None).values("office")
    offices = OrgUnit.objects.filter(pk__in=ruled) | OrgUnit.objects.filter(pk__in=begun)
    done: list[Removed] = []
    for office in offices.distinct().order_by("pk"):
        for about in CLASSES.values():
            after: int | None = 0
            while after is not None:
                after = _batch(office, about, today, after)
                between()
        finished = _finish(office)
        between()
        if finished is not None:
            done.append(Removed(office, finished.removed))
    return done


@transaction.atomic
def _batch(office: OrgUnit, about: Class, today: date, after: int) -> int | None:
    """Look at the rows behind a key and remove those that go; the last key, None at the end.

    Rule and holds are read anew each time, so that a change counts for all that is still there.
    """
    locked_office(office)
    rule = RetentionRule.objects.filter(office=office, kind=about.kind).first()
    if rule is None or rule.keep_months is None:
        return None
    first = first_kept(today, rule.keep_months)
    rows = list(
        about.found(office.pk, first)
        .filter(pk__gt=after)
        .values_list("pk", "of_type", "of_id")[:BATCH]
    )
    if not rows:
        return None
    held = held_in(office.pk)
    going = [pk for pk, of_type, of_id in rows if not held.holds(of_type, of_id)]
    if going:
        if about.memory is not None:
            begin_later(actor=ACTOR, office=office, memory=about.memory, first=first)
        why = f"Kept for {term(rule.keep_months)}: what was before {written(first)} goes."
        _count(office, about, first, about.remove(ACTOR, office.pk, going, why))
    return int(rows[-1][0])


def _count(office: OrgUnit, about: Class, first: date, removed: int) -> None:
    run, _ = RetentionRun.objects.get_or_create(office=office, finished_at=None)
    run.removed = {**run.removed, about.kind: run.removed.get(about.kind, 0) + removed}
    run.kept_from = {**run.kept_from, about.kind: first}
    run.save(update_fields=["removed", "kept_from"])


@transaction.atomic
def _finish(office: OrgUnit) -> RetentionRun | None:
    """End the run of an office with one event of its trail; None where nothing went."""
    locked_office(office)
    run = RetentionRun.objects.filter(office=office, finished_at=None).first()
    if run is None:
        return None
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    core.record(
        actor=ACTOR,
        action="retention.run",
        obj=run,
        after={
            **run.removed,
            **{f"{kind}_from": first for kind, first in run.kept_from.items()},
        },
        office_id=office.pk,
    )
    return run
