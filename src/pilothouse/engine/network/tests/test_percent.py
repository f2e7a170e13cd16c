# SPDX-License-Identifier: Apache-2.0
"""How much is done, and what summaries sum up."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import percent_done, percent_of_steps, roll_up
from pilothouse.engine.network.plan import Plan, PlanTask
from pilothouse.engine.schedule import schedule_plan

DAY = 480


def row(uid, level, days=0, percent=0, **values):
    return PlanTask(
        uid,
        f"T{uid}",
        level,
        duration_minutes=days * DAY,
        percent_complete=Decimal(percent),
        **values,
    )


def plan_of(*tasks):
    calendar = CalendarSpec(1, "Standard", STANDARD_WEEK)
    return Plan("P", datetime(2025, 3, 3, 8), (calendar,), 1, tasks)


def totals(plan, **options):
    result = schedule_plan(plan)
    durations = {uid: dates.duration_minutes for uid, dates in result.tasks.items()}
    return roll_up(plan, durations, **options)


def test_o_prg_3_each_percentage_measures_its_own():
    """O-PRG-3: planned 10 d, AD 4 d, RD 9 d; AW 30 h, RW 70 h; physical as entered."""
    assert percent_done(4 * DAY, 9 * DAY) == Decimal("30.77")
    assert percent_done(30 * 60, 70 * 60) == 30
    assert replace(row(1, 1, 13, 30), physical_percent=Decimal(25)).physical_percent == 25


def test_o_prg_3_a_summary_weighs_by_duration():
    """O-PRG-3: 10 d at 50 % and 5 d at 100 % are 66.67 %."""
    plan = plan_of(row(1, 1), row(2, 2, 10, 50), row(3, 2, 5, 100))

    assert totals(plan)[1].percent == Decimal("66.67")


def test_by_policy_a_summary_weighs_by_work():
    plan = plan_of(
        row(1, 1),
        row(2, 2, 10, 50, work_minutes=100, actual_work_minutes=50),
        row(3, 2, 5, 100, work_minutes=300, actual_work_minutes=300),
    )

    total = totals(plan, by_work=True)[1]

    assert (total.percent, total.work_minutes, total.actual_work_minutes) == (
        Decimal("87.50"),
        400,
        350,
    )


def test_a_summary_inside_a_summary_counts_with_its_own_span():
    """Two tasks side by side last as long as one: 4 d at 75 %, then 4 d at 0 % make 37.5 %."""
    plan = plan_of(
        row(1, 1),
        row(2, 2),
        row(3, 3, 4, 100, cost=Decimal(5)),
        row(4, 3, 4, 50),
        row(5, 2, 4, 0, cost=Decimal("2.50")),
    )

    found = totals(plan)

    assert (found[2].percent, found[1].percent) == (75, Decimal("37.50"))
    assert (found[1].cost, found[2].cost, found[4].cost) == (Decimal("7.50"), 5, None)


def test_rows_that_last_no_time_are_done_together():
    done, open_ = row(2, 2, 0, 100), row(3, 2, 0, 0)

    assert totals(plan_of(row(1, 1), done))[1].percent == 100
    assert totals(plan_of(row(1, 1), done, open_))[1].percent == 0
    assert totals(plan_of(row(1, 1), done, replace(open_, active=False)))[1].percent == 100


def test_steps_count_by_their_weight():
    assert percent_of_steps([(Decimal(1), True), (Decimal(2), False)]) == Decimal("33.33")
    assert percent_of_steps([]) == 0
    for weight in (Decimal(0), Decimal(-1), Decimal("NaN")):
        with pytest.raises(InvalidInput) as refused:
            percent_of_steps([(weight, True)])
        assert refused.value.code == "network.step_weight"
