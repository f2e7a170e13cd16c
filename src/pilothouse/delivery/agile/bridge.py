# SPDX-License-Identifier: Apache-2.0
"""Sprints and points to what the engine forecasts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.earned_value import (
    EvMethod,
    WorkPackage,
    earned,
    planned_by_sprints,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast import (
    Completion,
    SprintsLeft,
    Velocity,
    completion,
    output,
    sprints_left,
    velocity,
)

__all__ = ["Completion", "PointsEarned", "SprintsLeft", "Velocity"]

HUNDRED = Decimal(100)
LEAST_SPRINTS = 3
"""Closed sprints without which there is no forecast."""
LONGEST_AHEAD = 260


@dataclass(frozen=True, slots=True)
class PointsEarned:
    """AgileEVM of a release in percent of its budget; ``spi`` is None before a sprint is over."""

    earned_pct: Decimal
    planned_pct: Decimal
    spi: Decimal | None


def velocity_of(completed: Sequence[int], recent: int) -> Velocity | None:
    """Velocity over the last ``recent`` sprints, range over the last six."""
    return velocity(completed, recent)


def left_at(remaining: int, rate: Velocity) -> SprintsLeft:
    """Sprints left by the mean, at best and at worst."""
    return sprints_left(remaining, rate)


def completion_of(completed: Sequence[int], remaining: int) -> Completion | None:
    """When the remaining points are done; None where the past is too short or empty."""
    if len(completed) < LEAST_SPRINTS or not any(completed) or remaining < 1:
        return None
    try:
        return completion(list(completed), remaining)
    except InvalidInput:
        # More points are left than the engine looks at; no end is in sight.
        return None


def outputs_of(
    completed: Sequence[int], sprints: int, confidences: Sequence[int]
) -> dict[int, int]:
    """Confidence in percent → points finished, or more, in so many sprints; empty if not known."""
    if len(completed) < LEAST_SPRINTS or not any(completed) or not 0 < sprints <= LONGEST_AHEAD:
        return {}
    try:
        found = output(list(completed), sprints)
    except InvalidInput:
        return {}
    return {confidence: found.at(confidence / 100) for confidence in confidences}


def earned_of(
    done: int, scope: int, sprints_over: int, planned_sprints: int
) -> PointsEarned | None:
    """Earned and planned value of a release by points (DOMAIN 6.5); None without points."""
    if scope < 1:
        return None
    package = WorkPackage(
        "release", HUNDRED, EvMethod.POINTS, units=Decimal(scope), units_done=Decimal(done)
    )
    value = earned([package])["release"].value
    planned = planned_by_sprints(HUNDRED, Decimal(sprints_over), planned_sprints)
    return PointsEarned(value, planned, value / planned if planned else None)
