# SPDX-License-Identifier: Apache-2.0
"""The fourteen points of DCMA over a stored plan."""

from __future__ import annotations

from pilothouse.delivery.planning.bridge.engine import by_rules_of
from pilothouse.engine.assess import Assessment, assess
from pilothouse.engine.network.plan import Plan


def assess_plan(plan: Plan, *, work_after_status_date: bool, baseline: int) -> Assessment:
    """The points against the baseline of this number, dates by the rules of the plan's tool."""
    found, _ = by_rules_of(
        plan, work_after_status_date, lambda options: assess(plan, options, baseline=baseline)
    )
    return found
