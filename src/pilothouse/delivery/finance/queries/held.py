# SPDX-License-Identifier: Apache-2.0
"""What the money of projects lets nobody change in the register, and why."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Model, OuterRef, Subquery

from pilothouse.delivery.finance.models import (
    Actual,
    Budget,
    Commitment,
    FinancialCase,
    Forecast,
    FundingRelease,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.numbers import counted

MONEY: dict[str, tuple[type[Model], str, str]] = {
    "budget_rows": (Budget, "version of its budget", "versions of its budget"),
    "release_rows": (FundingRelease, "release of funding", "releases of funding"),
    "order_rows": (Commitment, "order", "orders"),
    "ledger_rows": (Actual, "row of the ledger", "rows of the ledger"),
    "forecast_rows": (Forecast, "forecast", "forecasts"),
    "case_rows": (FinancialCase, "financial case", "financial cases"),
}
"""What stands in the currency of a project, and what it is called."""


def held_values(project_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Project → field of the register → why it stays as it is, in one query.

    The currency stays while money stands in it, for amounts are kept converted; the budget is that
    of the approved version.
    """
    approved = Budget.objects.filter(project=OuterRef("pk"), state=Budget.State.APPROVED)
    rows = (
        Project.objects.filter(pk__in=project_ids)
        .order_by()
        .annotate(
            followed=Subquery(approved.order_by("-number").values("number")[:1]),
            **{name: _count(model) for name, (model, _, _) in MONEY.items()},
        )
        .values("pk", "currency_id", "followed", *MONEY)
    )
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        own: dict[str, str] = {}
        told = [
            counted(row[name], one, many) for name, (_, one, many) in MONEY.items() if row[name]
        ]
        if told:
            own["currency"] = (
                f"Stays {row['currency_id']}: {', '.join(told)} stand in it. Enter a project of "
                "its own for work in another currency."
            )
        if row["followed"] is not None:
            own["budget"] = (
                f"Follows approved budget {row['followed']} of the project; submit a new version "
                "of the budget to change it."
            )
        if own:
            found[row["pk"]] = own
    return found


def _count(model: type[Model]) -> Subquery:
    rows = model._default_manager.filter(project=OuterRef("pk")).order_by().values("project")
    return Subquery(rows.annotate(rows=Count("pk")).values("rows"))
