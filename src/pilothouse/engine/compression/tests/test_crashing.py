# SPDX-License-Identifier: Apache-2.0
"""Crashing costs the least that any choice of days costs, and the schedule gains what it says."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
from pilothouse.engine.compression import Slope, crash
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Link, LinkType, Plan, PlanTask
from pilothouse.engine.schedule import schedule_plan

DAY = 480
WEEK = (CalendarSpec(1, "Standard", STANDARD_WEEK),)


def plan_of(durations, links):
    tasks = tuple(
        PlanTask(uid, chr(64 + uid), duration_minutes=days * DAY)
        for uid, days in enumerate(durations, 1)
    )
    return Plan("P", datetime(2025, 3, 3, 8), WEEK, 1, tasks, tuple(links))


def dates_of(plan):
    return {uid: (row.start, row.finish) for uid, row in schedule_plan(plan).tasks.items()}


def length_of(plan):
    time = compile_calendars(WEEK)[1]
    return time.diff(plan.start, schedule_plan(plan).finish) // DAY


def shorter(plan, less):
    return replace(
        plan,
        tasks=tuple(
            replace(task, duration_minutes=task.duration_minutes - less.get(task.uid, 0))
            for task in plan.tasks
        ),
    )


def found_for(plan, slopes, days):
    made = {uid: Slope(Decimal(cost), Decimal(most)) for uid, (cost, most) in slopes.items()}
    return crash(plan, dates_of(plan), made, days * DAY)


EXAMPLE = plan_of((4, 6, 7, 3), [Link(1, 2), Link(1, 3), Link(2, 4), Link(3, 4)])
SLOPES = {1: (300, 1), 2: (100, 3), 3: (150, 4), 4: (600, 1)}
"""A 4 → B 6, C 7 → D 3: 14 days. C alone is critical at first, then B and C together."""


@pytest.mark.parametrize(
    ("days", "cost", "less"),
    [
        (1, 150, {3: 1}),
        (2, 400, {2: 1, 3: 2}),
        (3, 650, {2: 2, 3: 3}),
        (4, 900, {2: 3, 3: 4}),
        (5, 1200, {1: 1, 2: 3, 3: 4}),
        (6, 1800, {1: 1, 2: 3, 3: 4, 4: 1}),
    ],
)
def test_the_worked_table(days, cost, less):
    found = found_for(EXAMPLE, SLOPES, days)

    assert found.cost == cost
    assert found.shortened == {uid: count * DAY for uid, count in less.items()}
    assert found.whole
    assert length_of(shorter(EXAMPLE, found.shortened)) == 14 - days


def test_what_cannot_be_gained_is_said():
    found = found_for(EXAMPLE, SLOPES, 9)

    assert (found.gain_minutes, found.whole, found.cost) == (6 * DAY, False, 1800)


def test_a_task_that_was_shortened_is_lengthened_again_where_that_is_cheaper():
    """A → B → D and A → C, E → D: the bridge B is given back once both its sides are cut."""
    plan = plan_of(
        (3, 3, 3, 3, 3, 3),
        [Link(1, 3), Link(1, 4), Link(2, 4, lag_minutes=0), Link(3, 5), Link(4, 5), Link(4, 6)],
    )
    slopes = {1: (5, 2), 2: (4, 2), 3: (2, 2), 4: (6, 2), 5: (3, 2), 6: (3, 2)}
    for days in range(1, 5):
        assert found_for(plan, slopes, days).cost == cheapest(plan, slopes, days)


def cheapest(plan, slopes, days):
    """By trying everything."""
    target = length_of(plan) - days
    costs = [
        sum(count * slopes[uid][0] for uid, count in zip(slopes, counts, strict=True))
        for counts in product(*(range(most + 1) for _, most in slopes.values()))
        if length_of(shorter(plan, {uid: n * DAY for uid, n in zip(slopes, counts, strict=True)}))
        <= target
    ]
    return min(costs, default=None)


@st.composite
def cases(draw):
    count = draw(st.integers(2, 4))
    durations = [draw(st.integers(1, 4)) for _ in range(count)]
    kinds = st.sampled_from([LinkType.FS, LinkType.SS, LinkType.FF])
    links = [
        Link(a, b, draw(kinds), lag_minutes=draw(st.integers(0, 1)) * DAY)
        for b in range(2, count + 1)
        for a in range(1, b)
        if draw(st.booleans())
    ]
    slopes = {
        uid: (draw(st.integers(1, 5)), draw(st.integers(0, min(2, durations[uid - 1]))))
        for uid in range(1, count + 1)
    }
    return plan_of(durations, links), slopes, draw(st.integers(1, 3))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_nothing_is_cheaper(case):
    plan, slopes, days = case

    found = found_for(plan, slopes, days)

    best = cheapest(plan, slopes, days)
    assert found.whole == (best is not None)
    if best is not None:
        assert found.cost == best
    assert length_of(shorter(plan, found.shortened)) == length_of(plan) - found.gain_minutes // DAY


def test_what_has_begun_is_left():
    begun = replace(EXAMPLE.tasks[2], percent_complete=Decimal(10))
    plan = replace(EXAMPLE, tasks=(*EXAMPLE.tasks[:2], begun, EXAMPLE.tasks[3]))

    found = found_for(plan, SLOPES, 1)

    assert 3 not in found.shortened


@pytest.mark.parametrize(
    ("slopes", "days", "code"),
    [
        ({1: (-1, 1)}, 1, "compression.slope"),
        ({1: (1, -1)}, 1, "compression.slope"),
        ({}, 0, "compression.gain"),
    ],
)
def test_nonsense_is_refused(slopes, days, code):
    with pytest.raises(InvalidInput) as refused:
        found_for(EXAMPLE, slopes, days)
    assert refused.value.code == code
