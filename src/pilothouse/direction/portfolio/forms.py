# SPDX-License-Identifier: Apache-2.0
"""What is typed into the dialog of a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.parsing import number_of
from pilothouse.foundation.core.plausible import LARGEST
from pilothouse.foundation.core.rounding import half_up

DATES = {"planned_start": "Planned start", "planned_finish": "Planned finish"}
AMOUNTS = {"forecast_cost": "Forecast cost", "benefits_forecast": "Forecast benefits"}
STATED = ("stated_colour", "stated_comment", *DATES, *AMOUNTS)


def stated_values(data: Mapping[str, str]) -> dict[str, Any]:
    """Read the stated fields; those that are not sent stay as they are."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    colour = data.get("stated_colour")
    if colour is not None:
        values["stated_colour"] = colour
        if colour and colour not in Project.Colour.values:
            problems["stated_colour"] = "Choose green, amber, red or nothing."
    if "stated_comment" in data:
        values["stated_comment"] = data["stated_comment"].replace("\0", "").strip()
    for name, label in DATES.items():
        if name in data:
            try:
                values[name] = date.fromisoformat(data[name]) if data[name].strip() else None
            except ValueError:
                problems[name] = f"{label} is no date; write it as 2026-11-30."
    for name, label in AMOUNTS.items():
        if name in data:
            try:
                values[name] = amount(data[name])
            except ValueError:
                problems[name] = f"{label} is no amount; write it as 1250000 or 1250000.50."
    if problems:
        raise Invalid(
            "portfolio.stated", "Nothing was saved; mend what is marked.", fields=problems
        )
    return values


def amount(text: str) -> Decimal | None:
    """An amount of money; thousands may be parted by commas or spaces."""
    value = number_of(text)
    if value is None:
        return None
    if abs(value) > LARGEST:
        raise ValueError(text)
    return half_up(value)


def version_of(data: Mapping[str, str]) -> int | None:
    """The version of the row that the person looked at; without one the write is refused."""
    text = data.get("version", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise Invalid("portfolio.version", "Reload the page and enter the change again.")
    return int(text)
