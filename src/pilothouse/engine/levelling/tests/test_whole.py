# SPDX-License-Identifier: Apache-2.0
"""Plans on one calendar as problems in whole periods: the same schedules, and proofs."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.levelling import (
    Effort,
    LevelOptions,
    ProjectPlan,
    Prover,
    Rule,
    Status,
    accept,
    decode,
    level_plans,
)
from pilothouse.engine.levelling.axis import Holds, lay_ground, room_on
from pilothouse.engine.levelling.facts import read_facts
from pilothouse.engine.levelling.kernels_calendar import ROLL, decode_calendar
from pilothouse.engine.levelling.plan_search import listed
from pilothouse.engine.levelling.tests.plan_checking import over
from pilothouse.engine.levelling.tests.plan_examples import (
    DAY,
    START,
    levelled,
    oracle_plan,
    plan_of,
    task,
)
from pilothouse.engine.levelling.whole import as_whole, starts_in_periods
from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, LinkType, PlanTask
from pilothouse.engine.schedule import ScheduleOptions, schedule_plan
from pilothouse.engine.testing import Days

PROOF = Effort(deterministic=5)


@pytest.fixture(scope="module")
def prover():
    with Prover() as warm:
        yield warm


def ground_of(plan):
    return lay_ground([read_facts(plan, ScheduleOptions())], Holds(False, True), 60)


def test_the_oracle_is_a_problem_in_days():
    whole = as_whole(ground_of(oracle_plan()))

    assert whole.instance.durations.tolist() == [3, 4, 2, 5, 3, 2]
    assert whole.instance.demand.ravel().tolist() == [2, 3, 2, 1, 2, 3]
    assert sorted(whole.instance.links.tolist()) == [
        [0, 2, 3],
        [0, 3, 3],
        [1, 4, 4],
        [2, 5, 2],
        [4, 5, 3],
    ]


@pytest.mark.parametrize(
    ("tasks", "links"),
    [
        ([task("day"), task("night", calendar_uid=2)], []),
        ([task("a"), task("b")], [Link(1, 2, LinkType.FS, 1440, LagKind.ELAPSED)]),
        (
            [
                PlanTask(0, "sum", summary=True),
                task("a", outline_level=2),
                task("b", outline_level=2),
                task("c"),
            ],
            [Link(1, 4, LinkType.SS)],
        ),
    ],
)
def test_several_calendars_and_starts_of_summaries_make_no_problem(tasks, links):
    assert as_whole(ground_of(plan_of(tasks, links))) is None


@st.composite
def plans(draw):
    """One calendar, links and lags of all kinds, some tasks that stand or have dates."""
    count = draw(st.integers(1, 7))
    still = {"actual_start": START, "remaining_minutes": DAY}
    dates = [
        {},
        {},
        {},
        {"priority": 1000},
        still,
        {"constraint": ConstraintType.SNET, "constraint_date": START.replace(day=5)},
    ]
    tasks = [
        task(str(n), draw(st.sampled_from([0, 0.25, 1, 2])), **draw(st.sampled_from(dates)))
        for n in range(count)
    ]
    grouped = draw(st.booleans()) and count > 2
    if grouped:
        inside = [PlanTask(0, "sum", summary=True)]
        inside += [task(str(n), draw(st.sampled_from([0, 1, 2])), outline_level=2) for n in "xy"]
        tasks = inside + tasks
    first = 3 if grouped else 0
    links = [
        Link(
            draw(st.integers(first + 1, second - 1)),
            second,
            draw(st.sampled_from(list(LinkType))),
            draw(st.sampled_from([0, 0, 120, -240])),
        )
        for second in range(first + 2, len(tasks) + 1)
        if draw(st.booleans())
    ]
    if grouped and draw(st.booleans()):
        links.append(Link(1, draw(st.integers(4, len(tasks)))))
    units = [
        (number, draw(st.integers(1, 2)), draw(st.sampled_from(["0.5", "1"])))
        for number, each in enumerate(tasks, 1)
        if not each.summary
    ]
    return plan_of(tasks, links, units, {1: 1, 2: "1.5"})


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(0, 2**32))
def test_any_order_gives_the_same_schedule_of_the_plan_and_of_the_problem(plan, seed):
    ground = ground_of(plan)
    whole = as_whole(ground)
    keys = np.random.default_rng(seed).integers(0, 100, len(ground.nodes))
    order = listed(ground.axis.pred_at, ground.axis.pred, keys, np.arange(len(keys)))
    dates = room_on(ground.axis)

    decode_calendar(ground.axis, order, dates, ground.axis.base.shape[1] - 1)

    if not dates.unplaced.any():
        found = decode(whole.instance, order.tolist()).starts
        moves = ground.axis.kind != ROLL
        assert found[moves].tolist() == starts_in_periods(ground, whole, dates)[moves].tolist()


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 3))
def test_proved_plans_keep_all_and_end_no_later(prover, plan, seed):
    options = LevelOptions(schedules=60, seed=seed, proof=PROOF)

    tried = level_plans([ProjectPlan(plan)], options, prover=prover)
    first = level_plans([ProjectPlan(plan)])

    result = schedule_plan(accept(plan, tried.projects[0]))
    assert (over([plan], [result]) == []) == (tried.overloads == ())
    assert first.bound <= tried.bound <= tried.projects[0].finish
    counts = [
        sum(move.unresolved for move in found.projects[0].tasks.values())
        for found in (first, tried)
    ]
    assert counts[1] <= counts[0]
    if counts[1] == counts[0]:
        assert tried.projects[0].finish <= first.projects[0].finish
    # What is linked through a summary, or has begun, is not always one problem in whole periods.
    # Nor is a start-to-finish link: in periods the evening is the next morning, on the clock not.
    plain = not any(task.summary or task.actual_start for task in plan.tasks) and not any(
        link.type is LinkType.SF for link in plan.links
    )
    if plain and not any(counts):
        assert tried.status is Status.OPTIMAL


def test_the_solver_proves_what_no_bound_says(prover):
    plan = oracle_plan()

    tried = level_plans([ProjectPlan(plan)], LevelOptions(schedules=60))
    proved = level_plans(
        [ProjectPlan(plan)], LevelOptions(schedules=60, proof=PROOF), prover=prover
    )

    assert (tried.status, proved.status) == (Status.GAP, Status.OPTIMAL)
    assert Days(plan).after(tried.bound) == 10
    assert proved.bound == proved.projects[0].finish
    assert Days(plan).after(proved.bound) == 12


def test_the_solver_finds_what_was_not_tried(prover):
    plan = plan_of(
        [*(task(f"short {n}", 2, priority=600) for n in range(4)), task("long", 7)],
        (),
        [(n, 1, 1) for n in range(1, 6)],
        {1: 2},
    )
    options = LevelOptions(rule=Rule.PRIORITY)

    ruled = level_plans([ProjectPlan(plan)], options)
    proved = level_plans(
        [ProjectPlan(plan)], LevelOptions(rule=Rule.PRIORITY, proof=PROOF), prover=prover
    )

    assert Days(plan).after(ruled.projects[0].finish) == 11
    assert Days(plan).after(proved.projects[0].finish) == 8
    assert proved.status is Status.OPTIMAL


def test_the_solver_is_not_asked_where_it_cannot_say_anything():
    day = plan_of(
        [task("day", 2), task("other", 2)], units=[(1, 1, 3), (2, 1, 3)], resources={1: 4}
    )
    night = plan_of([task("night", 1, calendar_uid=2), task("a")], units=[(1, 1, 1), (2, 1, 1)])
    never = mock.Mock(spec=Prover)
    options = LevelOptions(schedules=20, proof=PROOF)

    level_plans([ProjectPlan(night)], options, prover=never)
    level_plans([ProjectPlan(day, 2), ProjectPlan(oracle_plan(), 1)], options, prover=never)

    assert never.mock_calls == []


def test_tries_have_the_seconds_that_no_solver_takes():
    plan = oracle_plan()
    night = replace(task("night", 1, calendar_uid=2), uid=7)
    plan = replace(plan, tasks=(*plan.tasks, night))
    looks = []
    for proof in (None, Effort(deterministic=0, seconds=40.0)):
        clock = mock.Mock(side_effect=range(100))
        levelled(plan, schedules=10**6, seconds=2.0, proof=proof, clock=clock)
        looks.append(clock.call_count)

    # One look sets the end, one a second follows.
    assert looks == [3, 43]
