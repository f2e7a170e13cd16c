# SPDX-License-Identifier: Apache-2.0
"""Money by period, as it goes in and as it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext

from pilothouse.engine.errors import InvalidInput

Number = Decimal | int | str
"""What an amount or a rate may be given as; a float is refused because it is no exact amount."""

MOST_PERIODS = 600
"""Flows of one investment: fifty years by months."""

PRECISION = 50
"""Digits that the room computes with."""

_DIGITS = 24


@dataclass(frozen=True, slots=True)
class CashFlows:
    """Costs and benefits of an investment at the end of each period.

    Parameters
    ----------
    costs : tuple of Decimal, shape (n + 1,)
        What is paid at the end of periods 0 to n, not negative. Period 0 is not discounted.
    benefits : tuple of Decimal, shape (n + 1,)
        What comes in; a disbenefit is negative.
    """

    costs: tuple[Decimal, ...]
    benefits: tuple[Decimal, ...]

    @classmethod
    def of(cls, costs: Sequence[Number], benefits: Sequence[Number]) -> CashFlows:
        """Check amounts given apart.

        Raises
        ------
        InvalidInput
            ``appraisal.lengths`` where the two differ in length; ``appraisal.periods`` for none
            or more than ``MOST_PERIODS``; ``appraisal.amount`` for what is no finite number;
            ``appraisal.cost`` for a negative cost.
        """
        if len(costs) != len(benefits):
            raise InvalidInput(
                "appraisal.lengths",
                f"There are {len(costs)} costs and {len(benefits)} benefits; "
                "give one of each for every period.",
            )
        if not 1 <= len(costs) <= MOST_PERIODS:
            raise InvalidInput(
                "appraisal.periods",
                f"There are {len(costs)} periods; give between 1 and {MOST_PERIODS}.",
            )
        paid = tuple(exact(cost, f"cost {period}") for period, cost in enumerate(costs))
        got = tuple(exact(benefit, f"benefit {period}") for period, benefit in enumerate(benefits))
        for period, cost in enumerate(paid):
            if cost < 0:
                raise InvalidInput(
                    "appraisal.cost",
                    f"The cost of period {period} is negative; enter income as a benefit.",
                    (f"cost {period}",),
                )
        return cls(paid, got)

    @classmethod
    def of_net(cls, flows: Sequence[Number]) -> CashFlows:
        """Take negative flows as costs and positive ones as benefits; see `of` for errors."""
        exactly = [exact(flow, f"flow {period}") for period, flow in enumerate(flows)]
        zero = Decimal(0)
        return cls.of(
            [flow.copy_negate() if flow < 0 else zero for flow in exactly],
            [flow if flow > 0 else zero for flow in exactly],
        )

    @property
    def net(self) -> tuple[Decimal, ...]:
        """Benefit less cost of each period."""
        with localcontext() as context:
            context.prec = PRECISION
            return tuple(benefit - cost for cost, benefit in zip(self.costs, self.benefits))


def exact(number: Number, place: str) -> Decimal:
    """A finite Decimal of bounded size.

    Raises
    ------
    InvalidInput
        ``appraisal.amount`` for a float, a text that is no number, NaN, infinity, or more than
        24 digits before or after the point.
    """
    try:
        value = Decimal(number) if isinstance(number, Decimal | int | str) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and _is_bounded(value):
        return value
    raise InvalidInput(
        "appraisal.amount",
        f"The {place} is {str(number)[:40]}; give an exact number of at most {_DIGITS} digits "
        "before and after the point.",
        (place,),
    )


def _is_bounded(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_DIGITS and value.adjusted() < _DIGITS
