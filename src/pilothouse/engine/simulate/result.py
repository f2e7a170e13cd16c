# SPDX-License-Identifier: Apache-2.0
"""What a simulation says."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.network.plan import Notice

PERCENTS = tuple(range(5, 100, 5))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A simulated figure: finish in working minutes after the plan's start, or cost.

    ``sample`` (iterations,) is sorted. ``deterministic`` is the figure without risk.
    """

    mean: float
    sd: float
    deterministic: float
    sample: NDArray[np.float64] = field(repr=False)

    def percentile(self, percent: float) -> float:
        """The value not exceeded with ``percent`` (0 to 100): Hyndman and Fan's type 7."""
        place = (len(self.sample) - 1) * percent / 100
        low = min(int(place), len(self.sample) - 1)
        high = min(low + 1, len(self.sample) - 1)
        first, second = float(self.sample[low]), float(self.sample[high])
        return first + (second - first) * (place - low)

    @property
    def percentiles(self) -> dict[int, float]:
        """P5, P10 … P95."""
        return {percent: self.percentile(percent) for percent in PERCENTS}

    def probability(self, value: float) -> float:
        """Share of iterations that do not exceed ``value``."""
        return int(np.searchsorted(self.sample, value, "right")) / len(self.sample)

    @property
    def deterministic_percentile(self) -> float:
        """Percent of iterations that do not exceed the deterministic figure."""
        return 100 * self.probability(self.deterministic)

    def contingency(self, percent: float) -> float:
        """What the deterministic figure lacks to the percentile."""
        return self.percentile(percent) - self.deterministic

    def histogram(self, bins: int = 40) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Edges (bins + 1,) and numbers (bins,) of equal classes from the least to the greatest."""
        low, high = float(self.sample[0]), float(self.sample[-1])
        edges = [low + (high - low) * place / bins for place in range(bins)] + [high]
        before = np.searchsorted(self.sample, edges[1:-1], "left").tolist()
        bounds = [0, *before, len(self.sample)]
        return tuple(edges), tuple(b - a for a, b in itertools.pairwise(bounds))

    def s_curve(self, points: int = 101) -> tuple[tuple[float, float], ...]:
        """(value, percent not exceeding it) at equal steps of percent."""
        steps = [100 * place / (points - 1) for place in range(points)]
        return tuple((self.percentile(percent), percent) for percent in steps)


@dataclass(frozen=True, slots=True)
class FinishDates:
    """Simulated dates of the plan or of a milestone.

    ``times`` (iterations,) are sorted wall-clock positions; ``calendar`` is the plan's.
    """

    times: NDArray[np.int32] = field(repr=False)
    calendar: WorkingTime = field(repr=False)

    def instant(self, value: int) -> datetime:
        """A time on the clock."""
        return self.calendar.instant(value)

    def time(self, instant: datetime) -> int:
        """The mirror of ``instant``."""
        return self.calendar.position(instant)

    def date(self, percent: float) -> datetime:
        """The date not exceeded with ``percent``, at the end of its working day."""
        place = math.ceil((len(self.times) - 1) * percent / 100 - 1e-9)
        found = self.instant(int(self.times[place]))
        day: date = found.date()
        if found.time() == time(0):
            day -= timedelta(days=1)
        worked = self.calendar.intervals(day)
        if not worked:
            return found
        return max(found, datetime.combine(day, time(0)) + timedelta(minutes=worked[-1][1]))

    @property
    def percentiles(self) -> dict[int, datetime]:
        """P5, P10 … P95."""
        return {percent: self.date(percent) for percent in PERCENTS}


class InputKind(StrEnum):
    """What a row of a tornado is."""

    TASK = "task"
    EVENT = "event"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How the finish (minutes) or the cost moves with one input.

    ``correlation`` is Spearman's. ``low`` and ``high`` are the mean outcome where the input is
    near its P10 and its P90; of an event where it does not happen and where it does.
    ``variance_share`` is the covariance of input and outcome over the variance of the outcome;
    of an event the squared correlation. None where an input or the outcome does not vary.
    """

    kind: InputKind
    uid: str
    name: str
    correlation: float | None
    low: float | None
    high: float | None
    variance_share: float | None

    @property
    def swing(self) -> float:
        """``high`` less ``low``, 0 where unknown."""
        return 0.0 if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class TaskRisk:
    """One task that is neither complete nor a summary.

    ``criticality_index`` is the share of iterations in which it is critical; ``cruciality`` the
    absolute rank correlation of its duration with the finish; ``ssi`` the criticality index times
    the ratio of the standard deviations. The last two are None where nothing varies.
    """

    uid: int
    name: str
    criticality_index: float
    mean_minutes: float
    sd_minutes: float
    cruciality: float | None
    ssi: float | None


@dataclass(frozen=True, slots=True)
class MatrixRepair:
    """A correlation matrix that contradicted itself, and the largest change made to it."""

    name: str
    largest_change: float


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """Finish and cost of a plan under risk.

    ``ends`` (iterations,), as the times of ``dates``, and ``costs`` stand in the order of the
    iterations. ``minutes_per_day`` turns minutes into days. ``schedule`` and ``budget`` are
    sensitivities of finish and cost, by falling absolute correlation.
    """

    iterations: int
    seed: int
    minutes_per_day: int
    currency: str
    finish: Outcome
    dates: FinishDates
    deterministic_finish: datetime
    cost: Outcome | None
    tasks: Mapping[int, TaskRisk]
    schedule: tuple[Sensitivity, ...]
    budget: tuple[Sensitivity, ...]
    milestones: Mapping[int, FinishDates]
    repairs: tuple[MatrixRepair, ...]
    notices: tuple[Notice, ...]
    ends: NDArray[np.int32] = field(repr=False)
    costs: NDArray[np.float64] = field(repr=False)

    def joint(self, cost: float, finish: datetime) -> float:
        """Share of iterations that neither cost more nor finish later."""
        in_time = self.ends <= self.dates.time(finish)
        return int(np.count_nonzero(in_time & (self.costs <= cost))) / self.iterations

    def schedule_contingency_days(self, percent: float) -> float:
        """Working days that the deterministic finish lacks to the percentile."""
        return self.finish.contingency(percent) / self.minutes_per_day


def by_swing(rows: tuple[Sensitivity, ...]) -> tuple[Sensitivity, ...]:
    """The tornado sorted by absolute swing; ties stay in order."""
    return tuple(sorted(rows, key=lambda row: -abs(row.swing)))
