# SPDX-License-Identifier: Apache-2.0
"""What the points of agile projects say of their progress, for those above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from pilothouse.delivery.agile.models import Backlog, BacklogItem, Release
from pilothouse.delivery.projects.models import Project


def with_points(projects: QuerySet[Project]) -> QuerySet[Project]:
    """The same projects with what ``percent_by_points`` needs, in the same query."""
    counted = (
        BacklogItem.objects.filter(
            project=OuterRef("pk"), project__backlog__method=Backlog.Method.AGILE
        )
        .exclude(state=BacklogItem.State.DROPPED)
        .order_by()
        .values("project_id")
    )
    done = Q(state=BacklogItem.State.DONE)
    return projects.annotate(
        points_scope=Subquery(counted.annotate(sum=Sum("points")).values("sum")),
        points_done=Subquery(counted.annotate(sum=Sum("points", filter=done)).values("sum")),
    )


def percent_by_points(project: Project) -> Decimal | None:
    """Percent of the points in scope that are done; None unless the project is agile and sized.

    Of a hybrid project the plan tells the progress.
    """
    told = vars(project)
    scope, done = told.get("points_scope"), told.get("points_done")
    return round(Decimal(100) * (done or 0) / scope, 2) if scope else None


NONE = Decimal(0)
SprintPoints = tuple[Decimal, Decimal, date | None, int, int]
"""Points in scope, points done, first day, sprints planned, days of a sprint."""


def sprint_points(project_ids: Collection[int]) -> dict[int, dict[int | None, SprintPoints]]:
    """Project → release, or None for its whole backlog → points and sprints, in three queries.

    The whole is planned from the first release on, over the sprints of all of them.
    """
    days = dict(
        Backlog.objects.filter(project_id__in=project_ids).values_list("project_id", "sprint_days")
    )
    done = Q(state=BacklogItem.State.DONE)
    sums: dict[tuple[int, int | None], tuple[Decimal, Decimal]] = {}
    rows = BacklogItem.objects.filter(project_id__in=list(days)).order_by()
    for project, release, scope, finished in (
        rows.exclude(state=BacklogItem.State.DROPPED)
        .values_list("project_id", "release_id")
        .annotate(all=Sum("points"), over=Sum("points", filter=done))
    ):
        sums[project, release] = scope or NONE, finished or NONE
    found: dict[int, dict[int | None, SprintPoints]] = {}
    spans: dict[int, list[tuple[date, int]]] = {}
    releases = Release.objects.filter(project_id__in=list(days)).exclude(
        state=Release.State.CANCELLED
    )
    for project, pk, start, sprints in releases.order_by().values_list(
        "project_id", "pk", "start", "planned_sprints"
    ):
        own = sums.get((project, pk), (NONE, NONE))
        found.setdefault(project, {})[pk] = *own, start, sprints, days[project]
        spans.setdefault(project, []).append((start, sprints))
    for project, length in days.items():
        parts = [own for (key, _), own in sums.items() if key == project]
        known = spans.get(project, [])
        found.setdefault(project, {})[None] = (
            sum((scope for scope, _ in parts), NONE),
            sum((finished for _, finished in parts), NONE),
            min((start for start, _ in known), default=None),
            sum(sprints for _, sprints in known),
            length,
        )
    return found
