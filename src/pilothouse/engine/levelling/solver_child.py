# SPDX-License-Identifier: Apache-2.0
"""A process of its own that holds CP-SAT. It is run as a file and speaks JSON, a line each way.

A question is a problem with a bound that is known and a schedule to beat; the answer is a
better schedule, a better bound, or that there is none.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from typing import Any


def answer(cp: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """Solve one problem within its limits."""
    model = cp.CpModel()
    starts, makespan = _model(cp, model, asked)
    solver = cp.CpSolver()
    given = solver.parameters
    given.num_workers = asked["workers"]
    given.random_seed = asked["seed"]
    if asked["effort"]:
        given.max_deterministic_time = asked["effort"]
    if asked["seconds"]:
        given.max_time_in_seconds = asked["seconds"]
    done = threading.Event()
    if asked["cpu_seconds"]:
        until = time.process_time() + asked["cpu_seconds"]
        threading.Thread(target=_watch, args=(solver, until, done), daemon=True).start()
    status = solver.solve(model)
    done.set()
    found = status in (cp.OPTIMAL, cp.FEASIBLE)
    return {
        "proved": status in (cp.OPTIMAL, cp.INFEASIBLE),
        "starts": [solver.value(start) for start in starts] if found else None,
        "makespan": solver.value(makespan) if found else None,
        "bound": int(solver.best_objective_bound) if status != cp.INFEASIBLE else None,
        "cpu": time.process_time(),
    }


def _watch(solver: Any, until: float, done: threading.Event) -> None:
    while not done.wait(0.02):
        if time.process_time() >= until:
            solver.stop_search()
            return


def _model(cp: Any, model: Any, asked: dict[str, Any]) -> tuple[list[Any], Any]:
    least, most = asked["least"], asked["most"]
    starts = []
    for task, (low, high) in enumerate(asked["windows"]):
        starts.append(model.new_int_var(low, high, f"s{task}"))
    makespan = model.new_int_var(least, most, "makespan")
    durations = asked["durations"]
    for start, duration in zip(starts, durations):
        model.add(start + duration <= makespan)
    for first, second, lag in asked["links"]:
        model.add(starts[second] >= starts[first] + lag)
    intervals = [
        model.new_fixed_size_interval_var(start, duration, f"i{task}")
        for task, (start, duration) in enumerate(zip(starts, durations))
    ]
    for users, demands, capacity, blocks in asked["resources"]:
        taken = [intervals[task] for task in users]
        for number, (begin, length, units) in enumerate(blocks):
            taken.append(model.new_fixed_size_interval_var(begin, length, f"b{number}"))
            demands = [*demands, units]
        model.add_cumulative(taken, demands, capacity)
    for start, hint in zip(starts, asked["hint"] or ()):
        model.add_hint(start, hint)
    model.minimize(makespan)
    return starts, makespan


def main() -> None:
    """Answer until the asker closes the line."""
    cp = importlib.import_module("ortools.sat.python.cp_model")
    print("ready", flush=True)  # noqa: T201 - the line to the asker
    for line in sys.stdin:
        print(json.dumps(answer(cp, json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
