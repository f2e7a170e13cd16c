# SPDX-License-Identifier: Apache-2.0
"""What happened to the backlog of a project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PointsChanged:
    """Points of a project were added, taken out, done or opened again."""

    project_id: int


@dataclass(frozen=True, slots=True)
class SprintClosed:
    """A sprint ended; what it completed is written down."""

    project_id: int
    sprint_id: int
