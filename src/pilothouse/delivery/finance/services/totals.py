# SPDX-License-Identifier: Apache-2.0
"""The sums of actuals by project, period, category and nature, kept beside the rows."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Sum

from pilothouse.delivery.finance.models import Actual, CostTotal


def retotal(project_ids: Collection[int]) -> None:
    """Sum the mapped rows of these projects anew; call it wherever such rows have changed.

    In the transaction of the change, so that rows and sums never differ. Writes: CostTotal.
    """
    ids = sorted(set(project_ids))
    CostTotal.objects.filter(project_id__in=ids).delete()
    sums = (
        Actual.objects.filter(project_id__in=ids, state=Actual.State.MAPPED)
        .order_by("project_id", "period_id", "category", "nature")
        .values_list("project_id", "period_id", "category", "nature")
        .annotate(Sum("own_amount"), Sum("constant_amount"), Count("pk"))
    )
    CostTotal.objects.bulk_create(
        [
            CostTotal(
                project_id=project,
                period_id=period,
                category=category,
                nature=nature,
                actual=actual,
                constant=constant,
                rows=rows,
            )
            for project, period, category, nature, actual, constant, rows in sums.iterator()
        ],
        batch_size=1000,
    )
