# SPDX-License-Identifier: Apache-2.0
"""What a plan asks of its resources, counted by hand."""

import tracemalloc
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.levelling import loads_of
from pilothouse.engine.network.plan import Plan, PlanAssignment, PlanResource, PlanTask

ADA, CRANE, STEEL = (
    PlanResource(1, "Ada"),
    PlanResource(2, "Crane", max_units=Decimal(2)),
    PlanResource(3, "Steel", kind="material"),
)
PLAN = Plan(
    "P",
    datetime(2025, 3, 3, 8),
    (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    1,
    (PlanTask(1, "A"), PlanTask(2, "B"), PlanTask(3, "C")),
    resources=(ADA, CRANE, STEEL),
    assignments=(
        PlanAssignment(1, 1, 1),
        PlanAssignment(2, 2, 1, Decimal("0.5")),
        PlanAssignment(3, 3, 2, Decimal(2)),
        PlanAssignment(4, 1, 3, Decimal(100)),
    ),
)
DATES = {
    1: (datetime(2025, 3, 6, 8), datetime(2025, 3, 11, 17)),
    2: (datetime(2025, 3, 7, 13), datetime(2025, 3, 10, 12)),
    3: (datetime(2025, 3, 3, 8), datetime(2025, 3, 4, 17)),
}


def test_days_are_counted_on_which_more_is_asked_than_there_is():
    ada, crane = loads_of(PLAN, DATES)

    assert (ada.name, ada.peak, ada.capacity) == ("Ada", Decimal("1.5"), 1)
    assert (ada.days, ada.first) == (2, date(2025, 3, 7))
    assert (crane.peak, crane.days, crane.first) == (2, 0, None)


def test_tasks_that_meet_within_a_day_but_not_at_once_ask_for_no_more():
    dates = DATES | {
        1: (datetime(2025, 3, 6, 8), datetime(2025, 3, 6, 12)),
        2: (datetime(2025, 3, 6, 13), datetime(2025, 3, 6, 17)),
    }

    ada, _ = loads_of(PLAN, dates)

    assert (ada.peak, ada.days) == (1, 0)


def test_what_is_done_cut_or_holds_others_asks_for_nothing():
    done = replace(PLAN.tasks[1], percent_complete=Decimal(100))
    cut = replace(PLAN.tasks[2], active=False)

    (ada,) = loads_of(replace(PLAN, tasks=(PLAN.tasks[0], done, cut)), DATES)

    assert (ada.peak, ada.days) == (1, 0)


def test_an_elapsed_duration_asks_at_night_and_on_sunday():
    tasks = (replace(PLAN.tasks[0], elapsed_duration=True), *PLAN.tasks[1:])
    twice = (*PLAN.assignments, PlanAssignment(5, 1, 1))

    ada, _ = loads_of(replace(PLAN, tasks=tasks, assignments=twice), DATES)

    assert (ada.peak, ada.days) == (Decimal("2.5"), 6)


def test_ten_years_of_thousands_of_tasks_take_little_room():
    count = 1_000
    years = (datetime(2025, 3, 3, 8), datetime(2035, 3, 2, 17))
    plan = replace(
        PLAN,
        tasks=tuple(PlanTask(uid, f"T{uid}") for uid in range(1, count + 1)),
        assignments=tuple(
            PlanAssignment(uid, uid, 1, Decimal("0.01")) for uid in range(1, count + 1)
        ),
    )
    tracemalloc.start()

    (ada,) = loads_of(plan, {task.uid: years for task in plan.tasks})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (ada.peak, ada.days, ada.first) == (10, 2_610, date(2025, 3, 3))
    assert most < 20_000_000


def test_calendars_of_tasks_are_laid_over_that_of_the_resource():
    night = ((0, 360), (960, 1440))
    plan = replace(
        PLAN,
        calendars=(*PLAN.calendars, CalendarSpec(2, "Night", (night,) * 7)),
        tasks=(PLAN.tasks[0], replace(PLAN.tasks[1], calendar_uid=2)),
    )
    dates = {
        1: (datetime(2025, 3, 6, 8), datetime(2025, 3, 7, 17)),
        2: (datetime(2025, 3, 6, 16), datetime(2025, 3, 8, 6)),
    }

    (ada,) = loads_of(plan, dates)

    assert (ada.peak, ada.days, ada.first) == (Decimal("1.5"), 2, date(2025, 3, 6))
