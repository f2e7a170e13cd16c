# SPDX-License-Identifier: Apache-2.0
"""How a day is written wherever a person reads it, and which days can be looked back to."""

from __future__ import annotations

from datetime import date

from pilothouse.foundation.core.errors import Invalid


def written(day: date) -> str:
    """14 Mar 2027."""
    return f"{day.day} {day:%b} {day.year}"


def looked_back(day: date | None, today: date, name: str = "as_of") -> date | None:
    """The day in the past that is asked for; None for today. Raises: Invalid for one to come."""
    if day is None or day < today:
        return day
    if day == today:
        return None
    raise Invalid(
        "core.day_to_come",
        f"{written(day)} is still to come; choose today or an earlier day.",
        fields={name: "Choose today or an earlier day."},
    )
