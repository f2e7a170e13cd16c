# SPDX-License-Identifier: Apache-2.0
"""The timeline over all projects: milestones, links, days, groups, and who sees what of it."""

import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from django.urls import reverse

from cast import SYSTEM, make_project
from pilothouse.delivery.dependencies.tests.bonds import build
from pilothouse.delivery.planning.services import edit_plan
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.direction.portfolio.filters import Filters
from pilothouse.direction.portfolio.queries import dashboard, moments_of
from pilothouse.foundation.core import clock

WALL = 3


@pytest.fixture
def world(cast):
    """Two projects with plans; the quay has a milestone after its wall."""
    made = build(cast)
    steps = [
        {"do": "add", "after": WALL, "tasks": [{"name": "Quay stands", "duration": "0d"}]},
        {"do": "link", "predecessor": WALL, "successor": 4},
    ]
    edit_plan(actor=SYSTEM, project=made.quay, steps=steps)
    for project in (made.quay, made.dredge):
        refresh_performance(project_id=project.pk, today=clock.today())
    return made


def shown(user, **asked):
    board = dashboard(user.actor(), Filters(**asked), clock.today())
    return moments_of(user.actor(), board)


def page(client, user, query=""):
    client.force_login(user)
    return client.get(reverse("portfolio:timeline") + query)


def test_milestones_of_the_plans_are_on_it(world):
    found = shown(world.cast.ada)

    (point,) = found.milestones[world.quay.pk]
    assert (point.name, point.day, point.critical, point.done) == (
        "Quay stands",
        date(2026, 3, 27),
        True,
        False,
    )
    assert found.left_out == 0


def test_of_a_plan_with_many_milestones_the_highest_are_kept_and_the_rest_counted(world):
    rows = [{"name": f"Mark {number}", "duration": "0d", "level": 2} for number in range(15)]
    edit_plan(actor=SYSTEM, project=world.quay, steps=[{"do": "add", "after": WALL, "tasks": rows}])

    found = shown(world.cast.ada)

    names = {point.name for point in found.milestones[world.quay.pk]}
    assert ("Quay stands" in names, len(names), found.left_out) == (True, 12, 4)


def test_links_are_told_with_both_days(world, client):
    bond = world.propose()

    (found,) = shown(world.cast.ada).bonds
    told = page(client, world.cast.ada).content.decode()

    assert found.dependency == bond
    assert "Piles up to berth four: HARB gives on" in told
    assert f'href="{reverse("dependencies:one", args=[bond.pk])}"' in told
    assert "Slack, working days" in told


def test_of_a_project_that_is_not_seen_a_link_tells_the_code_alone(world, client):
    world.propose()
    for_dora = shown(world.dora)

    assert [bond.giver.project_id for bond in for_dora.bonds] == [None]
    told = page(client, world.dora).content.decode()
    assert (
        "ph-d-link-"
        not in told[told.index('<svg class="ph-d') : told.index("</section>")].split("ph-draw-key")[
            0
        ]
    )
    assert world.quay.name not in told
    assert "Quay stands" not in told


def test_strangers_see_nothing_of_it(world, client):
    world.propose()

    told = page(client, world.cast.otto).content.decode()

    assert "Quay stands" not in told
    assert "Piles up" not in told


def test_in_the_past_neither_plans_nor_links_are_drawn(world):
    world.propose()
    yesterday = clock.today() - timedelta(days=1)

    found = shown(world.cast.ada, as_of=yesterday)

    assert (dict(found.milestones), list(found.bonds)) == ({}, [])


@pytest.mark.parametrize(
    ("span", "before", "after"),
    [("quarter", 14, 92), ("half", 30, 183), ("year", 60, 365), ("three", 180, 1096)],
)
def test_the_days_shown_are_chosen(world, span, before, after):
    found = shown(world.cast.ada, span=span)

    today = clock.today()
    assert found.first == today - timedelta(days=before)
    assert found.last == today + timedelta(days=after)


def test_the_address_keeps_the_days_and_nonsense_is_named(client, world):
    told = page(client, world.cast.ada, "?span=year&group=unit").content.decode()

    assert "?group=unit&amp;span=half" in told
    assert '<input type="hidden" name="span" value="year">' in told
    assert page(client, world.cast.ada, "?span=century").status_code == 422


def test_projects_are_grouped_by_unit(client, world):
    told = page(client, world.cast.ada, "?group=unit&as=svg").content.decode()

    texts = ["".join(e.itertext()) for e in ET.fromstring(told).iter() if e.tag.endswith("text")]
    assert world.cast.unit.name in texts


def test_the_file_names_the_day_and_a_sheet_has_the_shape_of_paper(client, world):
    answer = page(client, world.cast.ada, "?as=svg&paper=a4")

    name = f"timeline-{clock.today().isoformat()}.svg"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    _, _, wide, high = map(float, ET.fromstring(answer.content).attrib["viewBox"].split())
    assert high / wide == pytest.approx(190 / 277, abs=0.001)


def test_slip_is_written_with_a_sign_and_thousands(client, world):
    PerformanceSnapshot.objects.filter(project=world.quay).update(slip_days=1461)

    assert "+1,461 d" in page(client, world.cast.ada).content.decode()


def test_the_timeline_takes_a_fixed_number_of_queries_however_many_projects(
    client, world, django_assert_num_queries
):
    world.propose()
    for number in range(60):
        made = make_project(world.cast.portfolio, f"P{number}", f"Project {number}")
        refresh_performance(project_id=made.pk, today=clock.today())
    page(client, world.cast.ada)

    with django_assert_num_queries(22):
        told = page(client, world.cast.ada)

    assert "Page 1 of 2" in told.content.decode()
