# SPDX-License-Identifier: Apache-2.0
"""Scales of an office: versions, their bounds, and what was rated by older ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from pilothouse.delivery.raid.models import Kind, RaidPolicy, Risk
from pilothouse.delivery.raid.models.scales import (
    DEFAULT_CATEGORIES,
    DEFAULT_IMPACTS,
    DEFAULT_PROBABILITIES,
    DEFAULT_PROXIMITY,
    DEFAULT_RATINGS,
    DEFAULT_SERVICE,
)
from pilothouse.delivery.raid.services.policies import Scales, problems_of, set_policy
from pilothouse.foundation.core.errors import Conflict, NotAllowed

USUAL = Scales(
    DEFAULT_PROBABILITIES,
    DEFAULT_IMPACTS,
    DEFAULT_RATINGS,
    DEFAULT_PROXIMITY,
    DEFAULT_CATEGORIES,
    DEFAULT_SERVICE,
    10,
    2,
)


def put(raid, by=None, seen=None, **changes):
    return set_policy(
        actor=(by or raid.cast.ada).actor(),
        office=raid.cast.office,
        scales=replace(USUAL, **changes),
        seen=seen,
        reason="Larger projects",
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("probability_pct", [10, 30, 50]),
        ("probability_pct", [10, 10, 50, 70]),
        ("probability_pct", [0, 30, 50, 70]),
        ("probability_pct", [10, 30, 50, 100]),
        ("impact_pct", [7, 3, 1, 15]),
        ("rating_from", [1, 10, 15]),
        ("rating_from", [5, 10, 26]),
        ("proximity_months", [3, 3, 6]),
        ("categories", []),
        ("categories", ["One", "one"]),
        ("categories", ["x" * 201]),
        ("contingency_pct", 0),
        ("escalation_days", 61),
    ],
)
def test_bounds_that_cannot_be_are_named(field, value):
    assert list(problems_of(replace(USUAL, **{field: value}))) == [field]


@pytest.mark.parametrize(
    "promises",
    [{"acknowledge": 60}, {"acknowledge": 0, "resolve": 60}, {"acknowledge": 90, "resolve": 60}],
)
def test_service_levels_come_in_their_order(promises):
    levels = {**DEFAULT_SERVICE, "2": promises}

    assert list(problems_of(replace(USUAL, service_minutes=levels))) == ["s2_resolve"]


def test_the_usual_scales_are_valid():
    assert problems_of(USUAL) == {}


@pytest.mark.django_db
def test_new_scales_hold_for_new_ratings_and_old_ones_say_their_version(raid):
    old, new = raid.risk("Old"), raid.risk("New")
    raid.rate(old, probability=4, time=4)

    row = put(raid, seen=0, rating_from=[5, 10, 20])
    raid.rate(new, probability=4, time=4)

    assert row.number == 1
    ratings = {r.title: (r.rating, r.scale_number) for r in Risk.rows.all()}
    assert ratings == {"Old": ("very_high", 0), "New": ("high", 1)}


@pytest.mark.django_db
def test_new_service_levels_hold_for_new_issues(raid):
    levels = {**DEFAULT_SERVICE, "1": {"acknowledge": 30, "resolve": 480}}
    put(raid, service_minutes=levels)

    issue = raid.add(Kind.ISSUE, "Pump broken", severity=1)

    assert (issue.plan_by, issue.resolve_by is not None) == (None, True)


@pytest.mark.django_db
def test_scales_made_from_an_older_version_are_refused(raid):
    put(raid, seen=0)

    with pytest.raises(Conflict):
        put(raid, seen=0)
    assert RaidPolicy.objects.count() == 1


@pytest.mark.django_db
def test_only_the_pmo_sets_scales(raid):
    with pytest.raises(NotAllowed):
        put(raid, by=raid.cast.piet)
    assert not RaidPolicy.objects.exists()


@pytest.mark.django_db
def test_the_page_sets_scales_and_keeps_what_was_typed_wrongly(raid, client):
    client.force_login(raid.cast.ada)
    url = reverse("raid:scales-new", args=[raid.cast.office.pk])
    assert client.get(url).status_code == 200
    form = {
        "version": "0",
        "probability_pct": "10, 30, 50, 70",
        "impact_pct": "1, 3, 7, 15",
        "rating_from": "5, 10, 15",
        "proximity_months": "1, 3, 6",
        "categories": "Supplier\nPeople",
        "contingency_pct": "10",
        "escalation_days": "2",
        "reason": "Larger projects",
        **{f"s{n}_acknowledge": "2" for n in range(1, 5)},
        **{f"s{n}_resolve": "40" for n in range(1, 5)},
    }

    wrong = client.post(url, form | {"rating_from": "5, 10, 99"})
    assert wrong.status_code == 422
    assert "5, 10, 99" in wrong.content.decode()
    assert client.post(url, form | {"rating_from": "4, 9, 16"}).status_code == 302
    assert RaidPolicy.objects.get().rating_from == [4, 9, 16]
    page = client.get(reverse("raid:scales", args=[raid.cast.office.pk])).content.decode()
    assert "Larger projects" in page
