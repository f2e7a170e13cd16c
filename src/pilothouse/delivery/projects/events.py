# SPDX-License-Identifier: Apache-2.0
"""What happened in the register."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProjectChanged:
    """A header, a role, a state or the place of a project changed."""

    project_id: int
    cause: str


@dataclass(frozen=True, slots=True)
class ProjectsChanged:
    """Many projects were entered or changed in one go."""

    project_ids: tuple[int, ...]
    cause: str
