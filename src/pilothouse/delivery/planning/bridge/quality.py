# SPDX-License-Identifier: Apache-2.0
"""The fourteen points of DCMA over a stored plan."""

from __future__ import annotations

from dataclasses import replace

from pilothouse.delivery.planning.bridge.baselines import promises_in
from pilothouse.delivery.planning.bridge.engine import Scheduled, by_rules_of
from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.engine.assess import Assessment, assess
from pilothouse.engine.network.plan import Plan, TaskBaseline


def assess_plan(
    scheduled: Scheduled, *, work_after_status_date: bool, against: PlanBaseline | None
) -> Assessment:
    """The points against a baseline, dates by the rules of the plan's tool."""
    held, result = _held_against(scheduled.plan, against), scheduled.result
    found, _ = by_rules_of(
        held, work_after_status_date, lambda options: assess(held, options, result=result)
    )
    return found


def _held_against(plan: Plan, baseline: PlanBaseline | None) -> Plan:
    """The plan with the rows of one baseline as its number 0.

    A plan holds those that a file can hold; the one that counts may have a higher number.
    """
    promises = [] if baseline is None else promises_in(baseline)
    rows = {
        row.uid: (
            TaskBaseline(
                0, row.start, row.finish, row.duration_minutes, row.work_minutes, row.cost
            ),
        )
        for row in promises
    }
    return replace(
        plan, tasks=tuple(replace(task, baselines=rows.get(task.uid, ())) for task in plan.tasks)
    )
