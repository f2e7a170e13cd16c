# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.delivery.simulations.services import runs
from pilothouse.foundation.core.jobs import Work


def run(work: Work) -> str:
    """Simulate what was asked for."""
    return runs.perform(run_id=int(work.payload["run_id"] or 0), progress=work.progress)
