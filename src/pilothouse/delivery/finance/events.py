# SPDX-License-Identifier: Apache-2.0
"""What happened to money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoneyChanged:
    """What projects may cost, have cost or will cost changed."""

    project_ids: tuple[int, ...]
    cause: str
