# SPDX-License-Identifier: Apache-2.0
"""Estimates from three points, from quantities and from likeness (DOMAIN 4.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast.numbers import are_numbers


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A class of accuracy: how far the actual may lie from the estimate, in percent."""

    name: str
    below_pct: int
    above_pct: int

    def range_of(self, estimate: float) -> tuple[float, float]:
        """Least and most that an estimate of this class says."""
        return estimate * (1 + self.below_pct / 100), estimate * (1 + self.above_pct / 100)


ROUGH = Accuracy("rough", -25, 75)
BUDGET = Accuracy("budget", -10, 25)
DEFINITIVE = Accuracy("definitive", -5, 10)


class Similarity(StrEnum):
    """How much a reference is like the work that is estimated."""

    CLOSE = "close"
    FAIR = "fair"
    LOOSE = "loose"


_ACCURACY = {Similarity.CLOSE: DEFINITIVE, Similarity.FAIR: BUDGET, Similarity.LOOSE: ROUGH}


@dataclass(frozen=True, slots=True)
class Expected:
    """Mean and standard deviation, in the unit of what was estimated."""

    mean: float
    sd: float

    def chance(self, value: float) -> float:
        """Probability that it takes at most ``value``, as a normal distribution has it."""
        if self.sd == 0:
            return 1.0 if value >= self.mean else 0.0
        return NormalDist(self.mean, self.sd).cdf(value)

    def at(self, confidence: float) -> float:
        """The value that is kept with a confidence between 0 and 1 (both excluded).

        Raises
        ------
        InvalidInput
            ``forecast.confidence``.
        """
        check_confidence(confidence)
        return self.mean if self.sd == 0 else NormalDist(self.mean, self.sd).inv_cdf(confidence)


def check_confidence(confidence: float) -> None:
    """Refuse what is no share between 0 and 1.

    Raises
    ------
    InvalidInput
        ``forecast.confidence``.
    """
    if not are_numbers(confidence) or not 0 < confidence < 1:
        raise InvalidInput(
            "forecast.confidence",
            f"A confidence of {confidence} is not between 0 and 1; 0.8 stands for 80 %.",
        )


def _check(least: float, likely: float, most: float) -> None:
    if not are_numbers(least, likely, most) or not least <= likely <= most:
        raise InvalidInput(
            "forecast.three_points",
            f"{least}, {likely} and {most} are no least, likeliest and greatest value; "
            "put them in rising order.",
        )


def pert(least: float, likely: float, most: float) -> Expected:
    """Classic three-point estimate: mean (o + 4m + p)/6, standard deviation (p − o)/6.

    Parameters
    ----------
    least, likely, most : float
        In any one unit, rising.

    Raises
    ------
    InvalidInput
        ``forecast.three_points``.

    Notes
    -----
    The standard deviation is the rule of thumb of 1959, not that of the beta distribution that
    a simulation draws from.

    References
    ----------
    D. G. Malcolm et al., "Application of a technique for research and development program
    evaluation", Operations Research 7, 1959.

    Examples
    --------
    >>> pert(3, 5, 10).mean
    5.5
    """
    _check(least, likely, most)
    return Expected((least + 4 * likely + most) / 6, (most - least) / 6)


def triangular(least: float, likely: float, most: float) -> Expected:
    """Mean (o + m + p)/3 and standard deviation of a triangular distribution.

    Raises
    ------
    InvalidInput
        ``forecast.three_points``.
    """
    _check(least, likely, most)
    squares = least**2 + likely**2 + most**2
    products = least * likely + least * most + likely * most
    return Expected((least + likely + most) / 3, math.sqrt(max(0.0, squares - products) / 18))


def in_series(parts: Sequence[Expected]) -> Expected:
    """Independent pieces one after the other: means and variances add up.

    Examples
    --------
    >>> path = in_series([pert(2, 4, 9), pert(3, 5, 10), pert(1, 2, 3)])
    >>> path.mean, round(path.sd, 4), round(path.chance(14), 4), round(path.at(0.8), 3)
    (12.0, 1.6833, 0.8826, 13.417)
    """
    return Expected(
        math.fsum(part.mean for part in parts),
        math.sqrt(math.fsum(part.sd**2 for part in parts)),
    )


def parametric(quantity: float, rate: float, factors: Sequence[float] = ()) -> float:
    """Quantity × rate × each factor of adjustment.

    Raises
    ------
    InvalidInput
        ``forecast.quantity`` where one of them is negative or no number.
    """
    for value in (quantity, rate, *factors):
        if not are_numbers(value) or value < 0:
            raise InvalidInput(
                "forecast.quantity",
                f"{value!s:.40} is no quantity, rate or factor; give 0 or more.",
            )
    return quantity * rate * math.prod(factors)


@dataclass(frozen=True, slots=True)
class Analogy:
    """An estimate by likeness, and the range that its class of accuracy says."""

    value: float
    low: float
    high: float
    accuracy: Accuracy


def analogous(
    actual: float, size: float, reference_size: float, similarity: Similarity = Similarity.FAIR
) -> Analogy:
    """What a finished piece of work took, scaled by size, with a range by similarity.

    Parameters
    ----------
    actual : float
        What the reference took, in any unit.
    size, reference_size : float
        Of this work and of the reference, in one unit.
    similarity : Similarity
        Close: the range of a definitive estimate; fair: of a budget one; loose: of a rough one.

    Raises
    ------
    InvalidInput
        ``forecast.quantity``, ``forecast.similarity``.

    Examples
    --------
    >>> found = analogous(80, 30, 20, Similarity.LOOSE)
    >>> found.value, found.low, found.high
    (120.0, 90.0, 210.0)
    """
    if not are_numbers(size, reference_size) or reference_size == 0:
        raise InvalidInput("forecast.quantity", "The reference has no size; choose another.")
    if similarity not in _ACCURACY:
        raise InvalidInput(
            "forecast.similarity",
            f"‘{similarity!s:.40}’ is no similarity; choose one of {', '.join(Similarity)}.",
        )
    value = parametric(actual, size / reference_size)
    accuracy = _ACCURACY[similarity]
    return Analogy(value, *accuracy.range_of(value), accuracy)
