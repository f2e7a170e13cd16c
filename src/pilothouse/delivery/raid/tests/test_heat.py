# SPDX-License-Identifier: Apache-2.0
"""The heat map: where risks stand, how they moved, and what is not on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cast import appoint, person
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.delivery.raid.models import Aspect, RaidPolicy, RiskMark
from pilothouse.delivery.raid.queries.heat import Asked, heat_map
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid

pytestmark = pytest.mark.django_db


def test_a_risk_tells_where_it_stood_before_and_how_it_moved(raid):
    moved, same, new = raid.risk("Moved"), raid.risk("Same"), raid.risk("New")
    for risk, probability in ((moved, 2), (same, 3)):
        raid.rate(risk, probability=probability, time=4)
    RiskMark.objects.update(at=timezone.now() - timedelta(days=40))
    raid.rate(moved, probability=4, time=5)
    raid.rate(new, probability=1, time=1)

    found = heat_map(raid.cast.piet.actor(), raid.cast.harbour, Asked())

    told = [(s.title, s.score, s.before, s.move) for s in found.spots]
    assert told == [
        ("Moved", 20, (2, 4), "up"),
        ("Same", 12, (3, 4), "same"),
        ("New", 1, None, "new"),
    ]
    cells = {(c.probability, c.impact): c for _, row in found.rows for c in row}
    assert (len(cells[4, 5].spots), cells[4, 5].rating) == (1, "very_high")
    assert [row[0] for row in found.rows] == [5, 4, 3, 2, 1]


def test_other_aspects_stand_where_they_are_rated_and_are_not_compared(raid):
    risk = raid.risk("Crane late")
    raid.rate(risk, probability=4, time=4)
    raid.rate(risk, aspect=Aspect.RESIDUAL, probability=1, time=2)

    (spot,) = heat_map(
        raid.cast.piet.actor(), raid.cast.harbour, Asked(aspect=Aspect.RESIDUAL)
    ).spots

    assert (spot.probability, spot.impact, spot.move) == (1, 2, "")


def test_confidential_risks_are_counted_and_not_placed(raid, client):
    harbour, reader = raid.cast.harbour, person("Rita Reader")
    appoint(reader, Role.FIN, ("project", harbour.pk), raid.cast.office.pk, project_scopes(harbour))
    raid.rate(raid.risk("Zebra layoffs", confidential=True), probability=4, time=4)
    raid.risk("Fog")

    found = heat_map(reader.actor(), harbour, Asked())

    assert (found.hidden, found.unrated, list(found.spots)) == (1, 1, [])
    client.force_login(reader)
    page = client.get(reverse("raid:project-heat", args=[harbour.pk])).content.decode()
    assert "Zebra" not in page


def test_a_day_to_come_is_refused(raid):
    ahead = clock.today() + timedelta(days=1)

    with pytest.raises(Invalid):
        heat_map(raid.cast.piet.actor(), raid.cast.harbour, Asked(since=ahead))


def test_the_most_critical_issue_is_acknowledged_within_two_working_hours():
    """DOMAIN 8.2."""
    assert RaidPolicy().minutes_for(1)["acknowledge"] == 120
