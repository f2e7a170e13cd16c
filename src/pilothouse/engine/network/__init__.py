# SPDX-License-Identifier: Apache-2.0
"""The neutral plan and its network: outline, links, order."""

from pilothouse.engine.network.links import check_links
from pilothouse.engine.network.outline import Outline, build_outline
from pilothouse.engine.network.percent import (
    Total,
    own_total,
    percent_done,
    percent_of_steps,
    roll_up,
    roll_up_again,
)

__all__ = [
    "Outline",
    "Total",
    "build_outline",
    "check_links",
    "own_total",
    "percent_done",
    "percent_of_steps",
    "roll_up",
    "roll_up_again",
]
