# SPDX-License-Identifier: Apache-2.0
"""Compiling the engine's loops before anybody waits for them (docs/adr/0014)."""

from __future__ import annotations

import argparse
from datetime import datetime

from pilothouse.engine._compile import is_compiling, keep
from pilothouse.engine.calendars import STANDARD_DAY, STANDARD_WEEK, CalendarSpec
from pilothouse.engine.levelling import LevelOptions, Limit, ProjectPlan, level, level_plans
from pilothouse.engine.levelling.instance import make_instance
from pilothouse.engine.network.plan import (
    Link,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
)
from pilothouse.engine.schedule import warm
from pilothouse.engine.selection import Candidate, SelectionModel, quick_selection
from pilothouse.engine.simulate import (
    Constant,
    CorrelationMatrix,
    Estimate,
    Impact,
    Lognormal,
    PertBeta,
    RiskEvent,
    RiskModel,
    SimulationOptions,
    simulate_plan,
)
from pilothouse.faces.cli.background import warm_in_background

DAY = 480


def run_warm(options: argparse.Namespace) -> int:
    """Compile what is not compiled yet, here or in a process of its own."""
    if options.background:
        warm_in_background()
        return 0
    if not is_compiling():
        print("There is no compiler here; the engine runs as it stands, more slowly.")
        return 0
    for step in (warm, _simulate, _level, _select):
        step()
    keep()
    print("The engine's loops are compiled.")
    return 0


def _plan() -> Plan:
    """Three tasks over two calendars, two of which want the same person."""
    office = CalendarSpec(1, "Standard", STANDARD_WEEK)
    week = CalendarSpec(2, "Seven days", (STANDARD_DAY,) * 7)
    tasks = tuple(
        PlanTask(uid, f"Task {uid}", duration_minutes=DAY, calendar_uid=1 + uid % 2)
        for uid in (1, 2, 3)
    )
    return Plan(
        "Warm-up",
        datetime(2025, 3, 3, 8),
        (office, week),
        1,
        tasks,
        (Link(1, 2),),
        (PlanResource(1, "Ada"),),
        (PlanAssignment(1, 2, 1), PlanAssignment(2, 3, 1)),
    )


def _simulate() -> None:
    wide = PertBeta(DAY, 2 * DAY, 5 * DAY)
    model = RiskModel(
        (Estimate(1, wide), Estimate(2, wide), Estimate(3, Lognormal(DAY, DAY / 4))),
        events=(RiskEvent("e", "Event", 0.5, (Impact(1, Constant(DAY)),)),),
        matrices=(
            CorrelationMatrix("m", ((1.0, 0.9, 0.0), (0.9, 1.0, 0.9), (0.0, 0.9, 1.0)), (1, 2, 3)),
        ),
    )
    simulate_plan(_plan(), model, SimulationOptions(iterations=64, threads=1))


def _level() -> None:
    # Plans that are not served together are tried again even where they end at the bound.
    level_plans([ProjectPlan(_plan()), ProjectPlan(_plan(), 400)], LevelOptions(schedules=500))
    problem = make_instance(
        [3, 2, 4, 2, 3, 1],
        [(0, 2, 3), (1, 3, 2)],
        [[2], [1], [2], [2], [1], [1]],
        [3],
    )
    level(problem, Limit(schedules=50))


def _select() -> None:
    candidates = tuple(
        Candidate(f"P{number}", 10.0 + number, (5.0, 3.0), {"skill": (1.0,)}, (1, 2))
        for number in range(6)
    )
    model = SelectionModel(candidates, 3, (12.0, 12.0, 12.0), capacity={"skill": (2.0, 2.0, 2.0)})
    quick_selection(model, rounds=20)
