# SPDX-License-Identifier: Apache-2.0
"""Summaries, links of every kind, level of effort, manual and inactive tasks, delays."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pilothouse.engine.calendars import STANDARD_DAY, STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network.plan import (
    CriticalKind,
    EnteredText,
    LagKind,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    ScheduleRules,
    StoredDates,
)
from pilothouse.engine.schedule import (
    CauseKind,
    Dialect,
    LagCalendar,
    ScheduleOptions,
    explain,
    schedule_plan,
)
from pilothouse.engine.testing import Days, assert_chart, plan_chart

STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)
OFFICE = CalendarSpec(1, "Standard", STANDARD_WEEK)
SIX_DAYS = CalendarSpec(2, "Six days", (STANDARD_DAY,) * 6 + ((),))
NIGHT = CalendarSpec(3, "Night", (((1320, 1440),),) * 7)
START = datetime(2025, 3, 3, 8)


def plan_of(*tasks, links=(), **more):
    return Plan("Plan", START, (OFFICE, SIX_DAYS, NIGHT), 1, tasks, tuple(links), **more)


def test_o_cal_3_an_elapsed_lag_runs_over_the_weekend_and_is_snapped():
    plan = plan_of(
        PlanTask(1, "Pour", duration_minutes=5 * 480),
        PlanTask(2, "Build", duration_minutes=480),
        links=[Link(1, 2, lag_minutes=2 * 1440, lag_kind=LagKind.ELAPSED)],
    )

    result = schedule_plan(plan)

    assert result.tasks[1].finish == datetime(2025, 3, 7, 17)
    assert result.tasks[2].start == datetime(2025, 3, 10, 8)


def test_o_cal_5_a_lag_in_percent_is_of_the_whole_duration_of_the_predecessor():
    assert_chart("""
        A 4 | ####
        B 1 | ......# | A FS+50%
    """)
    assert_chart("""
        status 2
        A 4 | ######    | started 0, worked 2, left 4
        B 1 | .........# | A FS+50%
    """)


def test_a_milestone_stands_on_the_evening_its_predecessor_finishes():
    chart = plan_chart("""
        A 5 | |
        M 0 | | A
        B 1 | | M
    """)

    result = schedule_plan(chart.plan)

    assert result.tasks[2].start == result.tasks[2].finish == datetime(2025, 3, 7, 17)
    assert result.tasks[3].start == datetime(2025, 3, 10, 8)


def test_a_milestone_without_predecessor_stands_at_the_start_of_the_project():
    [dates] = schedule_plan(plan_of(PlanTask(1, "Go", milestone=True))).tasks.values()

    assert dates.start == dates.finish == START
    assert dates.late_start == START
    assert dates.total_float_minutes == 0


def test_a_summary_runs_from_its_first_to_its_last_child():
    text = """
        Phase   | .#####
          A 2   | .##    | snet 1
          B 3   | ...### | A
        C 1     | #
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    phase = result.tasks[chart.uid("Phase")]
    assert phase.duration_minutes == 5 * 480
    assert phase.cause is CauseKind.CHILDREN
    assert phase.reason == "Runs from the start of 1.1 ‘A’ to the finish of 1.2 ‘B’."
    assert phase.critical is True


def test_a_summary_is_critical_by_its_children_or_by_its_own_float_as_the_dialect_says():
    text = """
        Phase   | |
          A 1   | |
          B 1   | |
        C 9     | | A
    """
    plan = plan_chart(text).plan

    ours, theirs = schedule_plan(plan, STANDARD), schedule_plan(plan)

    assert ours.tasks[2].critical and ours.tasks[1].critical
    assert theirs.tasks[2].critical and theirs.tasks[1].critical
    later = plan_chart(text.replace("A 1   | |", "A 1   | | snet 1").replace("| | A", "| |"))
    assert not schedule_plan(later.plan).tasks[1].critical


def test_a_link_to_a_summary_holds_all_its_children():
    assert_chart("""
        A 2       | ##
        Phase     | ..### | A
          B 1     | ..#
          Inner   | ..###
            C 3   | ..###
        D 1       | .....# | Phase
    """)


def test_a_link_from_the_start_of_a_summary_follows_its_first_child():
    chart = plan_chart("""
        Phase   | |
          A 2   | | snet 2
          B 3   | |
        C 6     | | Phase SS+1
    """)

    result = schedule_plan(chart.plan)

    days = Days(chart.plan)
    assert days.after(result.tasks[chart.uid("C")].start) == 1
    assert result.tasks[chart.uid("C")].driving == (chart.uid("Phase"),)
    assert result.tasks[chart.uid("B")].longest_path
    assert result.tasks[chart.uid("B")].total_float_minutes == 0
    assert not result.tasks[chart.uid("A")].longest_path


def test_a_finish_link_to_a_summary_bounds_the_finish_of_each_child_and_says_so():
    text = """
        A 5     | #####
        Phase   | ..### | A FF
          B 1   | ....#
          C 3   | ..###
    """

    result = assert_chart(text)

    assert [notice.message for notice in result.notices] == [
        "A FF link to a summary bounds the finish of each of its tasks."
    ]


def test_the_longest_path_goes_through_summaries():
    chart = plan_chart("""
        Phase   | |
          A 2   | |
          B 4   | |
        C 1     | | Phase
    """)

    result = schedule_plan(chart.plan)

    assert result.critical_paths == ((chart.uid("B"), chart.uid("C")),)


def test_dates_of_a_summary_bound_its_children():
    text = """
        Phase   | ..#### | snet 2
          A 1   | ..#
          B 2   | ..##
          C 4   | ..####
        D 8     | ########
    """
    chart = plan_chart(text)
    result = assert_chart(text)
    assert "summary 1 ‘Phase’: start no earlier than" in result.tasks[chart.uid("A")].reason

    limited = plan_chart(text.replace("snet 2", "deadline 3")).plan

    assert schedule_plan(limited).tasks[chart.uid("A")].total_float_minutes == 2 * 480
    assert schedule_plan(limited).tasks[chart.uid("C")].total_float_minutes == -480


def test_level_of_effort_follows_its_drivers_and_drives_nothing():
    text = """
        A 2     | ##
        B 3     | ..###       | A
        Lead 1  | #####       | A SS, B FF, loe
        C 1     | ......#     | B FS+1, Lead
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    lead = result.tasks[chart.uid("Lead")]
    assert (lead.total_float_minutes, lead.critical) == (None, False)
    assert lead.duration_minutes == 5 * 480
    assert result.tasks[chart.uid("C")].driving == (chart.uid("B"),)


def test_level_of_effort_that_ends_last_does_not_move_the_finish_of_the_plan():
    chart = plan_chart("""
        A 2    | |
        Lead 9 | | A SS, loe
    """)

    result = schedule_plan(chart.plan)

    assert Days(chart.plan).after(result.finish) == 2
    assert result.tasks[1].critical


def test_an_inactive_task_drives_nothing_and_counts_for_nothing():
    text = """
        Phase   | ###
          A 3   | ###
          B 6   | ...###### | A, inactive
        C 1     | #         | B
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert Days(chart.plan).after(result.finish) == 3
    assert result.tasks[chart.uid("B")].total_float_minutes is None


def test_a_task_scheduled_by_hand_stays_and_its_broken_link_is_listed():
    text = """
        A 3 | ###
        B 2 | .##  | A, manual 1-3
        C 1 | ...# | B
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    [conflict] = result.logic_conflicts
    assert (conflict.predecessor, conflict.successor, conflict.minutes) == (1, 2, 960)
    assert conflict.message == (
        "2 ‘B’ was set by hand and comes 2 days before 1 ‘A’ allows it (FS)."
    )
    assert result.tasks[chart.uid("B")].cause is CauseKind.MANUAL


def test_a_task_scheduled_by_hand_without_dates_follows_its_links():
    chart = plan_chart("""
        A 3 | |
        B 2 | | A
    """)
    first, second = chart.plan.tasks

    result = schedule_plan(replace(chart.plan, tasks=(first, replace(second, manual=True))))

    assert Days(chart.plan).after(result.tasks[2].start) == 3
    assert [notice.field for notice in result.notices] == ["start"]


@pytest.mark.parametrize(
    ("entered", "manual", "critical"),
    [
        (EnteredText("When he is back", "", None), True, False),
        (EnteredText(None, "", "Two weeks or so"), True, False),
        (EnteredText("", "", ""), True, False),
        (EnteredText(finish="Before the fair"), True, True),
        (EnteredText(), True, True),
        (EnteredText("", "", ""), False, True),
    ],
)
def test_a_placeholder_is_critical_everywhere_but_in_microsoft_project(entered, manual, critical):
    span = StoredDates(start=datetime(2025, 3, 3, 8), finish=datetime(2025, 3, 3, 17))
    task = PlanTask(1, "Survey", duration_minutes=480, manual=manual, stored=span, entered=entered)
    office = CalendarSpec(1, "Standard", STANDARD_WEEK)
    plan = Plan("House", datetime(2025, 3, 3, 8), (office,), 1, (task,))

    for dialect, expected in (
        (Dialect.MICROSOFT_PROJECT, critical),
        (Dialect.STANDARD, True),
        (Dialect.PRIMAVERA, True),
    ):
        dates = schedule_plan(plan, ScheduleOptions(dialect=dialect)).tasks[1]
        assert (dates.critical, dates.total_float_minutes) == (expected, 0), dialect


def test_critical_by_the_longest_path_leaves_placeholders_out_too():
    span = StoredDates(start=datetime(2025, 3, 3, 8), finish=datetime(2025, 3, 3, 17))
    vague = PlanTask(1, "Survey", manual=True, stored=span, entered=EnteredText("", "", ""))
    plan = Plan(
        "House",
        datetime(2025, 3, 3, 8),
        (CalendarSpec(1, "Standard", STANDARD_WEEK),),
        1,
        (vague, PlanTask(2, "Build", duration_minutes=480)),
        (Link(1, 2),),
        rules=ScheduleRules(critical_by=CriticalKind.LONGEST_PATH),
    )

    dates = schedule_plan(plan).tasks

    assert [dates[uid].longest_path for uid in (1, 2)] == [True, True]
    assert [dates[uid].critical for uid in (1, 2)] == [False, True]


def test_a_summary_scheduled_by_hand_keeps_its_dates_and_drives_by_them():
    chart = plan_chart("""
        Phase     | |
          Inner   | |
            A 1   | |
        B 1       | | Phase
    """)
    days = Days(chart.plan)
    by_hand = StoredDates(start=days.start(1), finish=days.finish(4))
    tasks = tuple(
        replace(task, manual=True, stored=by_hand) if task.name == "Inner" else task
        for task in chart.plan.tasks
    )

    result = schedule_plan(replace(chart.plan, tasks=tasks))

    phase, inner = result.tasks[chart.uid("Phase")], result.tasks[chart.uid("Inner")]
    assert (days.after(phase.start), days.after(phase.finish)) == (1, 4)
    assert inner.cause is CauseKind.MANUAL
    assert phase.reason == "Runs from the start of 1.1 ‘Inner’ to the finish of 1.1 ‘Inner’."
    assert days.after(result.tasks[chart.uid("B")].start) == 4
    assert result.critical_paths == ((chart.uid("Inner"), chart.uid("B")),)


def test_an_elapsed_duration_runs_day_and_night():
    plan = plan_of(
        PlanTask(1, "Pour", duration_minutes=5 * 480),
        PlanTask(2, "Cure", duration_minutes=2 * 1440, elapsed_duration=True),
        PlanTask(3, "Build", duration_minutes=480),
        links=[Link(1, 2), Link(2, 3)],
    )

    result = schedule_plan(plan)

    assert result.tasks[2].start == datetime(2025, 3, 7, 17)
    assert result.tasks[2].finish == datetime(2025, 3, 9, 17)
    assert result.tasks[3].start == datetime(2025, 3, 10, 8)
    # Until Monday morning it delays nothing; the working time before has no such room.
    assert result.tasks[2].total_float_minutes == 15 * 60
    assert result.tasks[1].total_float_minutes == 0


def test_a_levelling_delay_moves_what_is_shown_and_in_our_dialect_not_the_early_dates():
    text = """
        A 1 | .#  | delay 1
        B 1 | ..# | A
    """
    chart = plan_chart(text)
    days = Days(chart.plan)

    ours, theirs = assert_chart(text, STANDARD), assert_chart(text)

    assert [days.after(ours.tasks[uid].early_start) for uid in (1, 2)] == [0, 1]
    assert [days.after(theirs.tasks[uid].early_start) for uid in (1, 2)] == [1, 2]
    assert ours.tasks[1].cause is CauseKind.LEVELING_DELAY


def test_a_plan_from_its_finish_is_as_late_as_it_can_be():
    text = """
        finish 8
        A 3 | .###    |
        B 4 | ....#### | A
        C 1 | .......# | A
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert Days(chart.plan).after(result.start) == 1
    assert result.tasks[chart.uid("C")].total_float_minutes == 3 * 480
    assert result.tasks[chart.uid("C")].reason == "Counted back from the finish of the project."


def test_a_plan_from_its_finish_needs_one():
    plan = replace(plan_of(PlanTask(1, "A", duration_minutes=480)), schedule_from_finish=True)

    with pytest.raises(InvalidInput) as refused:
        schedule_plan(plan)

    assert refused.value.code == "schedule.no_finish"


@pytest.mark.parametrize(
    ("constraint", "bars", "conflict"),
    [
        ("snlt 2", "..##", 480),
        ("fnlt 4", "..##", 480),
        ("mso 1", ".##", 960),
        ("mso 5", ".....##", None),
        ("mfo 4", "..##", 480),
        ("snlt 4", "...##", None),
    ],
)
def test_a_hard_constraint_holds_against_the_logic(constraint, bars, conflict):
    result = assert_chart(f"""
        P 3 | ###
        Q 2 | {bars} | P, {constraint}, hard
    """)

    found = [item.minutes for item in result.logic_conflicts]
    assert found == ([] if conflict is None else [conflict])
    assert (result.tasks[1].total_float_minutes < 0) is (conflict is not None)


def test_a_task_runs_on_its_own_calendar_and_float_is_counted_in_it():
    plan = plan_of(
        PlanTask(1, "Six", duration_minutes=6 * 480, calendar_uid=2),
        PlanTask(2, "Five", duration_minutes=6 * 480),
    )

    result = schedule_plan(plan)

    assert result.tasks[1].finish == datetime(2025, 3, 8, 17)
    assert result.tasks[2].finish == datetime(2025, 3, 10, 17)
    assert result.tasks[1].total_float_minutes == 480


def with_resources(*calendars, task=None):
    resources = tuple(
        PlanResource(uid, f"R{uid}", calendar_uid=calendar)
        for uid, calendar in enumerate(calendars, 1)
    )
    given = tuple(PlanAssignment(r.uid, 1, r.uid) for r in resources)
    row = task or PlanTask(1, "A", duration_minutes=6 * 480)
    return plan_of(row, resources=resources, assignments=given)


def test_in_the_dialect_of_microsoft_project_a_task_runs_on_its_resources_calendars():
    plan = with_resources(2)

    assert schedule_plan(plan).finish == datetime(2025, 3, 8, 17)
    assert schedule_plan(plan, STANDARD).finish == datetime(2025, 3, 10, 17)


def test_two_resources_work_when_either_does():
    # Ten hours a day: eight in the office and two at night.
    assert schedule_plan(with_resources(1, 3)).finish == datetime(2025, 3, 7, 17)
    assert schedule_plan(with_resources(3)).finish == datetime(2025, 3, 27)


def test_resources_of_a_task_with_its_own_calendar_work_within_it_unless_ignored():
    own = PlanTask(1, "A", duration_minutes=6 * 480, calendar_uid=1)

    assert schedule_plan(with_resources(2, task=own)).finish == datetime(2025, 3, 10, 17)
    ignored = replace(own, calendar_uid=2, ignore_resource_calendar=True)
    assert schedule_plan(with_resources(1, task=ignored)).finish == datetime(2025, 3, 8, 17)


def test_a_task_whose_calendars_never_meet_is_refused_by_name():
    own = PlanTask(1, "Weld", wbs="2.1", duration_minutes=480, calendar_uid=1)

    with pytest.raises(InvalidInput) as refused:
        schedule_plan(with_resources(3, task=own))

    assert refused.value.code == "calendar.no_working_time"
    assert refused.value.message == (
        "Task 2.1 ‘Weld’: Calendar ‘Night ∩ Standard’ has no working time for two years; "
        "give it working days or choose another one."
    )


@pytest.mark.parametrize(
    ("calendar", "start"),
    [
        (LagCalendar.SUCCESSOR, datetime(2025, 3, 11, 8)),
        (LagCalendar.PROJECT, datetime(2025, 3, 11, 8)),
        (LagCalendar.PREDECESSOR, datetime(2025, 3, 10, 8)),
    ],
)
def test_a_lag_runs_on_the_calendar_that_was_chosen(calendar, start):
    plan = plan_of(
        PlanTask(1, "A", duration_minutes=5 * 480, calendar_uid=2),
        PlanTask(2, "B", duration_minutes=480),
        links=[Link(1, 2, lag_minutes=480)],
    )

    result = schedule_plan(plan, ScheduleOptions(lag_calendar=calendar))

    assert result.tasks[2].start == start


@pytest.mark.parametrize(
    ("options", "said", "start"),
    [
        (ScheduleOptions(), None, datetime(2025, 3, 11, 8)),
        (ScheduleOptions(dialect=Dialect.STANDARD), None, datetime(2025, 3, 11, 8)),
        (ScheduleOptions(dialect=Dialect.PRIMAVERA), None, datetime(2025, 3, 10, 8)),
        (
            ScheduleOptions(dialect=Dialect.PRIMAVERA),
            LagCalendar.SUCCESSOR,
            datetime(2025, 3, 11, 8),
        ),
        (ScheduleOptions(), LagCalendar.PREDECESSOR, datetime(2025, 3, 10, 8)),
        (
            ScheduleOptions(lag_calendar=LagCalendar.SUCCESSOR),
            LagCalendar.PREDECESSOR,
            datetime(2025, 3, 11, 8),
        ),
    ],
)
def test_the_calendar_of_lags_is_that_of_the_caller_the_file_or_the_dialect(options, said, start):
    plan = plan_of(
        PlanTask(1, "A", duration_minutes=5 * 480, calendar_uid=2),
        PlanTask(2, "B", duration_minutes=480),
        links=[Link(1, 2, lag_minutes=480)],
    )

    assert schedule_plan(replace(plan, lag_calendar=said), options).tasks[2].start == start


@pytest.mark.parametrize(
    ("plan", "code", "places"),
    [
        (plan_of(PlanTask(1, "A"), links=[Link(1, 7)]), "network.dangling_link", ("7", "1")),
        (
            plan_of(PlanTask(1, "A", duration_minutes=-1)),
            "schedule.negative_duration",
            ("1 ‘A’",),
        ),
        (plan_of(PlanTask(1, "A", calendar_uid=9)), "schedule.calendar", ("1 ‘A’",)),
        (
            plan_of(PlanTask(1, "A", duration_minutes=60 * 10**9)),
            "calendar.out_of_range",
            ("1 ‘A’",),
        ),
        (
            plan_of(
                PlanTask(1, "A"),
                PlanTask(2, "B", duration_minutes=1),
                links=[Link(1, 2, lag_minutes=10**15, lag_kind=LagKind.ELAPSED)],
            ),
            "calendar.out_of_range",
            ("2 ‘B’",),
        ),
        (
            plan_of(PlanTask(1, "A"), PlanTask(2, "B"), links=[Link(1, 2, lag_minutes=-(10**15))]),
            "calendar.out_of_range",
            ("2 ‘B’",),
        ),
        (
            plan_of(PlanTask(1, "A", actual_start=datetime(9999, 1, 1), duration_minutes=1)),
            "calendar.out_of_range",
            ("1 ‘A’",),
        ),
        (
            plan_of(
                PlanTask(
                    1,
                    "A",
                    actual_start=datetime(2025, 3, 5),
                    actual_finish=datetime(2025, 3, 4),
                )
            ),
            "schedule.actual_dates",
            ("1 ‘A’",),
        ),
    ],
)
def test_a_plan_that_cannot_be_scheduled_is_refused_and_names_the_task(plan, code, places):
    with pytest.raises(InvalidInput) as refused:
        schedule_plan(plan)

    assert (refused.value.code, refused.value.places) == (code, places)


def test_a_circle_is_refused():
    chart = plan_chart("""
        A 1 | | B
        B 1 | | A
    """)

    with pytest.raises(CycleFound):
        schedule_plan(chart.plan)


def test_a_plan_without_tasks_is_as_long_as_nothing():
    result = schedule_plan(plan_of())

    assert (result.start, result.finish, dict(result.tasks)) == (START, START, {})


def test_an_explanation_walks_back_along_the_driving_links():
    chart = plan_chart("""
        A 5 | |
        B 4 | | A
        C 6 | | A SS+2
        D 3 | | B FF+1, C
    """)
    result = schedule_plan(chart.plan)

    found = explain(result, chart.uid("D"))

    assert [step.uid for step in found.steps] == [4, 3, 1]
    assert found.text.splitlines()[:3] == [
        "4 ‘D’, Thu 13 Mar 2025 08:00 to Mon 17 Mar 2025 17:00. "
        "Starts when 3 ‘C’ allows it: FS, from its finish to this start.",
        "3 ‘C’, Wed 5 Mar 2025 08:00 to Wed 12 Mar 2025 17:00. "
        "Starts when 1 ‘A’ allows it: SS + 2 days, from its start to this start.",
        "1 ‘A’, Mon 3 Mar 2025 08:00 to Fri 7 Mar 2025 17:00. "
        "Starts with the project; nothing else holds it.",
    ]
    with pytest.raises(KeyError):
        explain(result, 99)


def test_the_cause_names_constraint_link_kind_and_lag():
    plan = plan_of(
        PlanTask(1, "A", duration_minutes=480),
        PlanTask(2, "B", duration_minutes=480),
        links=[Link(1, 2, LinkType.FF, -720, LagKind.ELAPSED)],
    )
    assert schedule_plan(plan).tasks[1].reason == (
        "Starts with the project; nothing else holds it."
    )

    constrained = plan_chart("A 1 | | snet 3").plan

    assert schedule_plan(constrained).tasks[1].reason == (
        "Starts there because of its constraint: start no earlier than Thu 6 Mar 2025 08:00."
    )


def test_with_a_zone_a_night_shift_over_the_spring_change_has_an_hour_less():
    plan = Plan(
        "Night",
        datetime(2025, 3, 29, 22),
        (CalendarSpec(1, "Night", (((0, 360), (1320, 1440)),) * 7),),
        1,
        (PlanTask(1, "Press", duration_minutes=480),),
    )

    berlin = ScheduleOptions(zone=ZoneInfo("Europe/Berlin"))

    assert schedule_plan(plan).finish == datetime(2025, 3, 30, 6)
    assert schedule_plan(plan, berlin).finish == datetime(2025, 3, 30, 23)
