# SPDX-License-Identifier: Apache-2.0
"""How a day is written wherever a person reads it."""

from __future__ import annotations

from datetime import date


def written(day: date) -> str:
    """14 Mar 2027."""
    return f"{day.day} {day:%b} {day.year}"
