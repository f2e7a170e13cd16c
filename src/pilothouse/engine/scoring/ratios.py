# SPDX-License-Identifier: Apache-2.0
"""Scores that divide a benefit by an effort: WSJF and RICE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.scoring.values import exact, require_distinct

JOB_SIZES = (1, 2, 3, 5, 8, 13, 20)
"""The relative sizes of WSJF."""
RICE_IMPACTS = tuple(Decimal(impact) for impact in ("3", "2", "1", "0.5", "0.25"))
RICE_CONFIDENCES = tuple(Decimal(confidence) for confidence in ("1.0", "0.8", "0.5"))

_COLUMNS = ("user_business_value", "time_criticality", "risk_reduction", "job_size")


@dataclass(frozen=True, slots=True)
class WsjfItem:
    """One job; all four are relative sizes out of ``JOB_SIZES``.

    ``risk_reduction`` is risk reduction or opportunity enablement.
    """

    code: str
    user_business_value: int
    time_criticality: int
    risk_reduction: int
    job_size: int


@dataclass(frozen=True, slots=True)
class WsjfScore:
    """Cost of delay, and that over the size of the job."""

    item: WsjfItem
    cost_of_delay: int
    score: Decimal


@dataclass(frozen=True, slots=True)
class WsjfResult:
    """Scores from high to low; ``columns_without_one`` are not relative: show a warning."""

    scores: tuple[WsjfScore, ...]
    columns_without_one: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RiceItem:
    """One feature: people reached per period of the batch, impact, confidence, person-months."""

    code: str
    reach: Decimal
    impact: Decimal
    confidence: Decimal
    effort: Decimal


@dataclass(frozen=True, slots=True)
class RiceScore:
    """Reach times impact times confidence over effort."""

    item: RiceItem
    score: Decimal


def wsjf(items: Sequence[WsjfItem]) -> WsjfResult:
    """Weighted shortest job first over a batch.

    Parameters
    ----------
    items : sequence of WsjfItem

    Returns
    -------
    WsjfResult

    Raises
    ------
    InvalidInput
        ``scoring.size`` for a number that is not in ``JOB_SIZES``; ``scoring.duplicate`` for a
        code given twice.

    Examples
    --------
    >>> found = wsjf([WsjfItem("A", 8, 5, 3, 5), WsjfItem("C", 3, 13, 5, 3)])
    >>> [(score.item.code, f"{score.score:.2f}") for score in found.scores]
    [('C', '7.00'), ('A', '3.20')]

    Notes
    -----
    Sizes are relative inside the batch, so every column should hold a 1. Ties keep the order
    of codes. O(n log n).

    References
    ----------
    D. Reinertsen, "The Principles of Product Development Flow" (2009), chapter 7.
    """
    require_distinct(item.code for item in items)
    scores = []
    for item in items:
        for column in _COLUMNS:
            _require_size(item, column)
        delay = item.user_business_value + item.time_criticality + item.risk_reduction
        scores.append(WsjfScore(item, delay, Decimal(delay) / item.job_size))
    without = tuple(
        column for column in _COLUMNS if items and all(getattr(i, column) != 1 for i in items)
    )
    return WsjfResult(tuple(sorted(scores, key=lambda s: (-s.score, s.item.code))), without)


def _require_size(item: WsjfItem, column: str) -> None:
    size = getattr(item, column)
    if isinstance(size, bool) or size not in JOB_SIZES:
        raise InvalidInput(
            "scoring.size",
            f"The {column.replace('_', ' ')} of {item.code} is {str(size)[:40]}; "
            "give 1, 2, 3, 5, 8, 13 or 20.",
            (item.code, column),
        )


def rice(items: Sequence[RiceItem]) -> tuple[RiceScore, ...]:
    """RICE scores of a batch, from high to low.

    Parameters
    ----------
    items : sequence of RiceItem
        Reach counted over the same period for all.

    Raises
    ------
    InvalidInput
        ``scoring.rice`` for an impact or a confidence that is not on its list, an effort that
        is not above 0 or a negative reach; ``scoring.number`` for what is no number;
        ``scoring.duplicate`` for a code given twice.

    Examples
    --------
    >>> item = RiceItem("B", Decimal(500), Decimal(3), Decimal("0.5"), Decimal(2))
    >>> [f"{found.score:.0f}" for found in rice([item])]
    ['375']

    Notes
    -----
    Ties keep the order of codes. O(n log n).

    References
    ----------
    S. McBride, "RICE: Simple prioritization for product managers" (2018).
    """
    require_distinct(item.code for item in items)
    scores = []
    for item in items:
        _check_rice(item)
        score = item.reach * item.impact * item.confidence / item.effort
        scores.append(RiceScore(item, score))
    return tuple(sorted(scores, key=lambda s: (-s.score, s.item.code)))


def _check_rice(item: RiceItem) -> None:
    for name in ("reach", "impact", "confidence", "effort"):
        exact(getattr(item, name), f"The {name} of {item.code}")
    wrong = ""
    if item.reach < 0:
        wrong = "reach is negative; give a number of people"
    elif item.impact not in RICE_IMPACTS:
        wrong = "impact is not on the list; give 3, 2, 1, 0.5 or 0.25"
    elif item.confidence not in RICE_CONFIDENCES:
        wrong = "confidence is not on the list; give 1.0, 0.8 or 0.5"
    elif item.effort <= 0:
        wrong = "effort is not above 0; give person-months"
    if wrong:
        raise InvalidInput("scoring.rice", f"{item.code}: its {wrong}.", (item.code,))
