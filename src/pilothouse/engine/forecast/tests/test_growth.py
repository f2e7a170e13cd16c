# SPDX-License-Identifier: Apache-2.0
"""Forecasts of a backlog that grows: against the one that does not, enumeration, and bad input."""

from __future__ import annotations

from itertools import product
from math import ceil

import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast import completion, completion_growing, growth


def test_what_does_not_grow_is_done_as_a_backlog_that_stays():
    still = completion_growing([3, 5, 2, 4], [0, 0, 0, 0], 20)

    for periods in range(1, 15):
        assert still.chance(periods) == pytest.approx(completion([3, 5, 2, 4], 20).chance(periods))


def test_a_steady_growth_lengthens_by_what_it_adds():
    found = completion_growing([10, 10, 10], [2, 2, 2], 40)

    assert found.at(0.5) == found.at(0.95) == ceil(40 / 8)


@pytest.mark.parametrize("backlog", [1, 4, 9])
def test_chances_are_those_of_every_course_told_by_hand(backlog):
    finished, added = [0, 3, 5], [2, -1, 4]
    steps = [more - done for done, more in zip(finished, added, strict=True)]
    found = completion_growing(finished, added, backlog)

    for periods in range(1, 7):
        done = 0
        for course in product(steps, repeat=periods):
            left = backlog
            for step in course:
                left += step
                if left <= 0:
                    done += 1
                    break
        assert found.chance(periods) == pytest.approx(done / len(steps) ** periods)


def test_what_grows_faster_than_it_is_worked_on_has_no_end_in_sight():
    found = completion_growing([2, 3, 2], [4, 5, 4], 50)

    assert found.at(0.5) is None
    assert found.chances[-1] < 0.01


def test_growth_is_the_sum_of_what_each_period_adds():
    found = growth([-1, 0, 4], 2)

    assert found.least == -2
    ninths = [1, 2, 1, 0, 0, 2, 2, 0, 0, 0, 1]
    assert found.chances == pytest.approx([number / 9 for number in ninths])
    assert (found.at(0.3), found.at(0.5), found.at(0.95)) == (-1, 3, 8)


@pytest.mark.parametrize(
    ("finished", "added", "backlog", "code"),
    [
        ([3, 5], [0, 0], 20, "forecast.throughput"),
        ([0, 0, 0], [0, 0, 0], 20, "forecast.throughput"),
        ([3, 5, 2], [0, 0], 20, "forecast.growth"),
        ([3, 5, 2], [0, 0.5, 0], 20, "forecast.growth"),
        ([3, 5, 2], [0, 10_001, 0], 20, "forecast.growth"),
        ([3, 5, 2], [0, 0, 0], 0, "forecast.backlog"),
        ([3, 5, 2], [0, 0, 0], 10_001, "forecast.backlog"),
    ],
)
def test_what_no_growth_can_be_told_from_is_refused(finished, added, backlog, code):
    with pytest.raises(InvalidInput) as refused:
        completion_growing(finished, added, backlog)

    assert refused.value.code == code


@pytest.mark.parametrize("periods", [0, 261, 200])
def test_a_growth_too_far_ahead_is_refused(periods):
    with pytest.raises(InvalidInput) as refused:
        growth([0, 0, 60], periods)

    assert refused.value.code == "forecast.periods"
