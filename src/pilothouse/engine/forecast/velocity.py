# SPDX-License-Identifier: Apache-2.0
"""How many points a team finishes in a sprint, and how many sprints are left (R-LIF-09)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast.numbers import are_numbers

RECENT = 3
"""Sprints whose mean is the velocity, unless a team says otherwise."""
RANGE = 6
"""Sprints whose least and greatest give the range."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Velocity:
    """Points a sprint: the mean of the last ``taken`` sprints, least and most of the last six."""

    mean: float
    taken: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class SprintsLeft:
    """Sprints until nothing is left: by the mean, at best and at worst; None: never."""

    expected: int | None
    best: int | None
    worst: int | None


def velocity(completed: Sequence[float], recent: int = RECENT) -> Velocity | None:
    """Velocity of a team.

    Parameters
    ----------
    completed : sequence of float
        Points finished in each closed sprint, the oldest first; unfinished items count 0.
    recent : int
        How many of the last sprints the mean is taken over, 1 or more.

    Returns
    -------
    Velocity or None
        None without a closed sprint. With fewer sprints than asked for, over those there are.

    Raises
    ------
    InvalidInput
        ``forecast.velocity``.

    Examples
    --------
    >>> found = velocity([21, 18, 24, 20, 26])
    >>> round(found.mean, 2), found.taken, found.least, found.most
    (23.33, 3, 18, 26)
    """
    if recent < 1 or any(not are_numbers(points) or points < 0 for points in completed):
        raise InvalidInput(
            "forecast.velocity",
            "A velocity takes the points of 1 or more past sprints, each 0 or more.",
        )
    if not completed:
        return None
    last, wide = completed[-recent:], completed[-RANGE:]
    return Velocity(fmean(last), len(last), min(wide), max(wide))


def sprints_left(remaining: float, rate: Velocity) -> SprintsLeft:
    """Whole sprints until the remaining points are done.

    Examples
    --------
    >>> sprints_left(150, velocity([21, 18, 24, 20, 26]))
    SprintsLeft(expected=7, best=6, worst=9)
    >>> sprints_left(1.1, velocity([0.1]))
    SprintsLeft(expected=11, best=11, worst=11)
    """
    return SprintsLeft(
        _sprints(remaining, rate.mean),
        _sprints(remaining, rate.most),
        _sprints(remaining, rate.least),
    )


def _sprints(remaining: float, points: float) -> int | None:
    if remaining <= 0:
        return 0
    # 1.1 / 0.1 is 11.000000000000002: what lies within rounding of a whole sprint is that one.
    return math.ceil(remaining / points - ROUNDING) if points > 0 else None
