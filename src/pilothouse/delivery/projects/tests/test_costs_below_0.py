# SPDX-License-Identifier: Apache-2.0
"""The upgrade that takes costs below 0 out of a register that had let them in."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.queries import events_of

upgrade = import_module(
    "pilothouse.delivery.projects.migrations.0005_take_out_costs_below_0"
).take_out


@pytest.fixture
def unchecked(cast):
    """The tables as they were before the constraints, for the time of the test."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite lets a constraint rest")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield cast
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_costs_below_0_are_taken_out_and_the_audit_trail_tells(unchecked):
    harbour = unchecked.harbour
    Project.objects.filter(pk=harbour.pk).update(budget=Decimal(-5), benefits_forecast=Decimal(-6))

    upgrade(apps, None)

    row = Project.objects.get(pk=harbour.pk)
    assert (row.budget, row.forecast_cost, row.benefits_forecast, row.version) == (
        None,
        harbour.forecast_cost,
        Decimal(-6),
        harbour.version + 1,
    )
    event = events_of(row)[0]
    assert (event.before, event.after) == ({"budget": "-5.00"}, {"budget": None})
    assert event.reason == "A budget or cost is not below 0."
