# SPDX-License-Identifier: Apache-2.0
"""Versions, repeated requests, fields that nobody may set, references out of sight."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cast import SYSTEM
from furnished import give_second_factor
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Portfolio, Project, Workstream
from pilothouse.foundation.accounts.models import IdempotentRequest, User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import AuditEvent


@pytest.fixture
def harbour(cast):
    return f"/projects/{cast.harbour.pk}"


def new_project(cast, **more):
    return {
        "portfolio_id": cast.portfolio.pk,
        "code": "NEW",
        "name": "New quay",
        "currency": "EUR",
        **more,
    }


# What is taken


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/projects", {"portfolio_id": "portfolio", "code": "HARB", "currency": "EUR"}, "code"),
        ("/portfolios", {"org_unit_id": "unit", "code": "QUAY", "currency": "EUR"}, "code"),
        ("/programmes", {"portfolio_id": "portfolio", "code": "DEEP"}, "code"),
        ("/units", {"parent_id": "office", "code": "OPS"}, "code"),
        ("/custom-fields", {"office_id": "office", "kind": "text", "label": "New quay"}, "label"),
    ],
)
def test_what_is_taken_is_told_of_its_field(cast, call, path, body, field):
    ada = call(cast.ada)
    named = {
        key: getattr(cast, value).pk if key.endswith("_id") else value
        for key, value in {"name": "New quay", **body}.items()
    }
    if path == "/custom-fields":
        named.pop("name")
        assert ada("post", path, named).status_code == 201

    answer = ada("post", path, named)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert answer.json()["fields"][field].startswith("There is already")


# Versions


def test_a_change_needs_the_version_it_was_made_from(cast, call, harbour):
    piet = call(cast.piet)

    answer = piet("patch", harbour, {"name": "Harbour II"})
    assert (answer.status_code, answer.json()["code"]) == (428, "api.if_match")

    read = piet("get", harbour)
    assert read["ETag"] == '"v1"'
    answer = piet("patch", harbour, {"name": "Harbour II"}, version=1)
    assert answer.status_code == 200
    assert answer["ETag"] == '"v2"'
    assert answer.json()["name"] == "Harbour II"


def test_a_stale_change_is_refused_and_names_who_was_first(cast, call, harbour):
    call(cast.piet)("patch", harbour, {"name": "Harbour II"}, version=1)

    answer = call(cast.ada)("patch", harbour, {"name": "Harbour III"}, version=1)

    assert answer.status_code == 412
    assert answer.json()["code"] == "core.stale"
    assert "Piet Example" in answer.json()["detail"]
    cast.harbour.refresh_from_db()
    assert cast.harbour.name == "Harbour II"


@pytest.mark.parametrize(
    "tag",
    ["1", "v1", '"1"', "*", '"v1", "v2"', '"v0"', '"v99999999999999"', '"v-1"', "\u00e9", '"'],
)
def test_a_malformed_version_is_a_mistake_of_the_caller(cast, call, harbour, tag):
    answer = call(cast.piet)("patch", harbour, {"name": "X"}, **{"If-Match": tag})

    assert answer.status_code == 400
    cast.harbour.refresh_from_db()
    assert cast.harbour.version == 1


def test_a_tag_weakened_by_compression_still_counts(cast, call, harbour):
    answer = call(cast.piet)("patch", harbour, {"name": "X"}, **{"If-Match": 'W/"v1"'})

    assert answer.status_code == 200


def test_a_change_leaves_its_trace_with_the_door_it_came_by(cast, call, harbour):
    call(cast.piet)("patch", harbour, {"name": "Harbour II", "reason": "Typo"}, version=1)

    event = AuditEvent.objects.filter(action="project.update").get()
    assert (event.actor_label, event.channel, event.reason) == ("Piet Example", "api", "Typo")
    assert (event.before, event.after) == ({"name": "Harbour"}, {"name": "Harbour II"})


# Repeated requests


def test_the_same_key_creates_once(cast, call):
    ada = call(cast.ada)

    first = ada("post", "/projects", new_project(cast), key="k-1")
    again = ada("post", "/projects", new_project(cast), key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first["ETag"] == again["ETag"] == '"v1"'
    assert again["Idempotency-Replayed"] == "true"
    assert Project.objects.filter(code="NEW").count() == 1


def test_the_same_key_for_another_request_is_refused(cast, call):
    ada = call(cast.ada)
    ada("post", "/projects", new_project(cast), key="k-1")

    answer = ada("post", "/projects", new_project(cast, code="NEW2"), key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (422, "accounts.key_reused")
    assert not Project.objects.filter(code="NEW2").exists()


def test_a_refused_request_does_not_use_up_its_key(cast, call):
    ada = call(cast.ada)
    assert ada("post", "/projects", new_project(cast, currency="XXX"), key="k").status_code == 422
    assert not IdempotentRequest.objects.exists()

    assert ada("post", "/projects", new_project(cast), key="k").status_code == 201


def test_a_key_belongs_to_its_person(cast, call):
    call(cast.ada)("post", "/projects", new_project(cast), key="k-1")

    answer = call(cast.piet)("post", "/projects", new_project(cast), key="k-1")

    # Piet cannot see the portfolio, and learns nothing from Ada's key.
    assert answer.status_code == 422
    assert "portfolio_id" in answer.json()["fields"]


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "\u00e9"])
def test_a_key_is_visible_text(cast, call, key):
    answer = call(cast.ada)("post", "/projects", new_project(cast), key=key)

    assert answer.status_code == 400
    assert not Project.objects.filter(code="NEW").exists()


# H21: fields that nobody may set


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 1),
        ("pk", 1),
        ("version", 9),
        ("office_id", 2),
        ("office", 2),
        ("portfolio", 2),
        ("portfolio_id", 2),
        ("programme_id", 1),
        ("state", "closed"),
        ("state_before_hold", "executing"),
        ("created_by", 1),
        ("created_by_id", 1),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("updated_by", 1),
        ("pm", {"id": 1}),
        ("stated_on", "2020-01-01"),
        ("approved", True),
        ("role", "pmo_director"),
        ("tenant", 2),
        ("__class__", "x"),
        ("portfolio__name", "x"),
    ],
)
def test_a_field_that_is_not_offered_is_refused(cast, call, harbour, name, value):
    ada = call(cast.ada)
    before = Project.objects.filter(pk=cast.harbour.pk).values().get()

    for body in ({name: value}, {"name": "Mine", name: value}):
        answer = ada("patch", harbour, body, version=1)
        assert answer.status_code == 422
        assert answer.json()["fields"].keys() == {name}

    assert Project.objects.filter(pk=cast.harbour.pk).values().get() == before


@pytest.mark.parametrize("name", ["state", "office_id", "id", "created_by", "version"])
def test_a_new_project_takes_no_such_field_either(cast, call, name):
    answer = call(cast.ada)("post", "/projects", new_project(cast, **{name: 1}))

    assert answer.status_code == 422
    assert not Project.objects.filter(code="NEW").exists()


# References


def test_an_object_out_of_sight_cannot_be_referred_to(cast, call, harbour):
    ada = call(cast.ada)

    for body, field in (
        (new_project(cast, portfolio_id=cast.other_portfolio.pk), "portfolio_id"),
        (new_project(cast, pm_id=cast.nia.pk), "pm_id"),
        (new_project(cast, pm_id=10**9), "pm_id"),
        (new_project(cast, programme_id=10**9), "programme_id"),
        (new_project(cast, calendar_id=10**9), "calendar_id"),
    ):
        answer = ada("post", "/projects", body)
        assert answer.status_code == 422
        assert answer.json()["fields"].keys() == {field}
    moved = ada(
        "post",
        f"{harbour}/move",
        {"portfolio_id": cast.other_portfolio.pk, "from_day": "2026-01-01"},
        version=1,
    )
    assert moved.status_code == 422
    cast.harbour.refresh_from_db()
    assert cast.harbour.portfolio_id == cast.portfolio.pk


def test_a_workstream_is_found_only_under_its_own_project(cast, call):
    other = projects.create_project(
        actor=SYSTEM,
        portfolio=cast.portfolio,
        values={"code": "X", "name": "X", "currency": cast.portfolio.currency},
    )
    stream = projects.save_workstream(
        actor=SYSTEM, project=other, workstream=None, values={"name": "Piles"}
    )
    piet = call(cast.piet)
    body = {"name": "Mine"}

    address = f"/projects/{cast.harbour.pk}/workstreams/{stream.pk}"
    assert piet("get", address).status_code == 404
    assert piet("patch", address, body, version=1).status_code == 404
    assert piet("post", f"{address}/void", {"reason": "x"}, version=1).status_code == 404
    assert Workstream.objects.get(pk=stream.pk).name == "Piles"


def test_an_approved_value_changes_for_whom_the_matrix_says_and_names_the_field(cast, call):
    address = f"/projects/{cast.harbour.pk}"
    both = {"budget": "1300000", "name": "Port", "reason": "Board"}

    for who in (cast.ada, cast.piet):
        refused = call(who)("patch", address, both, version=1)
        assert (refused.status_code, list(refused.json()["fields"])) == (403, ["budget"])
    refused = call(cast.femi)("patch", address, both, version=1)
    assert (refused.status_code, list(refused.json()["fields"])) == (403, ["name"])
    unsaid = call(cast.femi)("patch", address, {"budget": "1300000"}, version=1)
    assert (unsaid.status_code, list(unsaid.json()["fields"])) == (422, ["reason"])
    done = call(cast.femi)("patch", address, {"budget": "1300000", "reason": "Board"}, version=1)

    assert (done.status_code, done.json()["budget"], done.json()["name"]) == (
        200,
        "1300000",
        "Harbour",
    )


def test_an_administrator_sets_the_time_zone_by_its_version(cast, call):
    User.objects.filter(pk=cast.otto.pk).update(is_system_admin=True)
    admin = call(User.objects.get(pk=cast.otto.pk))
    assert admin("get", "/installation").json()["time_zone"] == "UTC"
    body = {"time_zone": "Europe/Oslo", "reason": "We are there"}

    assert admin("patch", "/installation", body, version=9).status_code == 412
    done = admin("patch", "/installation", body, version=1)

    assert (done.status_code, done.json()["time_zone"], done["ETag"]) == (
        200,
        "Europe/Oslo",
        '"v2"',
    )
    assert admin("patch", "/installation", {"time_zone": "Mars"}, version=2).status_code == 422


def test_an_administrator_asks_every_account_for_a_second_factor(cast, call):
    User.objects.filter(pk=cast.otto.pk).update(is_system_admin=True)
    otto = User.objects.get(pk=cast.otto.pk)
    give_second_factor(otto)
    admin, address = call(otto), "/installation/second-factor"
    told = admin("get", address)
    assert (told.json(), told["ETag"]) == (
        {"version": 1, "since": None, "bound": 8, "without": 7},
        '"v1"',
    )
    body = {"since": str(clock.today()), "reason": "Decided"}

    assert admin("patch", address, body, version=9).status_code == 412
    assert admin("patch", address, {"since": "2020-01-01"}, version=1).status_code == 422
    done = admin("patch", address, body, version=1)

    assert (done.status_code, done.json()["since"], done["ETag"]) == (200, body["since"], '"v2"')
    people = admin("get", f"{address}/people").json()
    assert people["total"] == 7
    assert "Otto Example" not in [row["name"] for row in people["items"]]
    sent = admin("post", f"{address}/reminders")
    assert (sent.status_code, sent.json()) == (201, {"mails": 7})
    again = admin("post", f"{address}/reminders")
    assert (again.status_code, again.json()["code"]) == (
        422,
        "organisation.second_factor_reminded",
    )


def test_a_director_asks_the_own_office_for_a_second_factor(cast, call):
    give_second_factor(cast.ada)
    ada, address = call(cast.ada), f"/offices/{cast.office.pk}/second-factor"
    day = str(clock.today() + timedelta(days=30))

    done = ada("patch", address, {"since": day}, version=1)

    assert (done.status_code, done.json()) == (
        200,
        {"version": 2, "since": day, "bound": 6, "without": 5},
    )
    assert ada("patch", address, {"since": None}, version=2).json()["fields"].keys() == {"reason"}
    assert ada("get", f"{address}/people").json()["total"] == 5
    assert ada("post", f"{address}/reminders").json() == {"mails": 5}
    assert call(cast.nia)("get", address).status_code == 404
    assert call(cast.piet)("patch", address, {"since": day}, version=2).status_code == 403


# Whole ways


def test_a_project_from_entry_to_planning(cast, call):
    ada = call(cast.ada)
    made = ada("post", "/projects", new_project(cast, size_class="S", budget="1000000.00"))
    assert made.status_code == 201
    project = made.json()
    assert (project["state"], project["phase"]) == ("authorised", "Initiation")
    address = f"/projects/{project['id']}"

    refused = ada("post", f"{address}/state", {"state": "initiating"}, version=1)
    assert refused.status_code == 422
    assert "no project manager is appointed" in refused.json()["detail"]

    changed = ada(
        "patch",
        address,
        {"pm_id": cast.piet.pk, "planned_start": "2027-01-04", "planned_finish": "2027-06-30"},
        version=1,
    )
    assert changed.status_code == 200
    moved = ada("post", f"{address}/state", {"state": "initiating"}, version=2)
    assert moved.json()["state"] == "initiating"
    steps = ada("get", f"{address}/state-changes").json()["items"]
    assert [(s["from_state"], s["to_state"], s["by"]) for s in steps] == [
        ("authorised", "initiating", "Ada Example")
    ]


def test_portfolio_and_programme_are_kept_through_the_api(cast, call):
    ada = call(cast.ada)

    made = ada(
        "post",
        "/portfolios",
        {
            "org_unit_id": cast.unit.pk,
            "parent_id": cast.portfolio.pk,
            "code": "SUB",
            "name": "Basin",
            "currency": "EUR",
            "budget_envelope": "5.50",
        },
    )
    assert made.status_code == 201
    number = made.json()["id"]
    assert made.json()["parent_id"] == cast.portfolio.pk
    assert Portfolio.objects.get(pk=number).path.startswith(cast.portfolio.path)
    active = ada("post", f"/portfolios/{number}/state", {"state": "active"}, version=1)
    assert active.json()["state"] == "active"
    programme = ada(
        "post", "/programmes", {"portfolio_id": number, "code": "P", "name": "Locks"}
    ).json()
    renamed = ada("patch", f"/programmes/{programme['id']}", {"name": "Gates"}, version=1)
    assert renamed.json()["portfolio"]["code"] == "SUB"
    assert renamed["ETag"] == '"v2"'


def test_roles_are_given_and_ended_through_the_api(cast, call):
    ada = call(cast.ada)
    body = {
        "person_id": cast.rosa.pk,
        "role": "steering_member",
        "scope_type": "project",
        "scope_id": cast.harbour.pk,
        "valid_from": "2026-01-01",
    }

    given = ada("post", "/role-assignments", body)
    assert given.status_code == 201
    twice = ada("post", "/role-assignments", body)
    assert (twice.status_code, twice.json()["code"]) == (422, "access.twice")
    address = f"/role-assignments/{given.json()['id']}"
    refused = call(cast.piet)("post", f"{address}/end", {"last_day": "2026-02-01"}, version=1)
    assert refused.status_code == 403
    ended = ada("post", f"{address}/end", {"last_day": "2026-02-01"}, version=1)
    assert ended.json()["valid_to"] == "2026-02-01"


def test_nobody_gives_a_role_to_themself_or_above_their_own(cast, call):
    for name, person, role in (
        ("ada", cast.ada, "finance"),
        ("piet", cast.tess, "sponsor"),
        ("piet", cast.tess, "pmo_director"),
        ("tess", cast.rosa, "viewer"),
    ):
        answer = call(cast.people[name])(
            "post",
            "/role-assignments",
            {
                "person_id": person.pk,
                "role": role,
                "scope_type": "project",
                "scope_id": cast.harbour.pk,
                "valid_from": "2026-01-01",
            },
        )
        assert answer.status_code == 403


def test_custom_fields_are_typed(cast, call, harbour):
    ada = call(cast.ada)
    made = ada(
        "post",
        "/custom-fields",
        {
            "office_id": cast.office.pk,
            "label": "Berth",
            "kind": "choice",
            "choices": ["North", "South"],
        },
    )
    assert made.json()["key"] == "berth"

    wrong = ada("patch", harbour, {"custom": {"berth": "West"}}, version=1)
    assert wrong.status_code == 422
    assert wrong.json()["fields"].keys() == {"custom.berth"}
    unknown = ada("patch", harbour, {"custom": {"other": 1}}, version=1)
    assert unknown.status_code == 422
    right = ada("patch", harbour, {"custom": {"berth": "North"}}, version=1)
    assert right.json()["custom"] == {"berth": "North"}


def test_a_calendar_is_made_and_replaced(cast, call):
    ada = call(cast.ada)
    day = [[480, 720], [780, 1020]]
    body = {
        "office_id": cast.office.pk,
        "name": "Day shift",
        "week": [day] * 5 + [[], []],
        "exceptions": [{"first": "2026-12-25", "last": "2026-12-26", "name": "Holidays"}],
    }

    made = ada("post", "/calendars", body)
    assert made.status_code == 201
    body.pop("office_id")
    replaced = ada(
        "put", f"/calendars/{made.json()['id']}", {**body, "is_default": True}, version=1
    )
    assert replaced.json()["is_default"] is True
    overlapping = ada(
        "put",
        f"/calendars/{made.json()['id']}",
        {**body, "week": [[[480, 720], [700, 1020]]] * 7},
        version=2,
    )
    assert overlapping.status_code == 422


def test_thresholds_are_followed_not_edited(cast, call):
    ada = call(cast.ada)
    address = f"/thresholds?office_id={cast.office.pk}"
    before = ada("get", address).json()
    assert before["number"] == 0
    limits = before["rules"][0]

    answer = ada(
        "post",
        "/thresholds",
        {
            "office_id": cast.office.pk,
            "valid_from": str(timezone.localdate()),
            "reason": "Stricter",
            "rules": [{"metric": limits["metric"], "green": "0", "amber": limits["amber"]}],
        },
        version=1,
    )

    assert answer.status_code == 201
    after = ada("get", address).json()
    assert after["number"] == 1
    assert after["rules"][0]["green"] == "0"
    assert ada("get", f"{address}&on=2025-12-31").json() == before
    body = {
        "office_id": cast.office.pk,
        "valid_from": str(timezone.localdate()),
        "reason": "Mine",
        "rules": [{"metric": limits["metric"], "green": "0"}],
    }
    assert call(cast.piet)("post", "/thresholds", body, version=2).status_code == 403
