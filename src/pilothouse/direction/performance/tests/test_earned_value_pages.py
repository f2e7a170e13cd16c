# SPDX-License-Identifier: Apache-2.0
"""Earned value on pages: who sees which figure, sums of many projects, points of a backlog."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.agile import services as agile
from pilothouse.delivery.agile.lines import Draft
from pilothouse.delivery.agile.models import BacklogItem
from pilothouse.delivery.finance.models import ExchangeRate
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.drawing import Status, bulls_eye, s_curve
from pilothouse.direction.performance.models import (
    EarnedValuePoint,
    EarnedValueStatus,
    PackageMeasure,
    PackageValue,
    PerformanceSnapshot,
)
from pilothouse.direction.performance.queries.earned import value_page
from pilothouse.direction.performance.services.sums import value_of_place
from pilothouse.direction.performance.tests.worth import (
    approve_budget,
    by_month,
    claim,
    months_of,
    refreshed,
    spend,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.organisation.models import Currency

JUNE = date(2026, 6, 30)


def whole(project, period, earned, spent):
    """One package of 100 that is ``earned`` per cent done for ``spent``."""
    approve_budget(project, {("1", period): 100})
    PackageMeasure.objects.create(project=project, wbs="1", percent=earned, accepted=True)
    spend(project, period, spent, "1")
    return refreshed(project, JUNE)


@pytest.fixture
def pair(cast):
    PerformanceSnapshot.objects.all().delete()
    periods = months_of(cast.harbour)
    whole(cast.harbour, periods[6], 80, 100)
    other = make_project(
        cast.portfolio, "CRANE", "Cranes", programme=cast.programme, state="executing"
    )
    whole(other, periods[6], 10, 5)
    return cast.harbour, other


def test_o_evm_5_a_portfolio_divides_sums_and_never_averages_indices(cast, pair):
    for place in (cast.portfolio, cast.programme):
        found = value_of_place(cast.ada.actor(), place, JUNE)

        assert [row.cpi for row in found.projects] == [2, Decimal("0.8")]
        assert (found.figures["ev"].value, found.figures["ac"].value) == (90, 105)
        assert round(found.figures["cpi"].value, 3) == Decimal("0.857")
        assert found.figures["bac"].value == 200


def test_a_place_is_summed_in_the_same_number_of_queries(cast, pair, django_assert_num_queries):
    actor = cast.ada.actor()
    value_of_place(actor, cast.portfolio, JUNE)

    with django_assert_num_queries(9):
        value_of_place(actor, cast.portfolio, JUNE)


def test_a_project_in_a_currency_without_a_rate_is_left_out_by_name(cast, pair):
    _, other = pair
    Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    EarnedValueStatus.objects.filter(project=other).update(currency_code="USD")

    found = value_of_place(cast.ada.actor(), cast.portfolio, JUNE)

    assert [row.code for row in found.projects] == ["HARB"]
    ((code, why),) = found.left_out
    assert code == "CRANE"
    assert "no budget rate from USD to EUR" in why

    ExchangeRate.objects.create(
        office=cast.office,
        kind="budget",
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal("0.5"),
        valid_from=date(2026, 1, 1),
    )
    again = value_of_place(cast.ada.actor(), cast.portfolio, JUNE)
    assert again.figures["ev"].value == 85


def test_nobody_sums_what_they_may_not_see(cast, pair):
    found = value_of_place(cast.nia.actor(), cast.other_portfolio, JUNE)

    assert found.projects == []
    assert found.figures == {}


def test_who_lacks_the_right_to_actuals_sees_no_figure_in_which_cost_went(cast):
    periods = by_month(cast.harbour)
    claim(cast.harbour, p1="100")
    spend(cast.harbour, periods[1], 4321, "1")
    refreshed(cast.harbour, date(2026, 1, 31))
    fred = person("Fred Example")
    on_it = ("project", cast.harbour.pk)
    appoint(fred, Role.FOW, on_it, cast.office.pk, project_scopes(cast.harbour))

    page = value_page(fred.actor(), cast.harbour.pk)

    assert not page.sees_cost
    assert page.figures["spi"].value is not None
    assert not {"ac", "cpi", "eac", "vac", "cv", "tcpi_bac"} & set(page.figures)
    assert {point.ac for point in page.points} == {None}
    assert value_page(cast.piet.actor(), cast.harbour.pk).figures["ac"].value == 4321


def test_the_page_tells_nobody_without_the_right_what_was_spent(cast, client):
    periods = by_month(cast.harbour)
    spend(cast.harbour, periods[1], 4321, "1")
    refreshed(cast.harbour, date(2026, 1, 31))
    fred = person("Fred Example")
    on_it = ("project", cast.harbour.pk)
    appoint(fred, Role.FOW, on_it, cast.office.pk, project_scopes(cast.harbour))
    client.force_login(fred)

    text = client.get(reverse("performance:earned-value", args=[cast.harbour.pk])).content.decode()

    assert "4,321" not in text
    assert "Cost is booked" not in text
    assert "Earned schedule" in text


@pytest.mark.parametrize(
    ("name", "status"), [("ada", 200), ("piet", 200), ("femi", 200), ("rosa", 403), ("otto", 404)]
)
def test_the_page_of_a_project_is_opened_by_the_matrix(cast, client, name, status):
    client.force_login(cast.people[name])

    answer = client.get(reverse("performance:earned-value", args=[cast.harbour.pk]))

    assert answer.status_code == status


def test_a_refused_measure_comes_back_with_the_message_at_its_field(cast, client):
    by_month(cast.harbour)
    client.force_login(cast.piet)
    address = reverse("performance:measure", args=[cast.harbour.pk])

    typed = {"wbs": "1", "method": "weighted_milestones", "contour": "even", "milestones": "Drawn"}
    answer = client.post(address, typed)

    assert answer.status_code == 422
    assert "write it as" in answer.content.decode()
    assert not PackageMeasure.objects.exists()

    typed["milestones"] = "Drawn; 20; x\nBuilt; 80"
    assert client.post(address, typed).status_code == 302
    assert PackageValue.objects.get(project=cast.harbour, wbs="1").ev == 1000


def test_o_evm_1_points_of_a_release_earn_and_sprints_plan(cast):
    project = cast.harbour
    PerformanceSnapshot.objects.filter(project=project).delete()
    Project.objects.filter(pk=project.pk).update(budget=600)
    project.refresh_from_db()
    agile.begin_backlog(actor=SYSTEM, project=project, values={"sprint_days": 14})
    release = agile.save_release(
        actor=SYSTEM,
        project=project,
        release=None,
        values={"name": "Spring", "start": date(2026, 1, 5), "planned_sprints": 8},
    )
    items = agile.add_items(
        actor=SYSTEM,
        project=project,
        drafts=[Draft("Done", points=120), Draft("Left", points=180)],
        common={"release": release},
        today=date(2026, 1, 5),
    )
    BacklogItem.objects.filter(pk=items[0].pk).update(state="done")
    PackageMeasure.objects.create(project=project, wbs="", method="points", release=release)

    # Eight weeks after the first day four of eight sprints are over.
    status = refreshed(project, date(2026, 3, 1))

    row = PackageValue.objects.get(project=project)
    assert (row.ev, row.pv, row.reason.replace(".00", "")) == (240, 300, "120 of 300 points")
    assert round(status.ev / status.pv, 2) == Decimal("0.80")


@pytest.fixture
def long_release(cast):
    """A package of March, measured by a release whose eight sprints end in April."""
    project = cast.harbour
    PerformanceSnapshot.objects.filter(project=project).delete()
    approve_budget(project, {("1", months_of(project)[3]): 800})
    agile.begin_backlog(actor=SYSTEM, project=project, values={"sprint_days": 14})
    values = {"name": "Spring", "start": date(2026, 1, 5), "planned_sprints": 8}
    release = agile.save_release(actor=SYSTEM, project=project, release=None, values=values)
    PackageMeasure.objects.create(project=project, wbs="1", method="points", release=release)
    refreshed(project, date(2026, 3, 15))
    return EarnedValueStatus.objects.get(project=project)


def test_the_periods_run_to_the_end_of_a_release_that_outlives_its_package(cast, long_release):
    points = EarnedValuePoint.objects.filter(project=cast.harbour).order_by("last")

    assert long_release.periods == 2
    assert [(row.last, row.pv) for row in points] == [
        (date(2026, 3, 31), 600),
        (date(2026, 4, 30), 800),
    ]
    assert value_of_place(cast.ada.actor(), cast.portfolio, JUNE).figures["bac"].value == 800


def test_a_place_is_summed_though_a_project_keeps_fewer_points_than_periods(cast, long_release):
    EarnedValuePoint.objects.filter(last=date(2026, 4, 30)).delete()

    found = value_of_place(cast.ada.actor(), cast.portfolio, JUNE)

    assert found.figures["bac"].value == 800


def test_the_curve_runs_to_the_status_date_and_its_cone_to_the_forecast_end(cast):
    periods = by_month(cast.harbour)
    claim(cast.harbour, p1="100", p2="100", p3="100")
    spend(cast.harbour, periods[3], 33000, "1")
    status = refreshed(cast.harbour, date(2026, 3, 31))
    points = list(EarnedValuePoint.objects.filter(project=cast.harbour))

    curve = s_curve(
        points,
        Status(
            status.status_date,
            status.pv,
            status.ev,
            status.ac,
            {"eac": Decimal(150_000), "eac_plan": Decimal(111_000)},
            Decimal(15),
        ),
    )

    assert curve.planned.count("L") == len(points)
    assert curve.earned.count("L") == 3
    assert curve.cone.startswith(f"M{curve.status} ")
    assert {(label.text, label.amount) for label in curve.labels} == {
        *(("PV", None), ("EV", None), ("AC", None)),
        *(("EAC", 150_000), ("EAC", 111_000)),
    }
    assert (curve.least, curve.most) == ("eac_plan", "eac")
    eye = bulls_eye(points)
    assert [dot.name for dot in eye.dots] == ["2026-03"]
    assert s_curve([], curve) is None


def test_the_range_of_the_forecasts_stands_beside_the_curve(cast, client):
    periods = by_month(cast.harbour)
    claim(cast.harbour, p1="100", p2="100", p3="100")
    spend(cast.harbour, periods[3], 33000, "1")
    refreshed(cast.harbour, date(2026, 3, 31))
    client.force_login(cast.piet)

    page = client.get(reverse("performance:earned-value", args=[cast.harbour.pk])).content.decode()

    rows = page.split("Forecasts of cost, the least first")[1].split("</table>")[0]
    assert rows.count("<tr>") == 1 + rows.count('<th scope="row">')
    assert rows.index("least") < rows.index("between") < rows.index("most")
    assert "a range of formulas, not of probability" in page


def test_earned_value_leaves_with_indices_that_compute(cast, client):
    periods = months_of(cast.harbour)
    approve_budget(cast.harbour, {("1", periods[6]): 100, ("2", periods[6]): 300})
    for wbs, percent in (("1", 80), ("2", 20)):
        PackageMeasure.objects.create(project=cast.harbour, wbs=wbs, percent=percent, accepted=True)
    spend(cast.harbour, periods[6], 100, "1")
    spend(cast.harbour, periods[6], 60, "2")
    spend(cast.harbour, periods[6], 10)
    refreshed(cast.harbour, JUNE)
    client.force_login(cast.piet)
    address = reverse("performance:earned-value-export", args=[cast.harbour.pk, "xlsx"])

    answer = client.get(address)

    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    head, first, second, outside, total = book.get_sheet_by_name("Work packages").to_python()
    assert head[5:] == ["BAC", "PV", "EV", "AC", "SV", "SPI", "CV", "CPI"]
    assert (first[5:9], first[12]) == ([100, 100, 80, 100], 0.8)
    assert (second[7:9], second[12]) == ([60, 60], 1)
    assert (outside[1], outside[8], outside[12]) == ("Without a package", 10, "")
    # CPI of the sums, 140 of 170, not the mean of 0.8 and 1.
    assert (total[7:9], total[12]) == ([140, 170], pytest.approx(140 / 170))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '<f>IF(I5=0,"",H5/I5)</f>' in xml
    assert "<f>SUM(H$2:H$4)</f>" in xml
    figures = {row[0]: row[2] for row in book.get_sheet_by_name("Figures").to_python()}
    assert (figures["EV"], figures["AC"]) == (140, 170)
    months = book.get_sheet_by_name("By period").to_python()
    assert months[-1][3:5] == [140, 170]


def test_earned_value_leaves_without_cost_for_who_does_not_see_it(cast, client):
    whole(cast.harbour, months_of(cast.harbour)[6], 80, 100)
    fred = person("Fred Example")
    on_it = ("project", cast.harbour.pk)
    appoint(fred, Role.FOW, on_it, cast.office.pk, project_scopes(cast.harbour))
    client.force_login(fred)
    address = reverse("performance:earned-value-export", args=[cast.harbour.pk, "csv"])

    text = client.get(address).content.decode("utf-8-sig")

    assert text.splitlines()[0].endswith('"BAC","PV","EV","SV","SPI"')
    other = make_project(cast.portfolio, "CRANE", "Cranes")
    client.force_login(cast.ada)
    missing = client.get(reverse("performance:earned-value-export", args=[other.pk, "csv"]))
    assert missing.status_code == 404
