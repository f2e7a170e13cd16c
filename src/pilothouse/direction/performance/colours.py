# SPDX-License-Identifier: Apache-2.0
"""Colours from colours: kept metrics under other thresholds, many projects as one. No rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilothouse.engine.health import (
    DIMENSIONS,
    Overall,
    Policy,
    Rag,
    Share,
    overall,
    rate_dimension,
    roll_up,
)


def rated_again(reasons: dict[str, Any], policy: Policy) -> dict[str, str]:
    """Colours that the kept metrics of a snapshot would have under other thresholds."""
    colours: dict[str, Rag] = {}
    for name in DIMENSIONS:
        metrics: dict[str, Decimal | None] = {}
        for item in reasons.get(name, {}).get("metrics", ()):
            value = item.get("exact", item["value"])
            metrics[item["metric"]] = None if value is None else Decimal(value)
        colours[name] = rate_dimension(policy, name, metrics).colour
    whole = overall(colours)
    return {"overall": str(whole.colour), **{name: str(c) for name, c in colours.items()}}


def rolled_up(projects: list[tuple[Decimal, str, bool]]) -> Overall:
    """Colour of many projects from (budget, colour, strategically critical) of each."""
    return roll_up([Share(weight, Rag(colour), critical) for weight, colour, critical in projects])
