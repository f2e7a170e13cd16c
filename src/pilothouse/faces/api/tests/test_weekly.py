# SPDX-License-Identifier: Apache-2.0
"""Weekly updates by the API: all or none, one's own, decided once."""

from __future__ import annotations

import json

import pytest

from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.tests.harbour import lay_plan
from pilothouse.foundation.core import clock


@pytest.fixture
def uids(cast):
    return lay_plan(cast, clock.today())


def call(client, who, method, path, **body):
    client.force_login(who)
    return client.generic(
        method, f"/api/v1{path}", json.dumps(body) if body else b"", content_type="application/json"
    )


def said(cast, uids, name, **values):
    return {"project_id": cast.harbour.pk, "task_uid": uids[name], **values}


def test_a_week_is_read_reported_and_confirmed(cast, uids, client):
    week = call(client, cast.tess, "GET", "/me/week").json()["items"]
    assert [(row["name"], row["percent"], row["remaining_minutes"]) for row in week] == [
        ("Dredge", "0.00", 2400),
        ("Pour", "0.00", 2400),
        ("Cure", "0.00", 19200),
    ]

    sent = call(
        client,
        cast.tess,
        "POST",
        "/me/week",
        updates=[said(cast, uids, "Dredge", percent="60", need_help=True)],
    )

    assert (sent.status_code, sent.json()) == (201, {"updates": 1, "counted": 0})
    base = f"/projects/{cast.harbour.pk}/updates"
    (row,) = call(client, cast.piet, "GET", base).json()["items"]
    assert (row["person"]["name"], row["percent"], row["door"], row["need_help"]) == (
        "Tess Example",
        "60.00",
        "api",
        True,
    )
    done = call(client, cast.piet, "POST", f"{base}/confirm", update_ids=[row["id"]])
    assert (done.status_code, done.json()["updates"]) == (201, 1)
    again = call(client, cast.piet, "POST", f"{base}/confirm", update_ids=[row["id"]])
    assert (again.status_code, again.json()["code"]) == (409, "progress.decided")


def test_one_task_of_somebody_else_keeps_all_out(cast, uids, client):
    answer = call(
        client,
        cast.tess,
        "POST",
        "/me/week",
        updates=[
            said(cast, uids, "Dredge", percent="60"),
            said(cast, uids, "Survey", percent="60"),
        ],
    )

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [f"{cast.harbour.pk}.{uids['Survey']}.task"]
    assert TaskUpdate.objects.count() == 0


def test_the_team_lists_the_own_updates_only(cast, uids, client):
    call(client, cast.piet, "POST", "/me/week", updates=[said(cast, uids, "Survey", percent="20")])
    call(client, cast.tess, "POST", "/me/week", updates=[said(cast, uids, "Pour", remark="On")])

    found = call(client, cast.tess, "GET", f"/projects/{cast.harbour.pk}/updates").json()

    assert [row["task_name"] for row in found["items"]] == ["Pour"]
