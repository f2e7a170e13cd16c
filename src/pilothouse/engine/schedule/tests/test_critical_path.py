# SPDX-License-Identifier: Apache-2.0
"""The worked examples of the domain, numbers exactly as written there."""

from datetime import datetime

import pytest

from pilothouse.engine.schedule import schedule_plan
from pilothouse.engine.testing import Days, assert_chart, plan_chart

N1 = """
    start 2025-03-03; off 2025-03-14{settings}
    A 5 | #####          |{a}
    B 4 | .....####      | A{b}
    C 6 | ..######       | A SS+2{c}
    D 3 | ........###    | B FF+1, C
    E 2 | ............## | D FS+1
    F 4 | ......####     | C FS-2{f}
    H 3 | ..........###  | E SF+1
    G 0 | .............◆ | E, F, H
"""


def n1(settings="", a="", b="", c="", f=""):
    return N1.format(settings=settings, a=a, b=b, c=c, f=f)


def in_days(chart, result, what):
    days = Days(chart.plan)
    found = {}
    for task in chart.plan.tasks:
        dates = result.tasks[task.uid]
        found[task.name] = tuple(days.after(getattr(dates, name)) for name in what)
    return found


def floats(chart, result):
    return {
        task.name: None
        if result.tasks[task.uid].total_float_minutes is None
        else result.tasks[task.uid].total_float_minutes / 480
        for task in chart.plan.tasks
    }


def test_o_cpm_1_early_and_late_dates_of_n1():
    chart = plan_chart(n1())

    result = assert_chart(n1())

    assert in_days(chart, result, ("early_start", "early_finish")) == {
        "A": (0, 5),
        "B": (5, 9),
        "C": (2, 8),
        "D": (8, 11),
        "E": (12, 14),
        "F": (6, 10),
        "H": (10, 13),
        "G": (14, 14),
    }
    assert in_days(chart, result, ("late_start", "late_finish")) == {
        "A": (0, 5),
        "B": (6, 10),
        "C": (2, 8),
        "D": (8, 11),
        "E": (12, 14),
        "F": (10, 14),
        "H": (11, 14),
        "G": (14, 14),
    }


def test_o_cpm_1_floats_and_critical_tasks_of_n1():
    chart = plan_chart(n1())
    result = schedule_plan(chart.plan)

    free = {task.name: result.tasks[task.uid].free_float_minutes / 480 for task in chart.plan.tasks}

    total = {"A": 0, "B": 1, "C": 0, "D": 0, "E": 0, "F": 4, "H": 1, "G": 0}
    assert floats(chart, result) == total
    assert free == total
    assert {t.name for t in chart.plan.tasks if result.tasks[t.uid].critical} == set("ACDEG")


def test_o_cpm_1_dates_of_n1():
    chart = plan_chart(n1())
    result = schedule_plan(chart.plan)

    dates = {
        task.name: (
            f"{result.tasks[task.uid].start:%m-%d %H}",
            f"{result.tasks[task.uid].finish:%m-%d %H}",
        )
        for task in chart.plan.tasks
    }

    assert dates == {
        "A": ("03-03 08", "03-07 17"),
        "B": ("03-10 08", "03-13 17"),
        "C": ("03-05 08", "03-12 17"),
        "D": ("03-13 08", "03-18 17"),
        "E": ("03-20 08", "03-21 17"),
        "F": ("03-11 08", "03-17 17"),
        "H": ("03-18 08", "03-20 17"),
        "G": ("03-21 17", "03-21 17"),
    }
    assert (result.start, result.finish) == (datetime(2025, 3, 3, 8), datetime(2025, 3, 21, 17))


def test_o_cpm_2_an_imposed_finish_makes_negative_float():
    chart = plan_chart(n1(settings="; imposed 13"))

    result = assert_chart(n1(settings="; imposed 13"))

    assert floats(chart, result) == {
        "A": -1,
        "B": 0,
        "C": -1,
        "D": -1,
        "E": -1,
        "F": 3,
        "H": 0,
        "G": -1,
    }


def test_o_cpm_3_a_deadline_moves_float_and_not_dates():
    chart = plan_chart(n1(f=", deadline 9"))

    result = assert_chart(n1(f=", deadline 9"))

    assert floats(chart, result) == {
        "A": -1,
        "B": 1,
        "C": -1,
        "D": 0,
        "E": 0,
        "F": -1,
        "H": 1,
        "G": 0,
    }
    assert [(missed.uid, missed.minutes) for missed in result.missed_deadlines] == [
        (chart.uid("F"), 480)
    ]


@pytest.mark.parametrize(
    ("q", "s", "r", "finish", "q_dates", "total"),
    [
        ("", "", "", 9, (3, 5), (0, 0, 1, 0)),
        (", snet 5", "", "", 11, (5, 7), (2, 0, 3, 0)),
        (", fnet 6", "", "", 10, (4, 6), (1, 0, 2, 0)),
        (", snlt 2", "", "", 9, (3, 5), (-1, -1, 1, 0)),
        (", fnlt 4", "", "", 9, (3, 5), (-1, -1, 1, 0)),
        (", mso 5", "", "", 11, (5, 7), (2, 0, 3, 0)),
        (", mfo 4", "", "", 9, (3, 5), (-1, -1, 1, 0)),
        ("", "", ", deadline 8", 9, (3, 5), (-1, -1, 0, -1)),
    ],
)
def test_o_cpm_4_constraints_on_n2(q, s, r, finish, q_dates, total):
    chart = plan_chart(f"""
        P 3 | |
        Q 2 | | P{q}
        S 1 | | P{s}
        R 4 | | Q, S{r}
    """)

    result = schedule_plan(chart.plan)

    assert Days(chart.plan).after(result.finish) == finish
    assert in_days(chart, result, ("early_start", "early_finish"))["Q"] == q_dates
    assert tuple(floats(chart, result)[name] for name in "PQSR") == total
    assert result.logic_conflicts == ()


def test_o_cpm_4_a_hard_constraint_wins_and_the_broken_link_is_listed():
    chart = plan_chart("""
        P 3 | |
        Q 2 | | P, mfo 4, hard
        S 1 | | P
        R 4 | | Q, S
    """)

    result = schedule_plan(chart.plan)

    assert Days(chart.plan).after(result.finish) == 8
    assert in_days(chart, result, ("early_start", "early_finish"))["Q"] == (2, 4)
    [conflict] = result.logic_conflicts
    assert (conflict.predecessor, conflict.successor) == (chart.uid("P"), chart.uid("Q"))
    assert conflict.minutes == 480
    assert conflict.message == (
        "2 ‘Q’ has a hard constraint and comes 1 day before 1 ‘P’ allows it (FS)."
    )


def test_o_cpm_4_as_late_as_possible_moves_what_is_shown_only():
    text = """
        P 3 | ###       |
        Q 2 | ...##     | P
        S 1 | ....#     | P, alap
        R 4 | .....#### | Q, S
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert in_days(chart, result, ("start", "finish", "early_start"))["S"] == (4, 5, 3)


def test_o_cpm_5_both_critical_paths_are_reported():
    text = """
        A 2 | ##          |
        B 5 | ..#####     | A
        C 3 | ..###       | A
        D 2 | .....##     | C
        E 4 | .......#### | B, D
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert set(floats(chart, result).values()) == {0}
    names = {task.uid: task.name for task in chart.plan.tasks}
    paths = ["".join(names[uid] for uid in path) for path in result.critical_paths]
    assert paths == ["ABE", "ACDE"]


def test_more_critical_paths_than_asked_for_are_announced():
    rows = ["S 1 | |"]
    before = "S"
    for level in range(7):
        rows += [f"X{level} 1 | | {before}", f"Y{level} 1 | | {before}"]
        rows.append(f"Z{level} 1 | | X{level}, Y{level}")
        before = f"Z{level}"

    result = schedule_plan(plan_chart("\n".join(rows)).plan)

    assert len(result.critical_paths) == 50
    assert [notice.message for notice in result.notices] == [
        "There are more critical paths; the first 50 are listed."
    ]
