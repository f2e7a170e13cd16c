# SPDX-License-Identifier: Apache-2.0
"""Where Primavera P6 truly differs, and the options that its files carry."""

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    FloatKind,
    LagKind,
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
from pilothouse.engine.schedule import (
    BoundKind,
    CauseKind,
    Dialect,
    ScheduleOptions,
    explain,
    schedule_plan,
)
from pilothouse.engine.schedule.expected import settle_expected_finishes
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.reference import SPECS
from pilothouse.engine.testing import Days

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


def expecting(*tasks, links=(), **more):
    return plan_of(*tasks, links=links, rules=ScheduleRules(expected_finishes=True), **more)


@pytest.mark.parametrize("options", [PRIMAVERA, STANDARD, ScheduleOptions()])
def test_what_remains_lasts_from_its_start_until_the_expected_finish(options):
    plan = expecting(
        task(1, 960),
        task(2, 480, expected_finish=at(7, 12)),
        task(3, 480),
        links=[Link(1, 2), Link(2, 3)],
    )

    found = schedule_plan(plan, options).tasks

    # Two days of T1, then Wednesday 08:00 to Friday 12:00: two days and a half.
    assert (found[2].start, found[2].finish) == (at(5, 8), at(7, 12))
    assert found[2].duration_minutes == 1200
    assert (found[3].start, found[3].finish) == (at(7, 13), at(10, 12))
    assert [found[uid].total_float_minutes for uid in (1, 2, 3)] == [0, 0, 0]
    assert found[2].reason == (
        "Starts when 1 ‘T1’ allows it: FS, from its finish to this start. "
        "Its expected finish, Fri 7 Mar 2025 12:00, gives it 2.5 days from there."
    )


@pytest.mark.parametrize(
    ("expected", "links", "spans"),
    [
        (None, (), [(2, 3), (3, 4)]),
        (4.5, (), [(2, 4.5), (4.5, 5.5)]),
        (1.5, (), [(2, 2), (2, 3)]),
        (4, (Link(1, 2, LinkType.FF, 1440),), [(3, 5), (5, 6)]),
    ],
)
def test_the_worked_table_of_expected_finishes(expected, links, spans):
    office = CalendarSpec(1, "Standard", STANDARD_WEEK)
    middle = task(2)
    plan = Plan(
        "Plan",
        START,
        (office,),
        1,
        (task(1, 960), middle, task(3)),
        (Link(1, 2), Link(2, 3), *links),
        rules=ScheduleRules(expected_finishes=True),
    )
    days = Days(plan)
    if expected is not None:
        middle = replace(middle, expected_finish=days.finish(expected))
        plan = replace(plan, tasks=(plan.tasks[0], middle, plan.tasks[2]))

    found = schedule_plan(plan, PRIMAVERA).tasks

    assert [(days.after(found[uid].start), days.after(found[uid].finish)) for uid in (2, 3)] == (
        spans
    )
    assert [dates.total_float_minutes for dates in found.values()] == [0, 0, 0]


def test_an_expected_finish_counts_only_where_the_file_says_so():
    plan = plan_of(task(1, 960, expected_finish=at(7, 12)))

    found = schedule_plan(plan, PRIMAVERA).tasks[1]

    assert (found.finish, found.duration_minutes) == (at(4, 17), 960)
    assert found.reason == "Starts with the project; nothing else holds it."


def test_an_expected_finish_is_counted_in_the_calendar_of_the_task():
    nights = task(1, 480, calendar_uid=3, expected_finish=at(5, 6))

    found = schedule_plan(expecting(nights), PRIMAVERA).tasks[1]

    assert (found.start, found.finish, found.duration_minutes) == (at(3, 22), at(5, 6), 960)


def test_of_begun_work_the_rest_lasts_until_the_expected_finish():
    begun = task(
        1,
        1440,
        actual_start=START,
        actual_duration_minutes=480,
        remaining_minutes=960,
        expected_finish=at(7, 17),
    )
    ended = replace(begun, uid=2, remaining_minutes=0, expected_finish=at(6, 17))
    plan = expecting(begun, ended, status_date=at(5, 8))

    found = schedule_plan(plan, PRIMAVERA).tasks

    assert (found[1].remaining_start, found[1].finish) == (at(5, 8), at(7, 17))
    assert found[1].duration_minutes == 480 + 1440
    # What the file calls done but not finished goes on.
    assert (found[2].remaining_start, found[2].finish) == (at(5, 8), at(6, 17))


def test_an_expected_finish_before_the_start_leaves_no_duration():
    late = task(2, 480, expected_finish=at(4, 12))
    plan = expecting(task(1, 960), late, task(3, 480), links=[Link(1, 2), Link(2, 3)])

    found = schedule_plan(plan, PRIMAVERA).tasks

    assert (found[2].start, found[2].finish) == (at(4, 17), at(4, 17))
    assert found[2].duration_minutes == 0
    assert found[3].start == at(5, 8)
    assert found[2].reason.endswith(
        "Its expected finish, Tue 4 Mar 2025 12:00, leaves it no duration."
    )


def test_begun_work_that_expects_to_be_done_still_waits_for_its_predecessor():
    begun = task(
        2,
        960,
        actual_start=START,
        actual_duration_minutes=480,
        remaining_minutes=480,
        expected_finish=at(4, 17),
    )
    plan = expecting(task(1, 1440), begun, links=[Link(1, 2)], status_date=at(4, 8))

    found = schedule_plan(plan, PRIMAVERA).tasks

    assert (found[1].finish, found[2].finish) == (at(6, 17), at(6, 17))
    assert (found[2].duration_minutes, found[1].total_float_minutes) == (480, 0)


def test_milestones_levels_of_effort_and_finished_work_have_no_duration_to_set():
    day = at(7, 17)
    plan = expecting(
        task(1, 0, milestone=True, expected_finish=day),
        task(2, 480, level_of_effort=True, expected_finish=day),
        task(3, 480, actual_start=START, actual_finish=at(3, 17), expected_finish=day),
        task(4, 960),
    )

    found = schedule_plan(plan, PRIMAVERA).tasks

    assert [found[uid].finish for uid in (1, 2, 3)] == [at(3, 8), at(3, 17), at(3, 17)]


@pytest.mark.parametrize(
    ("kind", "start", "finish"),
    [(ConstraintType.MSO, at(5, 8), at(7, 17)), (ConstraintType.SNLT, at(4, 8), at(7, 17))],
)
def test_from_a_mandatory_start_an_expected_finish_is_counted_too(kind, start, finish):
    held = task(
        2,
        480,
        constraint=kind,
        constraint_date=start,
        constraint_hard=True,
        expected_finish=at(7, 17),
    )
    plan = expecting(task(1, 1440), held, links=[Link(1, 2)])

    found = schedule_plan(plan, PRIMAVERA).tasks[2]

    assert (found.start, found.finish) == (start, finish)


def test_a_link_to_the_finish_moves_what_an_expected_finish_has_measured():
    plan = expecting(
        task(1, 2400),
        task(2, 480, expected_finish=at(4, 17)),
        links=[Link(1, 2, LinkType.FF)],
    )

    found = schedule_plan(plan, PRIMAVERA).tasks[2]

    assert (found.start, found.finish, found.duration_minutes) == (at(6, 8), at(7, 17), 960)


def test_a_levelling_delay_moves_what_an_expected_finish_has_measured():
    first = task(1, 480, leveling_delay_minutes=1440)
    plan = expecting(first, task(2, 480, expected_finish=at(5, 17)), links=[Link(1, 2)])

    found = schedule_plan(plan, PRIMAVERA).tasks[2]

    assert (found.early_start, found.early_finish) == (at(4, 8), at(5, 17))
    assert (found.start, found.finish) == (at(5, 8), at(6, 17))


def test_another_project_bounds_the_early_start():
    plan = plan_of(
        task(1, 480),
        task(2, 480, external_early_start=at(6, 8)),
        task(3, 480, external_early_start=at(3, 8)),
        links=[Link(1, 2), Link(1, 3)],
    )

    result = schedule_plan(plan, PRIMAVERA)

    assert [result.tasks[uid].start for uid in (1, 2, 3)] == [at(3, 8), at(6, 8), at(4, 8)]
    assert result.tasks[1].free_float_minutes == 0
    assert result.tasks[1].total_float_minutes == 960
    assert result.tasks[2].cause is CauseKind.EXTERNAL
    assert explain(result, 2).text.splitlines()[0] == (
        "2 ‘T2’, Thu 6 Mar 2025 08:00 to Thu 6 Mar 2025 17:00. "
        "Starts on Thu 6 Mar 2025 08:00, when another project allows it."
    )
    assert result.tasks[3].cause is CauseKind.LINK


def test_another_project_bounds_the_late_finish():
    plan = plan_of(
        task(1, 960),
        task(2, 960, external_late_finish=at(5, 17)),
        task(3, 480),
        links=[Link(1, 2), Link(2, 3)],
    )

    result = schedule_plan(plan, PRIMAVERA)

    found = result.tasks
    assert (found[2].finish, found[2].late_finish) == (at(6, 17), at(5, 17))
    assert [found[uid].total_float_minutes for uid in (1, 2, 3)] == [-480, -480, 0]
    said = explain(result, 1)
    assert said.late[1].sentence == (
        "Must finish by Wed 5 Mar 2025 17:00: another project needs it by then."
    )
    assert (said.total_float.kind, said.total_float.uid) == (BoundKind.EXTERNAL, 2)
    assert said.total_float.sentence == (
        "Total float −1 day: it can finish on Tue 4 Mar 2025 17:00 at the earliest and would have "
        "to by Mon 3 Mar 2025 17:00 to keep the date by which another project needs 2 ‘T2’, "
        "Wed 5 Mar 2025 17:00."
    )


def test_dates_of_other_projects_count_only_where_the_file_does_not_ignore_them():
    plan = plan_of(
        task(1, 960, external_early_start=at(6, 8), external_late_finish=at(3, 12)),
        rules=ScheduleRules(external_dates=False),
    )

    found = schedule_plan(plan, PRIMAVERA).tasks[1]

    assert (found.start, found.total_float_minutes) == (at(3, 8), 0)


def test_what_has_begun_is_not_held_back_by_another_project():
    begun = task(
        1,
        960,
        actual_start=START,
        actual_duration_minutes=480,
        remaining_minutes=480,
        external_early_start=at(12, 8),
        external_late_finish=at(3, 17),
    )
    plan = plan_of(begun, status_date=at(4, 8))

    found = schedule_plan(plan, PRIMAVERA).tasks[1]

    assert (found.finish, found.total_float_minutes) == (at(4, 17), -480)


def test_settled_plans_have_the_dates_of_their_expected_finishes():
    settled = 0
    for seed in range(400):
        plan, options = random_plan(Random(seed))
        shares = (LagKind.PERCENT, LagKind.ELAPSED_PERCENT)
        plan = replace(
            plan,
            links=tuple(link for link in plan.links if link.lag_kind not in shares),
            rules=replace(plan.rules, expected_finishes=True),
            schedule_from_finish=False,
        )
        again = settle_expected_finishes(plan, options)
        if any(task.actual_start and task.remaining_minutes == 0 for task in again.tasks):
            continue
        settled += again is not plan

        expected, found = (schedule_plan(item, options).tasks for item in (plan, again))

        for uid, dates in expected.items():
            names = ("cause", "driving", "reason")
            same = replace(found[uid], **{name: getattr(dates, name) for name in names})
            assert same == dates, seed
    assert settled > 40


def test_a_plan_without_expected_finishes_is_settled_as_it_is():
    dated = plan_of(task(1, expected_finish=at(7, 12)))
    undated = expecting(task(1), task(2, 0, milestone=True, expected_finish=at(7, 12)))

    assert settle_expected_finishes(dated, PRIMAVERA) is dated
    assert settle_expected_finishes(undated, PRIMAVERA) is undated


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
