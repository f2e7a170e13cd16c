# SPDX-License-Identifier: Apache-2.0
"""An updated file meets the plan that is there: numbers are kept, and what it cannot say stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.merging import EVERYTHING, Holds, merge, recognise, staying
from pilothouse.engine.network.plan import (
    Link,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    TaskStep,
)

CALENDAR = CalendarSpec(1, "Standard", STANDARD_WEEK)


def row(uid, name, level=1, **values):
    return PlanTask(uid, name, level, duration_minutes=480, **values)


def plan(*tasks, **values):
    return Plan("P", datetime(2026, 3, 2, 8), (CALENDAR,), 1, tuple(tasks), **values)


QUAY = plan(
    row(1, "Quay wall", summary=True, wbs="1"),
    row(2, "Dredge", 2, wbs="1.1"),
    row(3, "Drive piles", 2, wbs="1.2"),
    row(4, "Survey", 1, wbs="S-7"),
    links=(Link(2, 3),),
)


def test_equal_numbers_are_the_same_task_even_under_another_name():
    found = recognise(QUAY, replace(QUAY, tasks=(*QUAY.tasks[:3], row(4, "Soundings"))))

    assert (found.trusted, found.tasks[4], found.known[4]) == (True, 4, "uid")


ONE, TWO = "0A1B2C3D-0000-4000-8000-000000000001", "0A1B2C3D-0000-4000-8000-000000000002"


def test_a_guid_tells_a_task_whatever_its_name_number_and_place_became():
    there = plan(row(1, "Dredge", guid=ONE), row(2, "Survey", guid=TWO), row(3, "Paint"))
    coming = plan(row(1, "Soundings", guid=TWO), row(7, "Dig", guid=ONE), row(3, "Paint"))

    found = recognise(there, coming)

    assert found.tasks == {1: 2, 7: 1, 3: 3}
    assert found.known == {1: "guid", 7: "guid", 3: "uid"}
    assert found.doubtful == ()


def test_a_guid_that_stands_twice_tells_nothing():
    there = plan(row(1, "Dredge", guid=ONE), row(2, "Survey"))
    coming = plan(row(1, "Dredge", guid=ONE), row(2, "Survey"), row(3, "Copy", guid=ONE))

    assert recognise(there, coming).known == {1: "uid", 2: "uid"}


def test_a_guid_stays_where_the_file_has_none():
    there = plan(row(1, "Dredge", guid=ONE))
    coming = plan(row(1, "Dredge"))

    assert merge(there, coming, recognise(there, coming)).tasks[0].guid == ONE


def test_numbers_that_name_other_tasks_do_not_count():
    coming = plan(
        row(4, "Quay wall", wbs="1"), row(3, "Dredge", 2), row(2, "Drive piles", 2), row(9, "Paint")
    )

    found = recognise(QUAY, coming)

    assert not found.trusted
    assert found.tasks == {4: 1, 3: 2, 2: 3, 9: 10}
    assert found.counts == {"wbs": 1, "path": 2}


def test_a_code_of_its_own_tells_a_task_but_the_place_in_the_outline_does_not():
    coming = plan(row(-1, "Paint", wbs="1"), row(-2, "Soundings", wbs="S-7"))

    found = recognise(QUAY, coming)

    assert found.tasks == {-1: 5, -2: 4}
    assert found.counts == {"code": 1}


def test_a_name_that_stands_twice_tells_nobody():
    twice = plan(row(1, "Pour"), row(2, "Pour"))

    found = recognise(twice, plan(row(-1, "Pour"), row(-2, "Pour")))

    assert (found.known, found.tasks) == ({}, {-1: 3, -2: 4})


def test_rows_that_were_added_on_both_sides_are_two_rows():
    here = replace(QUAY, tasks=(*QUAY.tasks, row(5, "Fence")))
    there = replace(QUAY, tasks=(*QUAY.tasks, row(5, "Order the crane")))

    found = recognise(here, there, sure_up_to=4)

    assert (found.tasks[5], found.doubtful) == (6, (5,))
    assert (recognise(here, there).tasks[5], recognise(here, there).doubtful) == (5, ())


def test_a_number_whose_task_was_recognised_elsewhere_is_in_no_doubt():
    here = replace(QUAY, tasks=(*QUAY.tasks, row(5, "Fence")))
    there = replace(QUAY, tasks=(*QUAY.tasks, row(5, "Order the crane"), row(6, "Fence")))

    found = recognise(here, there, sure_up_to=4)

    assert (found.tasks[6], found.tasks[5], found.doubtful) == (5, 7, ())


@pytest.mark.parametrize(("finished", "percent"), [(None, 0), (datetime(2026, 3, 3, 17), 100)])
def test_a_task_measured_by_steps_stays_so_through_a_physical_percentage(finished, percent):
    steps = (TaskStep("Survey", Decimal(1), True), TaskStep("Dig", Decimal(2)))
    shown = Decimal("33.33")
    by_steps = {"percent_type": PercentType.STEPS, "physical_percent": shown, "steps": steps}
    started = {"actual_start": datetime(2026, 3, 2, 8)}
    present = plan(row(1, "Pour", **by_steps, **started))
    coming = plan(
        row(
            1,
            "Pour",
            percent_type=PercentType.PHYSICAL,
            physical_percent=shown,
            percent_complete=Decimal(100) if finished else shown,
            actual_finish=finished,
            **started,
        )
    )
    holds = replace(EVERYTHING, tasks=EVERYTHING.tasks - {"steps"})

    (task,) = merge(present, coming, recognise(present, coming), holds).tasks

    assert (task.percent_type, task.steps) == (PercentType.STEPS, steps)
    assert (task.physical_percent, task.percent_complete) == (shown, percent)


def test_no_number_that_was_given_once_comes_to_another_task():
    found = recognise(QUAY, plan(row(-1, "Fence")), given={40})

    assert found.tasks == {-1: 41}


def test_what_the_file_cannot_say_stays():
    present = replace(
        QUAY,
        tasks=(
            *QUAY.tasks[:2],
            row(3, "Drive piles", 2, percent_type=PercentType.PHYSICAL, level_of_effort=True),
            QUAY.tasks[3],
        ),
        imposed_finish=datetime(2026, 9, 1, 17),
    )
    coming = replace(QUAY, tasks=(*QUAY.tasks[:2], row(3, "Drive the piles", 2), QUAY.tasks[3]))
    holds = Holds(
        tasks=EVERYTHING.tasks - {"percent_type", "level_of_effort"},
        plan=EVERYTHING.plan - {"imposed_finish"},
    )

    made = merge(present, coming, recognise(present, coming), holds)

    piles = made.tasks[2]
    assert (piles.name, piles.percent_type, piles.level_of_effort) == (
        "Drive the piles",
        PercentType.PHYSICAL,
        True,
    )
    assert made.imposed_finish == present.imposed_finish
    assert staying(present, made, holds) == {"level_of_effort": 1, "percent_type": 1}


def test_an_empty_cost_and_an_empty_address_stay():
    ada = PlanResource(7, "Ada", email="ada@demo.example")
    present = replace(
        QUAY, tasks=(row(1, "Quay wall", cost=Decimal(9)),), links=(), resources=(ada,)
    )
    coming = plan(row(1, "Quay wall"), resources=(PlanResource(3, "ada"),))

    made = merge(present, coming, recognise(present, coming))

    assert (made.tasks[0].cost, made.resources) == (
        Decimal(9),
        (PlanResource(7, "ada", email="ada@demo.example"),),
    )


def test_an_assignment_keeps_its_number_and_people_put_in_here_stay():
    people = (PlanResource(1, "Ada"), PlanResource(2, "Piet"))
    present = replace(QUAY, resources=people, assignments=(PlanAssignment(8, 2, 1),))
    coming = replace(
        QUAY, resources=people[:1], assignments=(PlanAssignment(1, 2, 1), PlanAssignment(2, 3, 1))
    )

    made = merge(present, coming, recognise(present, coming), kept_resources={2})

    assert [(item.uid, item.task_uid) for item in made.assignments] == [(8, 2), (9, 3)]
    assert [item.name for item in made.resources] == ["Ada", "Piet"]


def test_rows_that_are_not_active_stay_where_the_format_has_none():
    off = row(9, "Old quay", 2, active=False)
    present = replace(QUAY, tasks=(*QUAY.tasks[:2], off, *QUAY.tasks[2:]))
    found = recognise(present, QUAY)

    kept = merge(present, QUAY, found, replace(EVERYTHING, inactive=False))
    gone = merge(present, QUAY, found)

    assert [task.uid for task in kept.tasks] == [1, 2, 9, 3, 4]
    assert [task.uid for task in gone.tasks] == [1, 2, 3, 4]


def test_numbers_of_the_outline_follow_where_the_file_has_no_codes():
    coming = plan(row(-1, "Quay wall"), row(-2, "Clear", 2), row(-3, "Dredge", 2), row(4, "Survey"))
    holds = Holds(tasks=EVERYTHING.tasks - {"wbs"})

    made = merge(QUAY, coming, recognise(QUAY, coming), holds)

    assert [(task.uid, task.wbs) for task in made.tasks] == [
        (1, "1"),
        (5, "1.1"),
        (2, "1.2"),
        (4, "S-7"),
    ]
    assert [task.summary for task in made.tasks] == [True, False, False, False]


def test_calendars_of_one_name_are_one_and_nothing_runs_on_one_that_went():
    night = CalendarSpec(5, "Night", STANDARD_WEEK)
    present = replace(
        QUAY, calendars=(CALENDAR, night), tasks=(row(1, "Quay wall", calendar_uid=5),), links=()
    )
    again = plan(row(1, "Quay wall", calendar_uid=2))
    again = replace(again, calendars=(CALENDAR, CalendarSpec(2, "night", STANDARD_WEEK)))
    without = Holds(tasks=EVERYTHING.tasks - {"calendar_uid"})

    kept = merge(present, again, recognise(present, again))
    bare = merge(present, plan(row(1, "Quay wall")), recognise(present, QUAY), without)

    assert [spec.uid for spec in kept.calendars] == [1, 5]
    assert kept.tasks[0].calendar_uid == 5
    assert bare.tasks[0].calendar_uid is None
