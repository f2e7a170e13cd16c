# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal as D

import pytest

from pilothouse.engine.assess import Limits, assess, bei, cpli
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    Link,
    LinkType,
    PlanAssignment,
    PlanResource,
    TaskBaseline,
)
from pilothouse.engine.schedule import ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.testing import plan_chart

STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)
N1 = """
    start 2025-03-03; off 2025-03-14
    A 5 | #####          |
    B 4 | .....####      | A
    C 6 | ..######       | A SS+2
    D 3 | ........###    | B FF+1, C
    E 2 | ............## | D FS+1
    F 4 | ......####     | C FS-2
    H 3 | ..........###  | E SF+1
    G 0 | .............◆ | E, F, H
"""
STATUS = datetime(2025, 6, 2, 8)


def chart(text=N1):
    return plan_chart(text).plan


def point(plan, number, **more):
    return assess(plan, STANDARD, **more).points[number - 1]


def named(plan, uids):
    return {task.name for task in plan.tasks if task.uid in uids}


def test_o_dcm_1():
    plan = chart()
    found = assess(plan, STANDARD)
    value = {item.number: (item.count, item.population) for item in found.points}

    assert value[1] == (1, 7)
    assert named(plan, found.points[0].offenders) == {"A"}
    assert round(found.points[0].value, 1) == D("14.3")
    assert "H" in named(plan, found.points[0].also)
    assert (value[2], value[3], value[4]) == ((1, 10), (4, 10), (7, 10))
    assert found.points[3].value == 70
    assert [value[number][0] for number in (5, 6, 7, 8)] == [0, 0, 0, 0]
    assert [item.number for item in found.points if item.passed is False] == [1, 2, 3, 4]
    assert (found.passed, found.applicable) == (5, 9)


def test_o_dcm_2_the_path_ahead_and_the_pace():
    assert round(cpli(D(60), D(-5)), 4) == D("0.9167")
    assert bei(40, 45, 5) == D("0.80")
    assert round(bei(40, 45, 4), 4) == D("0.8163")


def test_o_dcm_2_the_path_ahead_is_judged():
    plan = chart("start 2025-03-03\nA 60 | " + "#" * 60 + " |")
    end = schedule_plan(plan, STANDARD).finish
    plan = replace(plan, status_date=plan.start)

    found = point(replace(plan, imposed_finish=end - timedelta(days=7)), 13)

    assert round(found.value, 4) == D("0.9167")
    assert (found.note, found.passed) == ("(60 + -5) / 60 days", False)
    assert point(replace(plan, imposed_finish=end), 13).passed is True


def executed():
    """45 tasks due by the baseline, 9 not finished, 3 finished late; 9 without a baseline."""
    plan = chart("start 2025-03-03\nA 1 | # |")
    (first,) = plan.tasks
    begun, due = datetime(2025, 3, 3, 8), datetime(2025, 3, 3, 17)
    tasks = []
    for number in range(1, 51):
        task = replace(first, uid=number, name=f"T{number}")
        if number <= 45:
            task = replace(task, baselines=(TaskBaseline(0, begun, due, 480),))
        finish = due + timedelta(days=1) if number <= 3 else due
        if number <= 36 or 46 <= number <= 49:
            task = replace(task, actual_start=begun, actual_finish=finish)
        tasks.append(task)
    return replace(plan, tasks=tuple(tasks), status_date=STATUS)


def test_o_dcm_2_over_a_plan():
    plan = executed()

    missed = point(plan, 11)
    assert (missed.count, missed.population, missed.passed) == (12, 45, False)
    assert round(missed.value, 1) == D("26.7")
    pace = point(plan, 14)
    assert (pace.value, pace.passed, len(pace.offenders)) == (D("0.80"), False, 9)
    done_only = point(plan, 14, limits=Limits(bei_of_done_only=True))
    assert round(done_only.value, 4) == D("0.8163")


def test_the_length_of_the_path_is_held_against_what_was_promised():
    plan = replace(chart(), status_date=datetime(2025, 3, 3, 8))
    assert point(plan, 13).note == "The plan has no baseline and no imposed finish."

    late = point(replace(plan, imposed_finish=datetime(2025, 3, 20, 17)), 13)

    assert late.value == (D(14) - 1) / 14
    assert late.note == "(14 + -1) / 14 days"
    assert late.passed is False


def test_a_delay_on_the_longest_path_moves_the_end():
    found = point(chart(), 12)

    # A drives C by its start; its finish reaches the end through B, which has a day of float.
    assert (found.value, found.passed) == (599, True)
    assert found.note == "600 days were added to 1 ‘A’."


def test_a_path_that_a_hard_date_cuts_fails():
    plan = chart("start 2025-03-03\nA 2 | ## |\nB 1 | ..# | A")
    held = replace(
        plan.tasks[1],
        constraint=ConstraintType.MSO,
        constraint_date=datetime(2025, 3, 5, 8),
        constraint_hard=True,
    )
    apart = replace(plan, tasks=(plan.tasks[0], held))

    found = point(apart, 12)

    assert found.passed is (abs(found.value - 600) <= 1)
    assert point(plan, 12).passed is True


def test_long_waits_and_long_tasks_are_named():
    plan = chart("start 2025-03-03\nA 3 | ### |\nB 60 | " + "#" * 60 + " |")

    assert named(plan, point(plan, 6).offenders) == {"A"}
    assert named(plan, point(plan, 8).offenders) == {"B"}
    longest = plan.tasks[1].uid
    assert point(plan, 8, rolling_wave=frozenset([longest])).count == 0


def test_dates_that_cannot_be_kept_are_counted():
    plan = replace(chart("start 2025-03-03\nA 3 | ### |"), imposed_finish=datetime(2025, 3, 4, 17))

    found = point(plan, 7)

    assert (found.count, found.passed) == (1, False)
    assert point(replace(plan, imposed_finish=None), 7).passed is True


def test_hard_constraints_are_those_that_forbid_delay():
    plan = chart("start 2025-03-03\nA 1 | # |\nB 1 | # |")
    first, second = plan.tasks
    date = datetime(2025, 3, 10, 8)
    for kind, counted in ((ConstraintType.MFO, 1), (ConstraintType.SNET, 0)):
        bound = replace(first, constraint=kind, constraint_date=date)
        assert point(replace(plan, tasks=(bound, second)), 5).count == counted


def test_work_in_the_past_and_actuals_in_the_future_are_invalid():
    plan = chart("start 2025-03-03\nA 1 | # |\nB 1 | # |\nC 1 | # |")
    begun, status = datetime(2025, 3, 3, 8), datetime(2025, 3, 4, 17)
    ahead = replace(plan.tasks[1], actual_start=datetime(2025, 3, 6, 8))
    done = replace(plan.tasks[2], actual_start=begun, actual_finish=datetime(2025, 3, 3, 17))
    behind = replace(plan, tasks=(plan.tasks[0], ahead, done), status_date=status)
    stays = ScheduleOptions(dialect=Dialect.STANDARD, work_after_status_date=False)

    assert assess(plan, STANDARD).points[8].passed is None
    assert named(plan, assess(behind, stays).points[8].offenders) == {"A", "B"}
    assert named(plan, assess(behind, STANDARD).points[8].offenders) == {"B"}


def test_tasks_that_nobody_does_are_reported_and_judged_where_a_limit_is_set():
    plan = chart("start 2025-03-03\nA 1 | # |\nB 1 | # |")
    staffed = replace(
        plan,
        resources=(PlanResource(1, "Ada"),),
        assignments=(PlanAssignment(1, plan.tasks[0].uid, 1),),
    )

    reported = point(staffed, 10)
    assert (reported.value, reported.passed, reported.limit) == (50, None, "reported")
    assert point(staffed, 10, limits=Limits(unresourced_pct=D(0))).passed is False


def test_a_link_of_a_summary_is_logic_of_what_lies_below():
    plan = chart("start 2025-03-03\nA 1 | # |\nB 1 | .# | A\nC 1 | ..# | B")
    first, second, third = plan.tasks
    above = replace(second, uid=9, name="S", duration_minutes=0)
    inside = replace(second, outline_level=2)
    links = (Link(first.uid, 9), Link(9, third.uid))
    nested = replace(plan, tasks=(first, above, inside, third), links=links)

    assert named(nested, point(nested, 1).offenders) == {"A", "C"}
    assert point(nested, 4).population == 0


def test_an_empty_population_is_no_pass():
    plan = executed()
    done = replace(
        plan,
        tasks=tuple(
            replace(
                task, actual_start=datetime(2025, 3, 3, 8), actual_finish=datetime(2025, 3, 3, 17)
            )
            for task in plan.tasks
        ),
    )
    found = assess(done, STANDARD)

    assert [item.passed for item in found.points[:8]] == [None] * 8
    assert found.points[11].passed is None
    assert assess(replace(plan, tasks=(), links=()), STANDARD).score_pct is None


def test_a_schedule_at_hand_is_not_made_again():
    plan = chart()

    assert assess(plan, STANDARD, result=schedule_plan(plan, STANDARD)) == assess(plan, STANDARD)


def test_every_kind_of_link_but_one_lowers_the_fourth_point():
    plan = chart("start 2025-03-03\nA 1 | # |\nB 1 | # | A SS\nC 1 | # | A FF\nD 1 | # | A SF")

    found = point(plan, 4)

    assert (found.value, len(found.offenders)) == (0, 3)
    assert {link.type for link in plan.links} == {LinkType.SS, LinkType.FF, LinkType.SF}


@pytest.mark.parametrize("call", [lambda: cpli(D(0), D(1)), lambda: bei(3, 0, 0)])
def test_without_anything_ahead_there_is_no_index(call):
    with pytest.raises(InvalidInput):
        call()
