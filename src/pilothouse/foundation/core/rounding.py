# SPDX-License-Identifier: Apache-2.0
"""The one place where kept and shown amounts are rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")


def half_up_of(top: int, bottom: int, decimals: int) -> Decimal:
    """As ``half_up`` for a fraction of whole numbers, so many decimals; ``bottom`` is above 0."""
    top *= 10**decimals
    whole = (2 * abs(top) + bottom) // (2 * bottom)
    return Decimal(whole if top >= 0 else -whole).scaleb(-decimals)


def half_up(value: Decimal, unit: Decimal = CENT) -> Decimal:
    """Half away from zero to a unit (R-GEN-01)."""
    return value.quantize(unit, ROUND_HALF_UP)
