# SPDX-License-Identifier: Apache-2.0
"""What happened to the estimates of a project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EstimateAccepted:
    """An estimate became the one that counts."""

    project_id: int
    estimate_id: int
