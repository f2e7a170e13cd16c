# SPDX-License-Identifier: Apache-2.0
"""The fourteen points over a stored plan: the page names the tasks, the API gives the figures."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.foundation.core.errors import NotFound

DAYS = {"A": 5, "B": 4, "C": 6, "D": 3, "E": 2, "F": 4, "H": 3, "G": 0}
LINKS = [
    ("A", "B", "fs", ""),
    ("A", "C", "ss", "2d"),
    ("B", "D", "ff", "1d"),
    ("C", "D", "fs", ""),
    ("D", "E", "fs", "1d"),
    ("C", "F", "fs", "-2d"),
    ("E", "H", "sf", "1d"),
    ("E", "G", "fs", ""),
    ("F", "G", "fs", ""),
    ("H", "G", "fs", ""),
]


def begin(cast):
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2025, 3, 3))


def edit(cast, *steps):
    services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


@pytest.fixture
def network(cast):
    """The network N1 of DOMAIN 4.4."""
    begin(cast)
    tasks = [{"name": name, "duration": f"{days}d"} for name, days in DAYS.items()]
    uid = {name: number for number, name in enumerate(DAYS, 1)}
    links = [
        {"do": "link", "predecessor": uid[a], "successor": uid[b], "type": kind, "lag": lag}
        for a, b, kind, lag in LINKS
    ]
    edit(cast, {"do": "add", "after": None, "tasks": tasks}, *links)
    return cast


def test_the_points_of_the_worked_network_are_those_of_the_domain(network):
    # O-DCM-1: N1 before it starts.
    found = services.quality_of(actor=network.piet.actor(), project=network.harbour)

    points = {point.number: point for point in found.points}
    shares = [(points[number].count, points[number].population) for number in (1, 2, 3, 4)]
    assert shares == [(1, 7), (1, 10), (4, 10), (7, 10)]
    assert points[4].value == Decimal(70)
    assert [points[number].count for number in (5, 6, 7, 8)] == [0, 0, 0, 0]
    assert [task.name for task in points[1].offenders] == ["A"]
    assert [task.name for task in points[1].also] == ["H"]
    assert [number for number in range(1, 9) if not points[number].passed] == [1, 2, 3, 4]
    assert found.baseline is None


def test_the_page_leads_from_each_finding_to_its_task(client, network):
    client.force_login(network.sam)
    page = client.get(reverse("planning:quality", args=[network.harbour.pk])).content.decode()

    schedule = reverse("planning:schedule", args=[network.harbour.pk])
    assert f'<a href="{schedule}?task=1">1 A</a>' in page
    assert "also 1 whose ends hang in the air" in page
    assert f'<a href="{schedule}?task=7">7 H</a>' in page


def test_the_interface_tells_the_same(client, network):
    client.force_login(network.sam)
    told = client.get(f"/api/v1/projects/{network.harbour.pk}/plan/quality").json()

    found = services.quality_of(actor=network.sam.actor(), project=network.harbour)
    assert (told["passed"], told["applicable"]) == (found.passed, found.applicable)
    assert told["points"][0]["offenders"] == [{"uid": 1, "position": 1, "name": "A"}]
    assert [point["number"] for point in told["points"]] == list(range(1, 15))


def test_the_points_are_held_against_the_baseline_that_counts_whatever_its_number(network):
    def promise(kind, name):
        asked = services.Asked(kind, name, "Because", "CR-1")
        taken = services.take_baseline(
            actor=network.piet.actor(), project=network.harbour, asked=asked
        )
        return services.approve_baseline(actor=network.sam.actor(), baseline=taken, version=1)

    def long_tasks():
        """Point 8: tasks that were promised to take more than 44 days."""
        found = services.quality_of(actor=network.piet.actor(), project=network.harbour)
        return found.baseline.number, [task.name for task in found.points[7].offenders]

    edit(network, {"do": "set", "uid": 1, "field": "duration", "value": "50d"})
    promise("first", "Gate 3")
    edit(network, {"do": "set", "uid": 1, "field": "duration", "value": "5d"})
    assert long_tasks() == (0, ["A"])

    second = promise("replan", "After the survey")

    assert long_tasks() == (1, [])
    # Files and plans hold the numbers 0 to 10; more can be approved here.
    PlanBaseline.objects.filter(pk=second.pk).update(number=11)
    assert long_tasks() == (11, [])
    edit(network, {"do": "set", "uid": 1, "field": "duration", "value": "60d"})
    assert long_tasks() == (11, [])


def test_without_tasks_there_is_nothing_to_judge_and_without_a_plan_no_page(client, cast):
    actor = cast.piet.actor()
    with pytest.raises(NotFound, match="has no plan yet"):
        services.quality_of(actor=actor, project=cast.harbour)
    begin(cast)
    assert services.quality_of(actor=actor, project=cast.harbour).points == ()

    client.force_login(cast.piet)
    page = client.get(reverse("planning:quality", args=[cast.harbour.pk])).content.decode()
    assert "there is nothing to judge" in page
