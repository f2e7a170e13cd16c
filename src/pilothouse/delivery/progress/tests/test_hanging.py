# SPDX-License-Identifier: Apache-2.0
"""What hangs on tasks that a file no longer has is told before the file is accepted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse

from cast import SYSTEM, make_project
from pilothouse.delivery.agile import services as agile
from pilothouse.delivery.dependencies.rules import Side
from pilothouse.delivery.dependencies.services import Proposal, propose_dependency
from pilothouse.delivery.estimates import services as estimates
from pilothouse.delivery.planning.services import (
    adoption_of,
    begin_plan,
    edit_plan,
    import_plan,
    look_at_arrival,
    make_sandbox,
    receive_plan,
)
from pilothouse.delivery.planning.tests.files import QUAY, document, task
from pilothouse.delivery.progress.models import TaskUpdate

FEWER = document(task(1, "Quay wall", hours=64) + task(3, "Drive piles", 2, 24))
"""Dredge, Survey and Quay ready are gone."""
SURVEY, READY = 4, 5


@pytest.fixture
def hung(cast):
    """A dependency, an estimate and an update of the survey; a release tied to the last milestone."""
    piet, harbour = cast.piet.actor(), cast.harbour
    import_plan(actor=piet, project=harbour, source=BytesIO(QUAY.encode()), file_name="quay.xml")
    other = make_project(cast.portfolio, "LAMPS", "Lamps", classification="confidential")
    begin_plan(actor=SYSTEM, project=other, start=date(2026, 3, 2))
    step = {"do": "add", "after": None, "tasks": [{"name": "Hang", "duration": "3d"}]}
    edit_plan(actor=SYSTEM, project=other, steps=[step])
    proposal = Proposal(harbour, SURVEY, other, 1, "Soundings", date(2026, 4, 1))
    propose_dependency(actor=SYSTEM, proposal=proposal, side=Side.GIVER)
    points = {"least": Decimal(1), "likely": Decimal(2), "most": Decimal(4)}
    asked = estimates.Asked(SURVEY, "days", "three_point", "budget", points, "As before")
    estimates.make_estimate(actor=piet, project=harbour, asked=asked, today=date(2026, 3, 2))
    TaskUpdate.objects.create(
        project=harbour,
        task_uid=SURVEY,
        task_name="Survey",
        person=cast.tess,
        entered_by=cast.tess,
        day=date(2026, 3, 2),
        door="page",
        percent=40,
    )
    agile.begin_backlog(actor=piet, project=harbour, values={"sprint_days": 14})
    values = {"name": "Spring tide", "start": date(2026, 3, 2), "milestone_uid": READY}
    agile.save_release(actor=piet, project=harbour, release=None, values=values)
    receive_plan(actor=piet, project=harbour, source=BytesIO(FEWER.encode()), file_name="fewer.xml")
    return cast


def test_what_hangs_on_tasks_that_a_sandbox_drops_is_told_before_it_is_adopted(hung, client):
    here = {"actor": hung.piet.actor(), "project": hung.harbour}
    sandbox = make_sandbox(**here, name="Less")
    edit_plan(**here, steps=[{"do": "delete", "uids": [SURVEY]}], sandbox=sandbox)

    [cut] = adoption_of(**here, sandbox=sandbox).cut

    assert (cut.uid, cut.task) == (SURVEY, "Survey")
    assert list(cut.hangs) == [
        "update of Tess Example that waits for a decision",
        "dependency: gives ‘Soundings’ to a confidential project",
        "1 estimate",
        "‘Quay ready’ waits for it",
    ]
    client.force_login(hung.piet)
    address = reverse("planning:sandbox-adopt", args=[hung.harbour.pk, sandbox.pk])
    page = client.get(address).content.decode()
    assert "Tasks that go" in page
    assert "gives ‘Soundings’ to a confidential project" in page


def test_what_hangs_on_tasks_that_go_is_told_before_the_file_is_accepted(hung, client):
    found = look_at_arrival(actor=hung.piet.actor(), project=hung.harbour)

    assert {uid: list(words) for uid, words in found.hanging.items()} == {
        SURVEY: [
            "update of Tess Example that waits for a decision",
            "dependency: gives ‘Soundings’ to a confidential project",
            "1 estimate",
        ],
        READY: ["release ‘Spring tide’"],
    }
    client.force_login(hung.piet)
    address = reverse("planning:arrival", args=[hung.harbour.pk])
    page = client.get(address, {"part": "hangs"}).content.decode()
    assert "Of the tasks that go, 2 have something hanging on them elsewhere" in page
    assert "gives ‘Soundings’ to a confidential project" in page
    assert "Lamps" not in page
