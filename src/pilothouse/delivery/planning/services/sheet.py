# SPDX-License-Identifier: Apache-2.0
"""What a schedule screen needs besides the rows of its plan, computed from them."""

from __future__ import annotations

from datetime import date

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.foundation.core.actor import Actor


def closed_days(*, actor: Actor, plan: ProjectPlan) -> list[tuple[date, int]]:
    """Runs of days without working time around a plan: the first, how many. Who: R on task."""
    rules.require_on_plan(actor, plan.home, rules.Verb.READ)
    return bridge.closed_days(plan)
