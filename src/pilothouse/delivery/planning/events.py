# SPDX-License-Identifier: Apache-2.0
"""What happened to a plan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """Dates, links or progress of a plan changed; ``relinked`` says whether tasks may wait for
    others than before."""

    project_id: int
    plan_version: int
    cause: str
    relinked: bool = True


@dataclass(frozen=True, slots=True)
class SandboxChanged:
    """A sandbox was made, edited, adopted or thrown away; the plan of the project is as it was."""

    project_id: int
    sandbox_id: int
    cause: str


@dataclass(frozen=True, slots=True)
class BaselineTaken:
    """A baseline waits for approval."""

    project_id: int
    baseline_id: int


@dataclass(frozen=True, slots=True)
class BaselineApproved:
    """From now on a project is measured against another baseline."""

    project_id: int
    baseline_id: int
    number: int
