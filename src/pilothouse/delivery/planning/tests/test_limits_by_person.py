# SPDX-License-Identifier: Apache-2.0
"""The upgrade that keeps limits of people on the board by the person."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("planning", "0023_clock_of_a_plan")]
AFTER = [("planning", "0024_limits_by_person")]
pytestmark = pytest.mark.django_db(transaction=True)


def migrate(to):
    MigrationExecutor(connection).migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def before(cast):
    """The tables of before."""
    yield migrate(BEFORE)
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_limits_by_number_become_those_of_account_or_name_and_lost_ones_go(cast, before):
    apps = before
    plan = apps.get_model("planning", "ProjectPlan").objects.create(
        project_id=cast.harbour.pk,
        name="Harbour",
        start=datetime(2026, 3, 2, tzinfo=UTC),
        default_calendar_uid=1,
        engine_version="1",
    )
    resources = apps.get_model("planning", "PlanResource").objects
    resources.create(plan=plan, uid=1, name="Tess", user_id=cast.tess.pk)
    resources.create(plan=plan, uid=2, name="Crane  Two")
    limits = apps.get_model("planning", "BoardLimit").objects
    for column, most in (("0", 9), ("1", 2), ("2", 3), ("77", 4)):
        limits.create(project_id=cast.harbour.pk, field="person", column=column, most=most)
    limits.create(project_id=cast.harbour.pk, field="stream", column="1", most=5)

    after = migrate(AFTER).get_model("planning", "BoardLimit").objects

    kept = {(row.field, row.column[:12]): row.most for row in after.all()}
    assert kept == {
        ("person", "0"): 9,
        ("person", f"account-{cast.tess.pk}"): 2,
        ("person", "name-42df383"): 3,
        ("stream", "1"): 5,
    }
