# SPDX-License-Identifier: Apache-2.0
"""What the pages do besides the list, done through the API by the same services."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cast import SYSTEM, appoint, make_project, person
from furnished import PUBLISHED
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.direction.performance.models import ThresholdPolicy
from pilothouse.exchange.models import PublishedFile
from pilothouse.exchange.services import SourceFile, load_years
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes

LIMITS = [{"metric": "slip_pct", "green": "5", "amber": "10"}]


@pytest.fixture
def root(cast):
    return create_user(
        actor=SYSTEM,
        email="root@example.org",
        full_name="Root Example",
        password="a-quay-with-no-name",
        is_system_admin=True,
    )


@pytest.fixture
def plan(cast, call):
    """The quay as the plan of the harbour."""
    caller = call(cast.piet)
    answer = caller.client.post(
        f"/api/v1/projects/{cast.harbour.pk}/plan",
        {"file": SimpleUploadedFile("quay.xml", QUAY.encode())},
        headers={"Authorization": f"Bearer {caller.secret}"},
    )
    assert answer.status_code == 201, answer.content
    return f"/projects/{cast.harbour.pk}/plan"


def test_a_project_tells_the_finish_of_its_plan_beside_the_stated_one(cast, call, request):
    path = f"/projects/{cast.harbour.pk}"
    before = call(cast.piet)("get", path).json()

    request.getfixturevalue("plan")
    after = call(cast.piet)("get", path).json()

    assert (before["planned_finish"], before["forecast_finish"]) == ("2026-12-18", "2026-12-18")
    assert after["planned_finish"] == "2026-12-18"
    assert after["forecast_finish"] == ProjectPlan.objects.get().finish.date().isoformat()
    assert after["forecast_finish"] != "2026-12-18"


# The start of an office


def test_an_administrator_opens_an_office_and_names_its_director_once(cast, call, root):
    admin = call(root)

    office = admin("post", "/offices", {"code": "RAIL", "name": "Railway", "currency": "EUR"})

    assert (office.status_code, office.json()["kind"]) == (201, "enterprise")
    pk = office.json()["id"]
    path = f"/offices/{pk}/director"
    body = {"person_id": cast.otto.pk, "reason": "Board"}
    assert admin("post", path, body).status_code == 201
    assert RoleAssignment.objects.filter(person=cast.otto, office_id=pk).exists()
    again = admin("post", path, {"person_id": cast.tess.pk, "reason": "Board"})
    assert (again.status_code, again.json()["code"]) == (403, "access.first_director")
    found = {row["id"]: row["has_director"] for row in admin("get", "/offices").json()["items"]}
    assert found[pk] is True


def test_nobody_names_themself_unless_alone(cast, call, root):
    office = OrgUnit.objects.create(code="X", name="X", kind="enterprise", path="zzzz", office_id=0)
    path, body = f"/offices/{office.pk}/director", {"person_id": root.pk, "reason": "Me"}

    answer = call(root)("post", path, body)

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["alone"])
    assert call(root)("post", path, {**body, "alone": True}).status_code == 201


# People


def test_a_person_is_invited_moved_and_disabled(
    cast, call, root, django_capture_on_commit_callbacks
):
    ada = call(cast.ada)
    body = {"email": "vera@example.org", "full_name": "Vera Example", "unit_id": cast.unit.pk}

    with django_capture_on_commit_callbacks(execute=True):
        made = ada("post", "/people", body).json()

    assert (made["name"], made["unit"]["code"]) == ("Vera Example", "OPS")
    assert mail.outbox[-1].to == ["vera@example.org"]
    path = f"/people/{made['id']}"
    assert ada("patch", path, {"unit_id": cast.office.pk}).json()["unit"]["code"] == "PORT"
    assert ada("patch", path, {"full_name": "Vera Two"}).status_code == 403
    admin = call(root)
    assert admin("patch", path, {"full_name": "Vera Two"}).json()["name"] == "Vera Two"
    assert ada("post", f"{path}/invite").status_code == 200
    off = admin("post", f"{path}/active", {"active": False, "reason": "Left"})
    assert off.json()["is_active"] is False
    listed = ada("get", "/people?active=true").json()["items"]
    assert made["id"] not in [row["id"] for row in listed]


def test_an_administrator_sees_every_account(cast, call, root):
    found = call(root)("get", "/people?limit=200").json()["items"]

    assert {row["name"] for row in found} >= {"Ada Example", "Otto Example", "Nia Example"}
    assert all(row["email"] for row in found)


def test_roles_and_projects_of_a_person(cast, call):
    ada = call(cast.ada)

    roles = ada("get", f"/people/{cast.piet.pk}/roles").json()["items"]
    named = ada("get", f"/people/{cast.piet.pk}/projects").json()["items"]

    assert [(row["role"], row["where"]) for row in roles] == [("project_manager", "Harbour")]
    assert [row["code"] for row in named] == ["HARB"]
    assert call(cast.tess)("get", f"/people/{cast.piet.pk}/roles").json()["items"] == []


def test_delegations_of_a_person_are_read_by_whom_they_concern(cast, call):
    today = timezone.localdate()
    made = call(cast.piet)(
        "post",
        "/delegations",
        {
            "to_person_id": cast.tess.pk,
            "actions": "R",
            "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=5)).isoformat(),
            "reason": "Holiday",
        },
    )
    assert made.status_code == 201

    def seen(who, whose, query=""):
        found = call(who)("get", f"/people/{whose.pk}/delegations{query}").json()["items"]
        return [row["reason"] for row in found]

    assert seen(cast.piet, cast.piet) == seen(cast.tess, cast.piet) == ["Holiday"]
    assert seen(cast.piet, cast.tess, "?held=true") == ["Holiday"]
    assert seen(cast.ada, cast.piet) == ["Holiday"]
    assert seen(cast.sam, cast.piet) == []


def test_preferences_are_those_of_the_pages(cast, call, client):
    ada = call(cast.ada)
    body = {"theme": "dark", "columns": ["phase", "slip", "nonsense"]}

    kept = ada("patch", "/me/preferences", body).json()

    assert kept == {"theme": "dark", "columns": ["phase", "slip"], "view_id": None}
    assert ada("get", "/me/preferences").json() == kept
    assert ada("patch", "/me/preferences", {"view_id": 999}).status_code == 404


# Thresholds and health


def test_thresholds_are_tried_set_and_kept(cast, call):
    ada, today = call(cast.ada), timezone.localdate().isoformat()
    where = f"?office_id={cast.office.pk}"
    read = ada("get", f"/thresholds{where}")
    assert (read["ETag"], read.json()["number"]) == ('"v1"', 0)
    tried = ada("post", "/thresholds/preview", {"office_id": cast.office.pk, "rules": LIMITS})
    assert tried.status_code == 200
    body = {"office_id": cast.office.pk, "valid_from": today, "reason": "Board", "rules": LIMITS}

    assert ada("post", "/thresholds", body).status_code == 428
    assert not ThresholdPolicy.objects.exists()
    made = ada("post", "/thresholds", body, version=1)
    assert (made.status_code, made["ETag"], made.json()["set_by"]["name"]) == (
        201,
        '"v2"',
        "Ada Example",
    )
    stale = ada("post", "/thresholds", body, version=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "core.stale")
    assert "Ada Example: Board" in stale.json()["detail"]
    assert [row["number"] for row in ada("get", f"/thresholds/history{where}").json()["items"]] == [
        1
    ]


def test_a_roll_up_tells_budgets_only_to_who_may_read_them_all(cast, call, client):
    make_project(cast.portfolio, "BIG", "Big", state="executing", budget=Decimal(777_000))
    path = f"/portfolios/{cast.portfolio.pk}/health"

    told = call(cast.femi)("get", path).json()
    kept = call(cast.rosa)("get", path).json()

    assert (told["active"], kept["active"]) == (2, 2)
    assert sum(Decimal(part["budget"]) for part in told["rolled"][0]["parts"]) == 1_977_000
    assert {part["budget"] for row in kept["rolled"] for part in row["parts"]} == {None}
    assert {part["share_pct"] for row in kept["rolled"] for part in row["parts"]} == {None}
    for who, shown in ((cast.femi, True), (cast.rosa, False)):
        client.force_login(who)
        page = client.get(f"/performance/portfolios/{cast.portfolio.pk}/").content.decode()
        assert ("777k" in page or "€1.98M" in page) is shown


# The register


def test_objectives_of_a_portfolio_are_set_and_read_from_both_sides(cast, call):
    ada = call(cast.ada)
    goal = ada(
        "post", "/objectives", {"office_id": cast.office.pk, "code": "O1", "title": "Grow"}
    ).json()
    path = f"/portfolios/{cast.portfolio.pk}"
    version = ada("get", path).json()["version"]

    changed = ada("patch", path, {"objective_ids": [goal["id"]]}, version=version)

    assert changed.json()["objective_ids"] == [goal["id"]]
    read = ada("get", f"/objectives/{goal['id']}").json()
    assert [row["code"] for row in read["portfolios"]] == ["QUAY"]
    unseen = ada("patch", path, {"objective_ids": [999]}, version=changed.json()["version"])
    assert (unseen.status_code, list(unseen.json()["fields"])) == (422, ["objective_ids"])


def test_the_tree_is_that_of_the_register(cast, call):
    nodes = call(cast.ada)("get", "/register").json()["items"]

    assert [(node["depth"], node["kind"], node["code"]) for node in nodes] == [
        (0, "unit", "PORT"),
        (1, "unit", "OPS"),
        (2, "portfolio", "QUAY"),
        (3, "programme", "DEEP"),
        (4, "project", "HARB"),
    ]
    assert call(cast.otto)("get", "/register").json()["items"] == []


def test_places_and_next_states_say_what_the_pages_say(cast, call):
    ada, path = call(cast.ada), f"/projects/{cast.harbour.pk}"

    places = ada("get", f"{path}/places").json()["items"]
    steps = {row["state"]: row for row in ada("get", f"{path}/transitions").json()["items"]}

    assert [(row["portfolio"]["code"], row["valid_to"]) for row in places] == [("QUAY", None)]
    assert steps["on_hold"]["needs_reason"] is True
    assert {"may", "why_not", "missing", "who"} <= set(steps["on_hold"])
    closing = ada("get", f"/portfolios/{cast.portfolio.pk}/transitions").json()["items"]
    missing = next(row["missing"] for row in closing if row["state"] == "closed")
    assert any("project" in text for text in missing)
    assert ada("get", f"/programmes/{cast.programme.pk}/transitions").json()["total"] > 0
    assert ada("get", f"/programmes/{cast.programme.pk}/places").json()["items"] == []


def test_units_as_they_stood(cast, call):
    ada = call(cast.ada)
    fresh = ada("post", "/units", {"parent_id": cast.unit.pk, "code": "NEW", "name": "New"}).json()
    today = timezone.localdate()
    moved = ada(
        "post",
        f"/units/{fresh['id']}/move",
        {"parent_id": cast.office.pk, "from_day": today.isoformat(), "reason": "Better"},
        version=fresh["version"],
    )
    assert moved.status_code == 200

    def parents(query=""):
        rows = ada("get", f"/units{query}").json()["items"]
        return {row["code"]: row["parent_id"] for row in rows}

    assert parents()["NEW"] == cast.office.pk
    assert parents(f"?as_of={today - timedelta(days=1)}")["NEW"] == cast.unit.pk
    places = ada("get", f"/units/{fresh['id']}/places").json()["items"]
    assert [(row["parent"]["code"], row["reason"]) for row in places] == [("OPS", "Better")]


def test_the_record_of_a_project_on_a_day_hides_money_as_the_page_does(cast, call):
    path = f"/projects/{cast.harbour.pk}/record"

    told = call(cast.ada)("get", path).json()
    kept = call(cast.tess)("get", path).json()

    budget = {line["label"]: line["value"] for line in told["lines"]}["Budget"]
    hidden = {line["label"]: line["hidden"] for line in kept["lines"]}["Budget"]
    assert (budget, hidden) == ("1,200,000.00", True)
    before = call(cast.ada)("get", f"{path}?on=2020-01-01").json()
    assert (before["lines"], before["changes"]) == (None, [])


def test_a_snapshot_is_read_by_its_number(cast, call):
    ada, path = call(cast.ada), f"/projects/{cast.harbour.pk}/snapshots"
    first = ada("get", path).json()["items"][0]

    assert ada("get", f"{path}/{first['id']}").json() == first
    assert ada("get", f"{path}/999999").status_code == 404


# Plans


def test_a_plan_is_rescheduled_deleted_and_brought_back(cast, call, plan):
    piet = call(cast.piet)
    version = piet("get", plan).json()["plan_version"]
    tag = int(piet("get", plan)["ETag"].strip('"v'))

    assert piet("post", f"{plan}/reschedule", {"status_date": "2026-03-31"}).status_code == 428
    moved = piet("post", f"{plan}/reschedule", {"status_date": "2026-03-31"}, version=tag)
    assert (moved.status_code, moved.json()["plan_version"]) == (200, version + 1)

    tag = int(moved["ETag"].strip('"v'))
    assert piet("post", f"{plan}/delete", {"reason": "Wrong"}, version=tag + 1).status_code == 412
    gone = piet("post", f"{plan}/delete", {"reason": "Wrong"}, version=tag)
    assert (gone.status_code, ProjectPlan.objects.count()) == (200, 0)
    last = piet("get", f"{plan}/last-step").json()
    assert (last["kind"], last["reason"], last["can_be_undone"]) == ("deleted", "Wrong", True)

    assert piet("post", f"{plan}/undo").status_code == 200
    assert piet("get", plan).status_code == 200
    assert piet("post", f"{plan}/undo").status_code == 428


def test_a_task_is_read_with_its_baselines_and_the_file_is_compared(cast, call, plan):
    tess = call(cast.tess)

    task = tess("get", f"{plan}/tasks/2").json()
    told = tess("get", f"{plan}/reconciliation").json()

    assert {"reason", "baselines", "notes", "estimated"} <= set(task)
    assert len(told["differences"]) == told["differing"]
    assert tess("get", f"{plan}/tasks/999").status_code == 404


# Imports and published years


def test_an_empty_file_and_the_problems_are_those_of_the_pages(cast, call, client):
    ada = call(cast.ada)
    client.force_login(cast.ada)
    office = cast.office.pk

    answer = ada("get", f"/imports/template?office_id={office}&format=csv")

    assert answer.content == client.get(f"/imports/template/{office}/csv/").content
    job = ada.client.post(
        "/api/v1/imports",
        {"file": SimpleUploadedFile("a.csv", b"Code,Name\nX,\n"), "office_id": office},
        headers={"Authorization": f"Bearer {ada.secret}"},
    ).json()
    ada("post", f"/imports/{job['id']}/check", version=job["version"])
    lines = ada("get", f"/imports/{job['id']}/problems").content.decode("utf-8-sig").splitlines()
    assert lines[0] == '"Row","Code","Name","Field","Reason"'
    assert lines[1].startswith('2,"X"')


def test_published_years_are_those_in_sight(cast, call):
    load_years(
        actor=SYSTEM,
        files=[SourceFile("gmpp_2022.csv", PUBLISHED.encode())],
        today=timezone.localdate(),
    )
    office = OrgUnit.objects.get(pk=PublishedFile.objects.get().office_id)
    grace = person("Grace Example")
    appoint(grace, Role.DIR, ("org_unit", office.pk), office.pk, unit_scopes(office))

    years = call(grace)("get", "/published").json()["items"]

    assert [(year["year"], year["records"]) for year in years] == [(2022, 2)]
    path = f"/published/{years[0]['id']}"
    assert call(grace)("get", path).json()["year"] == 2022
    rows = call(grace)("get", f"{path}/records").json()["items"]
    assert {row["name"] for row in rows} == {"Harbour", "Pier"}
    assert call(cast.ada)("get", path).status_code == 404


def test_a_stranger_finds_nothing_by_number(cast, call):
    other = call(person("Zoe Example"))

    for path in (
        f"/people/{cast.piet.pk}/roles",
        f"/portfolios/{cast.portfolio.pk}/health",
        f"/units/{cast.unit.pk}/members",
        f"/projects/{cast.harbour.pk}/record",
    ):
        assert other("get", path).status_code == 404
