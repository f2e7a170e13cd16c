# SPDX-License-Identifier: Apache-2.0
"""How sound a schedule is: the fourteen points over one plan."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.assess.points import POINTS, Facts, Limits, Point
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule import ScheduleOptions, ScheduleResult, schedule_plan

_USUAL = Limits()
_OPTIONS = ScheduleOptions()


@dataclass(frozen=True, slots=True)
class Assessment:
    """The points in their order; ``passed`` of ``applicable`` is the score."""

    points: tuple[Point, ...]

    @property
    def passed(self) -> int:
        """Points that pass."""
        return sum(point.passed is True for point in self.points)

    @property
    def applicable(self) -> int:
        """Points with a verdict."""
        return sum(point.passed is not None for point in self.points)

    @property
    def score_pct(self) -> Decimal | None:
        """Passed of the applicable; None where no point applies."""
        return Decimal(100 * self.passed) / self.applicable if self.applicable else None


def assess(
    plan: Plan,
    options: ScheduleOptions = _OPTIONS,
    limits: Limits = _USUAL,
    *,
    result: ScheduleResult | None = None,
    baseline: int = 0,
    rolling_wave: frozenset[int] = frozenset(),
) -> Assessment:
    """The fourteen points of DCMA over a plan (DOMAIN 4.10).

    Parameters
    ----------
    plan : Plan
    options : ScheduleOptions
        By which the dates are computed.
    limits : Limits
        What passes.
    result : ScheduleResult, optional
        Of ``schedule_plan(plan, options)``, where it is at hand.
    baseline : int
        Number of the baseline to compare with.
    rolling_wave : frozenset of int
        Uids of packages that may be long, for they are planned later.

    Returns
    -------
    Assessment
        A smell detector, not proof of a good plan.

    Raises
    ------
    EngineError
        Whatever ``schedule_plan`` raises.

    Notes
    -----
    Two schedules, the second for point 12; else linear in tasks and links. The population is
    the incomplete, active leaves without summaries, level of effort, milestones and external
    tasks; links are those into an incomplete leaf from a leaf. An empty population is no pass.

    References
    ----------
    DCMA, Earned Value Management System Program Analysis Pamphlet, DCMA-EA PAM 200.1, 2012,
    section 4.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
    >>> from pilothouse.engine.network.plan import Link, PlanTask
    >>> plan = Plan(
    ...     "House",
    ...     datetime(2025, 3, 3, 8),
    ...     (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    ...     1,
    ...     (PlanTask(1, "Dig", duration_minutes=960), PlanTask(2, "Pour", duration_minutes=480)),
    ...     (Link(1, 2, lag_minutes=-480),),
    ... )
    >>> found = assess(plan)
    >>> [point.number for point in found.points if point.passed is False]
    [1, 2]
    """
    if result is None:
        result = schedule_plan(plan, options)
    facts = Facts(plan, result, options, baseline, rolling_wave)
    return Assessment(tuple(point(facts, limits) for point in POINTS))
