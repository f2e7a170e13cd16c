# SPDX-License-Identifier: Apache-2.0
"""Thresholds and snapshots, and the earned value of projects."""

from pilothouse.direction.performance.models.earned import (
    EarnedValuePoint,
    EarnedValueStatus,
    PackageMeasure,
    PackageValue,
)
from pilothouse.direction.performance.models.snapshots import (
    COLOURS,
    PerformanceSnapshot,
    ThresholdPolicy,
)

__all__ = [
    "COLOURS",
    "EarnedValuePoint",
    "EarnedValueStatus",
    "PackageMeasure",
    "PackageValue",
    "PerformanceSnapshot",
    "ThresholdPolicy",
]
