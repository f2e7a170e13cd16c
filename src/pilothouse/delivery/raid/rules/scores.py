# SPDX-License-Identifier: Apache-2.0
"""What a risk scores and comes to in money (DOMAIN 8.1, R-RSK-01). Pure: no row, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pilothouse.delivery.raid.models import Aspect, RaidPolicy, Rating, Risk, RiskRating

ZERO, HUNDRED = Decimal(0), Decimal(100)
Shape = RiskRating.Shape


class Proximity(StrEnum):
    """How soon a risk can strike (R-RSK-03)."""

    PASSED = "passed"
    IMMINENT = "imminent"
    NEAR = "near"
    MID = "mid"
    FAR = "far"


def step_of(share_pct: Decimal, upper: Sequence[int], *, including: bool) -> int:
    """The step 1 to 5 of a share, by the upper bounds of the first four.

    Probabilities reach up to their bound (1 is ≤ 10 %), impacts stay below theirs (1 is < 1 %).
    """
    for step, bound in enumerate(upper, start=1):
        if share_pct < bound or (including and share_pct == bound):
            return step
    return len(upper) + 1


def probability_step(policy: RaidPolicy, chance_pct: Decimal) -> int:
    """The step of a probability in percent."""
    return step_of(chance_pct, policy.probability_pct, including=True)


def impact_step(policy: RaidPolicy, part: Decimal, whole: Decimal) -> int | None:
    """The step of a cost as a share of BAC, or of days as one of the remaining duration.

    None where there is no whole to compare with (R-GEN-04).
    """
    if whole <= 0:
        return None
    return step_of(abs(part) * HUNDRED / whole, policy.impact_pct, including=False)


def rating_of(policy: RaidPolicy, score: int) -> Rating:
    """What a score is called: low, medium, high or very high."""
    medium, high, very_high = policy.rating_from
    if score >= very_high:
        return Rating.VERY_HIGH
    if score >= high:
        return Rating.HIGH
    return Rating.MEDIUM if score >= medium else Rating.LOW


def mean_of(shape: str, low: Decimal, likely: Decimal, high: Decimal) -> Decimal:
    """The mean of a three-point range (8.3), exact but for a division by 3 or 6.

    Triangular (a+m+b)/3, PERT (a+4m+b)/6, uniform (a+b)/2.
    """
    if shape == Shape.UNIFORM:
        return (low + high) / 2
    if shape == Shape.PERT:
        return (low + 4 * likely + high) / 6
    return (low + likely + high) / 3


@dataclass(frozen=True, slots=True)
class Range:
    """Three points, of money or of days; the likely one alone is a constant."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @classmethod
    def of(cls, low: Decimal | None, likely: Decimal | None, high: Decimal | None) -> Range | None:
        """What is left open follows from what is given; None where nothing is."""
        given = [point for point in (low, likely, high) if point is not None]
        if not given:
            return None
        least, most = min(given), max(given)
        low, high = least if low is None else low, most if high is None else high
        return cls(low, (low + high) / 2 if likely is None else likely, high)

    @property
    def in_order(self) -> bool:
        """low ≤ likely ≤ high."""
        return self.low <= self.likely <= self.high


def cost_range(rating: RiskRating) -> Range | None:
    """What it costs if it happens."""
    return Range.of(rating.cost_low, rating.cost_likely, rating.cost_high)


def days_range(rating: RiskRating) -> Range | None:
    """How many working days it takes if it happens."""
    return Range.of(rating.days_low, rating.days_likely, rating.days_high)


def mean_cost(rating: RiskRating) -> Decimal | None:
    """The mean of what it costs if it happens; None where nobody said."""
    found = cost_range(rating)
    if found is None:
        return None
    return mean_of(rating.shape, found.low, found.likely, found.high)


def emv(rating: RiskRating, *, opportunity: bool) -> Decimal | None:
    """Expected monetary value: p × mean cost, of an opportunity negative (R-RSK-01).

    None where it is not quantified.
    """
    mean = mean_cost(rating)
    if mean is None or rating.chance_pct is None:
        return None
    value = rating.chance_pct * mean / HUNDRED
    return -value if opportunity else value


@dataclass(frozen=True, slots=True)
class ResponseValue:
    """What a response is worth; ``leverage`` is None where it costs nothing (R-GEN-04)."""

    before: Decimal
    after: Decimal
    cost: Decimal

    @property
    def value(self) -> Decimal:
        """EMV before − EMV after − cost."""
        return self.before - self.after - self.cost

    @property
    def leverage(self) -> Decimal | None:
        """(EMV before − EMV after) / cost."""
        return (self.before - self.after) / self.cost if self.cost else None


def response_value(ratings: Mapping[str, RiskRating], cost: Decimal) -> ResponseValue | None:
    """What the responses are worth: inherent, else current, against residual (R-RSK-01)."""
    first = ratings.get(Aspect.CURRENT) or ratings.get(Aspect.INHERENT)
    last = ratings.get(Aspect.RESIDUAL)
    if first is None or last is None:
        return None
    opportunity = first.risk.nature == Risk.Nature.OPPORTUNITY
    before = emv(first, opportunity=opportunity)
    left = emv(last, opportunity=opportunity)
    if before is None or left is None:
        return None
    return ResponseValue(before, left, cost)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Sums over open risks: threats, opportunities (negative) and both; how many say nothing."""

    threats: Decimal
    opportunities: Decimal
    counted: int
    silent: int

    @property
    def net(self) -> Decimal:
        """Threats less opportunities."""
        return self.threats + self.opportunities


def exposure(values: Iterable[Decimal | None]) -> Exposure:
    """Adds the expected values of open risks up (R-RSK-01)."""
    found = list(values)
    known = [value for value in found if value is not None]
    return Exposure(
        sum((value for value in known if value > 0), ZERO),
        sum((value for value in known if value < 0), ZERO),
        len(known),
        len(found) - len(known),
    )


def proximity(
    policy: RaidPolicy, first: date | None, last: date | None, today: date
) -> Proximity | None:
    """How soon it can strike, by its window; None without one."""
    if first is None and last is None:
        return None
    if last is not None and last < today:
        return Proximity.PASSED
    if first is None or first <= today:
        return Proximity.IMMINENT
    months = _months_until(today, first)
    names = (Proximity.IMMINENT, Proximity.NEAR, Proximity.MID)
    for name, bound in zip(names, policy.proximity_months, strict=True):
        if months <= bound:
            return name
    return Proximity.FAR


def _months_until(today: date, day: date) -> int:
    """Whole months that are begun between two days: 1 from 10 March to 10 April, then 2."""
    months = (day.year - today.year) * 12 + day.month - today.month
    return months + (day.day > today.day)
