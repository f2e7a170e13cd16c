# SPDX-License-Identifier: Apache-2.0
"""A template keeps durations, links, roles and offsets, and forgets dates, progress and people."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pilothouse.engine.blueprints import inserted, instantiate, make_template
from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    Link,
    PercentType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    TaskStep,
)
from pilothouse.engine.schedule import schedule_plan

START = datetime(2025, 3, 3, 8)
PLAN = Plan(
    "P",
    START,
    (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    1,
    (
        PlanTask(1, "Works", 1, "1", summary=True),
        PlanTask(2, "Dig", 2, "1.1", duration_minutes=960, percent_complete=Decimal(50)),
        PlanTask(
            3,
            "Pour",
            2,
            "1.2",
            duration_minutes=480,
            constraint=ConstraintType.SNET,
            constraint_date=datetime(2025, 3, 10, 8),
            deadline=datetime(2025, 3, 12, 17),
        ),
        PlanTask(4, "Open", 1, "2", milestone=True),
    ),
    (Link(2, 3), Link(3, 4)),
    (PlanResource(1, "Ada", email="ada@example.org"), PlanResource(2, "Crane")),
    (PlanAssignment(1, 2, 1, work_minutes=960, actual_work_minutes=480),),
)


def test_dates_lie_as_many_working_days_after_another_start():
    template = make_template(PLAN, START)

    plan = instantiate(template, datetime(2026, 8, 1), {1: "Tess"})

    pour = plan.tasks[2]
    assert template.offsets == {3: {"constraint_date": 5 * 480, "deadline": 8 * 480}}
    assert plan.start == datetime(2026, 8, 3, 8)
    assert (pour.constraint_date, pour.deadline) == (
        datetime(2026, 8, 10, 8),
        datetime(2026, 8, 12, 17),
    )
    assert schedule_plan(plan).finish == datetime(2026, 8, 10, 17)


def test_progress_people_and_unused_resources_are_left():
    template = make_template(PLAN, START)

    assert template.plan.tasks[1].percent_complete == 0
    assert template.plan.resources == (PlanResource(1, "Ada"),)
    assert template.plan.assignments[0].actual_work_minutes == 0
    assert template.plan.assignments[0].remaining_work_minutes == 960
    assert instantiate(template, START, {1: "Tess"}).resources[0].name == "Tess"


def test_a_branch_becomes_a_template_of_its_own():
    template = make_template(PLAN, START, 1)

    assert [(t.name, t.outline_level, t.wbs) for t in template.plan.tasks] == [
        ("Works", 1, "1"),
        ("Dig", 2, "1.1"),
        ("Pour", 2, "1.2"),
    ]
    assert template.plan.links == (Link(2, 3),)


def test_rows_of_a_template_go_below_a_row_of_another_plan():
    template = make_template(PLAN, START, 1)
    other = replace(PLAN, assignments=(PlanAssignment(7, 3, 2),))

    plan = inserted(other, template, datetime(2026, 8, 1), 3, {1: 2}, 10)

    assert [(t.uid, t.name, t.outline_level, t.wbs) for t in plan.tasks] == [
        (1, "Works", 1, "1"),
        (2, "Dig", 2, "1.1"),
        (3, "Pour", 2, "1.2"),
        (11, "Works", 2, "1.3"),
        (12, "Dig", 3, "1.3.1"),
        (13, "Pour", 3, "1.3.2"),
        (4, "Open", 1, "2"),
    ]
    assert plan.tasks[4].constraint_date == datetime(2026, 8, 3, 8)
    assert plan.tasks[5].constraint_date == datetime(2026, 8, 10, 8)
    assert Link(12, 13) in plan.links
    assert (plan.assignments[1].uid, plan.assignments[1].task_uid) == (8, 12)
    assert plan.assignments[1].resource_uid == 2


@pytest.mark.parametrize(("plan", "root"), [(PLAN, 9), (replace(PLAN, tasks=(), links=()), None)])
def test_what_is_not_there_is_refused(plan, root):
    with pytest.raises(InvalidInput) as refused:
        make_template(plan, START, root)
    assert refused.value.code in ("template.row", "template.empty")


def test_steps_are_to_be_done_and_costs_and_bounds_of_other_projects_go():
    steps = (TaskStep("Lay out", Decimal(3), done=True), TaskStep("Dig", Decimal(1)))
    dig = replace(
        PLAN.tasks[1],
        percent_type=PercentType.STEPS,
        physical_percent=Decimal(75),
        steps=steps,
        cost=Decimal(900),
        external_early_start=datetime(2025, 3, 5, 8),
        external_late_finish=datetime(2025, 3, 9, 17),
        custom=(("soil", "clay"),),
    )
    plan = replace(PLAN, tasks=(PLAN.tasks[0], dig, *PLAN.tasks[2:]))

    row = make_template(plan, START).plan.tasks[1]

    assert [(step.name, step.weight, step.done) for step in row.steps] == [
        ("Lay out", 3, False),
        ("Dig", 1, False),
    ]
    assert (row.percent_type, row.physical_percent) == (PercentType.STEPS, 0)
    assert (row.cost, row.external_early_start, row.external_late_finish) == (None, None, None)
    assert row.custom == (("soil", "clay"),)


def test_who_fills_two_roles_is_one_resource():
    both = replace(
        PLAN,
        assignments=(PlanAssignment(1, 2, 1, work_minutes=960), PlanAssignment(2, 2, 2)),
    )
    template = make_template(both, START)

    plan = instantiate(template, START, {1: "Tess", 2: "Tess"}, {1: 1, 2: 1})
    put_in = inserted(PLAN, template, START, None, {1: 1, 2: 1}, 10)

    assert plan.resources == (PlanResource(1, "Tess"),)
    for found in (plan.assignments, put_in.assignments[1:]):
        assert [(row.resource_uid, row.units, row.work_minutes) for row in found] == [(1, 2, 960)]
