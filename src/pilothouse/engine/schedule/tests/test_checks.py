# SPDX-License-Identifier: Apache-2.0
"""What a program can hand to ``schedule_plan`` that is no plan: refused by code, place and words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, Plan, PlanTask
from pilothouse.engine.schedule import ScheduleOptions, schedule_plan

NAN = float("nan")
BEGIN = datetime(2025, 3, 3, 8)
DIG, POUR = PlanTask(1, "Dig", duration_minutes=480), PlanTask(2, "Pour", duration_minutes=480)
PLAN = Plan("House", BEGIN, (CalendarSpec(1, "Office", STANDARD_WEEK),), 1, (DIG, POUR))
BEGUN = {"actual_start": BEGIN}
USUAL = ScheduleOptions()


def refusal(plan, options=USUAL):
    with pytest.raises(InvalidInput) as caught:
        schedule_plan(plan, options)
    return caught.value


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"duration_minutes": NAN}, "schedule.number"),
        ({"duration_minutes": float("inf")}, "schedule.number"),
        ({"duration_minutes": 480.5}, "schedule.number"),
        ({"duration_minutes": "480"}, "schedule.number"),
        ({"duration_minutes": None}, "schedule.number"),
        ({"duration_minutes": Decimal(480)}, "schedule.number"),
        ({"duration_minutes": -1}, "schedule.negative_duration"),
        ({"leveling_delay_minutes": NAN}, "schedule.number"),
        ({"leveling_delay_minutes": "1"}, "schedule.number"),
        ({"remaining_minutes": -1}, "schedule.negative_duration"),
        ({"remaining_minutes": NAN, **BEGUN}, "schedule.number"),
        ({"remaining_minutes": "1", **BEGUN}, "schedule.number"),
        ({"actual_duration_minutes": NAN, **BEGUN}, "schedule.number"),
        ({"actual_duration_minutes": -1, **BEGUN}, "schedule.negative_duration"),
        ({"percent_complete": Decimal("NaN"), **BEGUN}, "schedule.percent"),
        ({"percent_complete": Decimal("sNaN"), **BEGUN}, "schedule.percent"),
        ({"percent_complete": Decimal("Infinity"), **BEGUN}, "schedule.percent"),
        ({"percent_complete": Decimal(150), **BEGUN}, "schedule.percent"),
        ({"percent_complete": Decimal(-1), **BEGUN}, "schedule.percent"),
        ({"percent_complete": NAN, **BEGUN}, "schedule.percent"),
        ({"percent_complete": "50", **BEGUN}, "schedule.percent"),
        ({"actual_start": BEGIN.replace(tzinfo=UTC)}, "schedule.date"),
        ({"actual_finish": "2025-03-04"}, "schedule.date"),
        ({"deadline": "2025-03-04"}, "calendar.no_date"),
        (
            {"constraint": ConstraintType.SNET, "constraint_date": date(2025, 3, 4)},
            "calendar.no_date",
        ),
    ],
)
def test_a_task_that_holds_what_is_no_number_or_date_is_named(fields, code):
    error = refusal(replace(PLAN, tasks=(replace(DIG, **fields), POUR)))

    assert error.code == code
    assert error.places == ("1 ‘Dig’",)
    assert "1 ‘Dig’" in error.message
    assert "; give " in error.message


@pytest.mark.parametrize(
    "fields",
    [
        {"lag_minutes": NAN},
        {"lag_minutes": 1.5},
        {"lag_minutes": "60"},
        {"lag_kind": LagKind.PERCENT, "lag_percent": Decimal("NaN")},
        {"lag_kind": LagKind.PERCENT, "lag_percent": Decimal("1e30")},
        {"lag_kind": LagKind.PERCENT, "lag_percent": Decimal("-1e30")},
        {"lag_kind": LagKind.PERCENT, "lag_percent": NAN},
        {"lag_kind": LagKind.ELAPSED_PERCENT, "lag_percent": "50"},
    ],
)
@pytest.mark.parametrize("summary", [False, True])
def test_a_lag_that_is_no_number_is_named_with_both_tasks(fields, summary):
    inside = (PlanTask(3, "Soil", outline_level=2, duration_minutes=60),) if summary else ()

    error = refusal(replace(PLAN, tasks=(DIG, *inside, POUR), links=(Link(1, 2, **fields),)))

    assert error.code == "schedule.lag"
    assert error.places == ("1 ‘Dig’", "2 ‘Pour’")
    assert "; give " in error.message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"minutes_per_day": 0}, "schedule.number"),
        ({"minutes_per_day": NAN}, "schedule.number"),
        ({"minutes_per_day": -480}, "schedule.number"),
        ({"minutes_per_week": 0}, "schedule.number"),
        ({"days_per_month": "20"}, "schedule.number"),
        ({"critical_threshold_minutes": NAN}, "schedule.number"),
        ({"critical_threshold_minutes": 1 << 70}, "schedule.number"),
        ({"start": BEGIN.replace(tzinfo=UTC)}, "schedule.date"),
        ({"start": "2025-03-03"}, "schedule.date"),
        ({"status_date": date(2025, 3, 3)}, "schedule.date"),
        ({"imposed_finish": NAN}, "schedule.date"),
    ],
)
def test_a_plan_that_holds_what_is_no_number_or_date_is_named(fields, code):
    error = refusal(replace(PLAN, **fields))

    assert (error.code, error.places) == (code, ("House",))
    assert "; give " in error.message


@pytest.mark.parametrize(
    "fields",
    [
        {"critical_threshold_minutes": NAN},
        {"critical_threshold_minutes": -(1 << 70)},
        {"path_limit": -1},
        {"path_limit": NAN},
    ],
)
def test_so_are_options_that_are_no_numbers(fields):
    assert refusal(PLAN, ScheduleOptions(**fields)).code == "schedule.number"


def test_whole_numbers_of_any_kind_are_taken():
    begun = replace(DIG, duration_minutes=np.int64(960), percent_complete=50, actual_start=BEGIN)

    found = schedule_plan(replace(PLAN, tasks=(begun, POUR)))

    assert found.tasks[1].finish == datetime(2025, 3, 4, 17)


def test_a_duration_beyond_all_calendars_is_so_whatever_was_done_of_it():
    begun = {"actual_start": BEGIN, "percent_complete": Decimal("0.1")}
    done = {"actual_finish": BEGIN}
    by_hand = {"manual": True, "stored": replace(DIG.stored, finish=BEGIN)}

    for fields in (begun, done, by_hand):
        error = refusal(
            replace(PLAN, tasks=(replace(DIG, duration_minutes=10**40, **fields), POUR))
        )
        assert (error.code, error.places) == ("calendar.out_of_range", ("1 ‘Dig’",))


@pytest.mark.parametrize("kind", ["snet", "snlt", "fnet", "fnlt", "mso", "mfo"])
def test_a_constraint_without_its_date_is_told_and_left_out(kind):
    held = replace(POUR, constraint=ConstraintType(kind))

    found = schedule_plan(replace(PLAN, tasks=(DIG, held)))

    (notice,) = found.notices
    assert (notice.place, notice.field) == ("2 ‘Pour’", "constraint_date")
    assert notice.message == (
        f"The constraint {kind.upper()} has no date and was left out; give it one."
    )
    assert found.tasks[2].start == schedule_plan(PLAN).tasks[2].start
