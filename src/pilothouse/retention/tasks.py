# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.foundation.core import clock
from pilothouse.foundation.core.jobs import Work
from pilothouse.retention.services import apply_rules


def apply(work: Work) -> str:
    """Remove what the rules of retention no longer keep; what is under a legal hold stays."""
    done = apply_rules(today=clock.today())
    rows = sum(sum(office.counts.values()) for office in done)
    return f"{rows} rows of {len(done)} offices are removed by their rules of retention."
