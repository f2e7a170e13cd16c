# SPDX-License-Identifier: Apache-2.0
"""Amounts as people type them; what could mean two things is refused."""

from decimal import Decimal

import pytest

from pilothouse.foundation.core.parsing import number_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1250.50", "1250.50"),
        ("1,250,000.5", "1250000.5"),
        ("1 250 000", "1250000"),
        ("1\u00a0250", "1250"),
        ("\u22123.5", "-3.5"),
        ("0", "0"),
    ],
)
def test_thousands_may_be_set_off(text, value):
    assert number_of(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1250,50", "12,50", "1,2500", "1.250,00", "abc", "nan", "1e400x"])
def test_what_could_mean_another_amount_is_refused(text):
    with pytest.raises(ValueError):
        number_of(text)


def test_no_text_is_no_number():
    assert number_of("  ") is None
