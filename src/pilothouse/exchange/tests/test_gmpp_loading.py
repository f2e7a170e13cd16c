# SPDX-License-Identifier: Apache-2.0
"""The shipped years of the Government Major Projects Portfolio in the register."""

import gzip
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from pilothouse.delivery.projects.models import Placement, Portfolio, Project, StateChange
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.exchange.gmpp.loading import SourceFile, load_years, shipped_files
from pilothouse.exchange.models import PublishedFile, PublishedRecord
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import OrgUnit

LOADER = Actor.system("gmpp")
TODAY = date(2026, 11, 25)
YEARS = {2014: 199, 2016: 143, 2017: 143, 2019: 133, 2020: 125, 2022: 235, 2023: 244}

HEAD = "project_name,department,colour_rating,start_date,end_date,wlc_baseline (£m),year\n"


def plain_year(year, *lines):
    return SourceFile(f"gmpp_{year}.csv", (HEAD + "\n".join(lines)).encode())


def test_all_shipped_years_become_snapshots_of_recognised_projects(db):
    report = load_years(actor=LOADER, files=shipped_files(), today=TODAY)

    assert report.years == list(YEARS)
    assert (report.entered, report.snapshots) == (559, 1539)
    assert dict(report.methods) == {
        "new": 559,
        "number": 277,
        "name": 325,
        "name, successor department": 18,
        "name without abbreviations": 25,
        "former name": 2,
        "similar name": 16,
    }
    office = OrgUnit.objects.get(code="UKGOV")
    assert "Open Government Licence v3.0" in office.attribution
    assert {
        file.year: (file.status_date, file.records.count())
        for file in PublishedFile.objects.filter(office=office)
    } == {
        2014: (date(2013, 9, 30), 199),
        2016: (date(2015, 9, 30), 143),
        2017: (date(2016, 9, 30), 143),
        2019: (date(2018, 9, 30), 133),
        2020: (date(2019, 9, 30), 125),
        2022: (date(2022, 3, 31), 235),
        2023: (date(2023, 3, 31), 244),
    }
    _the_register_shows_the_last_year(office)
    _a_project_keeps_its_record_through_departments_and_numbers()
    _a_project_that_left_is_closed_and_may_come_back()
    _a_second_load_changes_nothing(report)


def _the_register_shows_the_last_year(office):
    latest = PerformanceSnapshot.objects.filter(valid_to=None, in_portfolio=True)
    assert latest.count() == 244
    assert set(latest.values_list("kind", "status_date")) == {("published", date(2023, 3, 31))}
    assert Project.objects.filter(office_id=office.pk).exclude(state="closed").count() == 244
    assert Project.objects.filter(office_id=office.pk, state="closed").count() == 315
    assert Portfolio.objects.get(code="BIS").name == (
        "Department for Business, Innovation and Skills"
    )
    assert {"BIS", "BEIS", "DBT", "DECC", "DESNZ", "DSIT"} <= set(
        Portfolio.objects.values_list("code", flat=True)
    )


def _a_project_keeps_its_record_through_departments_and_numbers():
    project = Project.objects.get(code="BIS_0015_1516-Q1")
    rows = list(project.snapshots.order_by("status_date"))

    assert project.name == "Local Land Charges (LLC) Programme"
    assert [
        (row.status_date, row.portfolio.code, row.stated_label, row.slip_days, row.budget)
        for row in rows
    ] == [
        (date(2015, 9, 30), "BIS", "Amber/Red", 0, Decimal("193300000")),
        (date(2016, 9, 30), "BEIS", "Amber", 1968, Decimal("193300000")),
        (date(2018, 9, 30), "BEIS", "Amber", 1968, Decimal("193300000")),
        (date(2019, 9, 30), "BEIS", "Amber", 1968, Decimal("193300000")),
        (date(2022, 3, 31), "HMLR", "Amber", 3198, Decimal("331000000")),
        (date(2023, 3, 31), "HMLR", "Amber", 3198, Decimal("331000000")),
    ]
    assert [row.stated for row in rows] == ["amber"] * 6
    assert rows[0].valid_to == rows[1].status_date
    slip = rows[4].reasons["schedule"]["metrics"][0]
    assert slip["note"] == (
        "The approved finish is the first end date that was published, 28 Jun 2018 in the report "
        "of 2016; reports give no other baseline."
    )
    assert rows[0].figures[:2] == [
        {
            "key": "year_budget",
            "label": "Budget of the year",
            "value": "5500000.00",
            "unit": "GBP",
            "words": "",
        },
        {
            "key": "year_forecast",
            "label": "Forecast of the year",
            "value": "5500000.00",
            "unit": "GBP",
            "words": "",
        },
    ]
    assert rows[0].forecast_cost is None, "a forecast of the year is no whole-life forecast"
    assert set(rows[5].comments) >= {"Description", "Delivery confidence", "Schedule", "Benefits"}
    assert list(
        Placement.objects.filter(project=project).values_list("portfolio__code", "valid_from")
    ) == [
        ("BIS", date(2015, 9, 30)),
        ("BEIS", date(2016, 9, 30)),
        ("HMLR", date(2022, 3, 31)),
    ]
    crick = PublishedRecord.objects.filter(name__startswith="The Francis Crick Institute")
    assert crick.values("project").distinct().count() == 1


def _a_project_that_left_is_closed_and_may_come_back():
    project = Project.objects.get(name="Green Investment Bank")
    closing = project.snapshots.get(status_date=date(2015, 9, 30))
    assert (closing.in_portfolio, closing.stated, closing.stated_label) == (
        False,
        "grey",
        "Left the portfolio",
    )
    assert closing.valid_to is None
    came, left = StateChange.objects.filter(project=project)
    assert (came.to_state, timezone.localdate(came.at)) == ("executing", date(2013, 9, 30))
    assert (left.to_state, timezone.localdate(left.at)) == ("closed", date(2015, 9, 30))
    assert left.reason == "Last published in the report of 2014; why it left is not published."
    reform = PerformanceSnapshot.objects.filter(
        project__snapshots__in_portfolio=False, project__name="HMCTS Reform", valid_to=None
    )
    assert reform.get().in_portfolio is True


def _a_second_load_changes_nothing(report):
    audits = AuditEvent.objects.count()

    again = load_years(actor=LOADER, files=shipped_files(), today=TODAY)

    assert again.years == []
    assert len(again.skipped) == 7
    assert PerformanceSnapshot.objects.count() == report.snapshots
    assert AuditEvent.objects.count() == audits


@pytest.mark.shared_data
def test_the_shipped_files_are_the_published_ones_byte_for_byte(shared_data):
    folder = shared_data / "real_portfolios" / "uk_gmpp"

    assert {path.name: gzip.decompress(path.read_bytes()) for path in shipped_files()} == {
        f"uk_gmpp_{year}.csv.gz": (folder / f"uk_{year}.csv").read_bytes() for year in YEARS
    }


def test_a_later_year_is_added_to_what_is_there(db):
    first = plain_year(
        2022, "Harbour,MOD,Amber,01/02/2020,31/12/2025,120.5,2022", "Pier,HO,Red,,,,2022"
    )
    load_years(actor=LOADER, files=[first], today=TODAY)

    report = load_years(
        actor=LOADER,
        files=[plain_year(2023, "Harbour,DFT,Green,01/02/2020,30/06/2027,130,2023")],
        today=TODAY,
    )

    assert (report.entered, report.revised, report.snapshots) == (0, 2, 2)
    harbour = Project.objects.get(name="Harbour")
    assert (harbour.portfolio.code, harbour.stated_colour) == ("DFT", "green")
    assert (harbour.budget, harbour.planned_finish) == (Decimal("130000000"), date(2027, 6, 30))
    assert harbour.baseline_finish == date(2025, 12, 31)
    assert [
        (row.status_date, row.valid_to, row.portfolio.code, row.slip_days, row.previous_stated)
        for row in harbour.snapshots.all()
    ] == [
        (date(2022, 3, 31), date(2023, 3, 31), "MOD", 0, ""),
        (date(2023, 3, 31), None, "DFT", 546, "amber"),
    ]
    pier = Project.objects.get(name="Pier")
    assert pier.state == "closed"
    assert pier.snapshots.get(valid_to=None).in_portfolio is False


def test_a_year_between_is_set_in_and_what_was_published_stays(db):
    line = "Harbour,MOD,{},01/02/2020,31/12/{},120.5,{}"
    load_years(
        actor=LOADER,
        files=[
            plain_year(2021, line.format("Green", 2025, 2021)),
            plain_year(2023, line.format("Red", 2027, 2023)),
        ],
        today=TODAY,
    )

    load_years(
        actor=LOADER, files=[plain_year(2022, line.format("Amber", 2026, 2022))], today=TODAY
    )

    rows = PerformanceSnapshot.objects.order_by("status_date")
    assert [(row.status_date, row.valid_to, row.stated, row.previous_stated) for row in rows] == [
        (date(2021, 3, 31), date(2022, 3, 31), "green", ""),
        (date(2022, 3, 31), date(2023, 3, 31), "amber", "green"),
        (date(2023, 3, 31), None, "red", "green"),
    ]
    assert Project.objects.get().stated_colour == "red"
    assert Project.objects.get().planned_finish == date(2027, 12, 31)


def test_a_year_between_may_name_a_project_that_a_later_report_no_longer_has(db):
    harbour, pier = "Harbour,MOD,Green,01/02/2020,31/12/2025,120.5,{}", "Pier,HO,Red,,,,{}"
    load_years(
        actor=LOADER,
        files=[plain_year(2021, harbour.format(2021)), plain_year(2023, pier.format(2023))],
        today=TODAY,
    )

    report = load_years(
        actor=LOADER,
        files=[plain_year(2022, harbour.format(2022), pier.format(2022))],
        today=TODAY,
    )

    assert (report.entered, report.snapshots) == (0, 2)
    rows = PerformanceSnapshot.objects.filter(name="Harbour").order_by("status_date")
    assert [(row.status_date, row.valid_to, row.in_portfolio) for row in rows] == [
        (date(2021, 3, 31), date(2022, 3, 31), True),
        (date(2022, 3, 31), date(2023, 3, 31), True),
        (date(2023, 3, 31), None, False),
    ]
    assert Project.objects.get(name="Harbour").state == "closed"


def test_another_file_for_a_loaded_year_is_refused_and_nothing_changes(db):
    load_years(actor=LOADER, files=[plain_year(2022, "Harbour,MOD,Amber,,,1,2022")], today=TODAY)

    with pytest.raises(Invalid, match=r"the year 2022 is already there from gmpp_2022\.csv"):
        load_years(actor=LOADER, files=[plain_year(2022, "Harbour,MOD,Red,,,1,2022")], today=TODAY)

    assert PerformanceSnapshot.objects.get().stated == "amber"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.csv", b"a,b\n1,2\n", "no column for name and department"),
        (
            "gmpp.csv",
            b"project_name,department\nHarbour,MOD\n",
            "year of the report stands neither",
        ),
        ("gmpp_2027.csv", b"project_name,department\nHarbour,MOD\n", "31 Mar 2027, after today"),
        ("gmpp_2022.csv", b"project_name,department\n", "names no project"),
        (
            "gmpp.csv",
            b"project_name,department,year\nHarbour,MOD,2021\nHarbour,MOD,2022\n",
            r"several years \(2021, 2022\); give one file for each report",
        ),
    ],
)
def test_a_file_that_is_no_report_is_refused_with_a_reason(db, name, data, sentence):
    with pytest.raises(Invalid, match=sentence):
        load_years(actor=LOADER, files=[SourceFile(name, data)], today=TODAY)

    assert Project.objects.count() == 0
    assert OrgUnit.objects.count() == 0


def test_nobody_but_the_system_loads_published_portfolios(cast):
    with pytest.raises(NotAllowed):
        load_years(actor=Actor(cast.ada.pk, "Ada"), files=shipped_files(), today=TODAY)

    assert not OrgUnit.objects.filter(code="UKGOV").exists()


def test_a_published_cost_below_0_stays_in_its_snapshot_and_out_of_the_register(db):
    line = "Rail Franchising,DfT,Amber,2015-01-01,2030-01-01,-7169.2,2017"

    load_years(actor=LOADER, files=[plain_year(2017, line)], today=TODAY)

    snapshot = PerformanceSnapshot.objects.get()
    assert snapshot.budget == Decimal("-7169200000.00")
    assert (snapshot.project.name, snapshot.project.budget) == ("Rail Franchising", None)
