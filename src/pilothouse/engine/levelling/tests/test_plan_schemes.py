# SPDX-License-Identifier: Apache-2.0
import io
import zipfile
from dataclasses import replace

import pytest

from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling import (
    LevelOptions,
    ProjectPlan,
    Rule,
    Scheme,
    generate,
    level_plans,
)
from pilothouse.engine.levelling.tests.plan_examples import (
    levelled,
    oracle_plan,
    plan_in_days,
    plan_of,
    starts,
    task,
)
from pilothouse.engine.network.plan import Link, PlanTask
from pilothouse.engine.testing import Days


def urgent_plan():
    """O-LEV-1 with priorities that begin with A."""
    urgent = {"A": 900, "B": 800, "C": 700, "E": 600, "D": 500, "F": 400}
    plan = oracle_plan()
    tasks = (replace(each, priority=urgent[each.name]) for each in plan.tasks)
    return replace(plan, tasks=tuple(tasks))


def test_the_parallel_scheme_starts_at_each_time_what_is_ready_and_fits():
    plan = urgent_plan()

    _, serial = levelled(plan, rule=Rule.PRIORITY)
    _, parallel = levelled(plan, rule=Rule.PRIORITY, scheme=Scheme.PARALLEL)

    # One after the other D comes after C and E; at day 3 it fits beside B.
    assert starts(plan, serial) == {"A": 0, "B": 3, "C": 7, "E": 7, "D": 9, "F": 10}
    assert starts(plan, parallel) == {"A": 0, "B": 3, "D": 3, "C": 7, "E": 8, "F": 11}


def test_of_tasks_that_can_start_together_the_rule_decides_then_the_row():
    same = [task("x"), task("y"), task("z", priority=600)]
    plan = plan_of(same, units=[(1, 1, 1), (2, 1, 1), (3, 1, 1)])

    _, moves = levelled(plan, rule=Rule.PRIORITY, scheme=Scheme.PARALLEL)

    assert starts(plan, moves) == {"z": 0, "x": 1, "y": 2}


def test_the_parallel_scheme_waits_for_all_that_is_in_a_summary():
    plan = plan_of(
        [
            PlanTask(0, "sum", summary=True),
            task("a", 2, outline_level=2),
            task("b", 2, outline_level=2),
            task("after", 1),
        ],
        [Link(1, 4)],
        [(2, 1, 1), (3, 1, 1)],
    )

    _, moves = levelled(plan, scheme=Scheme.PARALLEL)

    assert starts(plan, moves) == {"a": 0, "b": 2, "after": 4}


def test_within_float_the_parallel_scheme_tells_what_finds_no_room():
    plan = plan_of([task("A", 2), task("B", 2)], (), [(1, 1, 1), (2, 1, 1)])

    proposal, moves = levelled(plan, within_float=True, scheme=Scheme.PARALLEL)

    assert [move.unresolved for move in moves.values()] == [False, True]
    assert starts(plan, moves) == {"A": 0, "B": 0}
    assert proposal.overloads != ()


def test_the_parallel_scheme_leaves_alone_what_does_not_move():
    plan = plan_of(
        [task("first", 1), task("still", 1, priority=1000), task("other", 3)],
        [Link(1, 2)],
        [(1, 1, 1), (3, 1, 1), (2, 2, 1)],
        {1: 1, 2: 1},
    )

    _, moves = levelled(plan, rule="priority", scheme=Scheme.PARALLEL)

    assert starts(plan, moves) == {"first": 0, "still": 1, "other": 1}


def test_tries_start_from_the_better_scheme():
    plan = urgent_plan()

    lengths = [
        Days(plan).after(levelled(plan, rule=Rule.PRIORITY, **more)[0].projects[0].finish)
        for more in ({}, {"scheme": Scheme.PARALLEL}, {"schedules": 1})
    ]

    assert lengths == [14, 13, 12]


@pytest.mark.shared_data
@pytest.mark.parametrize("scheme", Scheme)
def test_plans_are_generated_as_problems_are(shared_data, scheme):
    with zipfile.ZipFile(shared_data / "rcpsp/psplib_j30.sm.zip") as archive:
        for name in ("j301_1.sm", "j305_6.sm", "j3013_1.sm", "j3029_5.sm"):
            instance = read_psplib(io.BytesIO(archive.read(name)))
            plan = plan_in_days(instance)

            _, moves = levelled(plan, scheme=scheme)

            days = Days(plan)
            found = [days.after(moves[uid].start) for uid in sorted(moves)]
            assert found == generate(instance, scheme=scheme).starts.tolist()


def test_projects_of_different_priority_are_generated_one_after_the_other():
    low = plan_of([task("low", 2)], units=[(1, 1, 1)])
    high = plan_of([task("high", 3)], units=[(1, 1, 1)])
    options = LevelOptions(scheme=Scheme.PARALLEL)

    proposal = level_plans([ProjectPlan(low, 1), ProjectPlan(high, 2)], options)

    assert starts(low, proposal.projects[0].tasks) == {"low": 3}
    assert starts(high, proposal.projects[1].tasks) == {"high": 0}
