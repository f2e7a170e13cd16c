# SPDX-License-Identifier: Apache-2.0
"""From the sums of all iterations to the result."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.simulate.course import Layout
from pilothouse.engine.simulate.inputs import Drawing
from pilothouse.engine.simulate.kernels_draw import SPAN
from pilothouse.engine.simulate.kernels_pass import HAMMOCK, MODE
from pilothouse.engine.simulate.kernels_run import (
    AMOUNT,
    BASE,
    HIGH,
    HIGH_C,
    HIGH_F,
    LOW,
    LOW_C,
    LOW_F,
    SC,
    SF,
    SHIFT,
    SS,
    XC,
    XF,
    XX,
    S,
    X,
)
from pilothouse.engine.simulate.model import SimulationOptions
from pilothouse.engine.simulate.result import (
    FinishDates,
    InputKind,
    MatrixRepair,
    Outcome,
    Sensitivity,
    SimulationResult,
    TaskRisk,
)
from pilothouse.engine.simulate.runner import Deterministic, Runner, Totals

Floats = NDArray[np.float64]

_NOTHING = 1e-11
"""A variance below this share of the mean square is rounding."""


@dataclass(frozen=True, slots=True)
class _Aim:
    """An outcome and where its sums stand."""

    outcome: Outcome
    cross: int
    ranks: int
    low: int
    high: int
    values: int
    scores: int
    step: float
    origin: float


def summarise(
    layout: Layout,
    drawing: Drawing,
    options: SimulationOptions,
    runner: Runner,
    totals: Totals,
    plain: Deterministic,
) -> SimulationResult:
    """Everything that the sums and the samples say."""
    plan, network = layout.network.plan, layout.network
    finish = outcome_of(runner.minutes(runner.ends), float(plain.minutes))
    cost = outcome_of(runner.costs, plain.cost) if drawing.inputs.costs else None
    dates = _dates(layout, runner.ends)
    scales = runner.scales
    aims = [_Aim(finish, XF, SF, LOW_F, HIGH_F, 0, 1, float(scales.finish_step), scales.finish)]
    if cost is not None:
        aims.append(_Aim(cost, XC, SC, LOW_C, HIGH_C, 2, 3, scales.cost_step, scales.cost))
    summary = _Summary(layout, drawing, options.iterations, totals)
    found = [summary.sensitivities(aim) for aim in aims]
    milestones = zip(options.milestones, runner.watched, strict=True)
    return SimulationResult(
        options.iterations,
        options.seed,
        plan.minutes_per_day,
        plan.currency,
        finish,
        dates,
        dates.instant(plain.finish),
        cost,
        summary.tasks(aims[0]),
        found[0],
        found[1] if cost is not None else (),
        {uid: _dates(layout, ends) for uid, ends in milestones},
        tuple(MatrixRepair(change.name, change.largest) for change in drawing.repairs),
        (*network.notices, *layout.notices, *drawing.notices),
        runner.ends,
        runner.costs,
    )


def outcome_of(values: NDArray[np.int32] | Floats, planned: float) -> Outcome:
    """Mean and spread by exact sums, so that the bits do not hang on how a machine adds."""
    ordered = np.sort(values).astype(np.float64)
    count, first = len(ordered), float(ordered[0])
    moved = ordered - first
    mean = math.fsum(moved.tolist()) / count
    off = moved - mean
    squares = math.fsum((off * off).tolist())
    sd = math.sqrt(squares / (count - 1)) if count > 1 and ordered[-1] > first else 0.0
    return Outcome(first + mean, sd, planned, ordered)


def _dates(layout: Layout, ends: NDArray[np.int32]) -> FinishDates:
    return FinishDates(np.sort(ends), layout.network.project)


class _Summary:
    """Criticality and sensitivities; arrays over the rows of the sums."""

    def __init__(self, layout: Layout, drawing: Drawing, count: int, totals: Totals) -> None:
        self.layout, self.drawing, self.count = layout, drawing, float(count)
        self.critical, self.sums, self.aims = totals.critical, totals.sums, totals.aims

    def column(self, number: int) -> Floats:
        """A column of the sums."""
        return self.sums[:, number].astype(np.float64)

    def spread(self, total: Floats, squares: Floats) -> Floats:
        """``count``² times a variance, 0 where it is rounding."""
        found = self.count * squares - total * total
        return np.where(found > _NOTHING * self.count * squares, found, 0.0)

    def covariance(self, one: int, cross: int, aim: int) -> Floats:
        """``count``² times a covariance with an outcome."""
        return self.count * self.column(cross) - self.column(one) * float(self.aims[aim, 0])

    def correlation(self, one: int, squares: int, cross: int, aim: int) -> Floats:
        """NaN where nothing varies."""
        total, square = self.aims[aim].astype(np.float64)
        below = self.spread(self.column(one), self.column(squares)) * self.spread(total, square)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.covariance(one, cross, aim) / np.sqrt(below)
        return np.where(below > 0, found, np.nan)

    def units(self) -> Floats:
        """What one step of a row's value is: minutes, 1 or money."""
        inputs = self.drawing.inputs
        spans = self.drawing.draws.values[inputs.items[:, AMOUNT], SPAN]
        tasks = (1 << inputs.tasks[:, SHIFT].astype(np.int64)).astype(np.float64)
        return np.concatenate([tasks, np.ones(len(inputs.events)), spans / ((1 << 20) - 1)])

    def tasks(self, aim: _Aim) -> dict[int, TaskRisk]:
        """Every task of the course, in outline order."""
        inputs, network = self.drawing.inputs, self.layout.network
        nodes = self.layout.course.nodes
        number = len(inputs.tasks)
        unit = self.units()[:number]
        mean = inputs.left.astype(np.float64)
        sd, crucial = np.zeros(len(mean)), np.full(len(mean), np.nan)
        varying = inputs.tasks[:, 0]
        mean[varying] = inputs.tasks[:, BASE] + unit * self.column(X)[:number] / self.count
        squares = self.spread(self.column(X), self.column(XX))[:number]
        sd[varying] = unit * np.sqrt(squares / (self.count * max(1.0, self.count - 1)))
        crucial[varying] = np.abs(self.correlation(S, SS, aim.ranks, aim.scores)[:number])
        index = self.critical / self.count
        ratio = aim.outcome.sd
        ssi = index * sd / ratio if ratio > 0 else np.full(len(mean), np.nan)
        rows = zip(index.tolist(), mean.tolist(), sd.tolist(), crucial.tolist(), ssi.tolist())
        by_node = list(rows)
        found: dict[int, TaskRisk] = {}
        for row, node in sorted(self.layout.node_of.items()):
            task = network.plan.tasks[row]
            share, minutes, spread, important, sensitive = by_node[node]
            if nodes[node, MODE] == HAMMOCK:
                minutes = float(network.durations[row])
            found[task.uid] = TaskRisk(
                task.uid,
                task.name,
                share,
                minutes,
                spread,
                None if math.isnan(important) else important,
                sensitive if spread > 0 and not math.isnan(sensitive) else None,
            )
        return found

    def sensitivities(self, aim: _Aim) -> tuple[Sensitivity, ...]:
        """The tornado of one outcome."""
        sd, step = aim.outcome.sd, aim.step
        correlations = self.correlation(S, SS, aim.ranks, aim.scores)
        shares = np.full(len(self.sums), np.nan)
        if sd > 0 and self.count > 1:
            product = self.covariance(X, aim.cross, aim.values) * self.units() * step
            shares = product / (self.count * (self.count - 1)) / (sd * sd)
        plain = self.correlation(X, XX, aim.cross, aim.values)
        tasks, events = len(self.drawing.inputs.tasks), len(self.drawing.inputs.events)
        shares[tasks : tasks + events] = (plain * plain)[tasks : tasks + events]
        shares = np.where(np.isnan(correlations), np.nan, shares)
        with np.errstate(divide="ignore", invalid="ignore"):
            low = aim.origin + step * self.column(aim.low) / self.column(LOW)
            high = aim.origin + step * self.column(aim.high) / self.column(HIGH)
        named = self._names(of_cost=aim.cross == XC)
        columns = (correlations, low, high, shares)
        values = zip(*(column.tolist() for column in columns), strict=True)
        found = [
            Sensitivity(*name, *(None if math.isnan(number) else number for number in row))
            for name, row in zip(named, values, strict=True)
            if name is not None
        ]
        return tuple(sorted(found, key=lambda row: -abs(row.correlation or 0.0)))

    def _names(self, *, of_cost: bool) -> list[tuple[InputKind, str, str] | None]:
        """Who a row of the sums is; None where it cannot move the outcome."""
        plan = self.layout.network.plan
        found: list[tuple[InputKind, str, str] | None] = []
        for row in self.drawing.tasks:
            task = plan.tasks[row]
            found.append((InputKind.TASK, str(task.uid), task.name))
        for event in self.drawing.events:
            found.append((InputKind.EVENT, event.uid, event.name))
        for item, spread in zip(self.drawing.items, self.drawing.spread, strict=True):
            moves = of_cost and spread
            found.append((InputKind.COST, item.uid, item.name) if moves else None)
        return found
