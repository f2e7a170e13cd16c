# SPDX-License-Identifier: Apache-2.0
"""The one place where kept and shown amounts are rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")


def half_up(value: Decimal, unit: Decimal = CENT) -> Decimal:
    """Half away from zero to a unit (R-GEN-01)."""
    return value.quantize(unit, ROUND_HALF_UP)
