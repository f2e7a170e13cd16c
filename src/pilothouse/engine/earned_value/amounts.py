# SPDX-License-Identifier: Apache-2.0
"""Which amounts this room computes with: exact, finite, of a size that no quotient overflows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pilothouse.engine.errors import InvalidInput

MOST_DIGITS = 24
"""Before the point."""
_SMALLEST = -60
"""Place of the first digit behind the point, as rounding may leave it."""


def is_amount(value: object) -> bool:
    """Whether it is a Decimal that can be computed with; a float is no exact amount."""
    if not isinstance(value, Decimal):
        return False
    return not value or (value.is_finite() and _SMALLEST <= value.adjusted() < MOST_DIGITS)


def check_amounts(values: Iterable[object], what: str) -> None:
    """Refuse what is no amount.

    Raises
    ------
    InvalidInput
        ``evm.not_a_number``; the place says what it stands for.
    """
    for value in values:
        if not is_amount(value):
            raise InvalidInput(
                "evm.not_a_number",
                f"A {what} is {value!s:.40}; give a Decimal of at most {MOST_DIGITS} digits before "
                "the point.",
                (what,),
            )
