# SPDX-License-Identifier: Apache-2.0
"""Baselines over the API: take, decide, name, compare, and the columns beside a plan."""

from __future__ import annotations

import pytest

from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.planning.tests.files import QUAY, upload

LATER = QUAY.replace("PT40H0M0S</Duration>", "PT56H0M0S</Duration>")
ASKED = {"kind": "rebaseline", "name": "Gate 3", "reason": "A new start", "reference": "CR-1"}


def bring(cast, text=QUAY):
    import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(text), file_name="quay.xml"
    )


@pytest.fixture
def at(cast):
    """The baselines of a project whose file promised one task, the piles."""
    bring(cast)
    return f"/projects/{cast.harbour.pk}/plan/baselines"


@pytest.fixture
def waiting(cast, call, at):
    return call(cast.piet)("post", at, ASKED).json()


def told(answer):
    return answer.status_code, answer.json()["code"]


def test_the_manager_takes_one_and_the_sponsor_approves_it(cast, call, at):
    answer = call(cast.piet)("post", at, ASKED)

    row = answer.json()
    assert (answer.status_code, answer["ETag"]) == (201, '"v1"')
    assert (row["state"], row["number"], row["is_pmb"]) == ("proposed", None, False)
    assert (row["taken_by"], row["tasks"], row["plan_version"]) == ("Piet Example", 4, 1)
    sam = call(cast.sam)
    done = sam("post", f"{at}/{row['id']}/approve", {"note": "Agreed"}, version=1)
    assert (done.status_code, done["ETag"]) == (200, '"v2"')
    assert (done.json()["state"], done.json()["number"], done.json()["is_pmb"]) == (
        "approved",
        1,
        True,
    )
    cast.harbour.refresh_from_db()
    assert cast.harbour.baseline_finish.isoformat() == row["finish"][:10]
    listed = sam("get", at).json()["items"]
    assert [(item["number"], item["state"]) for item in listed] == [
        (1, "approved"),
        (0, "superseded"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ASKED | {"reason": ""}, "reason"),
        (ASKED | {"reference": " "}, "reference"),
        (ASKED | {"kind": "first"}, "kind"),
        (ASKED | {"kind": "imported"}, "kind"),
        (ASKED | {"name": "x" * 121}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(cast, call, at, body, field):
    answer = call(cast.piet)("post", at, body)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, [field])
    assert PlanBaseline.objects.count() == 1


def test_a_decision_names_the_version_that_was_seen(cast, call, at, waiting):
    sam, one = call(cast.sam), f"{at}/{waiting['id']}"

    assert sam("post", f"{one}/approve", {}).status_code == 428
    assert told(sam("post", f"{one}/approve", {}, version=7)) == (412, "core.stale")
    assert PlanBaseline.objects.get(pk=waiting["id"]).state == "proposed"


def test_who_took_it_does_not_approve_it(cast, call, at, waiting):
    answer = call(cast.piet)("post", f"{at}/{waiting['id']}/approve", {}, version=1)

    assert told(answer) == (403, "planning.baseline_role")
    assert PlanBaseline.objects.get(pk=waiting["id"]).state == "proposed"


def test_rejecting_wants_a_reason_and_is_final(cast, call, at, waiting):
    sam, one = call(cast.sam), f"{at}/{waiting['id']}"

    assert sam("post", f"{one}/reject", {"note": ""}, version=1).status_code == 422
    done = sam("post", f"{one}/reject", {"note": "Too late"}, version=1)
    assert (done.json()["state"], done.json()["decision_note"]) == ("rejected", "Too late")
    again = sam("post", f"{one}/approve", {}, version=2)
    assert told(again) == (422, "planning.baseline_settled")


def test_a_name_changes_and_what_waits_is_withdrawn(cast, call, at, waiting):
    piet, one = call(cast.piet), f"{at}/{waiting['id']}"

    assert piet("patch", one, {"name": "Survey"}, version=1).json()["name"] == "Survey"
    assert piet("post", f"{one}/withdraw", version=2).json()["state"] == "withdrawn"
    assert piet("get", one)["ETag"] == '"v3"'


def test_cost_is_told_to_whom_the_budget_is_open(cast, call, at, waiting):
    PlanBaseline._base_manager.filter(pk=waiting["id"]).update(cost=700)

    one = f"{at}/{waiting['id']}"
    assert call(cast.piet)("get", one).json()["cost"] == "700.00"
    assert call(cast.tess)("get", one).json()["cost"] is None


def test_the_tasks_of_a_baseline_are_listed_as_they_were_promised(cast, call, at, waiting):
    found = call(cast.tess)("get", f"{at}/{waiting['id']}/tasks?limit=2").json()

    assert (found["total"], [row["name"] for row in found["items"]]) == (
        5,
        ["Quay wall", "Dredge"],
    )


def test_two_are_compared_page_by_page(cast, call, at):
    bring(cast, LATER)

    found = call(cast.piet)("get", f"{at}/compare?only=new&limit=2").json()

    assert (found["total"], found["pages"]) == (3, 2)
    assert {item["kind"] for item in found["items"]} == {"new"}
    assert found["sums"]["unbaselined"] == 3
    assert "page=2" in found["next"]
    late = call(cast.piet)("get", f"{at}/compare?only=late").json()
    assert [(item["name"], item["finish_days"]) for item in late["items"]] == [
        ("Drive piles", "3.0")
    ]
    assert told(call(cast.piet)("get", f"{at}/compare?left=77")) == (
        404,
        "planning.no_baseline",
    )


def test_the_pmb_is_held_against_the_plan_unless_something_else_is_asked_for(cast, call, at):
    found = call(cast.piet)("get", f"{at}/compare").json()["sums"]

    assert (found["left_id"], found["right_id"]) == (PlanBaseline.objects.get().pk, None)


def test_the_columns_beside_a_plan_are_compact(cast, call, at, waiting):
    call(cast.sam)("post", f"{at}/{waiting['id']}/approve", {}, version=1)

    found = call(cast.tess)("get", f"{at}/columns?numbers=0,1").json()

    assert [(row["number"], row["is_pmb"]) for row in found["baselines"]] == [
        (0, False),
        (1, True),
    ]
    rows = {cells[0]: cells[1:] for cells in found["tasks"]}
    plan = call(cast.tess)("get", f"/projects/{cast.harbour.pk}/plan/sheet").json()
    place = {name: plan["columns"].index(name) for name in ("uid", "start", "finish")}
    now = {cells[place["uid"]]: cells for cells in plan["tasks"]}
    assert len(rows) == 5
    assert sum(cells[0] is not None for cells in rows.values()) == 1
    for uid, cells in rows.items():
        assert cells[2:] == [now[uid][place["start"]], now[uid][place["finish"]]]


def test_columns_without_a_number_are_those_that_count(cast, call, at):
    found = call(cast.tess)("get", f"{at}/columns").json()

    assert [row["number"] for row in found["baselines"]] == [0]
    assert [len(cells) for cells in found["tasks"]] == [3]


@pytest.mark.parametrize("numbers", ["0,1,2,3", "a", "0;1", "-1", ",", "٣"])
def test_columns_of_what_is_no_number_are_refused(cast, call, at, numbers):
    answer = call(cast.tess)("get", f"{at}/columns?numbers={numbers}")

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["numbers"])


def test_columns_of_a_number_that_is_not_there_are_not_found(cast, call, at):
    assert told(call(cast.tess)("get", f"{at}/columns?numbers=0,9")) == (
        404,
        "planning.no_baseline",
    )


def test_strangers_see_none_of_it(cast, call, at, waiting):
    nia = call(cast.nia)

    for path in (at, f"{at}/{waiting['id']}", f"{at}/compare", f"{at}/columns"):
        assert nia("get", path).status_code == 404
