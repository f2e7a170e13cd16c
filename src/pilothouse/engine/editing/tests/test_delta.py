# SPDX-License-Identifier: Apache-2.0
"""What an edit changed can be taken back and made again, whatever others did elsewhere."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.editing import (
    AddTasks,
    Amount,
    Assign,
    DeleteTasks,
    Field,
    Indent,
    MoveTasks,
    PutLink,
    SetCustom,
    SetField,
    apply,
    difference,
    replay,
)
from pilothouse.engine.errors import EngineError, InvalidInput
from pilothouse.engine.network import build_outline
from pilothouse.engine.network.plan import Link, Plan, PlanResource, PlanTask

START = datetime(2025, 3, 3, 8)
NAMES = "ABCDEFGH"


def plan_of(levels, numbered=True):
    tasks = [
        PlanTask(uid, NAMES[uid - 1], level, duration_minutes=480)
        for uid, level in enumerate(levels, 1)
    ]
    outline = build_outline(tasks)
    return Plan(
        "P",
        START,
        (CalendarSpec(1, "Standard", STANDARD_WEEK),),
        1,
        tuple(
            replace(
                task,
                wbs=outline.numbers[row] if numbered else "",
                summary=outline.summary[row],
            )
            for row, task in enumerate(tasks)
        ),
        resources=(PlanResource(1, "Ada"),),
    )


PLAN = plan_of((1, 2, 2, 1, 1))


def edit(plan, *steps):
    return apply(plan, steps, {})


def same(first, second):
    """Equal but for the order in which links and assignments are listed."""
    return (
        first.tasks == second.tasks
        and set(first.links) == set(second.links)
        and set(first.assignments) == set(second.assignments)
    )


@st.composite
def plans(draw):
    levels = [1]
    for _ in range(draw(st.integers(0, len(NAMES) - 1))):
        levels.append(draw(st.integers(1, min(levels[-1] + 1, 4))))
    return plan_of(levels, draw(st.booleans()))


@st.composite
def steps(draw, plan):
    """Any steps; those that the plan refuses are left out by the caller."""
    uids = st.sampled_from([task.uid for task in plan.tasks])
    some = st.lists(uids, min_size=1, max_size=3, unique=True).map(tuple)
    maybe = st.one_of(st.none(), uids)
    level = st.integers(1, 4)
    return draw(
        st.lists(
            st.one_of(
                st.builds(SetField, uids, st.just(Field.NAME), st.sampled_from(["X", "Y"])),
                st.builds(SetField, uids, st.just(Field.WBS), st.sampled_from(["1", "2", "Z"])),
                st.builds(SetField, uids, st.just(Field.DURATION), st.integers(0, 960).map(Amount)),
                st.builds(SetField, uids, st.just(Field.PERCENT), st.just(Decimal(50))),
                st.builds(
                    lambda after, at, uid: AddTasks(after, (PlanTask(uid, "New", at),)),
                    maybe,
                    level,
                    st.integers(20, 23),
                ),
                st.builds(DeleteTasks, some),
                st.builds(MoveTasks, some, maybe, level),
                st.builds(Indent, some, st.sampled_from([-1, 1])),
                st.builds(lambda a, b: PutLink(Link(a, b)), uids, uids),
                st.builds(Assign, uids, st.just(1)),
            ),
            max_size=4,
        )
    )


def taken(plan, wanted):
    """The plan after those of the steps that it allows."""
    for step in wanted:
        try:
            plan = edit(plan, step)
        except EngineError:
            continue
    return plan


@given(st.data())
def test_what_is_taken_back_is_as_it_was_and_made_again_as_it_became(data):
    before = data.draw(plans())
    after = taken(before, data.draw(steps(before)))

    delta = difference(before, after)

    assert bool(delta) == (not same(before, after))
    assert same(replay(after, delta.reversed()), before)
    assert same(replay(before, delta), after)
    assert same(replay(replay(after, delta.reversed()), delta), after)


@given(st.data())
def test_taking_back_one_edit_never_takes_back_another(data):
    before = data.draw(plans())
    mine = taken(before, data.draw(steps(before)))
    theirs = taken(mine, data.draw(steps(mine))) if mine.tasks else mine
    others = difference(mine, theirs)

    try:
        left = replay(theirs, difference(before, mine).reversed())
    except InvalidInput as refused:
        assert refused.code.startswith(("editing.", "network."))
        return

    there = {task.uid: task for task in left.tasks}
    assert not others.tasks.removed.keys() & there.keys()
    for uid, task in others.tasks.added.items():
        assert there[uid].name == task.name
    for uid, cells in others.tasks.changed.items():
        for name in cells.keys() - {"wbs", "milestone"}:
            assert getattr(there[uid], name) == cells[name][1]


def test_rows_that_others_put_in_stay_where_they_are():
    mine = edit(PLAN, AddTasks(3, (PlanTask(10, "Mine", 1),)))
    theirs = edit(mine, AddTasks(10, (PlanTask(11, "Theirs", 1),)))

    left = replay(theirs, difference(PLAN, mine).reversed())

    assert [(task.name, task.wbs) for task in left.tasks] == [
        ("A", "1"),
        ("B", "1.1"),
        ("C", "1.2"),
        ("Theirs", "2"),
        ("D", "3"),
        ("E", "4"),
    ]


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (SetField(4, Field.NAME, "D2"), "‘D2’ was changed .name."),
        (DeleteTasks((4,)), "row or assignment 4 was deleted"),
    ],
)
def test_a_cell_that_others_changed_is_not_taken_back(others, words):
    mine = edit(PLAN, SetField(4, Field.NAME, "D1"))
    theirs = edit(mine, others)

    with pytest.raises(InvalidInput, match=words) as refused:
        replay(theirs, difference(PLAN, mine).reversed())

    assert refused.value.code == "editing.changed"


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (SetField(10, Field.NAME, "Ours"), "was changed"),
        (PutLink(Link(10, 5)), "was linked"),
        (Assign(10, 1), "was changed|given a resource"),
        (AddTasks(10, (PlanTask(11, "Inside", 2),)), "given rows inside"),
    ],
)
def test_a_row_that_others_use_is_not_taken_back(others, words):
    mine = edit(PLAN, AddTasks(3, (PlanTask(10, "Mine", 1, duration_minutes=480),)))
    theirs = edit(mine, others)

    with pytest.raises(InvalidInput, match=words):
        replay(theirs, difference(PLAN, mine).reversed())


def test_a_deleted_branch_comes_back_with_links_and_resources():
    full = edit(PLAN, PutLink(Link(2, 4)), Assign(3, 1))
    mine = edit(full, DeleteTasks((1,)))
    theirs = edit(mine, SetField(5, Field.NAME, "Last"))

    back = replay(theirs, difference(full, mine).reversed())

    assert [(task.name, task.wbs, task.summary) for task in back.tasks] == [
        ("A", "1", True),
        ("B", "1.1", False),
        ("C", "1.2", False),
        ("D", "2", False),
        ("Last", "3", False),
    ]
    assert back.links == full.links and back.assignments == full.assignments


def test_a_link_that_is_gone_is_named():
    linked = edit(PLAN, PutLink(Link(2, 4)))
    mine = edit(linked, PutLink(Link(2, 4, lag_minutes=60)))
    theirs = edit(mine, DeleteTasks((4,)))

    with pytest.raises(InvalidInput, match="link from task 2 to task 4 was deleted"):
        replay(theirs, difference(linked, mine).reversed())


def test_a_row_that_took_others_inside_gives_them_back():
    mine = edit(PLAN, AddTasks(1, (PlanTask(10, "Mine", 1),)))
    assert mine.tasks[1].summary and not mine.tasks[0].summary

    assert same(replay(mine, difference(PLAN, mine).reversed()), PLAN)


def test_an_own_field_is_taken_back_whatever_others_put_in_another():
    after = edit(PLAN, SetCustom(2, "crew", "A"))
    now = edit(after, SetCustom(2, "lot", "7"))
    back = difference(PLAN, after).reversed()

    assert replay(now, back).tasks[1].custom == (("lot", "7"),)
    with pytest.raises(InvalidInput) as refused:
        replay(edit(now, SetCustom(2, "crew", "B")), back)
    assert "changed (crew)" in refused.value.message
