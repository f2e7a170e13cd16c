# SPDX-License-Identifier: Apache-2.0
"""Money is shown to whom the matrix opens the budget, and to nobody else, by any door."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.utils import timezone

from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.direction.performance.services import refresh_performance

DOORS = (
    "/",
    "/?columns=name,budget,forecast,variance",
    "/?sort=budget",
    "/export/?format=csv",
    "/map/",
    "/timeline/",
    "/projects/{}/",
    "/register/projects/{}/",
    "/api/v1/projects",
    "/api/v1/projects?sort=budget&columns=name,budget,forecast,variance",
    "/api/v1/projects/figures",
    "/api/v1/projects/export?format=csv",
    "/api/v1/projects/{}",
    "/api/v1/projects/{}/health",
    "/api/v1/projects/{}/record",
    "/api/v1/projects/{}/snapshots",
)
CANARIES = ("1200000", "1,200,000", "1260000", "1,260,000", "1.2M", "1.3M", "60,000")


@pytest.fixture
def rated(cast):
    refresh_performance(project_id=cast.harbour.pk, today=timezone.localdate())
    return cast


def read(client, cast, name, door):
    client.force_login(cast.people[name])
    answer = client.get(door.format(cast.harbour.pk))
    assert answer.status_code == 200
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("name", ["tess", "rosa"])
@pytest.mark.parametrize("door", DOORS)
def test_who_may_not_read_the_budget_sees_no_amount(client, rated, name, door):
    text = read(client, rated, name, door)

    assert [amount for amount in CANARIES if amount in text] == []


@pytest.mark.parametrize("name", ["ada", "piet", "femi", "sam"])
@pytest.mark.parametrize(
    "door", ["/", "/export/?format=csv", "/api/v1/projects", "/api/v1/projects/{}"]
)
def test_who_may_read_the_budget_sees_it(client, rated, name, door):
    text = read(client, rated, name, door)

    assert [amount for amount in CANARIES if amount in text] != []


@pytest.mark.parametrize(("name", "shown"), [("tess", False), ("femi", True)])
def test_costs_of_tasks_leave_with_the_file_only_for_who_reads_the_budget(
    client, rated, name, shown
):
    text = QUAY.replace("<WBS>2</WBS>", "<WBS>2</WBS><Cost>777700</Cost>")
    import_plan(
        actor=rated.piet.actor(),
        project=rated.harbour,
        source=BytesIO(text.encode()),
        file_name="quay.xml",
    )

    assert ("777700" in read(client, rated, name, "/plans/{}/download/")) is shown


@pytest.mark.parametrize("door", ["/plans/{}/download/", "/api/v1/projects/{}/plan/file"])
@pytest.mark.parametrize(
    ("name", "shown"),
    [("tess", False), ("sam", False), ("piet", True), ("rosa", True), ("ada", True)],
)
def test_addresses_leave_with_the_file_only_for_who_reads_people_as_resource(
    client, rated, name, shown, door
):
    text = QUAY.replace(
        "<Name>Dredger</Name>",
        "<Name>Dredger</Name><EmailAddress>canary@example.org</EmailAddress>",
    )
    import_plan(
        actor=rated.piet.actor(),
        project=rated.harbour,
        source=BytesIO(text.encode()),
        file_name="quay.xml",
    )

    assert ("canary@example.org" in read(client, rated, name, door)) is shown
