# SPDX-License-Identifier: Apache-2.0
"""Weighted scores of one or several scorers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.scoring.values import Number, exact, require_distinct

_WEIGHT_TOLERANCE = Decimal("1e-6")
_DIVERGENT_POINTS = Decimal(2)


@dataclass(frozen=True, slots=True)
class Scale:
    """Lowest and highest points a scorer may give."""

    lowest: Decimal = Decimal(1)
    highest: Decimal = Decimal(5)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion; on a ``cost`` criterion few points are good, so it is inverted."""

    code: str
    weight: Decimal
    cost: bool = False


@dataclass(frozen=True, slots=True)
class WeightedModel:
    """Criteria whose weights add up to 1 (within 1e-6), and the scale of their points."""

    criteria: tuple[Criterion, ...]
    scale: Scale = Scale()


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """How one criterion came out.

    ``given`` are the points of the scorers in their order (None where one gave none), ``mean``
    is that of the points given, ``used`` the mean after inversion of a cost criterion, and
    ``share`` weight times ``used``. None without any points. ``divergent`` tells that scorers
    lie 2 points or more apart.
    """

    criterion: Criterion
    given: tuple[Decimal | None, ...]
    mean: Decimal | None
    used: Decimal | None
    share: Decimal | None
    divergent: bool


@dataclass(frozen=True, slots=True)
class WeightedScore:
    """A score on the scale, and on 0 to 100.

    Both are None, and ``missing`` names the criteria, where any scorer left out a criterion:
    such a score is not final, and a missing value is never taken as 0.
    """

    score: Decimal | None
    normalised: Decimal | None
    missing: tuple[str, ...]
    divergent: tuple[str, ...]
    criteria: tuple[CriterionScore, ...]

    @property
    def is_final(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def weighted_score(
    model: WeightedModel, cards: Sequence[Mapping[str, Number | None]]
) -> WeightedScore:
    """Score one candidate.

    Parameters
    ----------
    model : WeightedModel
    cards : sequence of mappings
        One for each scorer: criterion code to points on the scale; None or absent is missing.

    Returns
    -------
    WeightedScore

    Raises
    ------
    InvalidInput
        ``scoring.weights`` where weights do not add up to 1 or one is negative;
        ``scoring.scale`` where the scale is empty; ``scoring.range`` for points off the scale;
        ``scoring.criterion`` for an unknown or no criterion; ``scoring.duplicate`` for one
        given twice; ``scoring.number`` for what is no number.

    Examples
    --------
    >>> criteria = tuple(
    ...     Criterion(code, Decimal(weight))
    ...     for code, weight in zip("ABCDE", ("0.30", "0.25", "0.20", "0.15", "0.10"))
    ... )
    >>> found = weighted_score(WeightedModel(criteria), [dict(zip("ABCDE", (4, 3, 5, 2, 4)))])
    >>> f"{found.score:.2f} {found.normalised:.2f}"
    '3.65 66.25'

    Notes
    -----
    score = sum of w_i * s_i with s_i the mean of the scorers, inverted as lowest + highest - s
    on cost criteria; normalised = sum of w_i * (s_i - lowest) / (highest - lowest) * 100.
    Decimal arithmetic, nothing rounded to a number of places. O(criteria * scorers).

    References
    ----------
    S. D. Bodily, "Modern Decision Making" (1985), chapter on additive value models.
    """
    _check(model)
    known = {criterion.code for criterion in model.criteria}
    for card in cards:
        if unknown := sorted(set(card) - known):
            raise InvalidInput(
                "scoring.criterion",
                f"There is no criterion {unknown[0]} in the model; leave it out.",
                tuple(unknown),
            )
    rows = tuple(_criterion_score(model.scale, criterion, cards) for criterion in model.criteria)
    missing = tuple(row.criterion.code for row in rows if not row.given or None in row.given)
    divergent = tuple(row.criterion.code for row in rows if row.divergent)
    if missing:
        return WeightedScore(None, None, missing, divergent, rows)
    score = sum((row.share for row in rows if row.share is not None), Decimal(0))
    weights = sum((criterion.weight for criterion in model.criteria), Decimal(0))
    width = model.scale.highest - model.scale.lowest
    normalised = (score - weights * model.scale.lowest) * 100 / width
    return WeightedScore(score, normalised, (), divergent, rows)


def _check(model: WeightedModel) -> None:
    lowest, highest = exact(model.scale.lowest, "scale"), exact(model.scale.highest, "scale")
    if lowest >= highest:
        raise InvalidInput(
            "scoring.scale", f"The scale runs from {lowest} to {highest}; give it a width."
        )
    if not model.criteria:
        raise InvalidInput("scoring.criterion", "The model has no criterion; give it at least one.")
    require_distinct(criterion.code for criterion in model.criteria)
    for criterion in model.criteria:
        if exact(criterion.weight, f"The weight of {criterion.code}") < 0:
            raise InvalidInput(
                "scoring.weights",
                f"The weight of {criterion.code} is negative; mark it as a cost instead.",
                (criterion.code,),
            )
    total = sum((criterion.weight for criterion in model.criteria), Decimal(0))
    if abs(total - 1) > _WEIGHT_TOLERANCE:
        raise InvalidInput(
            "scoring.weights", f"The weights add up to {total}; make them add up to 1."
        )


def _criterion_score(
    scale: Scale, criterion: Criterion, cards: Sequence[Mapping[str, Number | None]]
) -> CriterionScore:
    given = tuple(_points(scale, criterion.code, card.get(criterion.code)) for card in cards)
    known = [points for points in given if points is not None]
    if not known:
        return CriterionScore(criterion, given, None, None, None, False)
    mean = sum(known, Decimal(0)) / len(known)
    used = scale.lowest + scale.highest - mean if criterion.cost else mean
    divergent = max(known) - min(known) >= _DIVERGENT_POINTS
    return CriterionScore(criterion, given, mean, used, criterion.weight * used, divergent)


def _points(scale: Scale, code: str, points: Number | None) -> Decimal | None:
    if points is None:
        return None
    value = exact(points, f"The score of {code}")
    if not scale.lowest <= value <= scale.highest:
        raise InvalidInput(
            "scoring.range",
            f"The score of {code} is {value}; give {scale.lowest} to {scale.highest}.",
            (code,),
        )
    return value
