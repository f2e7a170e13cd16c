# SPDX-License-Identifier: Apache-2.0
"""Forecasts from what comparable work took against what was estimated for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast.estimates import check_confidence
from pilothouse.engine.forecast.numbers import are_numbers

LEAST = 10
"""Finished pieces of work that make a reference class (DOMAIN 4.8)."""


@dataclass(frozen=True, slots=True)
class ReferenceClass:
    """Ratios of actual to estimate of finished work, rising."""

    ratios: tuple[float, ...]

    def ratio(self, confidence: float) -> float:
        """The ratio that a share ``confidence`` of the class did not exceed.

        Linear between the two ratios nearest to position ``confidence`` × (n − 1) (type 7 of
        Hyndman and Fan).

        Raises
        ------
        InvalidInput
            ``forecast.confidence``.
        """
        check_confidence(confidence)
        return percentile(self.ratios, confidence)

    def uplift(self, confidence: float) -> float:
        """What to add to an estimate, as a share of it: the ratio − 1."""
        return self.ratio(confidence) - 1

    def forecast(self, estimate: float, confidence: float) -> float:
        """The estimate that is kept with this confidence, if the work is of this class.

        Raises
        ------
        InvalidInput
            ``forecast.confidence``, ``forecast.quantity``.
        """
        if not are_numbers(estimate):
            raise InvalidInput(
                "forecast.quantity", f"{estimate!s:.40} is no estimate; give a number."
            )
        return estimate * self.ratio(confidence)


def percentile(rising: Sequence[float], share: float) -> float:
    """Percentile of rising values, linear between them (type 7)."""
    at = share * (len(rising) - 1)
    low = math.floor(at)
    high = min(low + 1, len(rising) - 1)
    return rising[low] + (rising[high] - rising[low]) * (at - low)


def reference_class(pairs: Iterable[tuple[float, float]]) -> ReferenceClass:
    """A class of finished work.

    Parameters
    ----------
    pairs : iterable of (estimate, actual)
        In one unit each, above 0. The estimate may also be a size, such as floors.

    Raises
    ------
    InvalidInput
        ``forecast.pair`` names the one that is no pair of amounts; ``forecast.too_few`` with
        fewer than ten.

    References
    ----------
    D. Lovallo, D. Kahneman, "Delusions of success", Harvard Business Review, July 2003;
    B. Flyvbjerg, "From Nobel Prize to project management: getting risks right", Project
    Management Journal 37(3), 2006.

    Examples
    --------
    >>> ratios = (0.95, 1, 1.05, 1.1, 1.2, 1.25, 1.4, 1.6, 1.8, 2.5)
    >>> of_roads = reference_class((100, 100 * ratio) for ratio in ratios)
    >>> round(of_roads.uplift(0.5), 3), round(of_roads.forecast(500_000, 0.8))
    (0.225, 820000)
    """
    ratios: list[float] = []
    for number, (estimate, actual) in enumerate(pairs, 1):
        if not are_numbers(estimate, actual) or not estimate > 0 < actual:
            raise InvalidInput(
                "forecast.pair",
                f"Pair {number} has the estimate {estimate} and the actual {actual}; both must be "
                "above 0. Leave out what was not estimated or is not finished.",
                (str(number),),
            )
        ratios.append(actual / estimate)
    if len(ratios) < LEAST:
        raise InvalidInput(
            "forecast.too_few",
            f"{len(ratios)} finished pieces of work make no reference class; it takes {LEAST}. "
            "Widen the class, or estimate otherwise.",
        )
    return ReferenceClass(tuple(sorted(ratios)))


def coverage(pairs: Sequence[tuple[float, float]], confidence: float, folds: int = 10) -> float:
    """How often the class kept its word: the share of held-out actuals within the forecast.

    Parameters
    ----------
    pairs : sequence of (estimate, actual)
    confidence : float
        0.8 asks how many of the actuals lie within the P80 forecast; near 0.8 is good.
    folds : int
        Each pair is forecast from all pairs that are not of its fold; pair *i* is of fold
        *i* modulo ``folds``.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidInput
        As ``reference_class``.
    """
    kept = 0
    for fold in range(folds):
        known = [pair for index, pair in enumerate(pairs) if index % folds != fold]
        ratio = reference_class(known).ratio(confidence)
        kept += sum(actual <= estimate * ratio for estimate, actual in pairs[fold::folds])
    return kept / len(pairs)
