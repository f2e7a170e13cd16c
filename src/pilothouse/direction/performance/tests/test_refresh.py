# SPDX-License-Identifier: Apache-2.0
"""Refreshing again changes nothing; history keeps what it said."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import (
    Publication,
    facts_of,
    publish_history,
    refresh_many,
    refresh_performance,
)
from pilothouse.foundation.core.errors import Invalid

TOMORROW = timezone.localdate() + timedelta(days=1)


def make_several(cast, count=3):
    return [
        make_project(
            cast.portfolio,
            f"R{number}",
            f"Row {number}",
            budget=Decimal(100),
            forecast_cost=Decimal(90 + 10 * number),
            planned_finish=date(2026, 6, 1) + timedelta(days=20 * number),
            baseline_finish=date(2026, 6, 1),
            stated_colour="green",
        )
        for number in range(count)
    ]


def said():
    """All that the snapshots say, without their keys and the instant of computing."""
    rows = PerformanceSnapshot.objects.order_by("project_id", "status_date").values()
    return [
        {name: value for name, value in row.items() if name not in {"id", "computed_at", "stamp"}}
        for row in rows
    ]


def test_many_refreshed_again_change_nothing(cast):
    ids = [row.pk for row in make_several(cast)]
    refresh_many(project_ids=ids, today=TOMORROW)
    first = said()

    refresh_many(project_ids=ids, today=TOMORROW)

    assert said() == first


def publish(project, day, by=SYSTEM):
    return publish_history(
        actor=by,
        publications=[
            Publication(project, facts_of(project, day, None), day, "The annual report", {})
        ],
    )


def test_a_publication_between_two_others_moves_only_their_days(cast):
    publish(cast.harbour, date(2024, 3, 31))
    first = PerformanceSnapshot.objects.get(status_date=date(2024, 3, 31))
    assert first.valid_to == timezone.localdate()

    publish(cast.harbour, date(2025, 3, 31))

    rows = PerformanceSnapshot.objects.filter(project=cast.harbour).order_by("status_date")
    assert [(row.kind, row.status_date, row.valid_to) for row in rows] == [
        ("published", date(2024, 3, 31), date(2025, 3, 31)),
        ("published", date(2025, 3, 31), timezone.localdate()),
        ("live", timezone.localdate(), None),
    ]
    first.valid_to = date(2025, 3, 31)
    assert PerformanceSnapshot.objects.filter(pk=first.pk).values().get() == {
        field.attname: getattr(first, field.attname) for field in first._meta.concrete_fields
    }


def test_a_day_is_published_once(cast):
    publish(cast.harbour, date(2024, 3, 31))
    before = said()

    with pytest.raises(Invalid, match="31 Mar 2024"):
        publish(cast.harbour, date(2024, 3, 31))

    assert said() == before


def test_a_person_publishes_no_history(cast):
    before = said()

    with pytest.raises(Invalid):
        publish(cast.harbour, date(2024, 3, 31), by=cast.ada.actor())

    assert said() == before


def test_a_published_snapshot_of_today_is_left_as_it_is(cast):
    project = make_several(cast, 1)[0]
    PerformanceSnapshot.objects.filter(project=project).update(kind="published")
    Project.objects.filter(pk=project.pk).update(forecast_cost=Decimal(900))
    before = said()

    refresh_performance(project_id=project.pk, today=timezone.localdate())
    refresh_many(project_ids=[project.pk], today=timezone.localdate())

    assert said() == before
