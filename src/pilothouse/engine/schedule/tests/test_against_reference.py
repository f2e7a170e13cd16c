# SPDX-License-Identifier: Apache-2.0
"""Random networks against a slow, plain implementation that shares no code with ours.

Two thousand plans of fixed seeds, and some hundreds that Hypothesis chooses and makes smaller
where they disagree. ``PILOTHOUSE_NETWORKS=20000`` compares that many.
"""

import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, LinkType, Plan, PlanTask
from pilothouse.engine.schedule import CauseKind, Dialect, ScheduleOptions, schedule_plan
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.reference import SPECS, Reference, moment

MONDAY = datetime(2025, 3, 3)
NETWORKS = int(os.environ.get("PILOTHOUSE_NETWORKS", "2000"))
PLAIN = ScheduleOptions(dialect=Dialect.STANDARD)
anything = st.randoms(use_true_random=False)
quietly = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def differences(plan, options):
    """What the engine and the reference say of a plan where they do not say the same."""
    result, reference = schedule_plan(plan, options), Reference(plan, options).placed
    found = []
    for row, task in enumerate(plan.tasks):
        dates = result.tasks[task.uid]
        early, late = reference.logical(row), reference.late(row)
        shown = reference.moved.shown(row)
        said = {
            "early_start": moment(early.began),
            "early_finish": moment(early.finish),
            "late_start": moment(late.began),
            "late_finish": moment(late.finish),
            "start": moment(shown.began),
            "finish": moment(shown.finish),
            "total_float_minutes": reference.total_float(row),
            "free_float_minutes": reference.free_float(row),
            "critical": reference.critical(row),
        }
        found += [
            f"{task.uid} {name}: {getattr(dates, name)}, by the reference {value}"
            for name, value in said.items()
            if getattr(dates, name) != value
        ]
    moved = reference.moved
    path = moved.longest_path()
    for row, task in enumerate(plan.tasks):
        dates = result.tasks[task.uid]
        said = {
            "driving": {link.predecessor for link in moved.driving_links(row)},
            "longest_path": row in path,
            "duration_minutes": moved.shown_duration(row),
        }
        for name, value in said.items():
            ours = getattr(dates, name)
            if (set(ours) if name == "driving" else ours) != value:
                found.append(f"{task.uid} {name}: {ours}, by the reference {value}")
    paths = moved.critical_paths()
    if len(paths) <= options.path_limit and set(result.critical_paths) != paths:
        found.append(f"paths: {result.critical_paths}, by the reference {paths}")
    conflicts = [(c.predecessor, c.successor, c.type, c.minutes) for c in result.logic_conflicts]
    if sorted(conflicts) != sorted(moved.logic_conflicts()):
        found.append(f"conflicts: {conflicts}, by the reference {moved.logic_conflicts()}")
    pairs = {(pair.predecessor, pair.successor, pair.type) for pair in result.out_of_sequence}
    if pairs != reference.out_of_sequence():
        found.append(f"out of sequence: {pairs}")
    missed = {item.uid: item.minutes for item in result.missed_deadlines}
    if missed != reference.missed_deadlines():
        found.append(f"deadlines: {missed}")
    return found


def test_thousands_of_plans_have_the_dates_and_floats_of_the_reference():
    wrong = {}
    for seed in range(NETWORKS):
        found = differences(*random_plan(Random(seed)))
        if found:
            wrong[seed] = found

    assert wrong == {}


@quietly
@given(anything)
def test_plans_that_hypothesis_finds_have_the_dates_and_floats_of_the_reference(random):
    assert differences(*random_plan(random)) == []


def test_the_random_plans_have_everything_that_a_schedule_depends_on():
    seen = Counter()
    for seed in range(600):
        plan, options = random_plan(Random(seed))
        result = schedule_plan(plan, options)
        seen.update([options.dialect, options.progress_mode])
        for link in plan.links:
            seen.update([link.type, link.lag_kind])
            seen["lead"] += link.lag_minutes < 0 or link.lag_percent < 0
        for task in plan.tasks:
            seen.update([task.constraint, result.tasks[task.uid].state])
            for name in (
                "summary",
                "deadline",
                "level_of_effort",
                "manual",
                "external",
                "placeholder",
                "expected_finish",
                "external_early_start",
                "external_late_finish",
                "resume",
                "elapsed_duration",
                "leveling_delay_minutes",
            ):
                seen[name] += bool(getattr(task, name))
            seen[task.constraint, task.constraint_hard] += 1
            seen["inactive"] += not task.active
            seen["milestone"] += not task.duration_minutes and not task.summary
        put = {
            task.uid
            for task in plan.tasks
            if result.tasks[task.uid].cause is CauseKind.AS_LATE_AS_POSSIBLE
        }
        seen["as late as possible", options.dialect] += bool(put)
        pushed = options.dialect is Dialect.MICROSOFT_PROJECT and any(
            put & set(dates.driving) for dates in result.tasks.values()
        )
        seen["pushed"] += pushed
        seen["out of sequence"] += bool(result.out_of_sequence)
        seen["conflict"] += bool(result.logic_conflicts)
        seen["from its finish"] += plan.schedule_from_finish
        seen["imposed finish"] += plan.imposed_finish is not None
        seen["resources"] += bool(plan.assignments)
        seen["expected finishes"] += plan.rules.expected_finishes
        seen["external dates left aside"] += not plan.rules.external_dates

    for kind in (*LinkType, *LagKind, *ConstraintType, *TaskState):
        assert seen[kind] >= 20, kind
    assert all(count > 0 for count in seen.values()), seen


@dataclass
class Job:
    uid: int
    calendar: int
    hours: int
    constraint: ConstraintType
    date: int


@st.composite
def networks(draw, constraints=True):
    kinds = [ConstraintType.ASAP] * 3
    if constraints:
        kinds += [
            ConstraintType.SNET,
            ConstraintType.FNET,
            ConstraintType.SNLT,
            ConstraintType.FNLT,
        ]
    jobs = [
        Job(
            uid,
            draw(st.sampled_from([1, 1, 2, 3, 4])),
            draw(st.integers(1, 40)),
            draw(st.sampled_from(kinds)),
            draw(st.integers(0, 20)) * 24 + draw(st.integers(0, 23)),
        )
        for uid in range(1, draw(st.integers(2, 7)) + 1)
    ]
    links = {}
    for second in range(2, len(jobs) + 1):
        for first in draw(st.sets(st.integers(1, second - 1), max_size=3)):
            kind = draw(st.sampled_from(LinkType))
            measured = draw(st.sampled_from([LagKind.WORKING] * 3 + list(LagKind)))
            lag, share = 60 * draw(st.sampled_from([0, 0, 0, 1, 8, 30, -1, -8])), 0
            if measured in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
                lag, share = 0, draw(st.sampled_from([0, 25, 50, 100, -25]))
            links[first, second, kind] = Link(first, second, kind, lag, measured, Decimal(share))
    return jobs, list(links.values())


def planned(jobs, links):
    tasks = tuple(
        PlanTask(
            job.uid,
            f"T{job.uid}",
            duration_minutes=60 * job.hours,
            calendar_uid=job.calendar,
            constraint=job.constraint,
            constraint_date=MONDAY + timedelta(hours=job.date)
            if job.constraint is not ConstraintType.ASAP
            else None,
        )
        for job in jobs
    )
    return Plan("Random", MONDAY + timedelta(hours=8), SPECS, 1, tasks, tuple(links))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks(constraints=False))
def test_without_constraints_no_float_is_negative_and_some_task_is_critical(network):
    result = schedule_plan(planned(*network), PLAIN)

    totals = [dates.total_float_minutes for dates in result.tasks.values()]
    assert min(totals) == 0
    assert any(dates.critical for dates in result.tasks.values())


@settings(max_examples=80, deadline=None, derandomize=True)
@given(networks(constraints=False), st.data())
def test_total_float_is_what_a_task_may_slip_without_moving_the_finish(network, data):
    jobs, links = network
    plan = planned(jobs, links)
    first = schedule_plan(plan, PLAIN)
    uid = data.draw(st.sampled_from(jobs)).uid
    tasks = tuple(
        replace(
            task,
            constraint=ConstraintType.SNET,
            constraint_date=first.tasks[uid].late_start,
        )
        if task.uid == uid
        else task
        for task in plan.tasks
    )

    assert schedule_plan(replace(plan, tasks=tasks), PLAIN).finish == first.finish


@quietly
@given(anything)
def test_the_same_plan_gives_the_same_result(random):
    plan, options = random_plan(random)

    assert schedule_plan(plan, options) == schedule_plan(plan, options)
