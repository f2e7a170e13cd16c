# SPDX-License-Identifier: Apache-2.0
"""Amounts of a file round half up (R-GEN-01)."""

from decimal import Decimal

import pytest

from pilothouse.exchange.cells import money


@pytest.mark.parametrize(
    ("text", "value"), [("0.125", "0.13"), ("2.665", "2.67"), ("-2.5", "-2.5")]
)
def test_half_a_cent_rounds_up(text, value):
    assert money(text, decimal_comma=False) == Decimal(value)
