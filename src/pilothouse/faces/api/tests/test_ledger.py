# SPDX-License-Identifier: Apache-2.0
"""The ledger as another system posts it: once for each key, all or none."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from pilothouse.delivery.finance.models import Actual, FiscalPeriod, LedgerBatch
from pilothouse.delivery.finance.tests.ledgers import keep_rules
from pilothouse.foundation.accounts.services import create_token

pytestmark = pytest.mark.django_db
ROW = {
    "source_system": "SAP",
    "document_no": "1",
    "line_no": "1",
    "posting_date": "2026-03-16",
    "account": "6100",
    "project_code": "HARB",
    "amount": "10.00",
    "currency": "EUR",
}


@pytest.fixture
def femi(cast):
    keep_rules(cast)
    return by(cast.femi)


def by(user):
    _, secret = create_token(actor=user.actor(), user=user, name="t", may_write=True)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method, path, body=None, version=None):
        headers = {} if version is None else {"If-Match": f'"v{version}"'}
        answer = getattr(client, method)(
            f"/api/v1{path}", body, content_type="application/json", headers=headers
        )
        return answer.status_code, json.loads(answer.content)

    return call


def test_rows_are_posted_once_for_a_key(cast, femi):
    path = f"/offices/{cast.office.pk}/ledger-batches"
    body = {"name": "March", "key": "2026-03/1", "rows": [ROW], "control_totals": {"EUR": "10"}}

    status, first = femi("post", path, body)
    again = femi("post", path, body | {"name": "March, sent again"})
    other = femi("post", path, body | {"rows": [ROW | {"amount": "11.00"}]})

    assert (status, first["number"], first["again"]) == (201, 1, False)
    assert first["totals"][0]["mapped"] == {"rows": 1, "amount": "10"}
    assert (again[0], again[1]["id"], again[1]["again"]) == (201, first["id"], True)
    assert (other[0], other[1]["code"]) == (409, "finance.key_used")
    assert Actual.objects.count() == 1


def test_what_a_close_would_post_is_told_to_those_who_close_alone(cast, femi):
    path = f"/fiscal-periods/{FiscalPeriod.objects.get(name='2026-03').pk}/closing"

    status, problem = by(cast.ada)("get", path)

    assert (status, problem["code"]) == (403, "finance.office_not_allowed")
    assert femi("get", path)[0] == 200


def test_what_is_wrong_is_told_by_row_and_field_and_nothing_is_posted(cast, femi):
    path = f"/offices/{cast.office.pk}/ledger-batches"
    rows = [ROW, ROW | {"document_no": "2", "currency": "XXQ"}]

    status, problem = femi("post", path, {"name": "March", "rows": rows})
    tried = femi("post", path + "/try", {"name": "March", "rows": rows})

    assert (status, problem["code"]) == (422, "finance.ledger_rows")
    assert tried[1]["problems"] == [
        {
            "row": 2,
            "field": "currency",
            "reason": "‘XXQ’ is no currency that is kept here.",
        }
    ]
    assert LedgerBatch.objects.count() == 0


def test_what_waits_is_mapped_and_released_and_a_batch_is_taken_back(cast, femi):
    office = f"/offices/{cast.office.pk}"
    FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
    rows = [
        ROW,
        ROW | {"document_no": "2", "project_code": "X9"},
        ROW | {"document_no": "3", "posting_date": "2026-01-15"},
    ]
    _, batch = femi("post", office + "/ledger-batches", {"name": "March", "rows": rows})
    assert batch["state"] == "with_suspense"

    _, waits = femi("get", office + "/ledger-waiting")
    assert waits["items"][0] | {"amount": ""} == {
        "reason": "No project has the code X9.",
        "code": "X9",
        "account": "6100",
        "currency": "EUR",
        "amount": "",
        "rows": 1,
    }
    told = {"code": "X9", "project_id": cast.harbour.pk, "keep": True}
    assert femi("post", office + "/ledger-waiting/map", told) == (200, {"mapped": 1, "waiting": {}})
    march = FiscalPeriod.objects.get(name="2026-03").pk
    told = {"code": "HARB", "period_id": march, "reason": "Late invoice"}
    assert femi("post", office + "/ledger-waiting/release", told)[1]["mapped"] == 1
    _, sums = femi("get", f"/projects/{cast.harbour.pk}/actuals/sums?by=category")
    assert (sums["items"][0]["key"], sums["items"][0]["rows"]) == ("services", 3)
    path = f"/ledger-batches/{batch['id']}"
    version = femi("get", path)[1]["version"]
    assert femi("post", path + "/roll-back", {"reason": "Wrong"}, version - 1)[0] == 412
    status, batch = femi("post", path + "/roll-back", {"reason": "Wrong"}, version)
    assert (status, batch["state"]) == (200, "rolled_back")
    assert femi("get", f"/projects/{cast.harbour.pk}/actuals")[1]["total"] == 0


def test_the_team_sees_no_row(cast, femi):
    femi("post", f"/offices/{cast.office.pk}/ledger-batches", {"name": "March", "rows": [ROW]})
    only = Actual.objects.get()

    status, told = by(cast.piet)("get", f"/projects/{cast.harbour.pk}/actuals?account=61*")
    assert (status, told["items"][0]["id"]) == (200, only.pk)
    for path in (f"/projects/{cast.harbour.pk}/actuals", f"/actuals/{only.pk}"):
        assert by(cast.rosa)("get", path)[0] == 403
        assert by(cast.otto)("get", path)[0] == 404
