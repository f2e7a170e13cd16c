# SPDX-License-Identifier: Apache-2.0
"""Without risk, one iteration is the critical path of ``schedule_plan``."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.network.outline import build_outline
from pilothouse.engine.network.plan import (
    ConstraintType,
    CriticalKind,
    EnteredText,
    LagKind,
    LagOrigin,
    Link,
    LinkType,
    Plan,
    PlanTask,
    ScheduleRules,
    StoredDates,
)
from pilothouse.engine.schedule import Dialect, ProgressMode, ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.expected import settle_expected_finishes
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.reference import SPECS
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
        if draw(st.integers(0, 7)) == 0:
            task = replace(
                task,
                external_early_start=MONDAY + timedelta(days=draw(st.integers(0, 12)), hours=9),
                external_late_finish=MONDAY + timedelta(days=draw(st.integers(1, 20)), hours=14),
            )
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


def test_expected_finishes_set_durations_before_anything_is_drawn():
    plan = plan_chart(N1).plan
    tasks = tuple(
        replace(task, expected_finish=MONDAY + timedelta(days=9, hours=17))
        if task.name in "CF"
        else task
        for task in plan.tasks
    )
    plan = replace(plan, tasks=tasks, rules=ScheduleRules(expected_finishes=True))

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected
    ends = {task.name: computed[task.uid][0] for task in plan.tasks}
    assert ends["C"] == ends["F"] == MONDAY + timedelta(days=9, hours=17)


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


def prompt(plan, options):
    """The plan from its start, and soon what is to be late where a simulation does not show it.

    It shows that by the rules of Microsoft Project only.
    """
    late, tasks = ConstraintType.ALAP, plan.tasks
    if options.dialect is not Dialect.MICROSOFT_PROJECT:
        tasks = tuple(
            replace(task, constraint=ConstraintType.ASAP) if task.constraint is late else task
            for task in plan.tasks
        )
    return replace(plan, tasks=tasks, schedule_from_finish=False)


def by_longest_path(plan):
    return replace(plan, rules=replace(plan.rules, critical_by=CriticalKind.LONGEST_PATH))


def test_plans_of_the_schedule_s_own_tests_have_its_dates_and_criticality():
    wrong = {}
    for seed in range(60):
        plan, options = random_plan(Random(seed))
        plan = settle_expected_finishes(prompt(plan, options), options)
        if seed % 3 == 0:
            plan = by_longest_path(plan)
        computed, expected = compared(plan, options)
        if computed != expected:
            wrong[seed] = computed, expected

    assert wrong == {}


PRIMAVERA = ScheduleOptions(dialect=Dialect.PRIMAVERA)
START = datetime(2025, 3, 3, 8)


def plan_of(*tasks, links=(), **more):
    return Plan("Plan", START, SPECS, 1, tasks, tuple(links), **more)


def task(uid, minutes=480, level=1, **more):
    return PlanTask(uid, f"T{uid}", level, duration_minutes=minutes, **more)


def test_work_that_has_begun_heeds_the_links_of_its_summary_but_not_its_date():
    begun = {"actual_start": START, "remaining_minutes": 480}
    plan = plan_of(
        task(1, 960),
        task(
            2,
            0,
            summary=True,
            constraint=ConstraintType.SNET,
            constraint_date=datetime(2025, 3, 12, 8),
        ),
        task(3, 960, 2, **begun),
        task(4, 480, 2),
        links=[Link(1, 2)],
    )

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected
    assert computed[3][0] == datetime(2025, 3, 5, 17)
    assert computed[4][0] == datetime(2025, 3, 12, 17)


@pytest.mark.parametrize("in_it", ["done", "over", "override", "effort"])
def test_a_summary_in_which_nothing_heeds_links_bounds_nobody(in_it):
    begun = {"actual_start": START, "remaining_minutes": 0 if in_it == "over" else 480}
    child = {
        "done": task(3, 480, 2, actual_start=START, actual_finish=START + timedelta(hours=9)),
        "over": task(3, 480, 2, **begun),
        "override": task(3, 480, 2, **begun),
        "effort": task(3, 480, 2, level_of_effort=True),
    }[in_it]
    plan = plan_of(
        task(1, 480),
        task(2, 0, summary=True),
        child,
        task(4, 2400),
        links=[Link(1, 2)],
    )
    mode = ProgressMode.PROGRESS_OVERRIDE if in_it == "override" else None

    computed, expected = compared(plan, ScheduleOptions(progress_mode=mode))

    assert computed == expected
    assert not computed[1][1]


@pytest.mark.parametrize("minutes", [0, 480])
@pytest.mark.parametrize("kind", LinkType)
def test_leads_between_calendars(kind, minutes):
    plan = plan_of(
        task(1, 960, calendar_uid=1),
        task(2, minutes, calendar_uid=3),
        task(3, minutes, calendar_uid=4),
        links=[Link(1, 2, kind, -240), Link(2, 3, kind, -90), Link(1, 3, LinkType.FS, -480)],
    )

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected


@pytest.mark.parametrize("origin", LagOrigin)
def test_what_is_left_of_a_lag_runs_from_where_the_rest_starts(origin):
    begun = {"actual_start": START, "actual_duration_minutes": 480, "remaining_minutes": 960}
    plan = plan_of(
        task(1, 1440, **begun),
        task(2),
        links=[Link(1, 2, LinkType.SS, 2400)],
        status_date=datetime(2025, 3, 6, 8),
        rules=ScheduleRules(start_lag_from=origin),
    )

    computed, expected = compared(plan, PRIMAVERA)

    assert computed == expected
    late = origin is LagOrigin.EARLY_START
    assert computed[2][0] == datetime(2025, 3, 12 if late else 10, 17)


def test_the_longest_path_is_critical_whatever_its_float():
    plan = plan_of(
        task(1, 960, deadline=datetime(2025, 3, 3, 17)),
        task(2, 2400),
        task(3, 480),
        links=[Link(2, 3)],
        rules=ScheduleRules(critical_by=CriticalKind.LONGEST_PATH),
    )

    computed, expected = compared(plan, PRIMAVERA)

    assert computed == expected
    assert [computed[uid][1] for uid in (1, 2, 3)] == [False, True, True]


@pytest.mark.parametrize("dialect", Dialect)
def test_a_placeholder_is_critical_everywhere_but_in_microsoft_project(dialect):
    span = StoredDates(start=START, finish=START + timedelta(hours=9))
    vague = task(1, manual=True, stored=span, entered=EnteredText("", "", "Soon"))
    plan = plan_of(vague, task(2), links=[Link(1, 2)])

    computed, expected = compared(plan, ScheduleOptions(dialect=dialect))

    assert computed == expected
    assert computed[1][1] is (dialect is not Dialect.MICROSOFT_PROJECT)
    assert computed[2][1]


def test_open_ends_are_critical_where_the_plan_says_so():
    plan = plan_of(task(1, 480), task(2, 2400), rules=ScheduleRules(open_ends_critical=True))

    computed, expected = compared(plan, PRIMAVERA)

    assert computed == expected
    assert computed[1][1]


def test_a_hard_date_before_the_project_lets_what_follows_begin_there():
    late = {"constraint": ConstraintType.FNLT, "constraint_date": datetime(2025, 2, 27, 17)}
    plan = plan_of(
        task(1, 2400, constraint_hard=True, **late),
        task(2, 480),
        links=[Link(1, 2, LinkType.SS)],
    )

    computed, expected = compared(plan, ScheduleOptions())

    assert computed == expected
    assert computed[2][0] < START


LATE = plan_of(
    task(1, 480, constraint=ConstraintType.ALAP),
    task(2, 480),
    task(3, 2400),
    links=[Link(1, 2)],
)


def test_what_is_as_late_as_possible_lies_late_and_its_successors_follow():
    computed, expected = compared(LATE, ScheduleOptions())

    assert computed == expected
    assert computed[1] == (datetime(2025, 3, 6, 17), True)
    assert computed[2] == (datetime(2025, 3, 7, 17), True)


def test_where_a_simulation_does_not_follow_the_schedule_it_says_so():
    standard = SimulationOptions(iterations=1, schedule=ScheduleOptions(dialect=Dialect.STANDARD))
    backwards = replace(LATE, schedule_from_finish=True, finish=datetime(2025, 3, 14, 17))

    late = simulate_plan(LATE, RiskModel(), standard)
    from_finish = simulate_plan(backwards, RiskModel(), standard)

    assert [(notice.place, notice.field) for notice in late.notices] == [("1 ‘T1’", "constraint")]
    assert [notice.field for notice in from_finish.notices] == ["schedule_from_finish"]
    assert simulate_plan(LATE, RiskModel(), SimulationOptions(iterations=1)).notices == ()
