# SPDX-License-Identifier: Apache-2.0
"""What happened with simulations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulationEnded:
    """A run ended with a result; ``project_id`` is empty for one over several plans."""

    run_id: int
    project_id: int | None
