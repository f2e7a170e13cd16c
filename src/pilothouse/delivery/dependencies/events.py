# SPDX-License-Identifier: Apache-2.0
"""What happened between two projects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DependencyChanged:
    """A dependency was proposed, or its state or its dates changed."""

    dependency_id: int
    giver_id: int
    receiver_id: int
