# SPDX-License-Identifier: Apache-2.0
"""What is uncertain about a plan: estimates, risks, costs and what moves together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.simulate.distributions import Distribution


class Shape(StrEnum):
    """Distribution that a template gives."""

    TRIANGULAR = "triangular"
    PERT = "pert"
    UNIFORM = "uniform"


@dataclass(frozen=True, slots=True)
class Template:
    """For tasks without an estimate of their own: so many percent less and more than planned.

    ``low_pct`` is negative or 0, ``high_pct`` positive or 0; the plan is the most likely value.
    """

    low_pct: float
    high_pct: float
    shape: Shape = Shape.TRIANGULAR


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long the task ``task`` (a uid) takes: working minutes that remain."""

    task: int
    minutes: Distribution


@dataclass(frozen=True, slots=True)
class Impact:
    """What an event adds to the task ``task`` (a uid), in working minutes; negative saves them."""

    task: int
    minutes: Distribution


@dataclass(frozen=True, slots=True)
class Response:
    """The event after the response to it, and what the response costs."""

    probability: float
    impacts: tuple[Impact, ...] = ()
    cost: Distribution | None = None
    response_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class RiskEvent:
    """An event that happens at most once in an iteration (R-MCS-01).

    ``uid`` names its random numbers: they stay whatever else is added. Impacts of several
    events on one task add up, those of ``parallel`` events count with the greatest only.
    """

    uid: str
    name: str
    probability: float
    impacts: tuple[Impact, ...] = ()
    cost: Distribution | None = None
    parallel: bool = False
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class CostItem:
    """An amount, or with ``per_day`` one for every day that ``task`` or the whole plan lasts.

    ``base`` is the amount without risk, else that of the distribution: its mode where it has
    one, else its mean. A task's days are those done and those that remain.
    """

    uid: str
    name: str
    amount: Distribution
    per_day: bool = False
    task: int | None = None
    base: float | None = None


@dataclass(frozen=True, slots=True)
class CorrelationGroup:
    """Tasks (uids) and cost items (uids) of which any two have the rank correlation ``rho``.

    ``rho`` lies between 0 and 1; give a matrix for negative ones.
    """

    name: str
    rho: float
    tasks: tuple[int, ...] = ()
    costs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrelationMatrix:
    """Rank correlations of tasks, then cost items, row by row."""

    name: str
    rows: tuple[tuple[float, ...], ...]
    tasks: tuple[int, ...] = ()
    costs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskModel:
    """All that is uncertain about one plan."""

    estimates: tuple[Estimate, ...] = ()
    template: Template | None = None
    events: tuple[RiskEvent, ...] = ()
    costs: tuple[CostItem, ...] = ()
    groups: tuple[CorrelationGroup, ...] = ()
    matrices: tuple[CorrelationMatrix, ...] = ()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """Options of ``simulate_plan``.

    Parameters
    ----------
    iterations : int
        1 to 1,000,000.
    seed : int
        0 or more. The same seed, plan and model give the same bits, on any machine and for any
        number of threads.
    responses : bool
        Take events as they are after their responses.
    milestones : tuple of int
        Uids of up to 100 tasks whose finish dates are wanted as well.
    threads : int, optional
        As many as the process may use unless told otherwise.
    progress : callable, optional
        Told (iterations done, all of them) now and then, by the caller's thread. An exception
        that it raises ends the run and reaches the caller.
    schedule : ScheduleOptions
        Rules of the critical path.
    """

    iterations: int = 10_000
    seed: int = 1
    responses: bool = False
    milestones: tuple[int, ...] = ()
    threads: int | None = None
    progress: Callable[[int, int], None] | None = None
    schedule: ScheduleOptions = field(default_factory=ScheduleOptions)
