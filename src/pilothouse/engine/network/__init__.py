# SPDX-License-Identifier: Apache-2.0
"""The neutral plan and its network: outline, links, order."""

from pilothouse.engine.network.links import check_links
from pilothouse.engine.network.outline import Outline, build_outline

__all__ = [
    "Outline",
    "build_outline",
    "check_links",
]
