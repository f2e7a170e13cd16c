# SPDX-License-Identifier: Apache-2.0
"""The match report of published portfolios on screen."""

from datetime import date

import pytest
from django.urls import reverse

from pilothouse.exchange.models import PublishedFile
from pilothouse.exchange.services import SourceFile, load_years
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes

from cast import appoint, person  # isort: skip

HEAD = "project_name,department,colour_rating,start_date,end_date,wlc_baseline (£m),year\n"
FIRST = "Harbour,MOD,Amber,01/02/2020,31/12/2025,120.5,2022\nPier,HO,Red,,,,2022\n"
SECOND = "Harbour,MOD,Green,01/02/2020,30/06/2027,130,2023\nQuay,HO,Blue,,,,2023\n"


@pytest.fixture
def years(db):
    load_years(
        actor=Actor.system("gmpp"),
        files=[
            SourceFile(f"gmpp_{year}.csv", (HEAD + lines).encode())
            for year, lines in ((2022, FIRST), (2023, SECOND))
        ],
        today=date(2026, 11, 25),
    )
    office = OrgUnit.objects.get(code="UKGOV")
    grace = person("Grace Example")
    appoint(grace, Role.DIR, ("org_unit", office.pk), office.pk, unit_scopes(office))
    return grace


def test_each_year_shows_its_source_licence_and_counts(client, years):
    client.force_login(years)

    html = client.get(reverse("exchange:published")).content.decode()

    assert "Open Government Licence v3.0" in html
    assert "gmpp_2022.csv" in html
    assert "as of 31 Mar 2023" in html


@pytest.mark.parametrize(
    ("show", "sentence"),
    [
        ("matched", "neither dates nor cost agree|same start"),
        ("left", "Pier"),
        ("notices", "“Blue” is no rating that is known"),
        ("doubts", "Nothing of this kind in this report."),
        ("nonsense", "Harbour"),
    ],
)
def test_the_report_of_a_year_lists_matches_doubts_and_notices(client, years, show, sentence):
    client.force_login(years)
    file = PublishedFile.objects.get(year=2023)

    html = client.get(reverse("exchange:published-year", args=[file.pk]) + f"?show={show}")

    assert any(part in html.content.decode() for part in sentence.split("|"))


def test_nobody_of_another_office_sees_the_report(client, cast, years):
    client.force_login(cast.ada)
    file = PublishedFile.objects.get(year=2023)

    assert client.get(reverse("exchange:published-year", args=[file.pk])).status_code == 404
    html = client.get(reverse("exchange:published")).content.decode()
    assert "gmpp_2022.csv" not in html
    assert "No published portfolio was loaded" in html


def test_the_report_asks_the_same_number_of_questions_for_any_length(
    client, years, django_assert_num_queries
):
    client.force_login(years)
    file = PublishedFile.objects.get(year=2023)
    client.get(reverse("exchange:published"))

    with django_assert_num_queries(6):
        client.get(reverse("exchange:published"))
    with django_assert_num_queries(11):
        client.get(reverse("exchange:published-year", args=[file.pk]))
