# SPDX-License-Identifier: Apache-2.0
"""Estimates, reference classes and forecasts from throughput (DOMAIN 4.8)."""

from pilothouse.engine.forecast.estimates import (
    BUDGET,
    DEFINITIVE,
    ROUGH,
    Accuracy,
    Analogy,
    Expected,
    Similarity,
    analogous,
    in_series,
    parametric,
    pert,
    triangular,
)
from pilothouse.engine.forecast.growth import Growth, completion_growing, growth
from pilothouse.engine.forecast.reference_class import (
    ReferenceClass,
    coverage,
    reference_class,
)
from pilothouse.engine.forecast.throughput import Completion, Output, completion, output
from pilothouse.engine.forecast.velocity import (
    RANGE,
    RECENT,
    SprintsLeft,
    Velocity,
    sprints_left,
    velocity,
)

__all__ = [
    "BUDGET",
    "DEFINITIVE",
    "RANGE",
    "RECENT",
    "ROUGH",
    "Accuracy",
    "Analogy",
    "Completion",
    "Expected",
    "Growth",
    "Output",
    "ReferenceClass",
    "Similarity",
    "SprintsLeft",
    "Velocity",
    "analogous",
    "completion",
    "completion_growing",
    "coverage",
    "growth",
    "in_series",
    "output",
    "parametric",
    "pert",
    "reference_class",
    "sprints_left",
    "triangular",
    "velocity",
]
