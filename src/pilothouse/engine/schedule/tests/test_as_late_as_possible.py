# SPDX-License-Identifier: Apache-2.0
"""As late as possible: by free float, and by total float where Microsoft Project's rules hold."""

import pytest

from pilothouse.engine.schedule import (
    BoundKind,
    CauseKind,
    Dialect,
    ScheduleOptions,
    explain,
    schedule_plan,
)
from pilothouse.engine.testing import Days, assert_chart, plan_chart

STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)
PRIMAVERA = ScheduleOptions(dialect=Dialect.PRIMAVERA)
ORDER = """
    Design 3 | |
    Build 8  | | Design
    Order 1  | | Design{order}
    Fit 2    | | Order
"""


def days_of(chart, result, name, what):
    days, dates = Days(chart.plan), result.tasks[chart.uid(name)]
    return tuple(days.after(getattr(dates, field)) for field in what)


def test_in_microsoft_project_it_uses_its_total_float_and_successors_move():
    text = """
        Design 3 | ###         |
        Build 8  | ...######## | Design
        Order 1  | ........#   | Design, alap
        Fit 2    | .........## | Order
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    order, fit = result.tasks[chart.uid("Order")], result.tasks[chart.uid("Fit")]
    early = ("early_start", "early_finish", "late_start", "late_finish")
    assert days_of(chart, result, "Order", early) == (3, 4, 8, 9)
    assert days_of(chart, result, "Fit", early) == (9, 11, 9, 11)
    assert (order.total_float_minutes, order.free_float_minutes, order.critical) == (0, 0, True)
    assert (fit.total_float_minutes, fit.critical, fit.driving) == (0, True, (chart.uid("Order"),))
    assert order.cause is CauseKind.AS_LATE_AS_POSSIBLE
    assert order.reason == "As late as it can be without delaying the plan."


@pytest.mark.parametrize("options", [STANDARD, PRIMAVERA])
def test_elsewhere_it_uses_its_free_float_and_successors_stay(options):
    chart = plan_chart(ORDER.format(order=", alap"))

    result = schedule_plan(chart.plan, options)

    assert days_of(chart, result, "Order", ("start", "finish")) == (3, 4)
    assert days_of(chart, result, "Fit", ("start", "finish")) == (4, 6)
    assert result.tasks[chart.uid("Fit")].total_float_minutes == 5 * 480


def test_it_goes_no_further_than_what_bounds_its_late_dates():
    text = """
        Design 3 | ###         |
        Build 8  | ...######## | Design
        Order 1  | .....#      | Design, alap
        Fit 2    | ......##    | Order, deadline 8
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    said = explain(result, chart.uid("Order"))
    assert [step.uid for step in said.late] == [chart.uid("Order"), chart.uid("Fit")]
    assert (said.total_float.minutes, said.total_float.kind) == (0, BoundKind.DEADLINE)


def test_one_behind_the_other_both_lie_at_their_late_dates():
    assert_chart("""
        Design 3 | ###         |
        Build 8  | ...######## | Design
        Order 1  | ........#   | Design, alap
        Fit 2    | .........## | Order, alap
    """)


def test_it_stays_at_its_early_dates_where_the_late_ones_come_before():
    text = """
        Design 3 | ###    |
        Order 1  | ...#   | Design, alap
        Fit 2    | ....## | Order, deadline 5
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert result.tasks[chart.uid("Order")].total_float_minutes == -480


def test_a_summary_begins_where_what_is_as_late_as_possible_is_put():
    text = """
        Design 3  | ###         |
        Build 8   | ...######## | Design
        Phase     | ........#   |
          Order 1 | ........#   | Design, alap
        Fit 2     | .........## | Phase
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert days_of(chart, result, "Phase", ("early_start", "early_finish")) == (8, 9)


def test_level_of_effort_follows_what_was_pushed():
    text = """
        Design 3  | ###         |
        Build 8   | ...######## | Design
        Order 1   | ........#   | Design, alap
        Fit 2     | .........## | Order
        Lead 1    | .........## | Fit SS, Fit FF, loe
    """
    chart = plan_chart(text)

    result = assert_chart(text)

    assert days_of(chart, result, "Lead", ("late_start", "late_finish")) == (9, 11)
