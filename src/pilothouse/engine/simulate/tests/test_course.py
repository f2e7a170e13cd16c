# SPDX-License-Identifier: Apache-2.0
"""Without risk, one iteration is the critical path of ``schedule_plan``."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilothouse.engine.network.outline import build_outline
from pilothouse.engine.network.plan import ConstraintType, LagKind, LinkType, StoredDates
from pilothouse.engine.schedule import Dialect, ProgressMode, ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.tests.test_against_reference import MONDAY, networks, planned
from pilothouse.engine.simulate import RiskModel, SimulationOptions, simulate_plan
from pilothouse.engine.testing.chart import plan_chart


def compared(plan, options):
    """(computed, expected) finish of the plan, and finishes and criticality of what is not done."""
    result = schedule_plan(plan, options)
    early = {**result.tasks}
    outline = build_outline(plan.tasks)
    open_tasks = [
        task.uid
        for row, task in enumerate(plan.tasks)
        if not outline.summary[row] and early[task.uid].state is not TaskState.COMPLETE
    ]
    chosen = SimulationOptions(iterations=1, milestones=tuple(open_tasks), schedule=options)
    found = simulate_plan(plan, RiskModel(), chosen)
    computed, expected = {}, {}
    for uid in open_tasks:
        [finish] = found.milestones[uid].times.tolist()
        critical = found.tasks[uid].criticality_index == 1
        computed[uid] = found.dates.instant(finish), critical
        expected[uid] = early[uid].finish, early[uid].critical
    computed["plan"], expected["plan"] = found.deterministic_finish, result.finish
    return computed, expected


PROGRESS = st.sampled_from(["none", "none", "none", "done", "started", "manual", "loe", "inactive"])


@st.composite
def plans(draw):
    """Random networks with progress, summaries, hard constraints, deadlines and delays."""
    jobs, links = draw(networks())
    if draw(st.booleans()):
        for job in jobs:
            job.calendar = 1
        links = [replace(link, lag_kind=LagKind.WORKING) for link in links]
    plan = planned(jobs, links)
    tasks = []
    for task in plan.tasks:
        kind = draw(PROGRESS)
        start = MONDAY + timedelta(days=draw(st.integers(-3, 8)), hours=draw(st.integers(8, 16)))
        if kind == "done":
            finish = start + timedelta(hours=draw(st.integers(0, 60)))
            task = replace(task, actual_start=start, actual_finish=finish)
        elif kind == "started":
            left = draw(st.integers(0, task.duration_minutes))
            task = replace(task, actual_start=start, remaining_minutes=left)
        elif kind == "manual":
            finish = start + timedelta(hours=draw(st.integers(1, 60)))
            task = replace(task, manual=True, stored=StoredDates(start=start, finish=finish))
        elif kind == "loe":
            task = replace(task, level_of_effort=True)
        elif kind == "inactive":
            task = replace(task, active=False)
        if draw(st.integers(0, 5)) == 0:
            task = replace(task, duration_minutes=0)
        if draw(st.integers(0, 5)) == 0:
            task = replace(task, deadline=MONDAY + timedelta(days=draw(st.integers(1, 20))))
        if draw(st.integers(0, 5)) == 0:
            task = replace(
                task,
                constraint=draw(st.sampled_from([ConstraintType.MSO, ConstraintType.MFO])),
                constraint_date=MONDAY + timedelta(days=draw(st.integers(0, 15)), hours=12),
                constraint_hard=draw(st.booleans()),
            )
        if draw(st.integers(0, 8)) == 0:
            task = replace(task, leveling_delay_minutes=60 * draw(st.integers(1, 50)))
        tasks.append(task)
    if draw(st.booleans()) and len(tasks) > 2:
        tasks = summarised(draw, tasks)
        kept = [link for link in links if link.successor <= len(jobs)]
        links = [link for link in kept if allowed(tasks, link)]
    percent = [
        replace(link, lag_kind=LagKind.PERCENT, lag_percent=Decimal(draw(st.integers(-50, 150))))
        if draw(st.integers(0, 6)) == 0
        else link
        for link in links
    ]
    status = MONDAY + timedelta(days=draw(st.integers(0, 12)), hours=draw(st.integers(0, 20)))
    # In a simulation a summary still bounds what leads to it when no task in it listens to links,
    # begun work and tasks scheduled by hand listen to its start, and hard constraints to the latter.
    inside = [task for task in tasks if task.outline_level == 2]
    assume(not inside or any(task.active and not task.actual_start for task in inside))
    assume(
        not any(task.manual or (task.actual_start and not task.actual_finish) for task in inside)
    )
    assume(not any(task.manual and task.constraint_hard for task in tasks))
    return replace(
        plan,
        tasks=tuple(tasks),
        links=tuple(percent),
        status_date=draw(st.sampled_from([None, status])),
        imposed_finish=draw(st.sampled_from([None, None, MONDAY + timedelta(days=25, hours=15)])),
    )


def summarised(draw, tasks):
    """The first task becomes a summary of the next ones."""
    size = draw(st.integers(1, len(tasks) - 1))
    first = replace(
        tasks[0],
        summary=True,
        actual_start=None,
        actual_finish=None,
        remaining_minutes=None,
        manual=False,
        level_of_effort=False,
        active=True,
        constraint=draw(st.sampled_from([ConstraintType.ASAP, ConstraintType.SNET])),
        constraint_date=MONDAY + timedelta(days=draw(st.integers(0, 9))),
        leveling_delay_minutes=0,
    )
    return [first, *(replace(t, outline_level=2) for t in tasks[1 : size + 1]), *tasks[size + 1 :]]


def allowed(tasks, link):
    """Not between the summary and what lies inside it, and not a way back into it."""
    inside = {task.uid for task in tasks if task.outline_level == 2}
    if link.predecessor == 1:
        return link.successor not in inside
    return True


OPTIONS = st.builds(
    ScheduleOptions,
    dialect=st.sampled_from(Dialect),
    progress_mode=st.sampled_from(ProgressMode),
    use_deadline_in_float=st.booleans(),
    zone=st.sampled_from([None, ZoneInfo("Europe/Berlin")]),
    work_after_status_date=st.booleans(),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(plans(), OPTIONS)
def test_without_risk_dates_and_criticality_are_those_of_the_schedule(plan, options):
    computed, expected = compared(plan, options)

    assert computed == expected


N1 = """
    start 2025-03-03; off 2025-03-14
    A 5 | |
    B 4 | | A
    C 6 | | A SS+2
    D 3 | | B FF+1, C
    E 2 | | D FS+1
    F 4 | | C FS-2
    H 3 | | E SF+1
    G 0 | | E, F, H
"""


def test_network_n1():
    plan = plan_chart(N1).plan

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected
    names = {task.name for task in plan.tasks if computed[task.uid][1]}
    assert names == set("ACDEG")


@pytest.mark.parametrize("kind", LinkType)
def test_links_between_two_calendars(kind):
    chart = plan_chart(N1)
    links = tuple(replace(link, type=kind) for link in chart.plan.links)

    computed, expected = compared(replace(chart.plan, links=links), ScheduleOptions())

    assert computed == expected


def test_a_link_between_two_done_tasks_bounds_nothing():
    plan = plan_chart("""
        status 8
        A 5 | | done 0-5
        B 3 | | A FS+30, done 5-8
        C 1 | |
    """).plan

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected
