# SPDX-License-Identifier: Apache-2.0
"""A register leaves as a file that calculates nothing and tells no secret."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from cast import appoint, person
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role

pytestmark = pytest.mark.django_db


def rows_of(client, **query):
    answer = client.get(reverse("raid:export", args=["csv"]), query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_register_leaves_as_it_is_narrowed(raid, client):
    risk = raid.risk("Crane late", category="Supplier", tags="steel")
    raid.rate(risk, probability=4, time=5)
    raid.risk("Fog")
    client.force_login(raid.cast.piet)

    (row,) = rows_of(client, project=raid.cast.harbour.pk, kind="risk", show="high")

    told = [row[name] for name in ("Place", "Code", "Title", "Score", "Rating", "Tags")]
    assert told == ["HARB", "R-1", "Crane late", "20", "Very high", "steel"]


def test_no_cell_calculates(raid, client):
    raid.risk("=1+1", description="@SUM(A1)")
    client.force_login(raid.cast.piet)

    (row,) = rows_of(client, project=raid.cast.harbour.pk)

    assert (row["Title"], row["Description"]) == ("'=1+1", "'@SUM(A1)")


def test_a_confidential_entry_leaves_by_its_number_alone(raid, client):
    harbour, reader = raid.cast.harbour, person("Rita Reader")
    appoint(reader, Role.FIN, ("project", harbour.pk), raid.cast.office.pk, project_scopes(harbour))
    raid.risk("Zebra layoffs", confidential=True, tags="zebra", cause="Zebra")
    client.force_login(reader)

    (row,) = rows_of(client, project=harbour.pk)

    assert {name: value for name, value in row.items() if value} == {
        "Place": "HARB",
        "Code": "R-1",
        "Kind": "Risk",
        "Confidential": "Yes",
    }


def test_a_workbook_leaves_too_and_nothing_else(raid, client):
    raid.risk("Crane late")
    client.force_login(raid.cast.piet)

    answer = client.get(reverse("raid:export", args=["xlsx"]))

    assert answer.content[:2] == b"PK"
    assert client.get(reverse("raid:export", args=["pdf"])).status_code == 404


def test_a_register_out_of_sight_is_not_found(raid, client):
    client.force_login(raid.cast.otto)

    answer = client.get(reverse("raid:export", args=["csv"]), {"project": raid.cast.harbour.pk})

    assert answer.status_code == 404
