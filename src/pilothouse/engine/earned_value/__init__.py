# SPDX-License-Identifier: Apache-2.0
"""Earned value, earned schedule and their forecasts (DOMAIN 6.5)."""

from pilothouse.engine.earned_value.curve import (
    Clock,
    Contour,
    Piece,
    earned_schedule,
    planned_each,
    share_done,
    spread,
    value_at,
)
from pilothouse.engine.earned_value.figures import DEFINITIONS, Definition, Figure
from pilothouse.engine.earned_value.measures import (
    EarnedValue,
    Performance,
    Policy,
    measure,
    together,
)
from pilothouse.engine.earned_value.methods import (
    Earned,
    EvMethod,
    WorkPackage,
    earned,
    planned_by_sprints,
)

__all__ = [
    "DEFINITIONS",
    "Clock",
    "Contour",
    "Definition",
    "Earned",
    "EarnedValue",
    "EvMethod",
    "Figure",
    "Performance",
    "Piece",
    "Policy",
    "WorkPackage",
    "earned",
    "earned_schedule",
    "measure",
    "planned_by_sprints",
    "planned_each",
    "share_done",
    "spread",
    "together",
    "value_at",
]
