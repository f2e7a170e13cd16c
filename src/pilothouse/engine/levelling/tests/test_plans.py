# SPDX-License-Identifier: Apache-2.0
import io
import zipfile
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling import (
    LevelOptions,
    ProjectPlan,
    Rule,
    Scheme,
    Status,
    accept,
    level_plans,
    without_delays,
)
from pilothouse.engine.levelling.tests.plan_checking import over
from pilothouse.engine.levelling.tests.plan_examples import (
    DAY,
    START,
    levelled,
    oracle_plan,
    plan_in_days,
    plan_of,
    starts,
    task,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagKind,
    Link,
    LinkType,
    PlanAssignment,
    PlanTask,
    ScheduleRules,
)
from pilothouse.engine.schedule import Dialect, ScheduleOptions, schedule_plan
from pilothouse.engine.testing import Days


def test_the_oracle_as_a_plan_is_levelled_as_the_rule_says():
    plan = oracle_plan()

    proposal, moves = levelled(plan)

    assert starts(plan, moves) == {"A": 4, "B": 0, "C": 7, "D": 7, "E": 4, "F": 9}
    assert Days(plan).after(proposal.projects[0].finish) == 12
    assert Days(plan).after(proposal.projects[0].finish_before) == 9
    assert proposal.overloads == ()
    assert proposal.overloads_before[0].units == 5.0


def test_an_accepted_proposal_schedules_as_proposed_and_clearing_restores():
    plan = oracle_plan()

    proposal, moves = levelled(plan)
    after = schedule_plan(accept(plan, proposal.projects[0]))

    assert {uid: (d.start, d.finish) for uid, d in after.tasks.items()} == {
        uid: (m.start, m.finish) for uid, m in moves.items()
    }
    assert without_delays(accept(plan, proposal.projects[0])) == plan
    assert level_plans([ProjectPlan(accept(plan, proposal.projects[0]))]) == proposal


def test_an_expected_finish_is_levelled_with_the_duration_that_it_leaves():
    plan = plan_of(
        [
            task("A", 1, expected_finish=datetime(2025, 3, 5, 17), priority=900),
            task("B", 2, external_early_start=datetime(2025, 3, 4, 8)),
        ],
        units=[(1, 1, 1), (2, 1, 1)],
        rules=ScheduleRules(expected_finishes=True),
    )
    primavera = ScheduleOptions(dialect=Dialect.PRIMAVERA)

    (proposal,) = level_plans([ProjectPlan(plan)], schedule_options=primavera).projects
    after = schedule_plan(accept(plan, proposal), primavera).tasks

    # A takes three days instead of one, and B would have begun on the second.
    assert starts(plan, proposal.tasks) == {"A": 0, "B": 3}
    assert [(after[uid].start, after[uid].finish) for uid in (1, 2)] == [
        (datetime(2025, 3, 3, 8), datetime(2025, 3, 5, 17)),
        (datetime(2025, 3, 6, 8), datetime(2025, 3, 7, 17)),
    ]


def test_tries_never_make_it_worse_and_are_repeatable():
    plan = oracle_plan()

    first, _ = levelled(plan, schedules=60, seed=3)

    assert Days(plan).after(first.projects[0].finish) == 12
    assert levelled(plan, schedules=60, seed=3)[0] == first


def test_time_ends_the_tries():
    urgent = {"A": 900, "B": 800, "C": 700, "E": 600, "D": 500, "F": 400}
    plan = oracle_plan()
    tasks = (replace(each, priority=urgent[each.name]) for each in plan.tasks)
    plan = replace(plan, tasks=tuple(tasks))
    times = iter([0.0, 1.0, 2.0, 3.0])

    serial, parallel = (levelled(plan, rule=Rule.PRIORITY, scheme=scheme)[0] for scheme in Scheme)
    ended, _ = levelled(
        plan, rule=Rule.PRIORITY, schedules=60, seconds=1.0, clock=lambda: next(times)
    )

    assert Days(plan).after(serial.projects[0].finish) == 14
    assert Days(plan).after(parallel.projects[0].finish) == 13
    assert ended.projects == parallel.projects
    assert next(times) == 2.0
    tried, _ = levelled(plan, rule=Rule.PRIORITY, schedules=60, seconds=1e9)
    assert Days(plan).after(tried.projects[0].finish) == 12


def test_a_plan_that_ends_at_the_bound_is_optimal_and_is_not_tried_again():
    plan = plan_of([task(str(n), 2) for n in range(3)], (), [(n, 1, 1) for n in (1, 2, 3)])
    never = mock.Mock(side_effect=[0.0])

    proposal, _ = levelled(plan, schedules=10**9, seconds=1.0, clock=never)

    assert Days(plan).after(proposal.projects[0].finish) == 6
    assert proposal.status is Status.OPTIMAL
    assert levelled(oracle_plan())[0].status is Status.GAP


def test_a_task_without_room_is_no_optimum_though_nothing_ends_later():
    plan = plan_of([task("A", 2), task("B", 2)], (), [(1, 1, 1), (2, 1, 1)])

    proposal, moves = levelled(plan, within_float=True, schedules=20)

    assert proposal.projects[0].finish == proposal.bound
    assert [move.unresolved for move in moves.values()] == [False, True]
    assert proposal.status is Status.GAP


@pytest.mark.shared_data
def test_evolution_finds_the_shortest_plans_known(shared_data):
    rows = (shared_data / "rcpsp/best_known_J30.csv").read_text(encoding="latin-1").splitlines()
    known = {row.split(";")[1]: int(row.split(";")[7]) for row in rows[5:] if row.count(";") > 9}
    with zipfile.ZipFile(shared_data / "rcpsp/psplib_j30.sm.zip") as archive:
        for name in ("j301_1.sm", "j305_6.sm"):
            plan = plan_in_days(read_psplib(io.BytesIO(archive.read(name))))
            lengths = [
                Days(plan).after(levelled(plan, schedules=tries)[0].projects[0].finish)
                for tries in (0, 8000)
            ]
            assert lengths[0] > known[name] == lengths[1]


def test_the_bound_adds_up_the_work_on_a_resource():
    plan = oracle_plan()

    proposal, _ = levelled(plan)

    assert Days(plan).after(proposal.projects[0].finish_before) == 9
    # 39 unit-days on four units are nine days and three quarters.
    assert proposal.bound == datetime(2025, 3, 17, 15)


def test_the_bound_counts_what_comes_before_and_after_the_work():
    tasks = [task("before", 3), *(task(str(n), 2) for n in range(3)), task("after", 1)]
    links = [Link(1, n) for n in (2, 3, 4)] + [Link(n, 5) for n in (2, 3, 4)]
    plan = plan_of(tasks, links, [(n, 1, 1) for n in (2, 3, 4)])

    proposal, _ = levelled(plan)

    assert Days(plan).after(proposal.projects[0].finish_before) == 6
    assert Days(plan).after(proposal.projects[0].finish) == 10
    assert proposal.bound == proposal.projects[0].finish


def test_the_bound_leaves_out_what_may_stay_overloaded():
    plan = plan_of(
        [task("first", 3), task("still", 1, priority=1000)], [Link(1, 2)], [(1, 1, 3), (2, 1, 1)]
    )

    proposal, moves = levelled(plan)

    assert moves[1].unresolved
    assert proposal.bound == proposal.projects[0].finish_before == proposal.projects[0].finish


def test_justification_finds_what_the_rule_does_not():
    # By late start the long task waits for the short ones, which lead to nothing.
    tasks = [*(task(f"short {n}", 2) for n in range(4)), task("long", 7)]
    plan = plan_of(tasks, (), [(n, 1, 1) for n in range(1, 6)], {1: 2})
    rule = LevelOptions(rule="priority")
    tried = LevelOptions(rule="priority", schedules=4)
    first = replace(
        plan, tasks=(*(replace(t, priority=600) for t in plan.tasks[:4]), plan.tasks[4])
    )

    assert Days(plan).after(level_plans([ProjectPlan(first)], rule).projects[0].finish) == 11
    assert Days(plan).after(level_plans([ProjectPlan(first)], tried).projects[0].finish) == 8


def test_within_float_the_finish_stays_and_what_has_no_room_is_told():
    plan = oracle_plan()

    proposal, moves = levelled(plan, within_float=True)

    assert proposal.projects[0].finish == proposal.projects[0].finish_before
    for uid, dates in schedule_plan(plan).tasks.items():
        assert moves[uid].start <= dates.late_start or Days(plan).after(moves[uid].start) <= Days(
            plan
        ).after(dates.late_start)
    assert [moves[uid].unresolved for uid in moves].count(True) > 0
    assert proposal.overloads != ()
    assert over([plan], [schedule_plan(accept(plan, proposal.projects[0]))]) != []


def test_within_float_a_task_with_float_gives_way():
    plan = plan_of(
        [task("long", 5), task("short", 2), task("free", 1)],
        [Link(2, 3)],
        [(1, 1, 1), (2, 2, 1), (3, 2, 1), (2, 1, 0)],
        {1: 1, 2: 1},
    )
    plan = replace(plan, assignments=(*plan.assignments, PlanAssignment(9, 1, 2, Decimal("0.5"))))

    proposal, _ = levelled(plan, within_float=True)

    assert proposal.overloads != ()
    roomy = replace(plan, assignments=tuple(a for a in plan.assignments if a.uid != 9))
    assert level_plans([ProjectPlan(roomy)]).overloads == ()


@pytest.mark.parametrize(
    "still",
    [
        {"priority": 1000},
        {"constraint": ConstraintType.MSO, "constraint_date": START, "constraint_hard": True},
        {"actual_start": START, "remaining_minutes": 2 * DAY},
    ],
)
def test_what_does_not_move_is_served_first(still):
    plan = plan_of(
        [task("urgent", 2), task("still", 2, **still), task("end", 0)],
        [Link(1, 3), Link(2, 3)],
        [(1, 1, 1), (2, 1, 1)],
    )

    proposal, moves = levelled(plan)

    assert starts(plan, moves) == {"urgent": 2, "still": 0, "end": 4}
    assert moves[2].delay_minutes == 0
    assert proposal.overloads == ()


def test_a_task_as_late_as_possible_keeps_to_that_and_overloads_are_told():
    late = task("late", 2, constraint=ConstraintType.ALAP)
    plan = plan_of(
        [task("urgent", 2), late, task("end", 0)],
        [Link(1, 3), Link(2, 3)],
        [(1, 1, 1), (2, 1, 1)],
    )

    proposal, moves = levelled(plan)

    assert starts(plan, moves) == {"urgent": 2, "late": 2, "end": 4}
    assert [found.tasks for found in proposal.overloads] == [((0, 1), (0, 2))] * 4


def test_nothing_is_delayed_so_far_that_it_pushes_what_does_not_move():
    plan = plan_of(
        [task("first", 1), task("still", 1, priority=1000), task("other", 3)],
        [Link(1, 2)],
        [(1, 1, 1), (3, 1, 1), (2, 2, 1)],
        {1: 1, 2: 1},
    )

    proposal, moves = levelled(plan, rule="priority")

    assert starts(plan, moves) == {"first": 0, "still": 1, "other": 1}
    assert proposal.overloads == ()


def test_finished_work_needs_nothing():
    done = task(
        "done",
        2,
        actual_start=START,
        actual_finish=datetime(2025, 3, 4, 17),
        percent_complete=Decimal(100),
    )
    plan = plan_of([done, task("next", 1)], units=[(1, 1, 1), (2, 1, 1)])

    proposal, moves = levelled(plan)

    assert moves[2].delay_minutes == 0
    assert proposal.overloads == ()


def test_shifts_that_never_work_together_share_a_resource():
    plan = plan_of([task("day", 2), task("night", 1, calendar_uid=2)], units=[(1, 1, 1), (2, 1, 1)])

    proposal, moves = levelled(plan)

    assert [move.delay_minutes for move in moves.values()] == [0, 0]
    assert proposal.overloads == proposal.overloads_before == ()


def test_tasks_of_different_calendars_wait_for_each_other_where_they_do_work_together():
    plan = plan_of(
        [task("day", 2), task("around", 1, calendar_uid=3)], units=[(1, 1, 1), (2, 1, 1)]
    )

    proposal, moves = levelled(plan)

    assert proposal.overloads == ()
    assert over([plan], [schedule_plan(accept(plan, proposal.projects[0]))]) == []
    assert sorted(move.delay_minutes > 0 for move in moves.values()) == [False, True]


def test_units_are_shares_and_may_be_third_parts():
    plan = plan_of([task(str(n)) for n in range(4)], units=[(n, 1, "0.3333") for n in range(1, 5)])

    _, moves = levelled(plan)

    assert sorted(starts(plan, moves).values()) == [0, 0, 0, 1]


def test_a_task_that_needs_more_than_there_is_is_told_and_holds_up_nobody():
    plan = plan_of([task("big", 2), task("small", 1)], units=[(1, 1, 3), (2, 1, 1)])

    proposal, moves = levelled(plan)

    assert (moves[1].unresolved, moves[2].unresolved) == (True, False)
    assert moves[2].delay_minutes == 0
    assert {found.tasks for found in proposal.overloads} == {((0, 1), (0, 2)), ((0, 1),)}


def test_the_project_of_greater_priority_is_served_first():
    low = plan_of([task("low", 2)], units=[(1, 1, 1)])
    high = plan_of([task("high", 3)], units=[(1, 1, 1)])

    proposal = level_plans([ProjectPlan(low, 1), ProjectPlan(high, 2)])

    assert starts(low, proposal.projects[0].tasks) == {"low": 3}
    assert starts(high, proposal.projects[1].tasks) == {"high": 0}
    assert proposal.overloads == ()
    assert proposal.overloads_before[0].tasks == ((0, 1), (1, 1))


def test_a_link_from_a_summary_waits_for_all_that_is_in_it():
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

    proposal, moves = levelled(plan)

    assert starts(plan, moves) == {"a": 0, "b": 2, "after": 4}
    assert moves[4].delay_minutes == 0
    assert proposal.overloads == ()


def test_a_resource_with_two_capacities_is_refused():
    one, two = (plan_of([task()], resources={1: most}) for most in (1, 2))

    with pytest.raises(InvalidInput) as caught:
        level_plans([ProjectPlan(one), ProjectPlan(two)])

    assert caught.value.code == "levelling.resource"


def test_a_plan_from_its_finish_is_refused():
    with pytest.raises(InvalidInput) as caught:
        level_plans([ProjectPlan(plan_of([task()], schedule_from_finish=True, finish=START))])

    assert caught.value.code == "levelling.from_finish"


def test_plans_finer_than_memory_are_refused():
    plan = plan_of([task(days=1 / 480), task(days=4000)], units=[(1, 1, 1)])

    with pytest.raises(InvalidInput) as caught:
        level_plans([ProjectPlan(plan)])

    assert caught.value.code == "levelling.too_large"


def test_a_plan_without_tasks_has_an_empty_proposal():
    assert level_plans([ProjectPlan(plan_of([]))]).projects[0].tasks == {}


@st.composite
def plans(draw):
    count = draw(st.integers(1, 6))
    tasks = [
        task(
            str(number),
            draw(st.sampled_from([0, 0.25, 0.5, 1, 2])),
            calendar_uid=draw(st.sampled_from([None, None, 2, 3])),
            priority=draw(st.sampled_from([500, 500, 600, 1000])),
        )
        for number in range(count)
    ]
    links = [
        Link(
            draw(st.integers(1, second - 1)),
            second,
            draw(st.sampled_from(list(LinkType))),
            draw(st.sampled_from([0, 0, 120, -120])),
            draw(st.sampled_from([LagKind.WORKING, LagKind.ELAPSED])),
        )
        for second in range(2, count + 1)
        if draw(st.booleans())
    ]
    units = [
        (number, draw(st.integers(1, 2)), draw(st.sampled_from(["0.5", "1"])))
        for number in range(1, count + 1)
    ]
    return plan_of(tasks, links, units, {1: 1, 2: "1.5"})


@settings(max_examples=60, deadline=None)
@given(plans(), st.sampled_from(Dialect), st.booleans(), st.sampled_from(Scheme))
def test_levelled_plans_are_scheduled_as_proposed_and_overloads_are_told(
    plan, dialect, within, scheme
):
    options = ScheduleOptions(dialect=dialect)
    wanted = LevelOptions(within_float=within, scheme=scheme)
    proposal = level_plans([ProjectPlan(plan)], wanted, options)

    result = schedule_plan(accept(plan, proposal.projects[0]), options)

    for uid, move in proposal.projects[0].tasks.items():
        assert (move.start, move.finish) == (result.tasks[uid].start, result.tasks[uid].finish)
        if plan.tasks[uid - 1].priority == 1000:
            assert move.start == move.start_before
    assert (over([plan], [result]) == []) == (proposal.overloads == ())
    held = any(item.priority == 1000 for item in plan.tasks)
    if not within and not held:
        assert proposal.overloads == ()
    if within:
        assert proposal.projects[0].finish <= proposal.projects[0].finish_before
    assert level_plans([ProjectPlan(plan)], wanted, options) == proposal


@settings(max_examples=40, deadline=None)
@given(plans(), st.integers(0, 3))
def test_tries_keep_all_and_nothing_ends_before_the_bound(plan, seed):
    first = level_plans([ProjectPlan(plan)])
    tried = level_plans([ProjectPlan(plan)], LevelOptions(schedules=60, seed=seed))

    result = schedule_plan(accept(plan, tried.projects[0]))

    assert (over([plan], [result]) == []) == (tried.overloads == ())
    assert first.bound <= tried.projects[0].finish
    counts = [
        sum(move.unresolved for move in found.projects[0].tasks.values())
        for found in (first, tried)
    ]
    assert counts[1] <= counts[0]
    if counts[1] == counts[0]:
        assert tried.projects[0].finish <= first.projects[0].finish
    assert level_plans([ProjectPlan(plan)], LevelOptions(schedules=60, seed=seed)) == tried
