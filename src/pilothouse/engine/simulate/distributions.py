# SPDX-License-Identifier: Apache-2.0
"""Distributions of durations, impacts and amounts, checked and brought to one form (DOMAIN 8.3)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.simulate.kernels_draw import (
    CELLS,
    CONSTANT,
    DISCRETE,
    FINE,
    FURTHEST,
    SCORES,
    TABLE,
    TRIANGULAR,
    UNIFORM,
)
from pilothouse.engine.simulate.kernels_numbers import (
    beta_quantiles,
    exponential,
    logarithm,
    lognormal_quantiles,
    normal_scores,
    normal_tails,
)

SHAPES = 128
"""Places of the mode for which beta quantiles are computed; others lie between two of them."""
_LAST_TAIL = 2.0**-34


@dataclass(frozen=True, slots=True)
class Constant:
    """Always ``value``."""

    value: float


@dataclass(frozen=True, slots=True)
class Uniform:
    """Equally likely from ``low`` to ``high``."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Triangular:
    """From ``low`` to ``high``, most likely ``mode``."""

    low: float
    mode: float
    high: float


@dataclass(frozen=True, slots=True)
class PertBeta:
    """Beta with α = 1 + 4 (mode - low) / (high - low) and β = 6 - α."""

    low: float
    mode: float
    high: float


@dataclass(frozen=True, slots=True)
class Lognormal:
    """By its mean and its standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Discrete:
    """One of ``values``, with ``probabilities`` that add up to 1."""

    values: tuple[float, ...]
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trigen:
    """Triangular given by the values not exceeded with 10 % and with 90 %."""

    p10: float
    mode: float
    p90: float


Distribution = Constant | Uniform | Triangular | PertBeta | Lognormal | Discrete | Trigen


class Form(NamedTuple):
    """A distribution as kernels draw it: ``low + span · draw``.

    ``shape`` is the place of the mode, or σ of a lognormal; ``base`` the value without risk:
    the mode where one is given, else the mean. ``steps`` are those of a discrete distribution.
    """

    kind: int
    low: float
    span: float
    base: float
    shape: float = 0.0
    lognormal: bool = False
    steps: tuple[tuple[float, float, float], ...] = ()

    @property
    def high(self) -> float:
        """The greatest value."""
        return self.low + self.span


def form_of(distribution: Distribution, place: str) -> Form:
    """Check a distribution.

    Parameters
    ----------
    distribution : Distribution
    place : str
        What it belongs to, for messages.

    Raises
    ------
    InvalidInput
        ``simulate.not_a_number``, ``simulate.order``, ``simulate.spread``,
        ``simulate.probabilities``.
    """
    _check_numbers(distribution, place)
    match distribution:
        case Constant(value):
            return Form(CONSTANT, value, 0.0, value)
        case Uniform(low, high):
            _check_order(place, low, high)
            return _wide(UNIFORM, low, high, (low + high) / 2)
        case Triangular(low, mode, high):
            _check_order(place, low, mode, high)
            return _wide(TRIANGULAR, low, high, mode, _share(low, mode, high))
        case PertBeta(low, mode, high):
            _check_order(place, low, mode, high)
            return _wide(TABLE, low, high, mode, _share(low, mode, high))
        case Trigen(p10, mode, p90):
            _check_order(place, p10, mode, p90)
            low, high = trigen_ends(p10, mode, p90)
            return _wide(TRIANGULAR, low, high, mode, _share(low, mode, high))
        case Lognormal(mean, sd):
            return _lognormal(mean, sd, place)
        case Discrete(values, probabilities):
            return _discrete(values, probabilities, place)


def _check_numbers(distribution: Distribution, place: str) -> None:
    for name in distribution.__slots__:
        found = getattr(distribution, name)
        for number in found if isinstance(found, tuple) else (found,):
            if not math.isfinite(number):
                raise InvalidInput(
                    "simulate.not_a_number",
                    f"{place}: {name} is {number}; give a number.",
                    (place,),
                )


def _check_order(place: str, *numbers: float) -> None:
    if any(first > second for first, second in itertools.pairwise(numbers)):
        told = ", ".join(f"{number:g}" for number in numbers)
        raise InvalidInput(
            "simulate.order",
            f"{place}: {told} must rise from the least to the greatest; put them in order.",
            (place,),
        )


def _share(low: float, mode: float, high: float) -> float:
    return (mode - low) / (high - low) if high > low else 0.0


def _wide(kind: int, low: float, high: float, base: float, shape: float = 0.0) -> Form:
    if high == low:
        return Form(CONSTANT, low, 0.0, low)
    return Form(kind, low, high - low, base, shape)


def trigen_ends(p10: float, mode: float, p90: float) -> tuple[float, float]:
    """The least and the greatest value of a triangular with these P10, mode and P90.

    Notes
    -----
    With t the place of the mode, the distances of P10 and P90 from it are to each other as
    t - √(t/10) is to (1 - t) - √((1 - t)/10); t is found by halving between 0.1 and 0.9.
    """
    if p10 == p90:
        return p10, p90
    below, above = mode - p10, p90 - mode
    low, high = 0.1, 0.9
    for _ in range(100):
        t = (low + high) / 2
        left, right = t - math.sqrt(t / 10), (1 - t) - math.sqrt((1 - t) / 10)
        if left * above < right * below:
            low = t
        else:
            high = t
    t = (low + high) / 2
    left, right = t - math.sqrt(t / 10), (1 - t) - math.sqrt((1 - t) / 10)
    width = (below + above) / (left + right)
    return mode - t * width, mode + (1 - t) * width


def _lognormal(mean: float, sd: float, place: str) -> Form:
    if mean <= 0 or sd < 0 or sd > 10 * mean:
        raise InvalidInput(
            "simulate.spread",
            f"{place}: a lognormal needs a mean above 0 and a standard deviation from 0 to ten "
            "times the mean; correct them.",
            (place,),
        )
    if sd == 0:
        return Form(CONSTANT, mean, 0.0, mean)
    variance = logarithm(1 + (sd / mean) * (sd / mean))
    sigma = math.sqrt(variance)
    greatest = exponential(logarithm(mean) - variance / 2 + sigma * last_score())
    return Form(TABLE, 0.0, greatest, mean, sigma, lognormal=True)


def _discrete(values: tuple[float, ...], probabilities: tuple[float, ...], place: str) -> Form:
    if (
        not values
        or len(values) != len(probabilities)
        or min(probabilities) < 0
        or abs(sum(probabilities) - 1) > 1e-6
    ):
        raise InvalidInput(
            "simulate.probabilities",
            f"{place}: every value needs a probability, none is negative, and they add up to 1.",
            (place,),
        )
    pairs = sorted(pair for pair in zip(values, probabilities) if pair[1] > 0)
    low, high = pairs[0][0], pairs[-1][0]
    mean = sum(value * probability for value, probability in pairs)
    if low == high:
        return Form(CONSTANT, low, 0.0, low)
    steps: list[tuple[float, float, float]] = []
    before = 0.0
    for value, probability in pairs:
        rank = float(int((before + probability / 2) * (SCORES - 1)))
        steps.append((before, (value - low) / (high - low), rank))
        before += probability
    return Form(DISCRETE, low, high - low, mean, steps=tuple(steps))


@lru_cache(maxsize=1)
def normal_tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores by the fourth root of a tail, and tails by score: what ``Draws`` holds."""
    tails = _tails(FINE)
    scores = np.empty(FINE + 1)
    normal_scores(tails, scores)
    found = np.empty(FINE + 1)
    normal_tails(np.arange(FINE + 1, dtype=np.float64) * (FURTHEST / FINE), found)
    return _closed(scores), _closed(found)


def _tails(cells: int) -> NDArray[np.float64]:
    """Fourth powers of equal steps from 0 to the fourth root of one half."""
    knots = np.arange(cells + 1) / cells
    tails = knots * knots * knots * knots / 2
    tails[0] = _LAST_TAIL
    tails[-1] = 0.5
    return tails


def _closed(table: NDArray[np.float64]) -> NDArray[np.float32]:
    """With the last number twice: a place may round up to the end."""
    return np.append(table, table[-1]).astype(np.float32)


@lru_cache(maxsize=1)
def last_score() -> float:
    """The greatest normal score that the tables of quantiles reach."""
    return float(_scores()[0])


@lru_cache(maxsize=1)
def _scores() -> NDArray[np.float64]:
    found = np.empty(CELLS + 1)
    normal_scores(_tails(CELLS), found)
    return found


@lru_cache(maxsize=1)
def _betas() -> NDArray[np.float64]:
    """Quantiles below the median (SHAPES + 1, CELLS + 1) by the place of the mode."""
    tails = _tails(CELLS)
    tails[0] = 0.0
    found = np.empty((SHAPES + 1, CELLS + 1))
    for place in range(SHAPES + 1):
        beta_quantiles(1 + 4 * place / SHAPES, tails, found[place])
    return found


def beta_tables(modes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows of ``Draws.tables`` for PERT betas with these places of the mode, (m, SIDES)."""
    low = _between(modes)
    high = 1 - _between(1 - modes)
    return _sides(low, high)


def _between(modes: NDArray[np.float64]) -> NDArray[np.float64]:
    table = _betas()
    place = modes * SHAPES
    cell = np.minimum(place.astype(np.int64), SHAPES - 1)
    rest = (place - cell)[:, None]
    found: NDArray[np.float64] = table[cell] * (1 - rest) + table[cell + 1] * rest
    return found


def lognormal_tables(sigmas: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows of ``Draws.tables`` for lognormals with these σ, as parts of the greatest value."""
    scores = _scores()
    low, high = np.empty((len(sigmas), CELLS + 1)), np.empty((len(sigmas), CELLS + 1))
    for row, sigma in enumerate(sigmas):
        lognormal_quantiles(sigma, -scores - scores[0], low[row])
        lognormal_quantiles(sigma, scores - scores[0], high[row])
    return _sides(low, high)


def _sides(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float32]:
    rows = (low, low[:, -1:], high, high[:, -1:])
    return np.concatenate(rows, axis=1).astype(np.float32)
