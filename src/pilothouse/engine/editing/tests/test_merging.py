# SPDX-License-Identifier: Apache-2.0
"""Two plans that were one once are made one again, and nothing is lost without a word."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.editing import (
    AddTasks,
    Amount,
    Assign,
    Constraint,
    DeleteTasks,
    Field,
    MoveTasks,
    PutLink,
    RemoveLink,
    SetCustom,
    SetField,
    merge,
)
from pilothouse.engine.editing.tests.test_delta import PLAN, edit, plan_of, plans, steps, taken
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, Link, PlanTask, StoredDates

LINKED = edit(PLAN, PutLink(Link(2, 3)), PutLink(Link(3, 4)))


def days(count):
    return Amount(count * 480)


def rows(plan):
    return [(task.uid, task.outline_level, task.wbs) for task in plan.tasks]


def test_what_both_changed_apart_comes_together():
    live = edit(LINKED, SetField(2, Field.DURATION, days(4)), AddTasks(5, (PlanTask(6, "F"),)))
    ours = edit(
        LINKED,
        SetField(4, Field.DURATION, days(2)),
        SetField(2, Field.NAME, "B two"),
        RemoveLink(3, 4),
        Assign(4, 1),
    )

    found = merge(LINKED, live, ours)

    tasks = {task.uid: task for task in found.plan.tasks}
    assert found.clashes == ()
    assert (tasks[2].name, tasks[2].duration_minutes) == ("B two", 4 * 480)
    assert tasks[4].duration_minutes == 2 * 480
    assert [task.uid for task in found.plan.tasks] == [1, 2, 3, 4, 5, 6]
    assert [(link.predecessor, link.successor) for link in found.plan.links] == [(2, 3)]
    assert [(item.task_uid, item.resource_uid) for item in found.plan.assignments] == [(4, 1)]


def test_a_cell_that_both_changed_is_decided():
    live = edit(LINKED, SetField(2, Field.DURATION, days(4)))
    ours = edit(LINKED, SetField(2, Field.DURATION, days(2)))

    found = merge(LINKED, live, ours)
    kept = merge(LINKED, live, ours, {"task.2.duration_minutes"})

    (clash,) = found.clashes
    assert clash.key == "task.2.duration_minutes"
    assert clash.fields == ("duration_minutes",)
    assert (clash.base, clash.live, clash.ours) == ((480,), (4 * 480,), (2 * 480,))
    assert found.plan.tasks[1].duration_minutes == 4 * 480
    assert kept.plan.tasks[1].duration_minutes == 2 * 480
    assert len(kept.clashes) == 1


def task_of(plan, uid):
    return next(task for task in plan.tasks if task.uid == uid)


def with_task(plan, uid, **values):
    return replace(
        plan,
        tasks=tuple(replace(task, **values) if task.uid == uid else task for task in plan.tasks),
    )


def test_progress_of_one_side_and_duration_of_the_other_are_decided_together():
    base = with_task(LINKED, 2, duration_minutes=960)
    live = with_task(
        base,
        2,
        percent_complete=Decimal(50),
        actual_start=datetime(2025, 3, 3, 8),
        actual_duration_minutes=480,
        remaining_minutes=480,
    )
    ours = edit(base, SetField(2, Field.DURATION, days(1)))

    found = merge(base, live, ours)
    kept = merge(base, live, ours, {"task.2.duration_minutes"})

    (clash,) = found.clashes
    assert clash.fields == (
        "duration_minutes",
        "percent_complete",
        "actual_start",
        "actual_duration_minutes",
        "remaining_minutes",
    )
    assert task_of(found.plan, 2) == task_of(live, 2)
    assert task_of(kept.plan, 2) == task_of(ours, 2)


def test_a_constraint_and_its_date_are_decided_together():
    def on(day):
        return Constraint(ConstraintType.SNET, datetime(2025, 3, day, 8))

    base = edit(LINKED, SetField(2, Field.CONSTRAINT, on(5)))
    live = edit(base, SetField(2, Field.CONSTRAINT, on(10)))
    ours = edit(base, SetField(2, Field.CONSTRAINT, Constraint()))

    found = merge(base, live, ours)
    kept = merge(base, live, ours, {"task.2.constraint"})

    (clash,) = found.clashes
    assert clash.fields == ("constraint", "constraint_date")
    assert task_of(found.plan, 2) == task_of(live, 2)
    assert task_of(kept.plan, 2) == task_of(ours, 2)


def test_work_and_the_resources_that_do_it_are_decided_together():
    base = edit(LINKED, Assign(4, 1))
    live = edit(base, SetField(4, Field.WORK, 960))
    ours = edit(base, SetField(4, Field.DURATION, days(3)))

    found = merge(base, live, ours)
    kept = merge(base, live, ours, {"task.4.duration_minutes"})

    (clash,) = found.clashes
    assert {"duration_minutes", "work_minutes", "resources"} <= set(clash.fields)
    assert (task_of(found.plan, 4), found.plan.assignments) == (
        task_of(live, 4),
        live.assignments,
    )
    assert (task_of(kept.plan, 4), kept.plan.assignments) == (task_of(ours, 4), ours.assignments)


def test_a_task_scheduled_by_hand_comes_with_its_dates():
    when = StoredDates(datetime(2025, 3, 10, 8), datetime(2025, 3, 10, 17))
    base = with_task(LINKED, 4, manual=True, stored=StoredDates())

    found = merge(base, base, with_task(base, 4, stored=when))

    assert task_of(found.plan, 4).stored == when


def test_own_fields_are_decided_one_by_one():
    base = edit(LINKED, SetCustom(2, "crew", "1"), SetCustom(2, "gone", "x"))
    live = edit(base, SetCustom(2, "lot", "7"), SetCustom(2, "crew", "2"))
    ours = edit(base, SetCustom(2, "site", "N"), SetCustom(2, "gone", ""))

    found = merge(base, live, ours)

    assert found.clashes == ()
    assert task_of(found.plan, 2).custom == (("crew", "2"), ("lot", "7"), ("site", "N"))
    other = edit(ours, SetCustom(2, "crew", "3"))
    (clash,) = merge(base, live, other).clashes
    assert (clash.key, clash.fields) == ("task.2.custom.crew", ("custom.crew",))
    assert (clash.base, clash.live, clash.ours) == (("1",), ("2",), ("3",))
    kept = merge(base, live, other, {clash.key}).plan
    assert task_of(kept, 2).custom == (("crew", "3"), ("lot", "7"), ("site", "N"))


def test_a_resource_that_is_gone_is_refused_by_name():
    ours = edit(LINKED, Assign(4, 1))

    with pytest.raises(InvalidInput) as refused:
        merge(LINKED, replace(LINKED, resources=()), ours)

    assert refused.value.code == "editing.resource_gone"
    assert "‘Ada’ is on ‘D’" in refused.value.message


def test_the_same_change_on_both_sides_is_none():
    live = edit(LINKED, SetField(2, Field.DURATION, days(4)), DeleteTasks((5,)))

    found = merge(LINKED, live, edit(live, SetField(3, Field.NAME, "C two")))

    assert found.clashes == ()
    assert found.plan.tasks[2].name == "C two"


@pytest.mark.parametrize("touch", ["cell", "link", "share", "inside"])
def test_a_row_that_one_side_deleted_and_the_other_worked_on_is_decided(touch):
    steps = {
        "cell": SetField(4, Field.NAME, "D two"),
        "link": PutLink(Link(4, 5)),
        "share": Assign(4, 1),
        "inside": AddTasks(4, (PlanTask(6, "F", 2),)),
    }
    live = edit(LINKED, steps[touch])
    ours = edit(LINKED, DeleteTasks((4,)))

    found = merge(LINKED, live, ours)
    other = merge(LINKED, ours, live, {"task.4"})

    assert [clash.key for clash in found.clashes] == ["task.4"]
    assert rows(found.plan) == rows(live)
    assert set(found.plan.links) == set(live.links)
    assert found.plan.assignments == live.assignments
    assert rows(other.plan) == rows(live)
    assert set(other.plan.links) == set(live.links)
    assert 4 not in {task.uid for task in merge(LINKED, live, ours, {"task.4"}).plan.tasks}


def test_a_deletion_that_nobody_touched_is_taken_over():
    ours = edit(LINKED, DeleteTasks((3,)))

    found = merge(LINKED, edit(LINKED, SetField(5, Field.NAME, "E two")), ours)

    assert found.clashes == ()
    assert rows(found.plan) == rows(ours)
    assert found.plan.links == ()


def test_new_rows_of_one_number_are_two_rows():
    live = edit(LINKED, AddTasks(5, (PlanTask(6, "of live"),)))
    ours = edit(
        LINKED, AddTasks(2, (PlanTask(6, "of ours", 2),)), PutLink(Link(6, 4)), Assign(6, 1)
    )

    found = merge(LINKED, live, ours)

    assert [task.name for task in found.plan.tasks] == [
        "A",
        "B",
        "of ours",
        "C",
        "D",
        "E",
        "of live",
    ]
    made = found.plan.tasks[2].uid
    assert made == 7
    assert (made, 4) in {(link.predecessor, link.successor) for link in found.plan.links}
    assert [item.task_uid for item in found.plan.assignments] == [made]


def test_moves_of_both_sides_hold():
    live = edit(LINKED, MoveTasks((5,), 3, 2))
    ours = edit(LINKED, MoveTasks((2,), 4, 1))

    found = merge(LINKED, live, ours)

    assert found.clashes == ()
    assert [task.name for task in found.plan.tasks] == ["A", "C", "E", "D", "B"]


def test_a_lag_that_both_changed_is_one_clash():
    live = edit(LINKED, PutLink(Link(2, 3, lag_minutes=480)))
    ours = edit(LINKED, PutLink(Link(2, 3, lag_minutes=960)))

    found = merge(LINKED, live, ours)

    assert [clash.key for clash in found.clashes] == ["link.2.3.fs"]
    assert [link.lag_minutes for link in found.plan.links] == [480, 0]


def test_codes_follow_the_place_unless_somebody_gave_one():
    live = edit(LINKED, AddTasks(1, (PlanTask(6, "first", 2),)))
    ours = edit(LINKED, SetField(5, Field.WBS, "own"))

    found = merge(LINKED, live, ours)

    assert [task.wbs for task in found.plan.tasks] == ["1", "1.1", "1.2", "1.3", "2", "own"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_without_changes_of_the_other_side_each_side_is_the_merge(data):
    before = data.draw(plans())
    after = taken(before, data.draw(steps(before)))

    ours, live = merge(before, before, after), merge(before, after, before)

    assert ours.clashes == live.clashes == ()
    assert live.plan == after
    assert rows(ours.plan) == rows(after)
    assert [task.name for task in ours.plan.tasks] == [task.name for task in after.tasks]
    assert set(ours.plan.links) == set(after.links)
    assert set(ours.plan.assignments) == set(after.assignments)


def test_baselines_are_no_change():
    marked = replace(PLAN.tasks[1], baselines=())

    assert merge(plan_of((1, 2, 2, 1, 1)), PLAN, PLAN).plan.tasks[1] == marked
