# SPDX-License-Identifier: Apache-2.0
"""Dates that a plan names are latest dates of its levelling, unless that is given up."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.levelling import (
    LevelOptions,
    ProjectPlan,
    Rule,
    Scheme,
    accept,
    level_plans,
)
from pilothouse.engine.levelling.tests.plan_examples import levelled, plan_of, starts, task
from pilothouse.engine.network.plan import ConstraintType, Link, PlanTask
from pilothouse.engine.schedule import Dialect, ScheduleOptions, schedule_plan
from pilothouse.engine.testing import Days

WEDNESDAY = datetime(2025, 3, 5, 17)
"""The end of the third day."""


def pair(**dated):
    """Two tasks of two days that need the same one; the urgent one is served first."""
    return plan_of(
        [task("urgent", 2, priority=600), task("dated", 2, **dated)],
        units=[(1, 1, 1), (2, 1, 1)],
    )


@pytest.mark.parametrize(
    "dated",
    [
        {"constraint": ConstraintType.FNLT, "constraint_date": WEDNESDAY},
        {"constraint": ConstraintType.SNLT, "constraint_date": datetime(2025, 3, 4, 8)},
        {"deadline": WEDNESDAY},
        {"external_late_finish": WEDNESDAY},
    ],
)
def test_a_task_is_not_delayed_past_its_date_and_is_told(dated):
    plan = pair(**dated)

    proposal, moves = levelled(plan, rule=Rule.PRIORITY)
    free, _ = levelled(plan, rule=Rule.PRIORITY, keep_dates=False)

    assert starts(plan, moves) == {"urgent": 0, "dated": 0}
    assert [move.unresolved for move in moves.values()] == [False, True]
    assert [found.tasks for found in proposal.overloads] == [((0, 1), (0, 2))] * 4
    assert starts(plan, free.projects[0].tasks) == {"urgent": 0, "dated": 2}
    assert free.overloads == ()


@pytest.mark.parametrize("scheme", Scheme)
def test_by_late_start_the_task_with_a_date_comes_first(scheme):
    plan = pair(constraint=ConstraintType.FNLT, constraint_date=WEDNESDAY)
    plan = replace(plan, tasks=(*plan.tasks, replace(task("long", 5), uid=3)))

    proposal, moves = levelled(plan, scheme=scheme)

    assert starts(plan, moves) == {"urgent": 2, "dated": 0, "long": 0}
    assert proposal.overloads == ()


def test_what_leads_to_a_date_is_not_delayed_past_it_either():
    plan = plan_of(
        [
            task("urgent", 2, priority=600),
            task("before", 1),
            task("dated", 1, deadline=WEDNESDAY),
        ],
        [Link(2, 3)],
        [(1, 1, 1), (2, 1, 1)],
    )

    _, moves = levelled(plan, rule=Rule.PRIORITY)

    # Two days would be too much for the deadline, and the urgent task keeps its place.
    assert starts(plan, moves) == {"urgent": 0, "before": 0, "dated": 1}
    assert [move.unresolved for move in moves.values()] == [False, True, False]


def test_the_date_of_a_summary_holds_for_all_that_is_in_it():
    plan = plan_of(
        [
            task("urgent", 2, priority=600),
            PlanTask(0, "sum", summary=True, deadline=WEDNESDAY),
            task("inside", 2, outline_level=2),
        ],
        units=[(1, 1, 1), (3, 1, 1)],
    )

    _, moves = levelled(plan, rule=Rule.PRIORITY)

    assert moves[3].unresolved
    assert starts(plan, moves)["inside"] == 0


def test_the_imposed_finish_is_the_latest_date_of_all():
    plan = replace(pair(), imposed_finish=WEDNESDAY)

    proposal, moves = levelled(plan)

    assert [move.unresolved for move in moves.values()] == [False, True]
    assert Days(plan).after(proposal.projects[0].finish) == 2


def test_a_date_that_links_break_already_delays_nothing_more():
    plan = pair(constraint=ConstraintType.FNLT, constraint_date=datetime(2025, 3, 3, 17))

    _, moves = levelled(plan, rule=Rule.PRIORITY)

    assert starts(plan, moves) == {"urgent": 0, "dated": 0}
    assert moves[2].unresolved


def test_deadlines_that_do_not_count_in_float_bound_nothing_but_are_told():
    plan = pair(deadline=WEDNESDAY)
    options = ScheduleOptions(use_deadline_in_float=False)

    proposal = level_plans([ProjectPlan(plan)], LevelOptions(rule=Rule.PRIORITY), options)

    assert starts(plan, proposal.projects[0].tasks) == {"urgent": 0, "dated": 2}
    assert [missed.uid for missed in proposal.projects[0].missed_deadlines] == [2]


def test_deadlines_missed_where_dates_are_given_up_are_told():
    plan = pair(deadline=WEDNESDAY)

    (kept,) = levelled(plan, rule=Rule.PRIORITY)[0].projects
    (given_up,) = levelled(plan, rule=Rule.PRIORITY, keep_dates=False)[0].projects

    assert kept.missed_deadlines == ()
    assert [(m.uid, m.finish) for m in given_up.missed_deadlines] == [(2, datetime(2025, 3, 6, 17))]


@st.composite
def dated_plans(draw):
    count = draw(st.integers(2, 6))
    days = [datetime(2025, 3, day, 17) for day in (3, 4, 6, 11)]
    tasks = []
    for number in range(count):
        kind = draw(st.sampled_from([None, "deadline", ConstraintType.FNLT, ConstraintType.SNLT]))
        when = draw(st.sampled_from(days))
        dated = {"deadline": when} if kind == "deadline" else {}
        if isinstance(kind, ConstraintType):
            dated = {"constraint": kind, "constraint_date": when}
        tasks.append(task(str(number), draw(st.sampled_from([0, 0.5, 1, 2])), **dated))
    links = [
        Link(draw(st.integers(1, second - 1)), second)
        for second in range(2, count + 1)
        if draw(st.booleans())
    ]
    units = [(number, 1, draw(st.sampled_from(["0.5", "1"]))) for number in range(1, count + 1)]
    return plan_of(tasks, links, units)


@settings(max_examples=60, deadline=None)
@given(dated_plans(), st.sampled_from(Dialect), st.sampled_from(Scheme), st.sampled_from([0, 40]))
def test_no_date_that_holds_before_levelling_is_broken_by_it(plan, dialect, scheme, tries):
    options = ScheduleOptions(dialect=dialect)
    before = schedule_plan(plan, options)

    wanted = LevelOptions(scheme=scheme, schedules=tries)
    (proposal,) = level_plans([ProjectPlan(plan)], wanted, options).projects
    after = schedule_plan(accept(plan, proposal), options)

    for each in plan.tasks:
        old, new = before.tasks[each.uid], after.tasks[each.uid]
        if each.constraint is ConstraintType.SNLT:
            assert new.start <= max(old.start, each.constraint_date)
        for latest in (each.deadline, each.constraint_date):
            if latest is not None and each.constraint is not ConstraintType.SNLT:
                assert new.finish <= max(old.finish, latest)
