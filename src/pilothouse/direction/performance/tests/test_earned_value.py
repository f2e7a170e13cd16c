# SPDX-License-Identifier: Apache-2.0
"""Where plan and money meet: planned by contour, earned by method, spent by the ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pilothouse.delivery.finance.models import (
    Accrual,
    Commitment,
    CommitmentLine,
    ContingencyDraw,
    Forecast,
    FundingRelease,
)
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import (
    EarnedValuePoint,
    EarnedValueStatus,
    PackageMeasure,
    PackageValue,
    PerformanceSnapshot,
)
from pilothouse.direction.performance.services import refresh_many
from pilothouse.direction.performance.tests.worth import (
    approve_budget,
    by_month,
    claim,
    figure,
    months_of,
    plan_of_work,
    refreshed,
    spend,
)

MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)


@pytest.fixture
def harbour(cast):
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    Project.objects.filter(pk=cast.harbour.pk).update(
        planned_start=None, planned_finish=None, baseline_start=None, baseline_finish=None
    )
    cast.harbour.refresh_from_db()
    return cast.harbour


def half_way(project):
    """O-EVM-2: after month 3 30 is earned for 33, after month 6 54 for 62."""
    periods = by_month(project)
    claim(project, p1="100", p2="100", p3="100", p4=str(round(Decimal(800) / 13, 2)))
    PackageMeasure.objects.filter(wbs="4").update(method="units_done", units=13, units_done=8)
    spend(project, periods[3], 33000, "1")
    refreshed(project, MARCH)
    claim(project, p1="100", p2="100", p3="100", p5="100")
    PackageMeasure.objects.filter(wbs="4").update(units_done=13)
    PackageMeasure.objects.create(
        project=project, wbs="6", method="units_done", units=15, units_done=4
    )
    spend(project, periods[6], 29000, "6")
    return refreshed(project, JUNE)


O_EVM_2_AND_3 = {
    "bac": "100000",
    "pv": "65000",
    "ev": "54000",
    "ac": "62000",
    "sv": "-11000",
    "cv": "-8000",
    "spi": "0.8308",
    "cpi": "0.8710",
    "sv_pct": "-16.92",
    "cv_pct": "-14.81",
    "eac_plan": "108000",
    "eac": "114814.81",
    "eac_pressure": "125573.39",
    "eac_weighted": "115306.88",
    "cpi_recent": "0.8276",
    "eac_recent": "117583.33",
    "vac": "-14814.81",
    "etc": "52814.81",
    "tcpi_bac": "1.2105",
    "es": "5.2667",
    "sv_t": "-0.7333",
    "spi_t": "0.8778",
    "ieac_t": "11.39",
    "tspi": "1.1833",
}


def test_o_evm_2_and_3_from_budget_measures_and_ledger(harbour):
    status = half_way(harbour)

    found = {
        key: str(round(figure(status, key), len(value.partition(".")[2])))
        for key, value in O_EVM_2_AND_3.items()
    }
    assert found == O_EVM_2_AND_3


def test_points_keep_what_was_earned_as_it_was_told(harbour):
    status = half_way(harbour)

    rows = EarnedValuePoint.objects.filter(project=harbour)
    assert [int(row.pv / 1000) for row in rows] == [5, 12, 22, 35, 50, 65, 78, 88, 95, 100]
    assert [row.name for row in rows][:2] == ["2026-01", "2026-02"]
    told = {row.name: row.ev for row in rows if row.told}
    assert told == {"2026-03": 30000, "2026-06": 54000}
    assert [row.ac for row in rows] == [0, 0, 33000, 33000, 33000, 62000, None, None, None, None]
    assert {row.status_date for row in rows} == {JUNE}
    assert (status.budget_number, status.at, status.periods) == (1, 6, 10)
    assert "Budget 1 by work package" in status.source


def test_o_rag_1_health_takes_the_figures_with_their_source(harbour):
    half_way(harbour)

    row = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    assert (row.schedule, row.cost, row.overall) == ("red", "red", "red")
    assert (row.budget, row.bac) == (100000, 100000)
    assert (row.forecast_cost, row.eac) == (Decimal("114814.81"), Decimal("114814.8148"))
    metrics = {item["metric"]: item for item in row.reasons["cost"]["metrics"]}
    inputs = {name: Decimal(value) for name, value in metrics["cpi"]["inputs"].items()}
    assert inputs == {"earned_value": 54000, "actual_cost": 62000}
    assert "EAC₂ of earned value on 30 Jun 2026" in metrics["vac_pct"]["note"]
    assert "BAC: Budget 1 by work package" in metrics["vac_pct"]["note"]


def test_computing_again_changes_nothing_and_writes_nothing(harbour):
    half_way(harbour)
    before = EarnedValueStatus.objects.values().get(project=harbour)
    points = list(EarnedValuePoint.objects.values())

    refreshed(harbour, JUNE)

    assert EarnedValueStatus.objects.values().get(project=harbour) == before
    assert list(EarnedValuePoint.objects.values()) == points


def test_what_costs_earn_and_plan_of_packages_add_up_to_the_whole(harbour):
    status = half_way(harbour)

    rows = PackageValue.objects.filter(project=harbour)
    for name in ("bac", "pv", "ev", "ac"):
        assert sum(getattr(row, name) for row in rows) == getattr(status, name)
    assert status.outside == 0


def test_a_summary_code_covers_what_lies_below_without_a_budget_of_its_own(harbour):
    periods = months_of(harbour)
    approve_budget(harbour, {("1", periods[1]): 800, ("1.2", periods[1]): 200})
    monday = date(2026, 1, 5)
    plan_of_work(
        harbour,
        [
            ("1", 1, True, monday, date(2026, 1, 16), 0),
            ("1.1", 2, False, monday, date(2026, 1, 9), 100),
            ("1.2", 2, False, monday, date(2026, 1, 16), 25),
            ("1.3", 2, False, date(2026, 1, 12), date(2026, 1, 16), 0),
        ],
    )
    spend(harbour, periods[1], 90, "1.1")
    spend(harbour, periods[1], 10, "1.2.7")
    spend(harbour, periods[1], 7, "9")

    status = refreshed(harbour, date(2026, 1, 9))

    rows = {row.wbs: row for row in PackageValue.objects.filter(project=harbour)}
    assert (rows["1"].ev, rows["1.2"].ev) == (400, 50)
    assert (rows["1"].pv, rows["1.2"].pv) == (400, 100)
    assert (rows["1"].ac, rows["1.2"].ac) == (90, 10)
    assert (status.ac, status.outside) == (107, 7)
    assert (status.baseline_number, status.plan_version) == (0, 1)
    assert "9" in " ".join(status.notices)


def test_planned_value_follows_the_contour_in_working_time(harbour):
    periods = months_of(harbour)
    codes = {"even": "500", "front": "750", "back": "250", "bell": "500"}
    approve_budget(harbour, {(code, periods[1]): 1000 for code in codes})
    plan_of_work(
        harbour,
        [(code, 1, False, date(2026, 1, 5), date(2026, 1, 16), 0) for code in codes],
    )
    for code in codes:
        PackageMeasure.objects.create(project=harbour, wbs=code, contour=code)

    # Sunday: half of the ten working days are over.
    refreshed(harbour, date(2026, 1, 11))

    found = dict(PackageValue.objects.filter(project=harbour).values_list("wbs", "pv"))
    assert found == {code: Decimal(value) for code, value in codes.items()}


def test_o_evm_1_every_method_of_measurement(harbour):
    periods = months_of(harbour)
    codes = ["a", "b", "c", "d", "e", "f", "g"]
    approve_budget(harbour, {(code, periods[1]): 10000 for code in codes})
    plan_of_work(
        harbour, [(code, 1, False, date(2026, 1, 5), date(2026, 1, 16), 10) for code in codes]
    )
    make = PackageMeasure.objects.create
    make(project=harbour, wbs="a", method="50/50")
    make(project=harbour, wbs="b", method="0/100")
    parts = [("Drawn", "20", True), ("Built", "30", True), ("Tested", "50", False)]
    make(
        project=harbour,
        wbs="c",
        method="weighted_milestones",
        milestones=[{"name": n, "weight": w, "done": d} for n, w, d in parts],
    )
    make(project=harbour, wbs="d", method="units_done", units=120, units_done=30)
    make(project=harbour, wbs="e", percent=95)
    make(project=harbour, wbs="f", method="apportioned", follows="d")
    make(project=harbour, wbs="g", method="loe")

    status = refreshed(harbour, date(2026, 1, 11))

    found = dict(PackageValue.objects.filter(project=harbour).values_list("wbs", "ev"))
    assert found == {"a": 5000, "b": 0, "c": 5000, "d": 2500, "e": 8000, "f": 2500, "g": 5000}
    assert status.loe == 10000


def test_too_much_level_of_effort_and_missing_actuals_are_told(harbour):
    periods = months_of(harbour)
    approve_budget(harbour, {("1", periods[1]): 80, ("2", periods[1]): 20})
    PackageMeasure.objects.create(project=harbour, wbs="2", method="loe")

    status = refreshed(harbour, date(2026, 1, 20))

    assert len(status.warnings) == 2
    assert "Actuals are missing" in status.warnings[0]
    assert "Level of effort is 20 %" in status.warnings[1]
    assert figure(status, "cpi") is None


def test_cost_without_anything_earned_is_told(harbour):
    periods = by_month(harbour)
    spend(harbour, periods[1], 4000)

    status = refreshed(harbour, date(2026, 1, 31))

    assert figure(status, "cpi") == 0
    assert figure(status, "eac") is None
    assert any("nothing is earned" in words for words in status.warnings)


def test_contingency_and_reserve_are_no_part_of_bac_but_draws_are(harbour):
    periods = months_of(harbour)
    budget = approve_budget(
        harbour, {("1", periods[1]): 880}, undistributed=20, contingency=60, management_reserve=40
    )
    ContingencyDraw.objects.create(
        project=harbour,
        budget=budget,
        number=1,
        reserve="contingency",
        amount=Decimal(20),
        cites="risk",
        cited="R-7",
        reason="It struck.",
        wbs="1",
        category="services",
        nature="opex",
        period=periods[2],
        state="approved",
    )

    status = refreshed(harbour, date(2026, 1, 31))

    assert status.bac == 920
    snapshot = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    assert snapshot.budget == 1000
    assert dict(PackageValue.objects.values_list("wbs", "bac")) == {"1": 900, "undistributed": 20}


def test_an_accrual_counts_in_its_period_and_is_turned_back_in_the_next(harbour):
    periods = by_month(harbour)
    Accrual.objects.create(
        project=harbour,
        period=periods[1],
        reversal_period=periods[2],
        wbs="1",
        category="services",
        nature="opex",
        currency=harbour.currency,
        amount=Decimal(15),
        rate=Decimal(1),
        own_amount=Decimal(15),
        constant_amount=Decimal(14),
        basis="Received, not invoiced",
        state="posted",
    )

    status = refreshed(harbour, date(2026, 2, 28))

    rows = EarnedValuePoint.objects.filter(project=harbour)[:2]
    assert [(row.ac, row.constant) for row in rows] == [(15, 14), (0, 0)]
    assert status.ac == 0


def test_the_constant_rate_view_takes_cost_at_the_budget_rate(harbour):
    periods = by_month(harbour)
    claim(harbour, p1="100")
    spend(harbour, periods[1], 115, "1", constant=110)

    status = refreshed(harbour, date(2026, 1, 31))

    assert (status.ac, status.constant) == (115, 110)


def test_without_lines_by_package_the_costs_of_the_baseline_count(harbour):
    plan_of_work(
        harbour,
        [
            ("1", 1, False, date(2026, 1, 5), date(2026, 1, 9), 100),
            ("2", 1, False, date(2026, 1, 12), date(2026, 1, 16), 0),
        ],
        costs=(100, 200),
    )

    status = refreshed(harbour, date(2026, 1, 11))

    assert (status.bac, status.ev, status.pv) == (300, 100, 100)
    assert status.source == "Costs of the baseline, for no budget is approved"


def test_a_project_that_is_only_a_row_is_measured_as_a_whole(cast):
    PackageMeasure.objects.create(project=cast.harbour, wbs="", percent=40)

    status = refreshed(cast.harbour, date(2026, 6, 30))

    (row,) = PackageValue.objects.filter(project=cast.harbour)
    assert (row.name, row.bac, row.ev) == ("The project as a whole", 1200000, 480000)
    assert (row.start, row.finish) == (date(2026, 1, 5), date(2026, 11, 28))
    assert status.source == "Budget of the register as a whole, for no budget is approved"


def test_without_budget_or_measure_there_is_no_earned_value(cast):
    assert refreshed(cast.harbour, date(2026, 6, 30)) is None


def test_progress_before_anybody_looked_is_drawn_from_actual_dates(harbour):
    periods = months_of(harbour)
    approve_budget(harbour, {("1", periods[1]): 100, ("2", periods[2]): 100})
    plan_of_work(
        harbour,
        [
            ("1", 1, False, date(2026, 1, 5), date(2026, 1, 30), 100),
            ("2", 1, False, date(2026, 2, 2), date(2026, 2, 27), 50),
        ],
    )

    refreshed(harbour, date(2026, 3, 31))

    rows = list(EarnedValuePoint.objects.filter(project=harbour))
    assert [row.told for row in rows] == [False, False, True]
    assert rows[0].ev == 100
    assert rows[0].ev < rows[1].ev < rows[2].ev == 150


def test_a_package_whose_base_is_gone_earns_by_its_tasks_and_says_so(harbour):
    periods = months_of(harbour)
    approve_budget(harbour, {("1", periods[1]): 100})
    plan_of_work(harbour, [("1", 1, False, date(2026, 1, 5), date(2026, 1, 16), 30)])
    PackageMeasure.objects.create(project=harbour, wbs="1", method="apportioned", follows="7")

    refreshed(harbour, date(2026, 1, 11))

    row = PackageValue.objects.get(project=harbour)
    assert row.ev == 30
    assert "no package now" in row.notice


def test_many_projects_are_read_in_the_same_number_of_queries(
    cast, harbour, django_assert_max_num_queries
):
    by_month(harbour)
    claim(harbour, p1="100")
    others = [Project.objects.get(pk=harbour.pk)]
    for number in range(3):
        row = Project.objects.get(pk=harbour.pk)
        row.pk, row.code = None, f"N{number}"
        row.save(force_insert=True)
        approve_budget(row, {("1", harbour.budgets.get().lines.first().period): 100})
        others.append(row)
    refresh_many(project_ids=[row.pk for row in others], today=JUNE)

    with django_assert_max_num_queries(24):
        refresh_many(project_ids=[row.pk for row in others], today=JUNE)


def test_earned_value_never_exceeds_the_budget_of_a_package(harbour):
    periods = months_of(harbour)
    approve_budget(harbour, {("1", periods[1]): 3, ("2", periods[1]): 1})
    plan_of_work(
        harbour,
        [
            (f"{part}.{number}", 1, False, day, day + timedelta(days=1), 100)
            for part in (1, 2)
            for number, day in enumerate([date(2026, 1, 5 + 2 * n) for n in range(3)])
        ],
    )
    Task.objects.update(percent_complete=100)

    refreshed(harbour, date(2026, 2, 28))

    for row in PackageValue.objects.filter(project=harbour):
        assert row.ev <= row.bac


def test_cost_that_heads_beyond_the_budget_is_found_before_it_is_there(harbour):
    periods = by_month(harbour)
    claim(harbour, p1="100", p2="100", p3="100")
    spend(harbour, periods[3], 15000, "1")
    refreshed(harbour, MARCH)
    claim(harbour, p4="100", p5="100", p6="100")
    spend(harbour, periods[6], 55000, "6")

    refreshed(harbour, JUNE)

    row = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    vac = next(m for m in row.reasons["cost"]["metrics"] if m["metric"] == "vac_pct")
    assert vac["colour"] == "amber"
    trend = row.reasons["trend"]
    assert Decimal(trend["vac_pct"]) < -10
    assert row.reasons["since"]["budget_trend"] == "2026-06-30"


def test_cost_that_keeps_its_pace_is_no_finding(harbour):
    periods = by_month(harbour)
    claim(harbour, p1="100", p2="100", p3="100")
    spend(harbour, periods[3], 22000, "1")
    refreshed(harbour, MARCH)

    row = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    assert "trend" not in row.reasons
    assert "budget_trend" not in row.reasons["since"]


def test_orders_beyond_released_funding_are_red(harbour):
    periods = by_month(harbour)
    FundingRelease.objects.create(
        project=harbour,
        number=1,
        gate="G2",
        amount=Decimal(100),
        first=periods[1].first,
        last=date(2099, 12, 31),
        state="released",
    )
    order = Commitment.objects.create(
        project=harbour,
        office_id=harbour.office_id,
        number="PO-1",
        supplier="Dredgers",
        currency=harbour.currency,
        ordered_on=periods[1].first,
    )
    CommitmentLine.objects.create(
        commitment=order,
        position=1,
        category="services",
        nature="opex",
        amount=Decimal(130),
        rate=Decimal(1),
        own_amount=Decimal(130),
        expected_on=periods[2].first,
    )

    refreshed(harbour, JUNE)

    row = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    metrics = {item["metric"]: item for item in row.reasons["cost"]["metrics"]}
    assert Decimal(metrics["over_released_pct"]["value"]) == 30
    assert metrics["over_released_pct"]["colour"] == "red"


def test_the_approved_forecast_is_the_cost_that_health_goes_by(harbour):
    half_way(harbour)
    Forecast.objects.create(
        project=harbour,
        number=3,
        state="approved",
        currency=harbour.currency,
        as_of=JUNE,
        cost=Decimal(62000),
        ordered=Decimal(8000),
        to_complete=Decimal(40000),
    )

    status = refreshed(harbour, JUNE)

    row = PerformanceSnapshot.objects.get(project=harbour, valid_to=None)
    assert row.forecast_cost == 110000
    metrics = {item["metric"]: item for item in row.reasons["cost"]["metrics"]}
    assert "EAC: approved forecast 3" in metrics["vac_pct"]["note"]
    assert figure(status, "eac_bottom_up") == 110000
    assert round(figure(status, "tcpi_eac"), 4) == Decimal("0.9583")
