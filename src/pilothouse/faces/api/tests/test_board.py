# SPDX-License-Identifier: Apache-2.0
"""The board of a plan by the API: columns, limits, moves."""

import pytest

from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.planning.tests.files import QUAY, upload


@pytest.fixture
def root(cast):
    import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(QUAY), file_name="quay.xml"
    )
    return f"/projects/{cast.harbour.pk}/plan/board"


def high(answer):
    return next(column for column in answer.json()["columns"] if column["key"] == "high")


def test_a_full_column_is_told_and_takes_another_task_only_when_that_is_said(call, cast, root):
    piet = call(cast.piet)
    move = {"by": "priority", "source": "normal", "target": "high"}

    limited = piet("put", f"{root}/limit", {"by": "priority", "column": "high", "most": 1})
    moved = piet("post", f"{root}/move", {"uid": 2, **move})
    full = piet("post", f"{root}/move", {"uid": 3, **move})
    over = piet("post", f"{root}/move", {"uid": 3, **move, "over": True})

    assert high(limited) == {
        "key": "high",
        "name": "High (600 to 799)",
        "held": 0,
        "limit": 1,
        "refusal": "",
    }
    assert (moved.status_code, moved.json()["words"]) == (200, "‘Dredge’: priority")
    assert (full.status_code, full.json()["code"]) == (422, "planning.board_limit")
    assert over.status_code == 200
    assert high(piet("get", f"{root}?by=priority"))["held"] == 2


def test_a_card_that_was_moved_meanwhile_is_a_conflict(call, cast, root):
    piet = call(cast.piet)
    move = {"uid": 2, "by": "priority", "source": "low", "target": "high"}

    answer = piet("post", f"{root}/move", move)

    assert (answer.status_code, answer.json()["code"]) == (409, "planning.card_moved")


def test_a_column_that_cannot_be_reached_says_so(call, cast, root):
    told = call(cast.tess)("get", root).json()

    (late,) = [column for column in told["columns"] if column["key"] == "late"]
    assert "cannot be moved there" in late["refusal"]
