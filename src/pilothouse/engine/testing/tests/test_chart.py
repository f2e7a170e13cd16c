# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from decimal import Decimal

import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, LinkType
from pilothouse.engine.schedule import schedule_plan
from pilothouse.engine.testing import assert_chart, draw_chart, plan_chart


def test_rows_become_tasks_links_and_attributes():
    chart = plan_chart("""
        start 2025-03-03; off 2025-03-14; status 2
        Build     | ##########
          Dig 2.5 | ###        | snet 1, deadline 9
          Pour 4  | ..####     | Dig SS+1, Dig FF-0.5e
        Done 0    | ......◆    | Build, Pour FS+50%, mfo 8, hard
    """)

    build, dig, pour, done = chart.plan.tasks
    assert (build.summary, build.outline_level, dig.outline_level) == (True, 1, 2)
    assert (dig.duration_minutes, dig.constraint) == (1200, ConstraintType.SNET)
    assert dig.constraint_date == datetime(2025, 3, 4, 8)
    assert dig.deadline == datetime(2025, 3, 13, 17)
    assert (done.milestone, done.constraint_hard) == (True, True)
    assert done.constraint_date == datetime(2025, 3, 12, 17)
    assert chart.plan.status_date == datetime(2025, 3, 5, 8)
    assert chart.plan.links == (
        Link(dig.uid, pour.uid, LinkType.SS, 480),
        Link(dig.uid, pour.uid, LinkType.FF, -720, LagKind.ELAPSED),
        Link(build.uid, done.uid),
        Link(pour.uid, done.uid, lag_kind=LagKind.PERCENT, lag_percent=Decimal(50)),
    )
    assert chart.bars[pour.uid] == "..####"


def test_a_result_is_drawn_as_it_is_read():
    chart = plan_chart("""
        Build     |            |
          Dig 2   |            |
          Pour 1  |            | Dig
        Done 0    |            | Build
    """)

    drawn = draw_chart(chart.plan, schedule_plan(chart.plan))

    assert drawn.splitlines() == [
        "       | 0--",
        "Build  | ###",
        "  Dig  | ##",
        "  Pour | ..#",
        "Done   | ..◆",
    ]


def test_a_difference_prints_both_charts():
    with pytest.raises(AssertionError) as failed:
        assert_chart("""
            Dig 2  | ##
            Pour 1 | #   | Dig
        """)

    assert str(failed.value).splitlines() == [
        "expected:",
        "     | 0-",
        "Dig  | ##",
        "Pour | #",
        "",
        "computed:",
        "     | 0--",
        "Dig  | ##",
        "Pour | ..#",
    ]


@pytest.mark.parametrize(
    "text", ["Dig 2 | ## | Pour", "Dig 2 | ## | sooner 3", "speed 3\nDig 2 | ##"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        plan_chart(text)

    assert refused.value.code == "chart.row"
