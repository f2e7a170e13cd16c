# SPDX-License-Identifier: Apache-2.0
"""Rounding and splitting of amounts: the one place where money is rounded (R-GEN-01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pilothouse.foundation.core.rounding import half_up, half_up_of

RATE_PLACES = 10


def unit(minor_units: int) -> Decimal:
    """The smallest amount of a currency with so many decimals: 0.01 for 2."""
    return Decimal(1).scaleb(-minor_units)


def stored(amount: Decimal, minor_units: int) -> Decimal:
    """An amount as it is kept and shown: half up, to the minor unit of its currency."""
    return half_up(amount, unit(minor_units))


def converted(amount: Decimal, rate: Fraction, minor_units: int) -> Decimal:
    """An amount in another currency as it is kept and shown: rounded once, from the exact rate."""
    top, bottom = amount.as_integer_ratio()
    return half_up_of(top * rate.numerator, bottom * rate.denominator, minor_units)


def kept_rate(rate: Fraction) -> Decimal:
    """A rate as it is kept with a row, which says how the row came about and converts nothing."""
    return half_up_of(rate.numerator, rate.denominator, RATE_PLACES)


def in_decimals(rate: Fraction) -> Decimal:
    """A rate for figures that no row keeps, to as many digits as decimals have."""
    return Decimal(rate.numerator) / rate.denominator


def is_stored(amount: Decimal, minor_units: int) -> bool:
    """Whether an amount has no more decimals than its currency."""
    return amount == stored(amount, minor_units)


def split(amount: Decimal, weights: Sequence[Decimal], minor_units: int) -> list[Decimal]:
    """Parts of an amount by weights that add up to it to the cent (largest remainder, R-GEN-01).

    ``amount`` is a whole number of minor units. Weights are at least 0 and not all 0; equal
    remainders go to the earlier part: 100.00 over three equal weights is 33.34, 33.33, 33.33.
    Raises: ValueError for weights that cannot be.
    """
    whole = sum(weights, Decimal(0))
    if not weights or whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be at least 0, and one of them above")
    cent = unit(minor_units)
    sign = -1 if amount < 0 else 1
    cents = int(abs(amount) / cent)
    exact = [cents * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: cents - sum(parts)]:
        parts[place] += 1
    return [sign * part * cent for part in parts]


@dataclass(frozen=True, slots=True)
class Variance:
    """Why a cost is off its budget (R-FX-02), all in the currency of the project.

    ``budget`` is at the budget rate, ``constant`` the cost at the budget rate, and ``actual`` the
    same at the actual rate, so that the two parts add up to the cent.
    """

    budget: Decimal = Decimal(0)
    constant: Decimal = Decimal(0)
    actual: Decimal = Decimal(0)

    @property
    def price_volume(self) -> Decimal:
        """(actual − budget, both in the foreign currency) × budget rate."""
        return self.constant - self.budget

    @property
    def exchange(self) -> Decimal:
        """Actual in the foreign currency × (actual rate − budget rate)."""
        return self.actual - self.constant

    @property
    def total(self) -> Decimal:
        """Above 0 where it cost more than its budget."""
        return self.actual - self.budget

    def __add__(self, other: Variance) -> Variance:
        return Variance(
            self.budget + other.budget,
            self.constant + other.constant,
            self.actual + other.actual,
        )
