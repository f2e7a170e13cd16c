# SPDX-License-Identifier: Apache-2.0
"""Scores that are a figure of the appraisal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pilothouse.engine.scoring.values import Number, exact, require_distinct


class Figure(StrEnum):
    """What a financial model scores by; of paybacks the shorter is the better."""

    NPV = "npv"
    IRR = "irr"
    PI = "pi"
    ROI = "roi"
    ANNUAL_VALUE = "annual_value"
    PAYBACK = "payback"
    DISCOUNTED_PAYBACK = "discounted_payback"


_SHORTER_IS_BETTER = frozenset({Figure.PAYBACK, Figure.DISCOUNTED_PAYBACK})


@dataclass(frozen=True, slots=True)
class FinancialItem:
    """One candidate and its figure, in one currency, price basis and rate for the whole batch.

    None where the appraisal has none: no single rate of return, a payback that never comes.
    """

    code: str
    figure: Number | None


@dataclass(frozen=True, slots=True)
class FinancialScore:
    """The figure as a score, higher being better; None is not final and ranks last."""

    item: FinancialItem
    score: Decimal | None


def financial(items: Sequence[FinancialItem], figure: Figure) -> tuple[FinancialScore, ...]:
    """Scores of a batch by one figure of its appraisals, from high to low.

    Parameters
    ----------
    items : sequence of FinancialItem
    figure : Figure
        A payback counts as its negative.

    Raises
    ------
    InvalidInput
        ``scoring.number`` for what is no number; ``scoring.duplicate`` for a code given twice.

    Examples
    --------
    >>> batch = [FinancialItem("A", 3), FinancialItem("B", None), FinancialItem("C", 2)]
    >>> [found.item.code for found in financial(batch, Figure.PAYBACK)]
    ['C', 'A', 'B']

    Notes
    -----
    Ties keep the order of codes. O(n log n).
    """
    require_distinct(item.code for item in items)
    sign = -1 if figure in _SHORTER_IS_BETTER else 1
    scores = [
        FinancialScore(
            item,
            None
            if item.figure is None
            else sign * exact(item.figure, f"The {figure} of {item.code}"),
        )
        for item in items
    ]
    return tuple(
        sorted(scores, key=lambda s: (s.score is None, -(s.score or Decimal(0)), s.item.code))
    )
