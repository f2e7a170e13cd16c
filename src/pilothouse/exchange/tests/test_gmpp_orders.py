# SPDX-License-Identifier: Apache-2.0
"""Whatever the order in which years are loaded, the register says what they say in their order."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction

from pilothouse.delivery.projects.models import Placement, Portfolio, Project, StateChange
from pilothouse.delivery.projects.services import (
    Past,
    Span,
    correct_pasts,
    move_project,
    set_project_state,
    update_project,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.exchange.gmpp.loading import SourceFile, load_years, shipped_files
from pilothouse.exchange.models import PublishedRecord
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.models import AuditEvent

LOADER = Actor.system("gmpp")
DIRECTOR = Actor.system("director")
TODAY = date(2026, 11, 25)
FILES = {int(path.name.split("_")[2][:4]): path for path in shipped_files()}
REGISTER = (
    "name",
    "purpose",
    "project_type",
    "portfolio__code",
    "state",
    "planned_start",
    "planned_finish",
    "baseline_start",
    "baseline_finish",
    "budget",
    "forecast_cost",
    "benefits_approved",
    "benefits_forecast",
    "stated_colour",
    "stated_comment",
    "stated_on",
)
PUBLISHED = (
    "status_date",
    "name",
    "portfolio__code",
    "state",
    "project_type",
    "planned_start",
    "forecast_finish",
    "budget",
    "forecast_cost",
    "benefits_approved",
    "benefits_forecast",
    "stated",
    "stated_label",
    "source",
    "comments",
)
"""What a report itself says of a project."""

HEAD = (
    "gmpp_id,project_name,department,colour_rating,start_date,baseline_end_date,"
    "forecast_end_date,wlc_baseline (£m),year\n"
)
FEW = {
    2021: [
        "H1,Harbour,MOD,Early planning,,,,,2021",
        "P1,Pier,HO,Red,01/05/2019,,31/03/2024,10,2021",
        "Q1,Quay,DFT,Green,01/01/2020,31/12/2022,30/06/2023,7,2021",
    ],
    2022: [
        "H1,Harbour,MOD,Amber,01/02/2020,31/12/2025,30/06/2026,120,2022",
        "Q1,Quay,DFT,Green,01/03/2020,31/12/2024,31/12/2024,8,2022",
    ],
    2023: [
        "H1,Harbour and Lock,DFT,Red,01/04/2020,31/12/2027,31/12/2027,150,2023",
        "P1,Pier,DEFRA,Amber,01/06/2019,,31/03/2026,11,2023",
    ],
    2024: ["H1,Harbour and Lock,MOD,Green,01/04/2020,31/12/2028,31/12/2028,150,2024"],
}


def few(year):
    return SourceFile(f"gmpp_{year}.csv", (HEAD + "\n".join(FEW[year])).encode())


def load(*files):
    return load_years(actor=LOADER, files=files, today=TODAY)


def told():
    """The rows of a project in the reports → all that the register and its history say of it."""
    rows = defaultdict(set)
    for pk, year, place in PublishedRecord.objects.values_list("project", "file__year", "place"):
        rows[pk].add((year, place))
    found = {frozenset(places): [] for places in rows.values()}
    for lines in (
        Project.objects.values_list("pk", *REGISTER),
        Placement.objects.values_list("project", "portfolio__code", "valid_from", "valid_to"),
        StateChange.objects.values_list("project", "from_state", "to_state", "at", "reason"),
        PerformanceSnapshot.objects.filter(in_portfolio=True).values_list("project", *PUBLISHED),
    ):
        for pk, *values in lines:
            if pk in rows:
                found[frozenset(rows[pk])].append(values)
    return found


def told_after(*loads):
    """As ``told``, after loads of files; the database is left as it was."""
    with transaction.atomic():
        for files in loads:
            load(*files)
        found = told()
        transaction.set_rollback(True)
    return found


def test_all_real_years_in_any_order_tell_the_same(db):
    in_order = told_after(*[[FILES[year]] for year in FILES])
    assert len(in_order) == 559

    for years, alike in (
        ([list(FILES)], 559),
        ([[2023], [2022], [2020], [2019], [2017], [2016], [2014]], 555),
        ([[2017, 2022], [2014, 2023], [2016, 2019], [2020]], 554),
    ):
        found = told_after(*[[FILES[year] for year in load] for load in years])

        # A few rows are recognised only by what a year between says of them.
        common = in_order.keys() & found.keys()
        assert len(common) == alike
        assert {key: found[key] for key in common} == {key: in_order[key] for key in common}


def test_each_order_of_four_years_tells_the_same(db):
    in_order = told_after([few(2021)], [few(2022)], [few(2023)], [few(2024)])

    for years in permutations(FEW):
        assert told_after(*[[few(year)] for year in years]) == in_order, years


def test_an_earlier_year_corrects_approved_dates_and_the_past_and_the_trail_keeps_both(db):
    for year in (2022, 2023, 2024):
        load(few(year))
    project = Project.objects.get(name="Harbour and Lock")
    trail = list(AuditEvent.objects.order_by("pk").values())

    report = load(few(2021))

    assert report.revised == 3
    events = list(AuditEvent.objects.order_by("pk").values())
    assert events[: len(trail)] == trail
    quay = Project.objects.get(name="Quay")
    assert (quay.baseline_start, quay.baseline_finish) == (date(2020, 1, 1), date(2022, 12, 31))
    assert quay.budget == Decimal(8_000_000), "what the last report says of it"
    dates, past = AuditEvent.objects.filter(object_type="project", object_id=quay.pk)[:2][::-1]
    assert (dates.action, dates.before, dates.after) == (
        "project.update",
        {"baseline_start": "2020-03-01", "baseline_finish": "2024-12-31"},
        {"baseline_start": "2020-01-01", "baseline_finish": "2022-12-31"},
    )
    assert past.action == "project.past"
    assert (past.before["placements"], past.after["placements"]) == (
        "DFT from 2022-03-31",
        "DFT from 2021-03-31",
    )
    assert {dates.reason, past.reason} == {
        "Loaded from published reports; 2021 came after later years"
    }
    assert list(project.state_changes.values_list("to_state", flat=True)) == [
        "initiating",
        "executing",
    ]


def test_what_was_published_before_an_earlier_year_came_stays_as_it_was_published(db):
    load(few(2022))
    columns = [field.name for field in PerformanceSnapshot._meta.concrete_fields]
    published = list(PerformanceSnapshot.objects.order_by("pk").values(*columns))

    load(few(2021))

    kept = PerformanceSnapshot.objects.filter(pk__in=[row["id"] for row in published])
    assert list(kept.order_by("pk").values(*columns)) == published


def test_approved_dates_that_a_person_set_stay_when_an_earlier_year_comes(db):
    load(few(2022))
    quay = Project.objects.get(name="Quay")
    update_project(
        actor=DIRECTOR,
        project=quay,
        values={"baseline_finish": date(2030, 1, 1)},
        version=quay.version,
        reason="Approved anew by the board",
    )

    load(few(2021))

    quay.refresh_from_db()
    assert (quay.baseline_start, quay.baseline_finish) == (date(2020, 3, 1), date(2030, 1, 1))


def test_a_step_and_a_move_that_a_person_took_stay_when_an_earlier_year_comes(db):
    load(few(2022), few(2023))
    project = Project.objects.get(name="Harbour and Lock")
    elsewhere = Portfolio.objects.get(code="DEFRA")
    move_project(
        actor=DIRECTOR,
        project=project,
        portfolio=elsewhere,
        programme=None,
        from_day=date(2025, 6, 1),
        version=project.version,
        reason="Handed over",
    )
    project.refresh_from_db()
    set_project_state(
        actor=DIRECTOR,
        project=project,
        target="on_hold",
        version=project.version,
        reason_code="other",
        reason="Waits for the lock",
        review_on=clock.today() + timedelta(days=30),
    )

    load(few(2021))

    project.refresh_from_db()
    assert (project.portfolio, project.state) == (elsewhere, "on_hold")
    assert list(project.placements.values_list("portfolio__code", "valid_from", "valid_to")) == [
        ("MOD", date(2021, 3, 31), date(2023, 3, 31)),
        ("DFT", date(2023, 3, 31), date(2025, 6, 1)),
        ("DEFRA", date(2025, 6, 1), None),
    ]
    assert list(project.state_changes.values_list("to_state", flat=True)) == [
        "executing",
        "on_hold",
    ]


def test_a_year_between_closes_nothing_twice(db):
    line = "P1,Pier,HO,Red,01/05/2019,,31/03/2024,10,{}"
    other = "H1,Harbour,MOD,Amber,,,,,{}"
    for year, lines in ((2021, [line]), (2024, [other]), (2022, [other]), (2023, [line])):
        text = HEAD + "\n".join(lines).format(year)
        load(SourceFile(f"gmpp_{year}.csv", text.encode()))

    pier = PerformanceSnapshot.objects.filter(name="Pier").order_by("status_date")
    assert list(pier.values_list("status_date", "valid_to", "in_portfolio")) == [
        (date(2021, 3, 31), date(2022, 3, 31), True),
        (date(2022, 3, 31), date(2023, 3, 31), False),
        (date(2023, 3, 31), date(2024, 3, 31), True),
        (date(2024, 3, 31), None, False),
    ]


def test_nobody_but_the_system_sets_a_past_right(cast, db):
    load(few(2022))
    quay = Project.objects.get(name="Quay")
    before = told()

    with pytest.raises(NotAllowed, match="Only the system"):
        correct_pasts(
            actor=Actor(cast.ada.pk, "Ada"),
            pasts=[Past(quay, (), ())],
            span=Span(date(2021, 1, 1), TODAY),
            reason="None",
        )

    assert told() == before
