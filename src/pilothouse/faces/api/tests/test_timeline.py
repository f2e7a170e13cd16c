# SPDX-License-Identifier: Apache-2.0
"""The timeline by the API: the same rows, milestones and links as on the page."""

from datetime import date

from pilothouse.delivery.dependencies.tests.bonds import build
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.foundation.core import clock


def test_projects_with_their_milestones_and_links_are_told(call, cast):
    world = build(cast)
    bond = world.propose()
    for project in (world.quay, world.dredge):
        refresh_performance(project_id=project.pk, today=clock.today())

    told = call(cast.ada)("get", "/projects/timeline?span=three&group=unit").json()

    assert {row["code"] for row in told["projects"]} == {"HARB", "DREDGE"}
    assert {row["group"] for row in told["projects"]} == {cast.unit.name}
    (link,) = told["links"]
    assert (link["id"], link["giver_code"], link["receiver_code"]) == (bond.pk, "HARB", "DREDGE")
    assert date.fromisoformat(told["last"]) > clock.today()


def test_what_is_not_seen_is_not_told(call, cast):
    world = build(cast)
    world.propose()
    for project in (world.quay, world.dredge):
        refresh_performance(project_id=project.pk, today=clock.today())

    told = call(world.dora)("get", "/projects/timeline").json()

    assert [row["code"] for row in told["projects"]] == ["DREDGE"]
    assert told["links"][0]["giver_id"] is None
    assert call(cast.otto)("get", "/projects/timeline").json()["projects"] == []


def test_an_unknown_span_is_refused(call, cast):
    assert call(cast.ada)("get", "/projects/timeline?span=century").status_code == 422
