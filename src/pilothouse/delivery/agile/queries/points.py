# SPDX-License-Identifier: Apache-2.0
"""What the points of agile projects say of their progress, for those above."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from pilothouse.delivery.agile.models import Backlog, BacklogItem
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
