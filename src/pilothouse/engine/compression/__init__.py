# SPDX-License-Identifier: Apache-2.0
"""Schedule compression: crash tasks at the least cost, or let tasks overlap."""

from pilothouse.engine.compression.crashing import Crashing, Slope, crash
from pilothouse.engine.compression.overlapping import Overlap, overlapped, overlaps

__all__ = ["Crashing", "Overlap", "Slope", "crash", "overlapped", "overlaps"]
