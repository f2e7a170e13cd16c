# SPDX-License-Identifier: Apache-2.0
"""Setting rules, placing and releasing holds, and applying the rules."""

from pilothouse.retention.services.deciding import (
    checked_months,
    place_hold,
    release_hold,
    set_rule,
)
from pilothouse.retention.services.running import Removed, apply_rules

__all__ = [
    "Removed",
    "apply_rules",
    "checked_months",
    "place_hold",
    "release_hold",
    "set_rule",
]
