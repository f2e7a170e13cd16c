# SPDX-License-Identifier: Apache-2.0
"""Bad input to every operation: refused by a problem that names the field, never a fault of ours.

The operations, their parameters and the fields of their bodies are those of the OpenAPI document,
so that a new one is asked from its first day.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import walking
from walking import Line

from pilothouse.faces.api.api import schema

_, TABLE = walking.read_table()
LINES = {
    line.address.removeprefix("api:"): line
    for line in TABLE
    if line.address in walking.operations()
}
pytestmark = pytest.mark.django_db
MEGABYTE = "x" * 2**20
QUERY = (
    "x",
    "-1",
    "9" * 400,
    "1e9",
    "٣",
    "0001-01-01",
    "9999-99-99",
    "%00",
    "a" * 9000,
    "[]",
    "{}",
)
PLACES = ("0", "-1", "9" * 25, "9" * 400, "x", "%00", "1.5", "%2e%2e", "a" * 3000)
SCALARS: tuple[Any, ...] = (
    None,
    True,
    -1,
    5,
    2**70,
    1.5,
    "",
    "x",
    "x" * 30_000,
    "‮\r\n<script>",
    "9999-12-31",
    "0000-00-00",
    "2027-02-29",
    [],
    {},
    [[]],
    [None, {"a": 1}],
    {"a": {"b": []}},
    999_999_999,
)
RAW = (
    '{"%s": "a\\u0000b"}',
    '{"%s": "\\ud800"}',
    '{"%s": 1e400}',
    '{"%s": NaN}',
    '{"%s": -Infinity}',
    '{"%s": 1' + "0" * 5000 + "}",
    '{"%s": ' + "[" * 5000 + "]" * 5000 + "}",
)


def described() -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for methods in schema()["paths"].values()
        for operation in methods.values()
    }


OPERATIONS = described()


def fields_of(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of the JSON body of an operation; none where it takes none, or a file."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return {}
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return schema()["components"]["schemas"][name].get("properties", {})


def queries_of(operation: dict[str, Any]) -> list[str]:
    return [part["name"] for part in operation.get("parameters", ()) if part["in"] == "query"]


WITH_BODY = sorted(name for name, row in OPERATIONS.items() if fields_of(row))
WITH_QUERY = sorted(name for name, row in OPERATIONS.items() if queries_of(row))
WITH_PLACE = sorted(name for name in LINES if "{" in walking.operations()[f"api:{name}"][1])


def doer(house, line: Line):
    """Somebody who may, so that the value itself is looked at."""
    who = next((name for name in house.people if line.expected[name] in (200, 201, 204)), "ada")
    return house.browser(who)


def ask(house, line: Line, url: str, raw: str = "", kind: str = "application/json"):
    with walking.taken_back():
        return doer(house, line).generic(
            line.method, url, raw, content_type=kind, headers={"If-Match": '"v1"'}
        )


def require_proper(answer, what: str) -> None:
    """Done, or refused in the way of the house."""
    assert answer.status_code < 500, (what, answer.content[:500])
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json", what
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["detail"], what
        assert problem["code"], what


@pytest.mark.parametrize("name", WITH_PLACE)
def test_a_number_in_the_address_that_cannot_be_is_not_found(house, name):
    line = LINES[name]
    method, path = walking.operations()[f"api:{name}"]
    for text in PLACES:
        for place in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            url = walking.url_of(line, house.own, {place: text})
            answer = ask(house, line, url, "{}" if method != "GET" else "")
            require_proper(answer, url[:200])
            if place != "code":
                assert answer.status_code in (400, 404, 422, 428), url[:200]


@pytest.mark.parametrize("name", WITH_QUERY)
def test_a_parameter_that_cannot_be_is_refused_by_name(house, name):
    line = LINES[name]
    base, _, kept = walking.url_of(line, house.own).partition("?")
    sent = dict(part.split("=") for part in kept.split("&") if part)
    body = json.dumps(house.form(line, "")) if name in WITH_BODY else ""
    for parameter in queries_of(OPERATIONS[name]):
        for text in QUERY:
            query = "&".join(f"{key}={value}" for key, value in {**sent, parameter: text}.items())
            answer = ask(house, line, f"{base}?{query}", body)
            require_proper(answer, f"{name} {parameter}={text[:40]}")
            if answer.status_code == 422:
                assert list(answer.json()["fields"]) == [parameter]
        answer = ask(house, line, f"{base}?{kept}&{parameter}=1&{parameter}=2")
        assert answer.status_code == 400
        assert parameter in answer.json()["fields"]


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_value_of_the_wrong_kind_is_refused_by_its_field(house, name):
    line = LINES[name]
    url, body = walking.url_of(line, house.own), house.form(line, "")
    for field, described in fields_of(OPERATIONS[name]).items():
        for value in SCALARS:
            raw = json.dumps({**body, field: value})
            answer = ask(house, line, url, raw)
            require_proper(answer, f"{name} {raw[:120]}")
            if answer.status_code == 422:
                assert answer.json()["fields"], f"{name} {raw[:120]}"
        if described.get("type") in {"string", "integer", "boolean"}:
            answer = ask(house, line, url, json.dumps({**body, field: {"a": [1]}}))
            assert answer.status_code == 422
            assert [key.split(".")[0] for key in answer.json()["fields"]] == [field]


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_that_cannot_be_is_refused(house, name):
    line = LINES[name]
    url, body = walking.url_of(line, house.own), house.form(line, "")
    first = next(iter(fields_of(OPERATIONS[name])))
    for raw, status in (
        (json.dumps({**body, "nobody_knows": 1}), 422),
        (json.dumps({**body, first: MEGABYTE}), 413),
        (f'{{"{first}": 1, "{first}": 2}}', 400),
        ("[]", 400),
        ("{", 400),
        ('"x"', 400),
        ("\ufeff{}", 400),
        *((raw % first, 400) for raw in RAW),
    ):
        answer = ask(house, line, url, raw)
        require_proper(answer, f"{name} {raw[:80]}")
        assert answer.status_code == status, f"{name} {raw[:80]}"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        assert ask(house, line, url, json.dumps(body), kind).status_code == 415


def test_a_number_that_names_nothing_is_refused_by_its_field(house):
    """Fields that end in _id refer to another row."""
    asked = 0
    for name in WITH_BODY:
        line = LINES[name]
        url, body = walking.url_of(line, house.own), house.form(line, "")
        for field in fields_of(OPERATIONS[name]):
            if not field.endswith("_id"):
                continue
            asked += 1
            answer = ask(house, line, url, json.dumps({**body, field: 999_999_999}))
            require_proper(answer, f"{name} {field}")
            assert answer.status_code in (403, 404, 422), f"{name} {field}"
            if answer.status_code == 422:
                assert list(answer.json()["fields"]) == [field]
    assert asked > 30
