# SPDX-License-Identifier: Apache-2.0
"""A process of its own that holds CP-SAT. It is run as a file and speaks JSON, a line each way.

A question is a problem with a bound that is known and a schedule to beat; the answer is a
better schedule, a better bound, or that there is none. Where a schedule is known, it is asked
first whether there is anything shorter, for half of the effort and again for what is found, then
whether the least makespan that is possible is reached, and one more each time that it is not. To
decide a makespan is far quicker than to minimise it; that is done where no schedule is known.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
import time
from typing import Any


class Left:
    """What is left of the effort of a question, or of a part of it."""

    def __init__(self, asked: dict[str, Any], part: float = 1.0) -> None:
        self._work = part * asked["effort"] or None
        self._seconds = time.monotonic() + part * asked["seconds"] if asked["seconds"] else None
        self._cpu = None
        if asked["cpu_seconds"]:
            self._cpu = time.process_time() + part * asked["cpu_seconds"]

    def spent(self, work: float) -> None:
        """Take off work that was done, as CP-SAT measures it."""
        if self._work is not None:
            self._work -= work

    def nothing(self) -> bool:
        """Whether a limit is reached."""
        return (
            (self._work is not None and self._work <= 0)
            or (self._seconds is not None and time.monotonic() >= self._seconds)
            or self.no_cpu()
        )

    def no_cpu(self) -> bool:
        """Whether the limit in seconds of the processor is reached."""
        return self._cpu is not None and time.process_time() >= self._cpu

    def hand_to(self, parameters: Any) -> None:
        """Set the limits that CP-SAT keeps by itself."""
        if self._work is not None:
            parameters.max_deterministic_time = self._work
        if self._seconds is not None:
            parameters.max_time_in_seconds = max(0.0, self._seconds - time.monotonic())


class Question:
    """One problem, with the least makespan that is possible and the greatest that is asked for."""

    def __init__(self, cp: Any, asked: dict[str, Any]) -> None:
        self._cp, self._asked = cp, asked
        self._least, self._most = asked["least"], asked["most"]
        self._starts: list[int] | None = None

    def answer(self) -> dict[str, Any]:
        """Solve the problem within its limits."""
        asked, whole = self._asked, Left(self._asked)
        if asked["hint"] is None:
            self._minimise(whole)
        else:
            half = Left(asked, 0.5)
            while self._open(half) and self._decide(self._most, half, whole):
                continue
            while self._open(whole) and self._decide(self._least, whole):
                continue
        return {
            "proved": self._least > self._most,
            "starts": self._starts,
            "makespan": None if self._starts is None else self._most + 1,
            "bound": self._least,
        }

    def _open(self, left: Left) -> bool:
        return self._least <= self._most and not left.nothing()

    def _decide(self, most: int, *lefts: Left) -> bool:
        """Whether there is a schedule of at most so many periods; False if that stays open."""
        model = self._cp.CpModel()
        starts = self._model(model, most)
        if starts is None:
            self._least = most + 1
            return True
        solver, status = self._solve(model, *lefts)
        if status == self._cp.INFEASIBLE:
            self._least = most + 1
        elif status in (self._cp.OPTIMAL, self._cp.FEASIBLE):
            self._found([solver.value(start) for start in starts])
        else:
            return False
        return True

    def _minimise(self, left: Left) -> None:
        """Look for any schedule, then for shorter ones."""
        cp, model = self._cp, self._cp.CpModel()
        starts = self._model(model, self._most)
        if starts is None:
            self._least = self._most + 1
            return
        makespan = model.new_int_var(self._least, self._most, "makespan")
        for start, duration in zip(starts, self._asked["durations"]):
            model.add(start + duration <= makespan)
        model.minimize(makespan)
        solver, status = self._solve(model, left)
        if status in (cp.OPTIMAL, cp.FEASIBLE):
            self._found([solver.value(start) for start in starts])
        if status == cp.INFEASIBLE:
            self._least = self._most + 1
        else:
            self._least = max(self._least, int(solver.best_objective_bound))

    def _found(self, starts: list[int]) -> None:
        self._starts = starts
        ends = map(sum, zip(starts, self._asked["durations"]))
        self._most = max(ends, default=0) - 1

    def _solve(self, model: Any, *lefts: Left) -> tuple[Any, Any]:
        """The tightest limits come first."""
        solver = self._cp.CpSolver()
        given = solver.parameters
        given.num_workers = self._asked["workers"]
        given.random_seed = self._asked["seed"]
        # The linear relaxation says next to nothing of capacities, and takes most of the time.
        given.linearization_level = 0
        lefts[0].hand_to(given)
        done = threading.Event()
        threading.Thread(target=_watch, args=(solver, lefts[0], done), daemon=True).start()
        status = solver.solve(model)
        done.set()
        for left in lefts:
            left.spent(solver.response_proto.deterministic_time)
        return solver, status

    def _model(self, model: Any, most: int) -> list[Any] | None:
        """The starts of a schedule of at most so many periods; None where a task has no room."""
        asked = self._asked
        starts = []
        for task, (low, high, tail) in enumerate(asked["windows"]):
            high = min(high, most - tail)
            if low > high:
                return None
            starts.append(model.new_int_var(low, high, f"s{task}"))
        for first, second, lag in asked["links"]:
            model.add(starts[second] >= starts[first] + lag)
        intervals = [
            model.new_fixed_size_interval_var(start, duration, f"i{task}")
            for task, (start, duration) in enumerate(zip(starts, asked["durations"]))
        ]
        for users, demands, capacity, blocks in asked["resources"]:
            taken = [intervals[task] for task in users]
            for number, (begin, length, units) in enumerate(blocks):
                taken.append(model.new_fixed_size_interval_var(begin, length, f"b{number}"))
                demands = [*demands, units]
            model.add_cumulative(taken, demands, capacity)
        for start, hint in zip(starts, asked["hint"] or ()):
            model.add_hint(start, hint)
        return starts


def _watch(solver: Any, left: Left, done: threading.Event) -> None:
    while not done.wait(0.02):
        if left.no_cpu():
            solver.stop_search()
            return


def main() -> None:
    """Answer until the asker closes the line."""
    cp = importlib.import_module("ortools.sat.python.cp_model")
    print("ready", flush=True)  # noqa: T201 - the line to the asker
    for line in sys.stdin:
        print(json.dumps(Question(cp, json.loads(line)).answer()), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
