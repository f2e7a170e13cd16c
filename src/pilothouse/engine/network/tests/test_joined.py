# SPDX-License-Identifier: Apache-2.0
"""Plans beside each other are scheduled as each alone; bonds bind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network.joined import STEP, Bond, join_plans, joined_uid
from pilothouse.engine.network.plan import ConstraintType, LagCalendar
from pilothouse.engine.schedule import Dialect, schedule_plan
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.testing import plan_chart

GIVER = """
start 2025-03-03
A 5 | #####
B 5 | .....##### | A
"""
RECEIVER = """
start 2025-03-05
X 2 | ##
Y 3 | ..### | X
"""


def dates(plan, options=None):
    found = schedule_plan(plan, options) if options else schedule_plan(plan)
    return {uid: (row.early_start, row.early_finish) for uid, row in found.tasks.items()}


def test_plans_without_bonds_lie_as_each_alone():
    plans = [plan_chart(GIVER).plan, plan_chart(RECEIVER).plan]

    joined = join_plans("Both", plans)

    found = dates(joined.plan)
    for place, plan in enumerate(plans):
        for uid, when in dates(plan).items():
            assert found[joined_uid(place, uid)] == when
    assert found[joined.ends[0]][1] == datetime(2025, 3, 14, 17)
    assert found[joined.ends[1]][1] == datetime(2025, 3, 11, 17)


def test_a_bond_makes_one_plan_wait_for_another():
    plans = [plan_chart(GIVER).plan, plan_chart(RECEIVER).plan]

    joined = join_plans("Both", plans, [Bond((0, 2), (1, 1)), Bond((0, 9), (1, 1))])

    found = dates(joined.plan)
    assert found[joined_uid(1, 1)][0] == datetime(2025, 3, 17, 8)
    assert joined.left_out == (1,)


def test_bonds_that_close_a_circle_are_refused():
    plans = [plan_chart(GIVER).plan, plan_chart(RECEIVER).plan]

    joined = join_plans("Both", plans, [Bond((0, 2), (1, 1)), Bond((1, 2), (0, 1))])

    with pytest.raises(CycleFound):
        schedule_plan(joined.plan)


def test_nothing_and_numbers_that_are_too_large_are_refused():
    with pytest.raises(InvalidInput) as refused:
        join_plans("None", [])
    assert refused.value.code == "plan.join"
    plan = plan_chart(GIVER).plan
    large = replace(plan, tasks=(replace(plan.tasks[0], uid=STEP), *plan.tasks[1:]), links=())
    with pytest.raises(InvalidInput):
        join_plans("Large", [large])


@pytest.mark.parametrize("seed", range(40))
def test_random_plans_lie_as_each_alone(seed):
    """On one calendar, with what depends on the end of the whole left out."""
    random = Random(seed)
    plans = []
    options = None
    while len(plans) < 3:
        plan, found = random_plan(random)
        if any(_depends(task, plan.start) for task in plan.tasks):
            continue
        options = options or replace(found, lag_calendar=LagCalendar.SUCCESSOR)
        first = plans[0] if plans else plan
        tasks = [replace(task, calendar_uid=None) for task in plan.tasks]
        plans.append(
            replace(
                plan,
                tasks=tuple(tasks),
                assignments=(),
                default_calendar_uid=1,
                schedule_from_finish=False,
                status_date=first.status_date,
                rules=first.rules,
                minutes_per_day=first.minutes_per_day,
            )
        )
    joined = join_plans("All", plans, by_resources=options.dialect is not Dialect.STANDARD)

    found = dates(joined.plan, options)

    for place, plan in enumerate(plans):
        for uid, when in dates(plan, options).items():
            assert found[joined_uid(place, uid)] == when, (place, uid)


def _depends(task, start):
    """On the end of the whole, or on a day before the plan begins."""
    early = task.constraint_date is not None and task.constraint_date < start
    return task.constraint is ConstraintType.ALAP or task.level_of_effort or early
