# SPDX-License-Identifier: Apache-2.0
"""What happened to a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """Dates, links or progress of a plan changed."""

    project_id: int
    plan_version: int
    cause: str
