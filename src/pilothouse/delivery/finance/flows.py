# SPDX-License-Identifier: Apache-2.0
"""What one fiscal year costs and brings."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Flows(NamedTuple):
    """Costs and benefits of one year, in the project's currency."""

    costs: Decimal
    benefits: Decimal
