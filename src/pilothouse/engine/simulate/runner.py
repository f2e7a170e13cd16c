# SPDX-License-Identifier: Apache-2.0
"""Run blocks of iterations on threads, and one iteration without risk."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars.kernels_grid import BEYOND, work_until
from pilothouse.engine.simulate.course import HORIZON_DAYS, Layout
from pilothouse.engine.simulate.inputs import Drawing
from pilothouse.engine.simulate.kernels_draw import LANES
from pilothouse.engine.simulate.kernels_pass import DONE, Course, new_dates, new_shown, put
from pilothouse.engine.simulate.kernels_run import (
    CELLS,
    COLUMNS,
    MOST,
    Scales,
    Work,
    new_work,
    rank_tables,
    run,
    working_minutes,
)
from pilothouse.engine.simulate.model import SimulationOptions

PILOT = 1024
"""Iterations from which ranks are scaled (docs/methods/simulation.md)."""
CHUNK = 8
"""Blocks that a thread takes at a time."""
_NONE = np.zeros((0, 0), np.int32)


@dataclass(frozen=True, slots=True)
class Deterministic:
    """The plan without risk: its finish as a position, its working minutes and the cost."""

    finish: int
    minutes: int
    cost: float


class Totals(NamedTuple):
    """What blocks add up to; see ``kernels_run.run``. Totals of disjoint ranges add."""

    critical: NDArray[np.int64]
    sums: NDArray[np.int64]
    aims: NDArray[np.int64]

    def add(self, other: Totals) -> None:
        """Add those of other blocks."""
        for mine, theirs in zip(self, other, strict=True):
            mine += theirs


def deterministic(layout: Layout, drawing: Drawing, course: Course) -> Deterministic:
    """One iteration in which nothing happens and everything takes what is planned."""
    dates = new_dates(course)
    for row, node in layout.node_of.items():
        dates.minutes[node] = layout.network.remaining[row]
    shown = new_shown(course, dates)
    put(course, dates, shown, np.zeros(len(course.nodes) - 1, np.int64))
    finish = int(shown.end[0, 0])
    grid, project = course.grid, course.project
    length = work_until(grid, project, finish) - work_until(grid, project, layout.origin)
    amounts = []
    for base, burns in drawing.bases:
        if burns == -2:
            amounts.append(base * float(length))
        elif burns >= 0:
            minutes = int(course.nodes[burns, DONE]) + int(dates.minutes[burns, 0])
            amounts.append(base * minutes)
        else:
            amounts.append(base)
    return Deterministic(finish, length, math.fsum(amounts))


def processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Runner:
    """Runs ranges of blocks; what they give depends on nothing but the range."""

    def __init__(
        self,
        layout: Layout,
        drawing: Drawing,
        options: SimulationOptions,
        horizon_days: int = HORIZON_DAYS,
    ) -> None:
        self.layout, self.drawing, self.options = layout, drawing, options
        self.course = layout.settled(drawing.least, drawing.inputs.watched.tolist(), horizon_days)
        self.iterations = options.iterations
        self.ends = np.zeros(self.iterations, np.int32)
        self.costs = np.zeros(self.iterations, np.float64)
        self.watched = np.zeros((len(drawing.inputs.watched), self.iterations), np.int32)
        self.scales = _scales(0)
        self._works: SimpleQueue[Work] = SimpleQueue()

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-self.iterations // LANES)

    def prepare(self) -> bool:
        """Scale by the first iterations; False if a date lies beyond the grid of calendars."""
        inputs, count = self.drawing.inputs, min(PILOT, self.iterations)
        touched = np.zeros((len(inputs.hit) - 1, count), np.int32)
        ends, costs = np.zeros(count, np.int32), np.zeros(count)
        with self._work() as work:
            run(
                self.course,
                self.drawing.draws,
                inputs,
                self.scales,
                work,
                0,
                -(-count // LANES),
                ends,
                costs,
                np.zeros((len(inputs.watched), count), np.int32),
                touched,
                *self.totals(),
            )
        if int(ends.max()) >= BEYOND:
            return False
        scales = _scales(len(touched))
        if len(touched):
            rank_tables(touched, scales.least, scales.step, scales.ranks)
        finishes = self.minutes(ends)
        finishes.sort()
        costs.sort()
        # Four times the spread of the first iterations leaves room for the rest.
        wide = int(finishes[-1]) - int(finishes[0])
        dear = float(costs[-1]) - float(costs[0])
        self.scales = scales._replace(
            finishes=finishes,
            prices=costs,
            finish=int(finishes[count // 2]),
            finish_step=max(1, -(-4 * wide // MOST)),
            cost=float(costs[count // 2]),
            cost_step=4 * dear / MOST if dear > 0 else 1.0,
        )
        return True

    def minutes(self, ends: NDArray[np.int32]) -> NDArray[np.int32]:
        """Working minutes of the plan's calendar from the plan's start to some positions."""
        found = np.empty_like(ends)
        working_minutes(self.course, self.layout.origin, ends, found)
        return found

    def totals(self) -> Totals:
        """Zeros to add to."""
        inputs = self.drawing.inputs
        rows = len(inputs.tasks) + len(inputs.events) + len(inputs.items)
        return Totals(
            np.zeros(len(self.course.nodes) - 1, np.int64),
            np.zeros((rows, COLUMNS), np.int64),
            np.zeros((4, 2), np.int64),
        )

    def run(self, first: int, last: int) -> Totals:
        """Blocks ``first`` to ``last`` (excluded), after ``prepare``."""
        totals = self.totals()
        with self._work() as work:
            run(
                self.course,
                self.drawing.draws,
                self.drawing.inputs,
                self.scales,
                work,
                first,
                last,
                self.ends,
                self.costs,
                self.watched,
                _NONE,
                *totals,
            )
        return totals

    def chunks(
        self, threads: int, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[Totals]:
        """All blocks, by as many threads as told; totals of each part as it is done."""
        parts = [(at, min(at + CHUNK, self.blocks)) for at in range(0, self.blocks, CHUNK)]
        done = 0
        with ThreadPoolExecutor(min(threads, len(parts))) as pool:
            waiting: dict[Future[Totals], int] = {}
            try:
                for part in parts:
                    waiting[pool.submit(self.run, *part)] = part[1] - part[0]
                while waiting:
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in ready:
                        done += waiting.pop(future)
                        yield future.result()
                        if progress is not None:
                            progress(min(done * LANES, self.iterations), self.iterations)
            finally:
                for future in waiting:
                    future.cancel()

    @contextmanager
    def _work(self) -> Iterator[Work]:
        """Scratch that no other thread uses meanwhile."""
        try:
            work = self._works.get_nowait()
        except Empty:
            work = new_work(self.course, self.drawing.draws, self.drawing.inputs)
        try:
            yield work
        finally:
            self._works.put(work)


def _scales(rows: int) -> Scales:
    """Scales that are not set yet, with so many rank tables."""
    return Scales(
        np.zeros(0, np.int32),
        np.zeros(0),
        0,
        1,
        0.0,
        1.0,
        np.zeros(rows, np.int32),
        np.zeros(rows, np.int32),
        np.zeros((rows, CELLS), np.int16),
    )
