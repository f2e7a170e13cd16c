# SPDX-License-Identifier: Apache-2.0
"""H22, H27: input that wants to break a parser, a check or a column ends in 4xx, never in 5xx."""

import json

import pytest
from django.test import Client

from pilothouse.delivery.projects.models import Project
from pilothouse.faces.api.api import schema


@pytest.fixture
def harbour(cast):
    return f"/projects/{cast.harbour.pk}"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("[" * 100_000, 400),
        ('{"custom":' * 100_000, 400),
        ('{"custom":' * 33 + "1" + "}" * 33, 400),
        ('{"budget": ' + "9" * 5001 + "}", 400),
        ('{"budget": NaN}', 400),
        ('{"budget": Infinity}', 400),
        ('{"budget": -Infinity}', 400),
        ('{"budget": 1e400}', 400),
        ('{"budget": 1e29}', 422),
        ('{"budget": 0.001}', 422),
        ('{"budget": "NaN"}', 422),
        ('{"budget": "1e400"}', 422),
        ('{"budget": 10000000000000000}', 422),
        ('{"name": "a\\u0000b"}', 400),
        ('{"name": "\\u008c\\u009d"}', 400),
        ('{"name": "a\\u001b[2J"}', 400),
        ('{"name": "\\ud800"}', 400),
        ('{"na\\u0000me": "x"}', 400),
        ('{"planned_start": "10000-01-01"}', 422),
        ('{"planned_start": "0001-01-01"}', 422),
        ('{"planned_start": "2027-02-29"}', 422),
        ('{"planned_start": 1e12}', 422),
        ('{"planned_start": 0}', 422),
        ('{"planned_start": "2026-01-01T00:00:00"}', 422),
        ('{"pm_id": 99999999999999999999}', 422),
        ('{"pm_id": -1}', 422),
        ('{"pm_id": true}', 422),
        ('{"pm_id": "1"}', 422),
        ('{"pm_id": [1, 2]}', 422),
        ('{"name": null}', 422),
        ('{"name": ""}', 422),
        ('{"name": {"$ne": ""}}', 422),
        ('{"custom": null}', 422),
        ('{"custom": {"a": {"b": 1}}}', 422),
        ('{"currency": "\\u0130\\u0130\\u0130"}', 422),
        ('{"name": "a", "name": "b"}', 400),
        ('{"stated_colour": "purple"}', 422),
        ('{"strategic_critical": "yes"}', 422),
        ("[]", 400),
        ("null", 400),
        ('"text"', 400),
        ("{", 400),
        ("", 422),
        ('{"name": "' + "x" * 301 + '"}', 422),
        ('{"name": "' + '\\"' * 100_000, 400),
        ('{"a": "\\', 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_hostile_body_is_refused_and_changes_nothing(cast, call, harbour, raw, status):
    before = Project.objects.filter(pk=cast.harbour.pk).values().get()

    answer = call(cast.ada)("patch", harbour, raw=raw, version=1)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert Project.objects.filter(pk=cast.harbour.pk).values().get() == before


def test_a_body_that_is_not_json_is_another_medium(cast, call, harbour):
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "x/y"):
        answer = call(cast.ada)(
            "patch", harbour, {"name": "X"}, version=1, **{"Content-Type": kind}
        )
        assert answer.status_code == 415


def test_a_body_in_another_encoding_is_refused(cast, call, harbour):
    for raw in (b'{"name": "\xff"}', '{"name": "x"}'.encode("utf-16")):
        assert call(cast.ada)("patch", harbour, raw=raw, version=1).status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/mixed",
    ],
)
@pytest.mark.parametrize("path", ["/imports", "/projects/1/plan"])
def test_a_form_without_its_boundary_is_refused(cast, call, path, kind):
    answer = call(cast.piet)("post", path, raw=b"--y\r\n\r\n", **{"Content-Type": kind})

    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"


def test_a_large_body_is_refused_unread(cast, call, harbour):
    raw = json.dumps({"purpose": "x" * (1024 * 1024)})

    assert call(cast.ada)("patch", harbour, raw=raw, version=1).status_code == 413


def test_a_length_that_is_no_number_is_refused(cast, call):
    caller = call(cast.ada)

    for length in ("-1", "1e3", "9" * 30, "\u0661"):
        answer = Client().get(
            "/api/v1/me",
            headers={"Authorization": f"Bearer {caller.secret}"},
            CONTENT_LENGTH=length,
        )
        assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=1e3",
        "limit=" + "9" * 5000,
        "page=0",
        "page=-1",
        "page=100001",
        "limit=10&limit=20",
        "page=1&page=1",
        "x=%00",
        "%00=x",
        "x=%1b",
    ],
)
def test_a_hostile_query_is_refused(cast, call, query):
    assert call(cast.ada)("get", f"/portfolios?{query}").status_code in {400, 422}


def test_paging_is_stable_and_says_what_follows(cast, call):
    ada = call(cast.ada)
    names, address = [], "/people?limit=3"
    while address:
        answer = ada("get", address).json()
        names += [person["name"] for person in answer["items"]]
        address = (answer["next"] or "").removeprefix("/api/v1")

    assert names == [f"{name} Example" for name in ("Ada", "Femi", "Piet", "Rosa", "Sam", "Tess")]
    assert (answer["total"], answer["pages"], answer["page"]) == (6, 2, 2)
    beyond = ada("get", "/people?page=100000&limit=200")
    assert beyond.json()["items"] == []


@pytest.mark.parametrize(
    "path", ["", "/", "/projects/0", "/projects/" + "9" * 400, "/nothing", "/projects/1/nothing"]
)
def test_what_is_not_there_is_a_problem_document(cast, call, path):
    answer = call(cast.ada)("get", path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_method_that_is_not_declared_is_refused_with_those_that_are(cast, call, harbour):
    caller = call(cast.ada)

    for method in ("delete", "put", "trace", "options", "head", "propfind"):
        answer = caller(method, harbour)
        assert answer.status_code == 405
        assert set(answer["Allow"].split(", ")) == {"GET", "PATCH"}


def test_a_failure_tells_nothing_of_the_inside(cast, call, harbour, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret path /srv/pilothouse")

    monkeypatch.setattr("pilothouse.faces.api.endpoints.projects.get_project", broken)

    answer = call(cast.ada)("get", harbour)

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_the_description_says_in_which_form_refusals_come():
    for methods in schema()["paths"].values():
        for operation in methods.values():
            kinds = {
                kind
                for status, answer in operation["responses"].items()
                if int(status) >= 400
                for kind in answer["content"]
            }
            assert kinds == {"application/problem+json"}, operation["operationId"]
            if "requestBody" in operation:
                assert {413, 415} <= set(map(int, operation["responses"]))


def test_the_description_says_how_versions_and_days_are_written():
    update = schema()["paths"]["/api/v1/projects/{project_id}"]["patch"]
    tag = next(value for value in update["parameters"] if value["name"] == "If-Match")
    day = schema()["components"]["schemas"]["ProjectMove"]["properties"]["from_day"]

    assert tag["required"] is True
    assert tag["schema"]["anyOf"][0]["pattern"].endswith('"$')
    assert day["pattern"].startswith("^(19|20|21)")


def test_the_description_names_no_model_whole():
    document = schema()

    offered = document["components"]["schemas"]["ProjectPatch"]["properties"]
    assert not {"id", "version", "state", "office_id", "created_by"} & set(offered)
    assert all(
        body.get("additionalProperties") is False
        for name, body in document["components"]["schemas"].items()
        if name.endswith(("In", "Patch", "New", "Move", "Fields", "Void"))
    )
