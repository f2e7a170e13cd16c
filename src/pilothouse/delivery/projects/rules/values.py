# SPDX-License-Identifier: Apache-2.0
"""What the values of a project must be to each other; alone they are checked by the model."""

from __future__ import annotations

from pilothouse.delivery.projects.models import Project

SPANS = (
    ("planned_start", "planned_finish", "planned"),
    ("baseline_start", "baseline_finish", "approved"),
)


def dates_out_of_order(row: Project) -> dict[str, str]:
    """Field → sentence for each finish that lies before its start."""
    found: dict[str, str] = {}
    for first, last, label in SPANS:
        start, finish = getattr(row, first), getattr(row, last)
        if start and finish and finish < start:
            found[last] = f"The {label} finish {finish} lies before the {label} start {start}."
    return found
