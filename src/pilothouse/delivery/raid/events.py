# SPDX-License-Identifier: Apache-2.0
"""What happened in the registers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegisterChanged:
    """An entry of these projects was raised, rated, changed or moved on or up."""

    project_ids: tuple[int, ...]
    cause: str
