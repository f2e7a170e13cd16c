# SPDX-License-Identifier: Apache-2.0
"""Where the engine and the reference once disagreed, each made as small as it goes."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pilothouse.engine.network.plan import (
    ConstraintType,
    LagCalendar,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanTask,
    StoredDates,
)
from pilothouse.engine.schedule import Dialect, ProgressMode, ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.tests.reference import SPECS
from pilothouse.engine.testing import plan_chart

STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)
MICROSOFT = ScheduleOptions()
START = datetime(2025, 3, 3, 8)


def plan_of(*tasks, links=(), **more):
    return Plan("Plan", START, SPECS, 1, tasks, tuple(links), **more)


def task(uid, minutes=480, level=1, **more):
    return PlanTask(uid, f"T{uid}", level, duration_minutes=minutes, **more)


def phase(uid, level=1, **more):
    return PlanTask(uid, f"P{uid}", level, summary=True, **more)


def at(day, hour, minute=0):
    return datetime(2025, 3, day, hour, minute)


def begun(uid, started, left, level=1, done=0, **more):
    return task(
        uid,
        left,
        level,
        actual_start=started,
        actual_duration_minutes=done,
        remaining_minutes=left,
        **more,
    )


def test_a_link_from_the_start_of_begun_work_takes_none_of_its_free_float():
    plan = plan_of(
        begun(1, START, 240), task(2), task(3), links=[Link(1, 2, LinkType.SS), Link(2, 3)]
    )

    assert schedule_plan(plan, STANDARD).tasks[1].free_float_minutes == 720


def test_a_finish_link_to_a_summary_leaves_the_hours_in_which_its_tasks_are_closed():
    plan = plan_of(
        task(1, 60, calendar_uid=4),
        phase(2),
        task(3, 480, 2),
        task(4, 1920),
        links=[Link(1, 2, LinkType.FF), Link(3, 4)],
        imposed_finish=at(10, 17),
    )

    assert schedule_plan(plan, STANDARD).tasks[1].late_finish == at(5, 8)


def test_the_free_float_before_a_summary_is_up_to_its_first_finish():
    plan = plan_of(
        task(1), phase(2), task(3, 960, 2), task(4, 2400, 2), links=[Link(1, 2, LinkType.FF)]
    )

    assert schedule_plan(plan, STANDARD).tasks[1].free_float_minutes == 480


def test_a_summary_whose_tasks_are_done_bounds_no_late_dates():
    done = task(3, 480, 2, actual_start=START, actual_finish=at(3, 17))
    plan = plan_of(task(1), phase(2), done, task(4, 2400), links=[Link(1, 2)])

    dates = schedule_plan(plan, STANDARD).tasks[1]

    assert (dates.late_finish, dates.free_float_minutes) == (at(7, 17), 1920)


def test_begun_work_without_rest_bounds_no_late_dates():
    plan = plan_of(begun(2, START, 0, done=240), task(1), task(4, 2400), links=[Link(1, 2)])

    assert schedule_plan(plan, STANDARD).tasks[1].total_float_minutes == 1920


def test_a_milestone_that_must_start_in_closed_hours_stands_late_where_it_stands_early():
    must = task(1, 0, constraint=ConstraintType.MSO, constraint_date=at(17, 6, 30))

    dates = schedule_plan(plan_of(must), STANDARD).tasks[1]

    assert dates.early_start == dates.late_start == at(17, 8)


def test_a_lead_over_closed_hours_never_makes_its_predecessor_early():
    night = plan_of(
        phase(1), task(2, 30, 2, calendar_uid=3), task(3), links=[Link(1, 3, lag_minutes=-240)]
    )
    always = plan_of(
        phase(1), task(2, 240, 2, calendar_uid=4), task(3), links=[Link(1, 3, lag_minutes=-30)]
    )

    assert schedule_plan(night, STANDARD).tasks[2].total_float_minutes == 450
    assert schedule_plan(always, STANDARD).tasks[2].total_float_minutes == 60


def test_a_lead_on_another_calendar_holds_in_the_late_dates_too():
    plan = plan_of(
        task(1, 30),
        task(2, 2400, calendar_uid=4),
        links=[Link(1, 2, lag_minutes=-240)],
        status_date=at(4, 6),
        lag_calendar=LagCalendar.PROJECT,
    )
    first = schedule_plan(plan, STANDARD)

    assert first.tasks[1].late_finish == at(4, 11, 59)
    slipped = replace(
        plan.tasks[0],
        constraint=ConstraintType.SNET,
        constraint_date=first.tasks[1].late_start,
    )
    again = schedule_plan(replace(plan, tasks=(slipped, plan.tasks[1])), STANDARD)
    assert again.finish == first.finish


def test_a_lag_on_a_third_calendar_makes_no_negative_float():
    plan = plan_of(
        task(1, 240, calendar_uid=2),
        task(2, 30, calendar_uid=2),
        links=[Link(1, 2, LinkType.FF, 30)],
    )
    options = replace(STANDARD, lag_calendar=LagCalendar.PROJECT)

    totals = schedule_plan(replace(plan, default_calendar_uid=3), options).tasks

    assert [totals[uid].total_float_minutes for uid in (1, 2)] == [105, 0]


def test_a_lag_in_percent_of_a_summary_without_working_time_is_none():
    plan = plan_of(
        phase(1),
        task(2, 480, 2, calendar_uid=1),
        task(3, 1200, elapsed_duration=True),
        links=[Link(1, 3, lag_kind=LagKind.PERCENT, lag_percent=Decimal(33))],
        status_date=None,
    )

    dates = schedule_plan(replace(plan, default_calendar_uid=3), STANDARD).tasks[2]

    assert dates.total_float_minutes == 0


def test_a_hard_constraint_says_nothing_of_a_task_scheduled_by_hand():
    by_hand = task(
        1,
        manual=True,
        constraint=ConstraintType.MSO,
        constraint_date=at(12, 8),
        constraint_hard=True,
        stored=StoredDates(start=at(3, 8), finish=at(3, 17)),
    )

    dates = schedule_plan(plan_of(by_hand, task(2, 2400)), STANDARD).tasks[1]

    assert (dates.late_finish, dates.total_float_minutes) == (at(7, 17), 1920)


def test_a_link_from_the_start_of_a_summary_does_not_hold_the_rest_of_begun_work():
    plan = plan_of(
        phase(1), begun(2, START, 960, 2), task(3, 480), links=[Link(1, 3, LinkType.SS, 1920)]
    )

    assert schedule_plan(plan, STANDARD).tasks[2].total_float_minutes == 1440


def test_a_link_from_the_start_of_a_summary_bounds_only_what_holds_that_start():
    later = task(3, 60, 3, constraint=ConstraintType.SNET, constraint_date=at(7, 8))
    plan = plan_of(
        phase(1),
        phase(2, 2),
        later,
        task(4, 480, 2),
        task(5, 2400),
        links=[Link(1, 5, LinkType.SS)],
    )

    totals = schedule_plan(plan, STANDARD).tasks

    assert (totals[3].total_float_minutes, totals[4].total_float_minutes) == (420, 0)


def test_a_finished_predecessor_of_a_summary_does_not_hold_the_rest_of_begun_work():
    done = task(1, actual_start=START, actual_finish=at(7, 17))
    plan = plan_of(done, phase(2), begun(3, at(4, 8), 480, 2), links=[Link(1, 2)])

    dates = schedule_plan(plan, STANDARD).tasks[3]

    assert (dates.early_finish, dates.driving) == (at(4, 17), ())


def test_the_rest_of_begun_work_names_the_link_of_its_summary_that_holds_it():
    done = task(1, actual_start=START, actual_finish=at(14, 17))
    plan = plan_of(
        done,
        task(2, 960),
        phase(3, constraint=ConstraintType.SNET, constraint_date=at(20, 8)),
        begun(4, START, 480, 2),
        links=[Link(1, 3), Link(2, 3)],
    )

    dates = schedule_plan(plan, STANDARD).tasks[4]

    assert (dates.remaining_start, dates.driving) == (at(5, 8), (2,))
    assert "through its summary" in dates.reason


def test_as_late_as_possible_never_starts_after_what_a_link_from_its_start_allows():
    late = task(1, 480, constraint=ConstraintType.ALAP)
    plan = plan_of(
        late,
        task(2, 60, calendar_uid=4, constraint=ConstraintType.SNET, constraint_date=at(8, 0)),
        task(3, 4800),
        links=[Link(1, 2, LinkType.SS)],
    )

    assert schedule_plan(plan, STANDARD).tasks[1].start == at(7, 16, 59)


def test_a_finish_link_drives_a_milestone_to_where_it_leads():
    plan = plan_of(
        task(1, 600, calendar_uid=4),
        task(2, 0),
        task(3, 600, calendar_uid=4),
        links=[Link(1, 2, LinkType.FF), Link(2, 3)],
    )

    dates = schedule_plan(plan, STANDARD).tasks

    assert dates[2].early_start == dates[2].late_start == at(4, 8)
    assert dates[1].late_finish == at(4, 8)


def test_progress_override_frees_what_follows_through_a_summary():
    plan = plan_of(task(1), phase(2), begun(3, START, 480, 2), task(4, 2400), links=[Link(1, 2)])
    options = replace(STANDARD, progress_mode=ProgressMode.PROGRESS_OVERRIDE)

    assert schedule_plan(plan, options).tasks[1].total_float_minutes == 1920


def test_a_finish_link_to_a_delayed_task_leaves_the_hours_in_which_that_is_closed():
    plan = plan_of(
        task(1, 60),
        task(2, 2400, leveling_delay_minutes=600),
        links=[Link(1, 2, LinkType.FF)],
    )

    assert schedule_plan(plan, MICROSOFT).tasks[1].total_float_minutes == 2820


def test_a_levelling_delay_does_not_stretch_the_lag_behind_a_summary_in_its_early_dates():
    plan = plan_of(
        phase(1),
        task(2, 480, 2, leveling_delay_minutes=1440),
        task(3, 480, 2),
        task(4, 480),
        links=[Link(1, 4, lag_kind=LagKind.PERCENT, lag_percent=Decimal(100))],
    )

    dates = schedule_plan(plan, STANDARD).tasks

    assert dates[4].early_start == at(5, 8)
    assert dates[1].free_float_minutes == 0


def test_a_summary_lasts_as_long_as_it_is_shown_to():
    """What is as late as possible was put off, and its summary kept the duration from before."""
    chart = plan_chart("""
        Build 5   | |
        Phase     | |
          Draw 1  | |
          Order 1 | | , alap
    """)

    phase = schedule_plan(chart.plan, STANDARD).tasks[chart.uid("Phase")]

    assert (phase.start, phase.finish) == (START, at(7, 17))
    assert phase.duration_minutes == 5 * 480


def test_a_plan_from_its_finish_puts_off_what_must_not_be_late():
    """A date that only bounds from above kept a task early, and what leads to it came after it."""
    chart = plan_chart("""
        finish 10
        Draw 2  | |
        Order 1 | | Draw, fnlt 9
    """)

    result = schedule_plan(chart.plan)

    assert [f"{dates.start:%d %H} {dates.finish:%d %H}" for dates in result.tasks.values()] == [
        "11 08 12 17",
        "13 08 13 17",
    ]


def test_a_plan_from_its_finish_keeps_links_where_there_is_no_room():
    """A predecessor that may not begin sooner was passed by what follows it."""
    chart = plan_chart("""
        finish 5
        Draw 2  | | , snet 3
        Order 2 | | Draw
    """)

    result = schedule_plan(chart.plan)

    draw, order = result.tasks.values()
    assert f"{draw.finish:%d %H} {order.start:%d %H}" == "07 17 10 08"
    assert order.total_float_minutes == -2 * 480


def test_the_free_float_of_a_start_ends_where_work_can_begin():
    """It counted to the evening, and a start on the evening is one on the next morning."""
    plan = plan_of(
        task(1, 60),
        task(2, 60, constraint=ConstraintType.SNET, constraint_date=at(4, 8)),
        links=[Link(1, 2, LinkType.SS, 60, LagKind.ELAPSED)],
    )

    assert schedule_plan(plan, STANDARD).tasks[1].free_float_minutes == 479


def test_an_inactive_task_lies_on_no_path_through_its_summary():
    """It finishes with its summary and was taken for what holds the successor."""
    chart = plan_chart("""
        Phase |
          A 2 | |
          X 2 | | , inactive
        B 1   | | Phase
    """)

    result = schedule_plan(chart.plan)

    a, b = chart.uid("A"), chart.uid("B")
    assert result.critical_paths == ((a, b),)
    assert {uid for uid, dates in result.tasks.items() if dates.longest_path} == {a, b}
