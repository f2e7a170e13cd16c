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
from pilothouse.engine.forecast.reference_class import (
    ReferenceClass,
    coverage,
    reference_class,
)
from pilothouse.engine.forecast.throughput import Completion, completion

__all__ = [
    "BUDGET",
    "DEFINITIVE",
    "ROUGH",
    "Accuracy",
    "Analogy",
    "Completion",
    "Expected",
    "ReferenceClass",
    "Similarity",
    "analogous",
    "completion",
    "coverage",
    "in_series",
    "parametric",
    "pert",
    "reference_class",
    "triangular",
]
