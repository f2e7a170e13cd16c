# SPDX-License-Identifier: Apache-2.0
"""Colours from thresholds, with the reason of each (DOMAIN 10.2 to 10.5)."""

from pilothouse.engine.health.rating import (
    CORE_DIMENSIONS,
    DEFAULT_POLICY,
    DIMENSIONS,
    DimensionHealth,
    Direction,
    MetricReason,
    MetricRule,
    Overall,
    Policy,
    Rag,
    overall,
    policy_from_data,
    policy_to_data,
    rate_dimension,
    rate_metric,
    watermelon_gap,
)
from pilothouse.engine.health.rollup import Share, roll_up

__all__ = [
    "CORE_DIMENSIONS",
    "DEFAULT_POLICY",
    "DIMENSIONS",
    "DimensionHealth",
    "Direction",
    "MetricReason",
    "MetricRule",
    "Overall",
    "Policy",
    "Rag",
    "Share",
    "overall",
    "policy_from_data",
    "policy_to_data",
    "rate_dimension",
    "rate_metric",
    "roll_up",
    "watermelon_gap",
]
