# SPDX-License-Identifier: Apache-2.0
"""Sprints and points to what the engine forecasts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, lcm

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
    completion_growing,
    growth,
    output,
    sprints_left,
    velocity,
)
from pilothouse.engine.forecast.throughput import LARGEST

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


def velocity_of(completed: Sequence[Decimal], recent: int) -> Velocity | None:
    """Velocity over the last ``recent`` sprints, range over the last six."""
    return velocity([float(points) for points in completed], recent)


def left_at(remaining: Decimal, rate: Velocity) -> SprintsLeft:
    """Sprints left by the mean, at best and at worst."""
    return sprints_left(float(remaining), rate)


def _share(points: Iterable[Decimal]) -> int:
    """The largest share of a point that all of these are whole numbers of: 4 stands for 0.25.

    Whole points where shares are more than the engine takes in; they are rounded against the team.
    """
    known = list(points)
    share = lcm(*(value.as_integer_ratio()[1] for value in known))
    return share if max(known) * share <= LARGEST else 1


def completion_of(completed: Sequence[Decimal], remaining: Decimal) -> Completion | None:
    """When the remaining points are done; None where the past is too short or empty."""
    if len(completed) < LEAST_SPRINTS or not any(completed) or remaining <= 0:
        return None
    share = _share((*completed, remaining))
    try:
        return completion(_whole(completed, share), ceil(remaining * share))
    except InvalidInput:
        # More points are left than the engine looks at; no end is in sight.
        return None


def _whole(completed: Sequence[Decimal], share: int) -> list[int]:
    return [floor(points * share) for points in completed]


def outputs_of(
    completed: Sequence[Decimal], sprints: int, confidences: Sequence[int]
) -> dict[int, Decimal]:
    """Confidence in percent → points finished, or more, in so many sprints; empty if not known."""
    if len(completed) < LEAST_SPRINTS or not any(completed) or not 0 < sprints <= LONGEST_AHEAD:
        return {}
    share = _share((*completed, max(completed) * sprints))
    try:
        found = output(_whole(completed, share), sprints)
    except InvalidInput:
        return {}
    return {confidence: Decimal(found.at(confidence / 100)) / share for confidence in confidences}


@dataclass(frozen=True, slots=True)
class Grown:
    """What a scope that goes on growing comes to: by confidence, sprints and points added."""

    sprints: Mapping[int, int | None]
    added: Mapping[int, Decimal]


def growth_of(
    added: Sequence[Decimal], periods: int, confidences: Sequence[int]
) -> dict[int, Decimal]:
    """Points, or fewer, that come into a scope in so many sprints; empty where it stood still."""
    if not any(added):
        return {}
    share = _share(abs(points) for points in added)
    try:
        found = growth([ceil(points * share) for points in added], periods)
    except InvalidInput:
        return {}
    return {level: Decimal(found.at(level / 100)) / share for level in confidences}


def growing_of(
    completed: Sequence[Decimal],
    added: Sequence[Decimal],
    remaining: Decimal,
    confidences: Sequence[int],
) -> Grown | None:
    """When the remaining points are done if the scope goes on as it did; None if it stood still.

    What is added is told up to the sprint of each confidence. None where the past is too short.
    """
    if not any(added) or completion_of(completed, remaining) is None:
        return None
    share = _share((*completed, *(abs(points) for points in added), remaining))
    more = [ceil(points * share) for points in added]
    try:
        found = completion_growing(_whole(completed, share), more, ceil(remaining * share))
        sprints = {level: found.at(level / 100) for level in confidences}
    except InvalidInput:
        return None
    told = {
        level: growth_of(added, periods, [level]) for level, periods in sprints.items() if periods
    }
    return Grown(sprints, {level: by[level] for level, by in told.items() if by})


def earned_of(
    done: Decimal, scope: Decimal, sprints_over: int, planned_sprints: int
) -> PointsEarned | None:
    """Earned and planned value of a release by points (DOMAIN 6.5); None without points."""
    if scope <= 0:
        return None
    package = WorkPackage("release", HUNDRED, EvMethod.POINTS, units=scope, units_done=done)
    value = earned([package])["release"].value
    planned = planned_by_sprints(HUNDRED, Decimal(sprints_over), planned_sprints)
    return PointsEarned(value, planned, value / planned if planned else None)
