# SPDX-License-Identifier: Apache-2.0
"""Velocity and sprints left (R-LIF-09), and how much is done in so many periods."""

from __future__ import annotations

from itertools import product

import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast import SprintsLeft, output, sprints_left, velocity

ORACLE = [21, 18, 24, 20, 26]


def test_velocity_is_the_mean_of_the_last_three_and_the_range_of_the_last_six():
    found = velocity(ORACLE)

    assert (round(found.mean, 2), found.taken, found.least, found.most) == (23.33, 3, 18, 26)
    assert velocity([40, *ORACLE, 22]).most == 26


def test_sprints_left_are_rounded_up_with_their_range():
    assert sprints_left(150, velocity(ORACLE)) == SprintsLeft(7, 6, 9)


def test_of_fewer_sprints_than_asked_for_the_mean_is_taken_over_those_there_are():
    assert velocity([10, 20], recent=5).mean == 15
    assert velocity([10, 20], recent=5).taken == 2
    assert velocity([]) is None


def test_where_nothing_was_ever_done_no_end_is_in_sight_and_what_is_done_takes_no_sprint():
    assert sprints_left(10, velocity([0, 0, 8])) == SprintsLeft(4, 2, None)
    assert sprints_left(0, velocity([0])) == SprintsLeft(0, 0, 0)


@pytest.mark.parametrize("past, recent", [([1, -1], 3), ([1, None], 3), ([1, 2], 0)])
def test_what_is_no_past_is_refused(past, recent):
    with pytest.raises(InvalidInput) as caught:
        velocity(past, recent)

    assert caught.value.code == "forecast.velocity"


def test_the_output_is_what_all_ways_of_drawing_say():
    past, periods = [3, 5, 2, 4], 4
    sums = sorted(sum(way) for way in product(past, repeat=periods))

    found = output(past, periods)

    assert sum(found.chances) == pytest.approx(1)
    for total in set(sums):
        assert found.chances[total] == pytest.approx(sums.count(total) / len(sums))
    # 80 % of the cases have so much or more, and less than 80 % have one more.
    at = found.at(0.8)
    assert sum(total >= at for total in sums) >= 0.8 * len(sums)
    assert sum(total > at for total in sums) < 0.8 * len(sums)


def test_the_same_points_each_time_leave_no_doubt():
    assert output([7, 7, 7], 3).at(0.99) == 21


@pytest.mark.parametrize("periods", [0, -1, 261, 10**9])
def test_too_few_or_too_many_periods_are_refused(periods):
    with pytest.raises(InvalidInput) as caught:
        output([3, 5, 2], periods)

    assert caught.value.code == "forecast.periods"


def test_more_than_is_looked_at_is_refused():
    with pytest.raises(InvalidInput) as caught:
        output([3000, 2000, 1], 4)

    assert caught.value.code == "forecast.periods"
