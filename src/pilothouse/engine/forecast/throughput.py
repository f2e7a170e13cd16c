# SPDX-License-Identifier: Apache-2.0
"""When a backlog is done, and how much by when, from what was finished in each period so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import numpy.typing as npt

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast.estimates import check_confidence

LONGEST = 2_000
"""Periods looked ahead."""
LARGEST = 10_000
"""Items of a backlog, and of one period."""
MOST_PERIODS = 1_000
"""Past periods taken in."""
MOST_AHEAD = 260
"""Periods ahead of which the output is told."""
ENOUGH = 1 - 1e-9
"""The tail beyond this chance is left out."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Chance that all is done after 1, 2, 3 … periods; rises to 1, or to where it was cut off."""

    chances: tuple[float, ...]

    def chance(self, periods: int) -> float:
        """Chance that all is done after so many periods."""
        if periods < 1:
            return 0.0
        return self.chances[min(periods, len(self.chances)) - 1]

    def at(self, confidence: float) -> int | None:
        """Periods after which all is done with this confidence; None if not in sight.

        Raises
        ------
        InvalidInput
            ``forecast.confidence``.
        """
        check_confidence(confidence)
        return next(
            (number for number, chance in enumerate(self.chances, 1) if chance >= confidence), None
        )


def completion(
    finished: Sequence[int], backlog: int, backlog_most: int | None = None
) -> Completion:
    """When a backlog is done if each period to come is like one of those that were.

    Parameters
    ----------
    finished : sequence of int
        Items (or points) finished in each past period, 0 included; at least three.
    backlog : int
        Items that are left.
    backlog_most : int, optional
        If more may come to light: anything from ``backlog`` to here, all equally likely.

    Returns
    -------
    Completion

    Raises
    ------
    InvalidInput
        ``forecast.throughput`` with fewer than three periods, a negative number, or nothing ever
        finished; ``forecast.backlog``.

    Notes
    -----
    A Monte Carlo forecast draws past periods with equal chance and adds them up until the backlog
    is gone. The sums of such draws have a distribution that is computed here exactly, by
    convolution: it is what the simulation tends to, without its noise or a seed. Each period
    costs one addition of ``backlog_most`` numbers for each different number in ``finished``.

    References
    ----------
    D. Vacanti, Actionable Agile Metrics for Predictability, 2015, chapters 14 and 15.

    Examples
    --------
    >>> found = completion([3, 5, 2, 4], backlog=20)
    >>> found.at(0.5), found.at(0.85)
    (6, 7)
    """
    most = backlog if backlog_most is None else backlog_most
    _check(finished, backlog, most)
    counts = Counter(finished)
    left = np.zeros(most)
    left[0] = 1.0  # the chance of each number of items finished so far, below the backlog
    sizes = np.arange(backlog, most + 1)
    chances: list[float] = []
    while len(chances) < LONGEST:
        left = _one_more(left, counts)
        # With a backlog of n, all is done unless fewer than n items are finished.
        chances.append(float(1 - np.cumsum(left)[sizes - 1].mean()))
        if chances[-1] >= ENOUGH:
            break
    return Completion(tuple(chances))


@dataclass(frozen=True, slots=True)
class Output:
    """Chance of each amount finished in so many periods: ``chances[n]`` that it is exactly n."""

    chances: tuple[float, ...]

    def at(self, confidence: float) -> int:
        """So much is finished, or more, with this confidence.

        Raises
        ------
        InvalidInput
            ``forecast.confidence``.
        """
        check_confidence(confidence)
        # Chance of n or more = 1 − chance of less; the sums carry rounding of about 1e-12.
        less = np.concatenate(([0.0], np.cumsum(self.chances)[:-1]))
        return int(np.flatnonzero(1 - less >= confidence - 1e-12)[-1])


def output(finished: Sequence[int], periods: int) -> Output:
    """How much is finished in so many periods to come, each like one of those that were.

    Parameters
    ----------
    finished : sequence of int
        As for ``completion``.
    periods : int
        1 to 260, or as many as come to at most 10,000 in all at the best past rate.

    Returns
    -------
    Output

    Raises
    ------
    InvalidInput
        ``forecast.throughput``, ``forecast.periods``.

    Notes
    -----
    Exact, as ``completion`` is.

    Examples
    --------
    >>> found = output([3, 5, 2, 4], periods=6)
    >>> found.at(0.5), found.at(0.85)
    (21, 18)
    """
    _check(finished, 1, 1)
    most = max(finished) * periods if 0 < periods <= MOST_AHEAD else 0
    if not 1 <= most <= LARGEST:
        raise InvalidInput(
            "forecast.periods",
            f"{periods} periods ahead are not between 1 and {MOST_AHEAD}, or come to more than "
            f"{LARGEST:,} at the best past rate; ask for an earlier day.",
        )
    chances = np.zeros(most + 1)
    chances[0] = 1.0
    counts = Counter(finished)
    for _ in range(periods):
        chances = _one_more(chances, counts)
    return Output(tuple(chances.tolist()))


def _one_more(left: npt.NDArray[np.float64], counts: Counter[int]) -> npt.NDArray[np.float64]:
    """Chances after another period: each past one is equally likely to come again."""
    after = np.zeros_like(left)
    for items, times in counts.items():
        if items < len(left):
            after[items:] += times * left[: len(left) - items]
    return after / counts.total()


def check_finished(finished: Sequence[int]) -> None:
    """Raise InvalidInput unless a forecast can be drawn from these past periods."""
    if not 3 <= len(finished) <= MOST_PERIODS or any(
        not isinstance(number, Integral) or not 0 <= number <= LARGEST for number in finished
    ):
        raise InvalidInput(
            "forecast.throughput",
            f"A forecast takes what was finished in 3 to {MOST_PERIODS} periods, each from 0 to "
            f"{LARGEST}.",
        )
    if not any(finished):
        raise InvalidInput(
            "forecast.throughput", "Nothing was ever finished, so no end is in sight."
        )


def _check(finished: Sequence[int], backlog: int, most: int) -> None:
    check_finished(finished)
    whole = isinstance(backlog, Integral) and isinstance(most, Integral)
    if not whole or not 1 <= backlog <= most <= LARGEST:
        raise InvalidInput(
            "forecast.backlog",
            f"The backlog of {backlog} to {most} items is not between 1 and {LARGEST}, rising.",
        )
