# SPDX-License-Identifier: Apache-2.0
"""What a value can be, whichever door it comes in by: validators of the models' fields.

A model's own checks run for page, API and import alike. Forms tell the same limits at the field.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

FIRST_YEAR, LAST_YEAR = 1950, 2199
LARGEST = Decimal(10) ** 15
LONG_TEXT = 20_000


def day(value: date) -> None:
    """A day of a plan, neither of a lost digit nor of the age of Excel's first days."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(
            f"The year {value.year} is out of range ({FIRST_YEAR} to {LAST_YEAR})."
        )


def amount(value: Decimal) -> None:
    """An amount of money; below 0 where a loss can be meant, as of benefits."""
    if abs(value) > LARGEST:
        raise ValidationError(f"Out of range; at most {LARGEST:,.0f}.")


def cost(value: Decimal) -> None:
    """A budget or a cost: an amount that is not below 0."""
    amount(value)
    if value < 0:
        raise ValidationError("At least 0.")


def long_text(value: str) -> None:
    """A text of several paragraphs."""
    if len(value) > LONG_TEXT:
        raise ValidationError(f"At most {LONG_TEXT:,} characters; these are {len(value):,}.")
