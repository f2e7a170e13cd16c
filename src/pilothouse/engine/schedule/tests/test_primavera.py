# SPDX-License-Identifier: Apache-2.0
"""Where Primavera P6 truly differs, and the options that its files carry."""

from dataclasses import replace
from datetime import datetime

import pytest

from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    FloatKind,
    LagOrigin,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ProgressMode,
    ScheduleRules,
)
from pilothouse.engine.schedule import Dialect, ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.tests.reference import SPECS

PRIMAVERA = ScheduleOptions(dialect=Dialect.PRIMAVERA)
STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)
START = datetime(2025, 3, 3, 8)


def at(day, hour, minute=0):
    return datetime(2025, 3, day, hour, minute)


def plan_of(*tasks, links=(), **more):
    return Plan("Plan", START, SPECS, 1, tasks, tuple(links), **more)


def task(uid, minutes=480, level=1, **more):
    return PlanTask(uid, f"T{uid}", level, duration_minutes=minutes, **more)


def test_a_resource_dependent_task_runs_on_the_calendars_of_its_resources_alone():
    plan = plan_of(
        task(1, 480, calendar_uid=1),
        task(2, 480, calendar_uid=1, ignore_resource_calendar=True),
        resources=(PlanResource(1, "Guard", calendar_uid=3),),
        assignments=(PlanAssignment(1, 1, 1), PlanAssignment(2, 2, 1)),
    )

    ours, theirs = schedule_plan(plan, STANDARD).tasks, schedule_plan(plan, PRIMAVERA).tasks

    assert (ours[1].start, ours[2].start) == (at(3, 8), at(3, 8))
    assert (theirs[1].start, theirs[1].finish) == (at(3, 22), at(4, 6))
    assert theirs[2].start == at(3, 8)


def begun_before_its_successor(**rules):
    """Three days after the start of T1 a day is done and two are left; T2 starts 5 days after it."""
    first = task(1, 1440, actual_start=START, actual_duration_minutes=480, remaining_minutes=960)
    return plan_of(
        first,
        task(2),
        links=[Link(1, 2, LinkType.SS, 2400)],
        status_date=at(6, 8),
        rules=ScheduleRules(**rules),
    )


@pytest.mark.parametrize(
    ("options", "origin", "start"),
    [
        (STANDARD, None, at(10, 8)),
        (PRIMAVERA, None, at(12, 8)),
        (PRIMAVERA, LagOrigin.ACTUAL_START, at(10, 8)),
        (STANDARD, LagOrigin.EARLY_START, at(12, 8)),
    ],
)
def test_what_is_left_of_a_lag_runs_from_where_the_rest_starts(options, origin, start):
    plan = begun_before_its_successor(start_lag_from=origin)

    assert schedule_plan(plan, options).tasks[2].start == start


def test_a_lag_from_the_rest_makes_no_work_out_of_sequence():
    plan = begun_before_its_successor()
    second = replace(
        plan.tasks[1],
        actual_start=at(10, 8),
        actual_duration_minutes=0,
        remaining_minutes=480,
    )
    plan = replace(plan, tasks=(plan.tasks[0], second), status_date=at(10, 8))

    assert schedule_plan(plan, PRIMAVERA).out_of_sequence == ()


def test_a_mandatory_date_leaves_its_task_no_float_and_its_predecessor_negative_one():
    must = task(
        2,
        constraint=ConstraintType.MSO,
        constraint_date=at(4, 8),
        constraint_hard=True,
    )
    plan = plan_of(task(1, 960), must, links=[Link(1, 2)])

    ours, theirs = schedule_plan(plan, STANDARD), schedule_plan(plan, PRIMAVERA)

    assert [ours.tasks[uid].total_float_minutes for uid in (1, 2)] == [-480, -480]
    assert [theirs.tasks[uid].total_float_minutes for uid in (1, 2)] == [-480, 0]
    assert ours.logic_conflicts == theirs.logic_conflicts != ()


def test_critical_is_the_longest_path_where_the_file_says_so():
    held = task(2, constraint=ConstraintType.SNET, constraint_date=at(10, 8))
    plan = plan_of(task(1, 480), held, task(3, 480), links=[Link(1, 2), Link(2, 3)])
    by_path = replace(plan, rules=ScheduleRules(critical_by=CriticalKind.LONGEST_PATH))
    late = replace(by_path, imposed_finish=at(20, 17))

    assert [dates.critical for dates in schedule_plan(plan, PRIMAVERA).tasks.values()] == [
        False,
        True,
        True,
    ]
    assert [dates.critical for dates in schedule_plan(late, PRIMAVERA).tasks.values()] == [
        False,
        True,
        True,
    ]
    plain = replace(late, rules=ScheduleRules())
    assert not any(dates.critical for dates in schedule_plan(plain, PRIMAVERA).tasks.values())


def test_open_ends_are_critical_where_the_file_says_so():
    plan = plan_of(task(1), task(2), task(3, 2400), links=[Link(1, 2)])
    plan = replace(plan, rules=ScheduleRules(open_ends_critical=True))

    dates = schedule_plan(plan, PRIMAVERA).tasks

    assert [dates[uid].total_float_minutes for uid in (1, 2, 3)] == [0, 0, 0]
    assert dates[2].late_finish == dates[2].early_finish


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [(FloatKind.SMALLEST, 960), (FloatKind.START, 960), (FloatKind.FINISH, 1440)],
)
def test_total_float_is_that_of_the_start_or_of_the_finish(kind, minutes):
    plan = plan_of(
        PlanTask(1, "Phase", summary=True),
        task(2, 480, 2),
        task(3, 480, 2),
        task(4, 960),
        links=[Link(2, 4), Link(2, 3)],
        imposed_finish=at(7, 17),
        rules=ScheduleRules(total_float=kind),
    )

    assert schedule_plan(plan, PRIMAVERA).tasks[1].total_float_minutes == minutes


def test_progress_is_that_of_the_file_unless_another_is_asked_for():
    first = task(1, 960, actual_start=START, actual_duration_minutes=480, remaining_minutes=480)
    early = task(2, 960, actual_start=START, actual_duration_minutes=480, remaining_minutes=480)
    plan = plan_of(
        first,
        early,
        links=[Link(1, 2)],
        status_date=at(4, 8),
        rules=ScheduleRules(progress_mode=ProgressMode.PROGRESS_OVERRIDE),
    )
    asked = replace(PRIMAVERA, progress_mode=ProgressMode.RETAINED_LOGIC)

    assert schedule_plan(plan, PRIMAVERA).tasks[2].finish == at(4, 17)
    assert schedule_plan(plan, asked).tasks[2].finish == at(5, 17)
