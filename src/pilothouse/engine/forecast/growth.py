# SPDX-License-Identifier: Apache-2.0
"""When a backlog is done that grows while it is worked on, and how much it grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast.estimates import check_confidence
from pilothouse.engine.forecast.throughput import (
    ENOUGH,
    LARGEST,
    MOST_AHEAD,
    Completion,
    check_finished,
)


def completion_growing(finished: Sequence[int], added: Sequence[int], backlog: int) -> Completion:
    """When a backlog is done if it goes on growing as it did.

    Parameters
    ----------
    finished : sequence of int
        As for ``completion``.
    added : sequence of int
        Items (or points) that came to the backlog in each of these periods, less those that were
        taken out; negative where it shrank.
    backlog : int
        Items that are left.

    Returns
    -------
    Completion
        Chances after up to 260 periods; they need not come near 1, for what grows faster than it
        is worked on may never be done.

    Raises
    ------
    InvalidInput
        ``forecast.throughput`` as ``completion``; ``forecast.growth`` where ``added`` has another
        length or an entry beyond 10,000 up or down; ``forecast.backlog``.

    Notes
    -----
    Each period to come is one of the past ones, with what was finished and what was added in it:
    busy times often are both. All is done once a period ends with nothing left; what would come
    later is not waited for. Exact, as ``completion`` is. Chances of more than 10,000 items left
    are taken as never done.

    Examples
    --------
    >>> found = completion_growing([3, 5, 2, 4], [0, 2, 1, 1], backlog=20)
    >>> found.at(0.5), found.at(0.85)
    (8, 10)
    """
    check_finished(finished)
    _check(added, len(finished))
    if not isinstance(backlog, Integral) or not 1 <= backlog <= LARGEST:
        raise InvalidInput(
            "forecast.backlog", f"The backlog of {backlog} items is not between 1 and {LARGEST}."
        )
    steps = Counter(more - done for done, more in zip(finished, added, strict=True))
    width = min(LARGEST, backlog + MOST_AHEAD * max(0, *steps)) + 1
    left = np.zeros(width)
    left[backlog] = 1.0  # the chance of each number of items left; at 0 all is done
    chances: list[float] = []
    done = 0.0
    while len(chances) < MOST_AHEAD and done < ENOUGH:
        after = np.zeros(width)
        for step, times in steps.items():
            if step >= 0:
                after[step:] += times * left[: width - step]
                continue
            after[: width + step] += times * left[-step:]
            after[0] += times * left[:-step].sum()
        after /= steps.total()
        done += float(after[0])
        after[0] = 0.0
        left = after
        chances.append(done)
    return Completion(tuple(chances))


@dataclass(frozen=True, slots=True)
class Growth:
    """Chance of each amount that comes in so many periods, from ``least`` on up."""

    least: int
    chances: tuple[float, ...]

    def at(self, confidence: float) -> int:
        """So much is added, or less, with this confidence.

        Raises
        ------
        InvalidInput
            ``forecast.confidence``.
        """
        check_confidence(confidence)
        # The sums carry rounding of about 1e-12.
        reached = np.cumsum(self.chances) >= confidence - 1e-12
        return self.least + int(np.flatnonzero(reached)[0])


def growth(added: Sequence[int], periods: int) -> Growth:
    """How much is added in so many periods to come, each like one of those that were.

    Parameters
    ----------
    added : sequence of int
        As for ``completion_growing``; at least three periods.
    periods : int
        1 to 260.

    Returns
    -------
    Growth

    Raises
    ------
    InvalidInput
        ``forecast.growth``, ``forecast.periods``.

    Notes
    -----
    Exact, as ``completion`` is.

    Examples
    --------
    >>> found = growth([0, 2, 1, 1], periods=6)
    >>> found.at(0.5), found.at(0.85)
    (6, 8)
    """
    _check(added, len(added))
    least, most = min(added), max(added)
    if not 1 <= periods <= MOST_AHEAD or (most - least) * periods > LARGEST:
        raise InvalidInput(
            "forecast.periods",
            f"{periods} periods ahead are not between 1 and {MOST_AHEAD}, or what they add may "
            f"differ by more than {LARGEST:,}; ask for an earlier day.",
        )
    share = np.zeros(most - least + 1)
    for items, times in Counter(added).items():
        share[items - least] = times / len(added)
    chances = np.ones(1)
    for _ in range(periods):
        chances = np.convolve(chances, share)
    return Growth(least * periods, tuple(chances.tolist()))


def _check(added: Sequence[int], periods: int) -> None:
    if (
        len(added) != periods
        or len(added) < 3
        or any(
            not isinstance(number, Integral) or not -LARGEST <= number <= LARGEST
            for number in added
        )
    ):
        raise InvalidInput(
            "forecast.growth",
            f"A forecast of growth takes what was added in each of the {periods} past periods, at "
            f"least three, each from −{LARGEST} to {LARGEST}.",
        )
