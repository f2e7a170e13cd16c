# SPDX-License-Identifier: Apache-2.0
"""Each iteration is the schedule of the durations drawn in it."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.network.outline import build_outline
from pilothouse.engine.network.plan import CriticalKind
from pilothouse.engine.schedule import schedule_plan
from pilothouse.engine.schedule.expected import settle_expected_finishes
from pilothouse.engine.schedule.prepare import prepare
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.simulate import (
    Constant,
    Discrete,
    Estimate,
    Impact,
    PertBeta,
    RiskEvent,
    RiskModel,
    SimulationOptions,
    Template,
    Triangular,
    Uniform,
    simulate_plan,
)
from pilothouse.engine.simulate.course import lay_out
from pilothouse.engine.simulate.inputs import read_model
from pilothouse.engine.simulate.kernels_pass import DONE, MODE, STARTED, WAITING
from pilothouse.engine.simulate.kernels_run import draw_minutes, new_work
from pilothouse.engine.simulate.runner import Runner
from pilothouse.engine.simulate.tests.test_course import prompt
from pilothouse.engine.testing.chart import plan_chart

DAY = 480
ITERATIONS = 4
SPREADS = (
    Uniform(0, 2 * DAY),
    Triangular(0, DAY, 3 * DAY),
    PertBeta(30, 60, 2 * DAY),
    Discrete((0, DAY), (0.4, 0.6)),
    Constant(0),
)
anything = st.randoms(use_true_random=False)


def durations(runner):
    """By row of the plan, what remains of it in each iteration of the first block."""
    drawing, layout = runner.drawing, runner.layout
    work = new_work(runner.course, drawing.draws, drawing.inputs)
    work.dates.minutes[:] = drawing.inputs.left[:, None]
    draw_minutes(drawing.draws, drawing.inputs, work, 0)
    return {row: work.dates.minutes[node].tolist() for row, node in layout.node_of.items()}


def as_drawn(plan, model, options):
    """The plan of each iteration: with the durations that were drawn in it."""
    layout = lay_out(prepare(plan, options.schedule))
    found = durations(Runner(layout, read_model(layout, model, options), options))
    for iteration in range(options.iterations):
        tasks = list(plan.tasks)
        for row, node in layout.node_of.items():
            minutes, columns = found[row][iteration], layout.course.nodes[node]
            if columns[MODE] == WAITING:
                tasks[row] = replace(tasks[row], duration_minutes=minutes)
            elif columns[MODE] == STARTED:
                done = int(columns[DONE])
                tasks[row] = replace(
                    tasks[row], actual_duration_minutes=done, remaining_minutes=minutes
                )
        yield replace(plan, tasks=tuple(tasks))


def model_of(random, uids):
    """Estimates of some of the tasks, a template for the others, and risks that strike them."""
    estimates = [Estimate(uid, random.choice(SPREADS)) for uid in uids if random.random() < 0.6]
    events = [
        RiskEvent(
            f"e{number}",
            "Event",
            0.5,
            tuple(
                Impact(uid, Uniform(-600, 900)) for uid in random.sample(uids, min(2, len(uids)))
            ),
            parallel=random.random() < 0.5,
        )
        for number in range(random.choice((0, 1, 2)))
    ]
    template = random.choice((None, Template(-50, 80)))
    return RiskModel(tuple(estimates), template, tuple(events))


def told(plan, model, options):
    """Finish of each iteration; by task its finishes in order, and how often it is critical."""
    found = simulate_plan(plan, model, options)
    ends = [found.dates.instant(end) for end in found.ends.tolist()]
    by_task = {
        uid: (
            [dates.instant(time) for time in dates.times.tolist()],
            round(options.iterations * found.tasks[uid].criticality_index),
        )
        for uid, dates in found.milestones.items()
    }
    return ends, by_task


def scheduled(plan, model, options):
    """The same by the schedule of each iteration's plan."""
    found = [schedule_plan(drawn, options.schedule) for drawn in as_drawn(plan, model, options)]
    by_task = {
        uid: (
            sorted(result.tasks[uid].finish for result in found),
            sum(result.tasks[uid].critical for result in found),
        )
        for uid in options.milestones
    }
    return [result.finish for result in found], by_task


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(anything)
def test_each_iteration_is_the_schedule_of_the_durations_drawn_in_it(random):
    plan, rules = random_plan(random)
    plan = settle_expected_finishes(prompt(plan, rules), rules)
    if random.random() < 0.25:
        plan = replace(plan, rules=replace(plan.rules, critical_by=CriticalKind.LONGEST_PATH))
    summary = build_outline(plan.tasks).summary
    leaves = [task for row, task in enumerate(plan.tasks) if not summary[row]]
    model = model_of(random, [task.uid for task in leaves])
    options = SimulationOptions(
        iterations=ITERATIONS,
        seed=random.randrange(1000),
        milestones=tuple(task.uid for task in leaves if not task.actual_finish),
        threads=1,
        schedule=rules,
    )

    assert told(plan, model, options) == scheduled(plan, model, options)


def test_the_durations_of_an_iteration_are_those_that_its_finish_is_made_of():
    plan = plan_chart("""
        A 5 | |
        B 4 | | A
        C 6 | | A SS+2
    """).plan
    model = RiskModel(template=Template(-50, 100))
    options = SimulationOptions(iterations=ITERATIONS, seed=3, milestones=(3,))

    drawn = [[task.duration_minutes for task in p.tasks] for p in as_drawn(plan, model, options)]
    found = simulate_plan(plan, model, options)

    assert len({tuple(minutes) for minutes in drawn}) == ITERATIONS
    assert found.finish.sample.tolist() == sorted(max(a + b, 2 * DAY + c) for a, b, c in drawn)
