# SPDX-License-Identifier: Apache-2.0
"""Scope and done by day, from the ledger of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db.models import QuerySet, Sum

from pilothouse.delivery.agile.models import PointsMove, Release, Sprint
from pilothouse.delivery.projects.models import Project


@dataclass(frozen=True, slots=True)
class BurnDay:
    """Points in scope and done on the evening of a day on which one of them changed."""

    day: date
    scope: int
    done: int

    @property
    def remaining(self) -> int:
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
    first = before[-1] if before else BurnDay(begun, 0, 0)
    return [BurnDay(begun, first.scope, first.done), *(day for day in days if day.day > begun)]


def _summed(rows: QuerySet[PointsMove]) -> list[BurnDay]:
    sums = {"more": Sum("scope"), "finished": Sum("done")}
    by_day = rows.order_by("day").values_list("day").annotate(**sums)
    days: list[BurnDay] = []
    scope = done = 0
    for day, more, finished in by_day:
        scope, done = scope + more, done + finished
        days.append(BurnDay(day, scope, done))
    return days


def scope_changes(days: Sequence[BurnDay]) -> list[tuple[date, int]]:
    """(day, points) by which the scope grew or shrank after the first day."""
    pairs = pairwise(days)
    return [(now.day, now.scope - was.scope) for was, now in pairs if now.scope != was.scope]
