# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from decimal import Decimal

from pilothouse.engine.network import percent_done
from pilothouse.engine.schedule import ProgressMode, ScheduleOptions, TaskState, schedule_plan
from pilothouse.engine.testing import Days, assert_chart, plan_chart

OUT_OF_SEQUENCE = """
    status 8
    A 10 | {a} | started 0, left 5
    B 6  | {b} | A, started 6, left 4
    C 4  | {c} | B
"""


def test_o_prg_1_retained_logic_lets_the_rest_wait():
    result = assert_chart(
        OUT_OF_SEQUENCE.format(a="#############", b="......###########", c=".................####")
    )

    chart = plan_chart(OUT_OF_SEQUENCE.format(a="", b="", c=""))
    days = Days(chart.plan)
    assert days.after(result.tasks[chart.uid("B")].remaining_start) == 13
    assert days.after(result.finish) == 21
    assert [(pair.predecessor, pair.successor) for pair in result.out_of_sequence] == [(1, 2)]
    assert result.out_of_sequence[0].message == (
        "2 ‘B’ started 7 days before 1 ‘A’ allowed it (FS)."
    )


def test_o_prg_1_progress_override_ignores_the_broken_link():
    result = assert_chart(
        OUT_OF_SEQUENCE.format(a="#############", b="......######", c="............####"),
        ScheduleOptions(progress_mode=ProgressMode.PROGRESS_OVERRIDE),
    )

    chart = plan_chart(OUT_OF_SEQUENCE.format(a="", b="", c=""))
    days = Days(chart.plan)
    assert days.after(result.tasks[chart.uid("B")].remaining_start) == 8
    assert days.after(result.finish) == 16
    assert len(result.out_of_sequence) == 1


def test_o_prg_2_n1_at_day_six_slips_two_days():
    text = """
        start 2025-03-03; off 2025-03-14; status 6
        A 5 | ######           | done 0-6
        B 4 | ......####       | A
        C 6 | ..########       | A SS+2, started 2, left 4, worked 4
        D 3 | ..........###    | B FF+1, C
        E 2 | ..............## | D FS+1
        F 4 | ........####     | C FS-2
        H 3 | ............###  | E SF+1
        G 0 | ...............◆ | E, F, H
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    c = result.tasks[chart.uid("C")]
    assert c.duration_minutes == 8 * 480
    assert percent_done(c.duration_minutes - 4 * 480, 4 * 480) == 50
    assert result.tasks[chart.uid("A")].state is TaskState.COMPLETE
    assert result.tasks[chart.uid("A")].total_float_minutes is None
    assert c.state is TaskState.IN_PROGRESS
    assert result.out_of_sequence == ()


def test_work_that_is_not_done_does_not_lie_in_the_past():
    result = assert_chart("""
        status 3
        A 2 | ...## |
    """)

    assert result.tasks[1].reason == (
        "Starts at the status date, Thu 6 Mar 2025 08:00: "
        "work that is not done cannot lie in the past."
    )


def test_work_stays_where_it_is_when_the_file_was_not_rescheduled():
    assert_chart(
        """
        status 3
        A 2 | ##      |
        B 5 | ..##### | A, started 2, left 4
        """,
        ScheduleOptions(work_after_status_date=False),
    )


def test_suspended_work_goes_on_when_it_was_planned_to_resume():
    result = assert_chart("""
        status 2
        A 4 | ####### | started 0, left 2, resume 5
    """)

    assert result.tasks[1].reason == (
        "The rest starts on Mon 10 Mar 2025 08:00, when the work was planned to resume."
    )


def test_finished_work_no_longer_counts_for_float():
    chart = plan_chart("""
        status 3
        A 2 | | done 0-2
        B 3 | | A
    """)

    result = schedule_plan(chart.plan)

    assert result.tasks[1].total_float_minutes is None
    assert result.tasks[1].critical is False
    assert result.tasks[2].total_float_minutes == 0


def test_done_to_a_hundred_without_a_finish_is_told_and_not_complete():
    """R-PRG-01: 100 percent and an actual finish are one."""
    plan = plan_chart("""
    status 8
    A 10 | ..........| started 0, left 0
    B 6  | ......    |
    """).plan
    plan = replace(
        plan, tasks=tuple(replace(task, percent_complete=Decimal(100)) for task in plan.tasks)
    )

    result = schedule_plan(plan)

    assert [result.tasks[uid].state for uid in (1, 2)] == [
        TaskState.IN_PROGRESS,
        TaskState.NOT_STARTED,
    ]
    assert [(notice.field, "begun; say when" in notice.message) for notice in result.notices] == [
        ("actual_finish", True),
        ("actual_finish", True),
    ]
