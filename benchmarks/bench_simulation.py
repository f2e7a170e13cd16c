# SPDX-License-Identifier: Apache-2.0
"""Measure the simulation of schedule risk, beside numpy with a row for each task.

    python benchmarks/bench_simulation.py
    python benchmarks/bench_simulation.py --tasks 10000 --iterations 10000 --rounds 5

The peer draws triangular durations and walks the tasks in order, a row of iterations at a time:
finishes only, without criticality, sensitivities, correlation or risk events. ``interactive`` is a
plan of 300 tasks with criticality; ``full`` one of 10,000 with criticality, sensitivities,
correlation groups and risk events; ``calendars`` is full with a tenth of the
tasks, over three calendars. Times are the least
and the median of some rounds, in milliseconds of wall and of processor time; compiled code is
loaded before. ``arrays`` is from arrays to the result, ``plan`` from the plan.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pilothouse.engine.calendars import STANDARD_DAY, STANDARD_WEEK, CalendarSpec
from pilothouse.engine.network.plan import Link, Plan, PlanTask
from pilothouse.engine.schedule.prepare import prepare
from pilothouse.engine.simulate import (
    CorrelationGroup,
    Impact,
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
from pilothouse.engine.simulate.simulate import run_model

DAY = 480
TEMPLATE = Template(-10, 25)


def made_up_plan(tasks: int, calendars: int = 1) -> Plan:
    """A plan of finish-to-start links, 1.3 for each task, some 500 levels deep for 10,000."""
    chance = random.Random(5)
    rows, links = [], []
    for row in range(tasks):
        minutes = DAY * chance.randint(1, 20)
        calendar = 1 + row // 50 % calendars
        rows.append(PlanTask(row + 1, f"T{row}", duration_minutes=minutes, calendar_uid=calendar))
        if row > 5:
            before = range(chance.choice([1, 1, 2]))
            links += [(chance.randint(max(0, row - 40), row - 1), row) for _ in before]
    weeks = (STANDARD_WEEK, (STANDARD_DAY,) * 6 + ((),), (STANDARD_DAY,) * 7)
    specs = tuple(CalendarSpec(uid, f"C{uid}", week) for uid, week in enumerate(weeks, 1))
    pairs = tuple(Link(first + 1, second + 1) for first, second in dict.fromkeys(links))
    return Plan("Made up", datetime(2025, 3, 3, 8), specs, 1, tuple(rows), pairs)


def full_model(tasks: int) -> RiskModel:
    """A template, 20 groups of a hundredth of the tasks each, 50 events on two tasks each."""
    groups = tuple(
        CorrelationGroup(
            f"g{k}",
            0.4,
            tuple(range(k * tasks // 20 + 1, k * tasks // 20 + tasks // 100 + 1)),
        )
        for k in range(20)
    )
    events = tuple(
        RiskEvent(
            f"r{k}",
            f"R{k}",
            0.3,
            (
                Impact(k * tasks // 50 + 1, Triangular(DAY, 2 * DAY, 10 * DAY)),
                Impact(k * tasks // 50 + 2, Uniform(DAY, 2 * DAY)),
            ),
        )
        for k in range(50)
    )
    return RiskModel(template=TEMPLATE, events=events, groups=groups)


def numpy_rows(plan: Plan, iterations: int) -> np.ndarray:
    """The peer: percentiles of the finish, chunks of 1,000 iterations."""
    generator = np.random.default_rng(1)
    before: list[list[int]] = [[] for _ in plan.tasks]
    for link in plan.links:
        before[link.successor - 1].append(link.predecessor - 1)
    found = []
    for _ in range(0, iterations, 1000):
        finish = np.zeros((len(plan.tasks), 1000))
        for row, task in enumerate(plan.tasks):
            start = 0.0
            for other in before[row]:
                start = np.maximum(start, finish[other])
            most = float(task.duration_minutes)
            finish[row] = start + generator.triangular(0.9 * most, most, 1.25 * most, 1000)
        found.append(finish.max(axis=0))
    return np.percentile(np.concatenate(found), [10, 50, 80, 90])


def measured(work: Callable[[], object], rounds: int) -> str:
    """Least and median of wall time, least of processor time, in milliseconds."""
    work()
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    return f"{min(walls):10.1f} {statistics.median(walls):10.1f} {min(cpus):10.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--iterations", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peer", action="store_true", help="leave numpy out")
    given = parser.parse_args()
    options = SimulationOptions(iterations=given.iterations)
    fewer = max(300, given.tasks // 10)
    cases = (
        ("interactive", made_up_plan(300), RiskModel(template=TEMPLATE)),
        ("full", made_up_plan(given.tasks), full_model(given.tasks)),
        ("calendars", made_up_plan(fewer, 3), full_model(fewer)),
    )
    print(f"{'case':34}{'tasks':>7}{'wall min':>11}{'median':>11}{'cpu min':>11}")
    for name, plan, model in cases:
        layout = lay_out(prepare(plan, options.schedule))
        drawing = read_model(layout, model, options)
        for threads in (1, 2):
            chosen = replace(options, threads=threads)
            told = f"{name}, arrays, {threads} thread{'s' * (threads > 1)}"
            figures = measured(lambda: run_model(layout, drawing, chosen), given.rounds)  # noqa: B023
            print(f"{told:34}{len(plan.tasks):7} {figures}")
        figures = measured(lambda: simulate_plan(plan, model, options), given.rounds)  # noqa: B023
        print(f"{name + ', plan':34}{len(plan.tasks):7} {figures}")
        print(f"{'':34}peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
    if not given.no_peer:
        for _, plan, _ in cases[:2]:
            figures = measured(lambda: numpy_rows(plan, given.iterations), 3)  # noqa: B023
            print(f"{'numpy, a row for each task':34}{len(plan.tasks):7} {figures}")


if __name__ == "__main__":
    main()
