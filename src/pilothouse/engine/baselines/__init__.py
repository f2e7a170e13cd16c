# SPDX-License-Identifier: Apache-2.0
"""Baselines of a plan: what a replan keeps, and what lies between two of them."""

from pilothouse.engine.baselines.compare import Comparison, Line, Sums, compare, moved
from pilothouse.engine.baselines.promise import Progress, Promise, Total, total
from pilothouse.engine.baselines.replan import replan

__all__ = [
    "Comparison",
    "Line",
    "Progress",
    "Promise",
    "Sums",
    "Total",
    "compare",
    "moved",
    "replan",
    "total",
]
