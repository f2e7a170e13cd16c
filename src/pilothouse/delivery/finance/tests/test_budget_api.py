# SPDX-License-Identifier: Apache-2.0
"""Budgets, draws and funding by the API: the same services, decimals as text, versions asked for."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pilothouse.delivery.finance.models import Budget, FundingRelease
from pilothouse.delivery.finance.tests.books import Books
from pilothouse.delivery.finance.tests.budgeting import released

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(cast):
    return Books(cast)


@pytest.fixture
def api(client, cast):
    """Ask as somebody; the version that was read goes along, or none."""

    def ask(who, method, path, body=None, version=None):
        client.force_login(cast.people[who])
        headers = {"If-Match": f'"v{version}"'} if version else {}
        return client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers=headers,
        )

    return ask


def test_a_budget_goes_its_way_by_the_api(cast, books, api):
    project = f"/projects/{cast.harbour.pk}/budgets"
    made = api("piet", "POST", project, {"start": "empty", "reason": "The case"}).json()
    one = f"/budgets/{made['id']}"
    row = {
        "wbs": "1.1",
        "category": "services",
        "nature": "capex",
        "cells": [
            {"period_id": books.months[3].pk, "amount": "400.50"},
            {"period_id": books.months[4].pk, "amount": 200},
        ],
    }

    assert api("piet", "PUT", f"{one}/lines", {"rows": [row]}).status_code == 428
    kept = api("piet", "PUT", f"{one}/lines", {"rows": [row]}, version=1).json()
    assert (kept["cells_changed"], kept["totals"]["bac"], kept["version"]) == (2, "600.5000", 2)
    again = api("piet", "PATCH", one, {"contingency": "60"}, version=2).json()
    assert (again["totals"]["contingency_left"], again["version"]) == ("60.0000", 3)
    assert api("piet", "POST", f"{one}/submit", version=3).json()["state"] == "submitted"
    assert api("femi", "POST", f"{one}/endorse").status_code == 428
    assert api("femi", "POST", f"{one}/endorse", version=3).status_code == 412
    assert api("femi", "POST", f"{one}/return", {"reason": "x"}).status_code == 428
    assert api("femi", "POST", f"{one}/return", {"reason": "x"}, version=3).status_code == 412
    assert api("femi", "POST", f"{one}/endorse", version=4).json()["state"] == "endorsed"
    assert api("sam", "POST", f"{one}/approve").status_code == 428
    assert api("sam", "POST", f"{one}/approve", version=4).status_code == 412
    done = api("sam", "POST", f"{one}/approve", version=5).json()
    assert (done["state"], done["approved_by"]["name"]) == ("approved", "Sam Example")
    assert done["warning"].startswith("The budget of EUR 660.50 is EUR 660.50 above the funding")

    found = api("sam", "GET", one).json()
    assert found["spread"] == [{"category": "services", "capex": "600.5000", "opex": "0"}]
    (line,) = api("sam", "GET", f"{one}/lines").json()["items"]
    assert line["cells"][0] == {
        "period_id": books.months[3].pk,
        "amount": "400.5000",
        "own_amount": "400.5000",
    }
    other = api(
        "femi",
        "POST",
        f"{one}/reclassify",
        {"wbs": "1.1", "category": "services", "nature": "capex", "reason": "The audit"},
        version=6,
    )
    assert other.status_code == 200
    assert api("sam", "GET", one).json()["spread"][0]["opex"] == "600.5000"


def test_rows_that_cannot_be_are_told_by_number_and_nothing_is_kept(cast, books, api):
    project = f"/projects/{cast.harbour.pk}/budgets"
    made = api("piet", "POST", project, {"start": "empty"}).json()
    row = {"category": "services", "nature": "capex"}
    cell = {"period_id": books.months[3].pk, "amount": "1.001"}

    refused = api(
        "piet",
        "PUT",
        f"/budgets/{made['id']}/lines",
        {"rows": [{**row, "wbs": "1"}, {**row, "cells": [cell]}]},
        version=1,
    )

    assert refused.status_code == 422
    assert refused.json()["code"] == "finance.lines"
    assert refused.json()["fields"]["row_2"].startswith("the amount of 2026-03 has more than 2")
    cell["amount"] = "-1"
    body = {"rows": [{**row, "cells": [cell]}]}
    assert api("piet", "PUT", f"/budgets/{made['id']}/lines", body, version=1).status_code == 422
    assert Budget.objects.get().version == 1


def test_a_copy_and_what_differs_are_told(cast, books, api):
    project = f"/projects/{cast.harbour.pk}/budgets"
    first = api("piet", "POST", project, {"reason": "The case"}).json()
    assert first["totals"]["undistributed"] == "1200000.00"
    api("piet", "POST", f"/budgets/{first['id']}/withdraw", {"reason": "Anew"}, version=1)
    second = api("piet", "POST", project, {"start": "empty"}).json()
    row = {
        "category": "travel",
        "nature": "opex",
        "cells": [{"period_id": books.months[3].pk, "amount": "7"}],
    }
    api("piet", "PUT", f"/budgets/{second['id']}/lines", {"rows": [row]}, version=1)

    found = api("sam", "GET", f"{project}/comparison?one=1&other=2").json()

    assert [one["difference"] for one in found["rows"]] == ["7.0000"]
    assert found["other"]["totals"]["total"] == "7.0000"
    assert [one["number"] for one in api("sam", "GET", project).json()["items"]] == [2, 1]


def test_a_draw_goes_its_way_by_the_api(cast, books, api):
    Budget.objects.create(
        project=cast.harbour,
        number=1,
        state="approved",
        currency_id="EUR",
        undistributed=900,
        contingency=60,
    )
    project = f"/projects/{cast.harbour.pk}/draws"
    asked = {
        "reserve": "contingency",
        "amount": "20",
        "cites": "risk",
        "cited": "R-7",
        "reason": "Rock",
        "category": "services",
        "nature": "capex",
        "period_id": books.months[4].pk,
    }

    made = api("piet", "POST", project, asked).json()
    one = f"/draws/{made['id']}"
    refused = api("piet", "POST", f"{one}/approve", version=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "finance.draw_above_limit")
    done = api("sam", "POST", f"{one}/approve", {"note": "Go on"}, version=1).json()
    assert (done["state"], done["own_limit"], done["decision_reason"]) == (
        *("approved", False),
        "Go on",
    )
    (told,) = api("femi", "GET", project).json()["items"]
    assert told["decided_by"]["name"] == "Sam Example"


def test_funding_goes_its_way_by_the_api(cast, api):
    project = f"/projects/{cast.harbour.pk}"
    asked = {"gate": "Gate 2", "amount": "300", "first": "2026-01-01", "last": "2099-06-30"}

    made = api("piet", "POST", f"{project}/funding-releases", asked).json()
    one = f"/funding-releases/{made['id']}"
    api("piet", "PUT", one, {**asked, "amount": "250"}, version=1)
    assert api("sam", "POST", f"{one}/approve", version=2).json()["state"] == "approved"
    assert api("femi", "POST", f"{one}/release").status_code == 428
    assert api("femi", "POST", f"{one}/release", version=2).status_code == 412
    assert api("femi", "POST", f"{one}/release", version=3).json()["state"] == "released"
    found = api("piet", "GET", f"{project}/funding").json()
    assert found["available"]["available"] == "250.0000"

    late = released(cast, 100, first=date(2099, 7, 1), last=date(2099, 12, 31))
    carry = {"to_id": late.pk, "reason": "Steel is late"}
    assert api("sam", "POST", f"{one}/carry", carry).status_code == 428
    assert api("sam", "POST", f"{one}/carry", carry, version=2).status_code == 412
    done = api("sam", "POST", f"{one}/carry", carry, version=4).json()
    assert done["lasts_until"] == "2099-12-31"
    gone = api("sam", "POST", f"{one}/withdraw", {"reason": "Cut"}, version=5).json()
    assert (gone["state"], gone["lapsed"]) == ("withdrawn", "250.0000")
    assert FundingRelease.objects.get(pk=late.pk).state == "released"
