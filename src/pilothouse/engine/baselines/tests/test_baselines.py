# SPDX-License-Identifier: Apache-2.0
"""What a replan keeps and promises anew, and what lies between two baselines (R-BAS-01, 02)."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from pilothouse.engine.baselines import Progress, Promise, compare, replan, total
from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars

OFFICE = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
MONDAY = datetime(2026, 3, 2)


def at(day: int, hour: int) -> datetime:
    """The hour of a working day that is counted from Monday 2 March 2026."""
    weeks, rest = divmod(day, 5)
    return MONDAY + timedelta(weeks=weeks, days=rest, hours=hour)


def row(uid, name, first, days, **more):
    """A task that begins in the morning of a working day and takes some."""
    return Promise(
        uid,
        name,
        start=at(first, 8),
        finish=at(first + days - 1, 17),
        duration_minutes=480 * days,
        work_minutes=480 * days,
        cost=Decimal(100 * days),
        **more,
    )


def milestone(uid, name, day):
    return Promise(uid, name, milestone=True, start=at(day, 17), finish=at(day, 17))


def between(uid, start, finish):
    return OFFICE.diff(start, finish)


def test_variance_counts_working_days_and_is_positive_if_late():
    left = [row(1, "Dredge", 0, 5), row(2, "Pour", 5, 3)]
    right = [row(1, "Dredge", 0, 7), row(2, "Pour", 4, 3)]

    dredge, pour = compare(left, right, OFFICE).lines

    assert (dredge.start_minutes, dredge.finish_minutes) == (0, 2 * 480)
    assert (dredge.duration_minutes, dredge.work_minutes, dredge.cost) == (960, 960, Decimal(200))
    assert (pour.start_minutes, pour.finish_minutes) == (-480, -480)
    assert (pour.duration_minutes, pour.late, pour.changed) == (0, False, True)


def test_the_evening_and_the_next_morning_are_the_same_time():
    left = [Promise(1, "Ready", milestone=True, start=at(4, 17), finish=at(4, 17))]
    right = [Promise(1, "Ready", milestone=True, start=at(5, 8), finish=at(5, 8))]

    (line,) = compare(left, right, OFFICE).lines

    assert (line.finish_minutes, line.late, line.changed) == (0, False, False)


def test_tasks_added_later_have_no_variance_and_are_counted_as_unbaselined():
    left = [row(1, "Dredge", 0, 5)]
    right = [row(1, "Dredge", 0, 5), row(2, "Survey", 5, 1), row(3, "All", 0, 6, summary=True)]

    found = compare(left, right, OFFICE)

    survey = found.lines[1]
    assert (survey.new, survey.start_minutes, survey.finish_minutes, survey.cost) == (
        True,
        None,
        None,
        None,
    )
    assert (found.sums.unbaselined, found.sums.changed, found.sums.gone) == (1, 0, 0)


def test_a_row_of_a_baseline_without_a_finish_promises_nothing():
    found = compare([Promise(1, "Dredge", work_minutes=60)], [row(1, "Dredge", 0, 5)], OFFICE)

    assert (found.lines[0].new, found.sums.unbaselined) == (True, 1)


def test_tasks_that_are_gone_come_last_and_count_for_what_was_promised():
    left = [row(1, "Dredge", 0, 5), row(2, "Pour", 5, 3)]
    right = [row(1, "Dredge", 0, 5)]

    found = compare(left, right, OFFICE)

    assert [(line.row.name, line.gone, line.finish_minutes) for line in found.lines] == [
        ("Dredge", False, 0),
        ("Pour", True, None),
    ]
    assert (found.sums.gone, found.sums.finish_minutes) == (1, -3 * 480)
    assert (found.sums.work_minutes, found.sums.cost) == (-3 * 480, Decimal(-300))


def test_sums_leave_summaries_out_and_count_late_milestones():
    left = [row(1, "All", 0, 8, summary=True), row(2, "Dredge", 0, 8), milestone(3, "Ready", 7)]
    right = [row(1, "All", 0, 9, summary=True), row(2, "Dredge", 0, 9), milestone(3, "Ready", 8)]

    sums = compare(left, right, OFFICE).sums

    assert (sums.finish_minutes, sums.late, sums.milestones_late, sums.changed) == (480, 2, 1, 2)
    assert (sums.left.tasks, sums.right.cost) == (2, Decimal(900))


def test_what_nobody_says_is_not_zero():
    found = total([Promise(1, "Dredge")])

    assert (found.start, found.finish, found.work_minutes, found.cost, found.tasks) == (
        None,
        None,
        None,
        None,
        1,
    )


def test_a_replan_keeps_what_is_done_and_promises_the_rest_anew():
    before = {
        r.uid: r for r in (row(1, "Dredge", 0, 5), row(2, "Pour", 5, 3), row(3, "Cure", 8, 2))
    }
    now = [row(1, "Dredge", 0, 8), row(2, "Pour", 8, 5), row(3, "Cure", 13, 2)]
    progress = {1: Progress.COMPLETE, 2: Progress.IN_PROGRESS}

    dredge, pour, cure = replan(now, before, progress, between)

    assert (dredge.finish, dredge.cost, dredge.carried) == (at(4, 17), Decimal(500), True)
    assert (pour.start, pour.finish, pour.carried) == (at(5, 8), at(12, 17), False)
    assert (pour.duration_minutes, pour.cost) == (8 * 480, Decimal(500))
    assert (cure, cure.carried) == (now[2], False)


def test_done_work_without_a_baseline_stays_without_one():
    now = [row(1, "Dredge", 0, 8), row(2, "Pour", 8, 5)]

    made = replan(now, {}, {1: Progress.COMPLETE, 2: Progress.IN_PROGRESS}, between)

    assert [item.name for item in made] == ["Pour"]


@pytest.mark.parametrize("cost", [Decimal(1000), None])
def test_a_summary_spans_what_lies_inside_and_keeps_its_own_share_of_cost(cost):
    """The summary carries 200 of its own: 1000 − 8 days of 100."""
    all_now = Promise(1, "All", summary=True, cost=cost, work_minutes=8 * 480)
    now = [all_now, row(2, "Dredge", 0, 5, outline_level=2), row(3, "Pour", 5, 3, outline_level=2)]
    before = {2: row(2, "Dredge", 0, 4, outline_level=2)}

    summary = replan(now, before, {2: Progress.COMPLETE}, between)[0]

    assert (summary.start, summary.finish) == (at(0, 8), at(7, 17))
    assert (summary.duration_minutes, summary.work_minutes) == (8 * 480, 7 * 480)
    assert summary.cost == (None if cost is None else Decimal(900))
    assert not summary.carried


def test_a_summary_that_is_done_keeps_the_promise_of_before():
    now = [
        row(1, "All", 0, 6, summary=True),
        row(2, "Dredge", 0, 6, outline_level=2),
        row(3, "Pour", 6, 1),
    ]
    before = {1: row(1, "All", 0, 5, summary=True), 2: row(2, "Dredge", 0, 5, outline_level=2)}

    everything = replan(now, before, {2: Progress.COMPLETE}, between)

    assert (everything[0].finish, everything[0].carried) == (at(4, 17), True)
    assert everything[0].cost == Decimal(500)


def test_a_summary_of_done_work_without_a_baseline_stays_without_one():
    now = [row(1, "All", 0, 6, summary=True), row(2, "Dredge", 0, 6, outline_level=2)]

    assert replan(now, {}, {2: Progress.COMPLETE}, between) == []


def test_a_task_that_began_without_a_baseline_is_promised_as_it_stands():
    now = [row(1, "Dredge", 0, 8)]

    assert replan(now, {}, {1: Progress.IN_PROGRESS}, between) == now
