# SPDX-License-Identifier: Apache-2.0
"""Dependencies over the API: the same rules and the same sight as the pages."""

import pytest

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.tests import bonds
from pilothouse.foundation.access.models import RoleAssignment


@pytest.fixture
def world(cast):
    return bonds.build(cast)


def proposed(world, caller, **values):
    asked = {
        "gives": True,
        "other_project_id": world.dredge.pk,
        "giver_uid": bonds.PILES,
        "receiver_uid": bonds.DIG,
        "deliverable": "Piles",
    } | values
    return caller("post", f"/projects/{world.quay.pk}/dependencies", asked)


def test_a_dependency_is_proposed_agreed_and_moved(world, call):
    piet, dora = call(world.piet), call(world.dora)

    made = proposed(world, piet)
    assert (made.status_code, made["ETag"]) == (201, '"v1"')
    row = made.json()
    assert (row["need_date"], row["slack_days"], row["colour"]) == ("2026-03-30", 6, "green")
    one = f"/dependencies/{row['id']}"
    agreed = dora("post", f"{one}/step", {"step": "agree"}, version=1)
    assert agreed.json()["state"] == "agreed"
    moved = piet(
        "patch",
        one,
        {"promised_date": "2026-03-26", "reason": "Steel"},
        version=2,
    )

    assert moved.json()["state"] == "proposed"
    told = [(item["promised_date"], item["by"]) for item in moved.json()["promises"]]
    assert told == [("2026-03-20", "Piet Example"), ("2026-03-26", "Piet Example")]
    assert dora("get", "/dependencies?only=waiting").json()["total"] == 1
    assert piet("get", "/dependencies?only=waiting").json()["total"] == 0


def test_of_a_project_that_is_not_seen_the_api_gives_the_code_alone(world, call):
    proposed(world, call(world.piet))

    (row,) = call(world.dora)("get", f"/projects/{world.dredge.pk}/dependencies").json()["items"]

    assert row["giver"] == {
        "seen": False,
        "project_id": None,
        "code": "HARB",
        "task_uid": None,
        "task": "",
        "agreed_by": "Piet Example",
        "agreed_at": row["giver"]["agreed_at"],
    }
    assert row["steps"] == ["agree", "dispute", "cancel", "dates"]


def test_a_task_that_is_not_there_is_refused_and_nothing_is_kept(world, call):
    answer = proposed(world, call(world.piet), giver_uid=99)

    assert answer.status_code == 422
    assert answer.json()["code"] == "dependencies.entry"
    assert not PlanDependency.objects.exists()


def test_why_a_plan_is_not_driven_is_for_those_who_see_it(world, call):
    row = proposed(world, call(world.piet)).json()
    PlanDependency.objects.filter(pk=row["id"]).update(not_driven="‘Dig’ has begun.")
    one = f"/dependencies/{row['id']}"
    rows = RoleAssignment.objects.filter(person=world.piet, scope_type="project")
    assert call(world.piet)("get", one).json()["not_driven"] == "‘Dig’ has begun."

    rows.filter(scope_id=world.dredge.pk).delete()

    assert call(world.piet)("get", one).json()["not_driven"] == ""
    assert call(world.dora)("get", one).json()["not_driven"] == "‘Dig’ has begun."
