# SPDX-License-Identifier: Apache-2.0
"""Scope and done by day, from the ledger of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.db.models import QuerySet, Sum

from pilothouse.delivery.agile.models import PointsMove, Release, Sprint
from pilothouse.delivery.projects.models import Project


@dataclass(frozen=True, slots=True)
class BurnDay:
    """Points in scope and done on the evening of a day on which one of them changed."""

    day: date
    scope: Decimal
    done: Decimal

    @property
    def remaining(self) -> Decimal:
        return self.scope - self.done


def burn_of(project: Project, release: Release | None, until: date) -> list[BurnDay]:
    """Scope and done of a release, or of the whole backlog, up to a day."""
    rows = PointsMove.objects.filter(project=project, day__lte=until)
    return _summed(rows if release is None else rows.filter(release=release))


def burn_of_sprint(sprint: Sprint, until: date) -> list[BurnDay]:
    """What a sprint held and had done, from its start on; what its end took out is left out."""
    rows = PointsMove.objects.filter(sprint=sprint, closing=False, day__lte=until)
    days = _summed(rows)
    begun = sprint.started_on or sprint.start
    before = [day for day in days if day.day <= begun]
    first = before[-1] if before else BurnDay(begun, Decimal(0), Decimal(0))
    return [BurnDay(begun, first.scope, first.done), *(day for day in days if day.day > begun)]


def _summed(rows: QuerySet[PointsMove]) -> list[BurnDay]:
    sums = {"more": Sum("scope"), "finished": Sum("done")}
    by_day = rows.order_by("day").values_list("day").annotate(**sums)
    days: list[BurnDay] = []
    scope = done = Decimal(0)
    for day, more, finished in by_day:
        scope, done = scope + more, done + finished
        days.append(BurnDay(day, scope, done))
    return days


def growth_by_sprint(
    project: Project, sprints: Sequence[Sprint]
) -> dict[int | None, list[Decimal]]:
    """Release → points that came into its scope, less those that left it, sprint by sprint.

    ``sprints`` are closed ones, the oldest first; each counts from the day after its start to the
    day on which the next one starts, the last one to its end. What is planned on the first of these
    days is no growth, nor what a release is filled with on its own first day. None holds what is in
    no release.
    """
    found: dict[int | None, list[Decimal]] = {}
    if not sprints:
        return found
    starts = [row.started_on or row.start for row in sprints]
    ends = [*starts[1:], sprints[-1].closed_on or sprints[-1].finish]
    rows = PointsMove.objects.filter(project=project, day__lte=ends[-1]).order_by("day")
    filled: dict[int | None, date] = {}
    for release_id, day, more in rows.values_list("release_id", "day").annotate(more=Sum("scope")):
        if day <= max(starts[0], filled.setdefault(release_id, day)):
            continue
        place = next(number for number, end in enumerate(ends) if day <= end)
        found.setdefault(release_id, [Decimal(0)] * len(sprints))[place] += more
    return found


def scope_changes(days: Sequence[BurnDay]) -> list[tuple[date, Decimal]]:
    """(day, points) by which the scope grew or shrank after the first day."""
    pairs = pairwise(days)
    return [(now.day, now.scope - was.scope) for was, now in pairs if now.scope != was.scope]
