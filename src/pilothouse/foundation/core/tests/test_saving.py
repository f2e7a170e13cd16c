# SPDX-License-Identifier: Apache-2.0
"""Saving named columns of many rows."""

from datetime import date
from decimal import Decimal

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.services import save_many


def test_many_rows_are_saved_in_one_statement_and_only_in_the_columns_named(
    cast, django_assert_num_queries
):
    rows = list(Project.objects.filter(pk__in=[cast.harbour.pk, cast.foreign.pk]).order_by("pk"))
    names = [row.name for row in rows]
    for number, row in enumerate(rows):
        row.name = "Not to be saved"
        row.purpose = f"50 % of “{number}”, 'quoted'"
        row.budget = Decimal("1250000.50") + number
        row.planned_finish = date(2031, 1, 1 + number)
        row.forecast_cost = None
        row.pm = cast.piet
        row.custom = {"berth": "North", "depth": [number, None]}

    with django_assert_num_queries(1):
        save_many(rows, ["purpose", "budget", "planned_finish", "forecast_cost", "pm", "custom"])

    kept = Project.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    assert [
        (r.name, r.purpose, r.budget, r.planned_finish, r.forecast_cost, r.pm, r.custom)
        for r in kept
    ] == [
        (
            names[number],
            f"50 % of “{number}”, 'quoted'",
            Decimal("1250000.50") + number,
            date(2031, 1, 1 + number),
            None,
            cast.piet,
            {"berth": "North", "depth": [number, None]},
        )
        for number in range(2)
    ]


def test_saving_no_rows_asks_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        save_many([], ["name"])
