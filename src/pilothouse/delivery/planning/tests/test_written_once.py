# SPDX-License-Identifier: Apache-2.0
"""What a baseline promised is written once: no code of the house changes or removes it (R-BAS-01)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db.transaction import atomic

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline
from pilothouse.delivery.planning.services import Asked
from pilothouse.delivery.planning.tests.files import upload

LATER = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def approved(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(), file_name="quay.xml"
    )
    taken = services.take_baseline(
        actor=cast.piet.actor(),
        project=cast.harbour,
        asked=Asked("rebaseline", "Gate 3", "A new start", "CR-1"),
    )
    return services.approve_baseline(actor=cast.sam.actor(), baseline=taken, version=1)


def told():
    """Every baseline and every row, with all columns."""
    return (
        list(PlanBaseline.objects.order_by("pk").values()),
        list(BaselineTask.objects.order_by("pk").values()),
    )


def _moved(row):
    row.finish = LATER
    row.save()


def _moved_by_name(row):
    row.finish = LATER
    row.save(update_fields=["name", "finish"])


@pytest.mark.parametrize(
    "change",
    [
        lambda baseline: baseline.rows.update(finish=LATER),
        lambda baseline: BaselineTask.objects.bulk_update(list(baseline.rows.all()), ["name"]),
        lambda baseline: BaselineTask.objects.update_or_create(
            baseline=baseline, uid=3, defaults={"finish": LATER}
        ),
        lambda baseline: _moved(baseline.rows.first()),
        lambda baseline: _moved_by_name(baseline.rows.first()),
        lambda baseline: PlanBaseline.objects.update(cost=0),
        lambda baseline: PlanBaseline.objects.filter(pk=baseline.pk).update(reason="Because"),
        _moved,
        _moved_by_name,
    ],
)
def test_nothing_that_was_promised_is_changed(approved, change):
    before = told()

    with pytest.raises(TypeError, match=r"never changed"), atomic():
        change(approved)

    assert told() == before


@pytest.mark.parametrize(
    "remove",
    [
        lambda baseline: baseline.rows.all().delete(),
        lambda baseline: baseline.rows.first().delete(),
        lambda baseline: baseline.delete(),
        lambda baseline: PlanBaseline.objects.all().delete(),
    ],
)
def test_nothing_that_was_promised_is_deleted(approved, remove):
    before = told()

    with pytest.raises(TypeError, match=r"never"), atomic():
        remove(approved)

    assert told() == before


def test_one_that_waits_is_as_fixed_as_an_approved_one(cast, approved):
    waiting = services.take_baseline(
        actor=cast.piet.actor(),
        project=cast.harbour,
        asked=Asked("replan", "Winter works", "Ice", "CR-2"),
    )

    with pytest.raises(TypeError, match=r"never changed"):
        waiting.rows.update(finish=LATER)
    with pytest.raises(TypeError, match=r"never"):
        waiting.delete()


def test_what_only_a_file_promised_goes_with_the_file(cast):
    for _ in range(2):
        services.import_plan(
            actor=cast.piet.actor(), project=cast.harbour, source=upload(), file_name="quay.xml"
        )

    assert PlanBaseline.objects.get().state == "imported"
    assert BaselineTask.objects.count() == 1
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file")
    assert not BaselineTask.objects.exists()
