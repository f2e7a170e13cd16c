# SPDX-License-Identifier: Apache-2.0
"""The upgrade that moves baselines from tasks to their project, and the way back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("planning", "0009_baselines_of_a_project")]
AFTER = [("planning", "0010_move_baselines_to_their_project")]
pytestmark = pytest.mark.django_db(transaction=True)


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 17, tzinfo=UTC)


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def old(cast):
    """The tables of before with a plan of three tasks that have baselines 0 and 3."""
    apps = migrate(BEFORE)
    plan = apps.get_model("planning", "ProjectPlan").objects.create(
        project_id=cast.harbour.pk,
        name="Harbour",
        start=at(2),
        default_calendar_uid=1,
        engine_version="1",
        source_name="harbour.xml",
        imported_at=at(6),
        updated_by_id=cast.piet.pk,
    )
    apps.get_model("planning", "PlanEvent").objects.create(
        project_id=cast.harbour.pk, kind="imported", by_label="Piet", plan_version=1
    )
    tasks = apps.get_model("planning", "Task").objects
    baselines = apps.get_model("planning", "TaskBaseline").objects
    for uid, name, summary, active in (
        (1, "All", True, True),
        (2, "Dredge", False, True),
        (3, "Left out", False, False),
    ):
        task = tasks.create(
            plan=plan,
            uid=uid,
            position=uid,
            name=name,
            wbs=str(uid),
            summary=summary,
            active=active,
        )
        for number in (0, 3):
            baselines.create(
                task=task,
                number=number,
                start=at(2),
                finish=at(10 + uid + number),
                duration_minutes=480,
                work_minutes=60,
                cost=Decimal("5.50"),
            )
    yield apps
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_each_number_becomes_a_baseline_of_the_project(old, cast):
    apps = migrate(AFTER)

    baselines = apps.get_model("planning", "PlanBaseline").objects.order_by("number")
    assert [
        (row.number, row.name, row.kind, row.state, row.is_pmb, row.taken_label)
        for row in baselines
    ] == [
        (0, "Baseline 0", "imported", "imported", True, "Piet"),
        (3, "Baseline 3", "imported", "imported", False, "Piet"),
    ]
    first = baselines[0]
    assert (first.project_id, first.taken_by_id) == (cast.harbour.pk, cast.piet.pk)
    assert (first.taken_on, first.file_name) == (date(2026, 3, 6), "harbour.xml")
    # Sums leave out the summary, and the row that is no part of the plan.
    assert (first.finish, first.cost, first.work_minutes, first.tasks) == (
        at(12),
        Decimal("5.50"),
        60,
        1,
    )
    rows = apps.get_model("planning", "BaselineTask").objects.filter(baseline=first)
    assert list(
        rows.order_by("position").values_list("uid", "name", "wbs", "summary", "finish")
    ) == [
        (1, "All", "1", True, at(11)),
        (2, "Dredge", "2", False, at(12)),
        (3, "Left out", "3", False, at(13)),
    ]
    dredge = apps.get_model("planning", "Task").objects.get(uid=2)
    assert (dredge.baseline_start, dredge.baseline_finish) == (at(2), at(12))


def test_the_move_may_be_made_twice(old):
    migrate(AFTER)
    migrate(BEFORE)
    apps = migrate(AFTER)

    assert apps.get_model("planning", "PlanBaseline").objects.count() == 2
    assert apps.get_model("planning", "BaselineTask").objects.count() == 6


def test_the_way_back_is_refused_where_a_baseline_was_approved_since(old):
    apps = migrate(AFTER)
    apps.get_model("planning", "PlanBaseline").objects.filter(number=0).update(state="approved")

    with pytest.raises(RuntimeError, match="Go back with a backup"):
        migrate(BEFORE)

    assert apps.get_model("planning", "BaselineTask").objects.count() == 6
