# SPDX-License-Identifier: Apache-2.0
"""Schedule quality: the fourteen points of DCMA (DOMAIN 4.10)."""

from pilothouse.engine.assess.assess import Assessment, assess
from pilothouse.engine.assess.points import Limits, Point, bei, cpli

__all__ = ["Assessment", "Limits", "Point", "assess", "bei", "cpli"]
