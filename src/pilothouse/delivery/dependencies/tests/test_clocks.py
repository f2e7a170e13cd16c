# SPDX-License-Identifier: Apache-2.0
"""Two plans by two clocks: what one gives comes when it is there by the clock of the other."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.delivery.dependencies.services import (
    drive_plan,
    drive_receiver,
    take_step,
)
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.services import set_options, undo_edit
from pilothouse.foundation.core.errors import Invalid

TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"


def put(world, project, zone):
    set_options(
        actor=(world.piet if project == world.quay else world.dora).actor(),
        project=project,
        values={"time_zone": zone},
        version=None,
    )


@pytest.fixture
def row(world):
    """The piles of the quay, done on Friday 20 March at 17:00, given to the dredging."""
    row = world.propose()
    take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    return PlanDependency.objects.get()


def test_a_finish_in_the_evening_of_one_clock_is_the_next_day_of_the_other(world, row):
    assert (row.forecast_date, row.slack_days) == (date(2026, 3, 20), 6)

    put(world, world.quay, NEW_YORK)
    put(world, world.dredge, TOKYO)

    row.refresh_from_db()
    assert (row.forecast_date, row.slack_days) == (date(2026, 3, 21), 5)


def test_a_clock_that_is_taken_back_takes_the_forecast_back(world, row):
    put(world, world.quay, NEW_YORK)
    put(world, world.dredge, TOKYO)

    undo_edit(actor=world.dora.actor(), project=world.dredge)

    row.refresh_from_db()
    assert row.forecast_date == date(2026, 3, 20)


def test_a_live_dependency_holds_the_task_until_the_instant_by_its_own_clock(world, row):
    put(world, world.quay, NEW_YORK)
    put(world, world.dredge, TOKYO)
    row.refresh_from_db()
    drive_receiver(
        actor=world.dora.actor(),
        dependency=row,
        drive=PlanDependency.Drive.PLAN,
        version=row.version,
    )
    drive_plan(project_id=world.dredge.pk)

    # 17:00 of New York in its summer is 21:00 of UTC, 06:00 of the next day in Tokyo.
    waits = Task.objects.get(plan__project=world.dredge, uid=row.receiver_uid)
    assert waits.external_early_start == datetime(2026, 3, 21, 6, tzinfo=UTC)


def test_what_is_promised_by_the_plan_is_promised_by_the_clock_that_waits(world):
    put(world, world.quay, NEW_YORK)
    put(world, world.dredge, TOKYO)

    row = world.propose(side=Side.GIVER)

    assert (row.need_date, row.promised_date) == (date(2026, 3, 30), date(2026, 3, 21))


def test_the_page_tells_by_which_clock_its_days_are(world, row, client):
    page = reverse("dependencies:one", args=[row.pk])
    client.force_login(world.piet)
    assert "Days are those of the clock" not in client.get(page).content.decode()
    put(world, world.quay, NEW_YORK)
    put(world, world.dredge, TOKYO)

    told = client.get(page).content.decode()
    client.force_login(world.dora)
    told_to_dora = client.get(page).content.decode()

    assert "Days are those of the clock of the plan that waits, Asia/Tokyo." in told
    assert "finishes there on 20 Mar 2026 at 17:00, which is 21 Mar 2026 at 06:00" in told
    assert "goes by another clock; what it says is converted." in told_to_dora
    assert "New York" not in told_to_dora


def test_what_is_no_clock_is_refused(world):
    with pytest.raises(Invalid) as refused:
        put(world, world.quay, "Mars/Olympus")

    assert list(refused.value.fields) == ["time_zone"]
