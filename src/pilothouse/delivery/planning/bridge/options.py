# SPDX-License-Identifier: Apache-2.0
"""What could be done about a plan: its loads; levelled, crashed, fast-tracked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from pilothouse.delivery.planning.bridge.engine import (
    Scheduled,
    by_rules_of,
    refused,
    schedule_to_edit,
)
from pilothouse.engine.compression import Crashing, Overlap, Slope, crash, overlapped, overlaps
from pilothouse.engine.errors import EngineError
from pilothouse.engine.levelling import (
    LevelOptions,
    Load,
    ProjectPlan,
    Proposal,
    accept,
    level_plans,
    loads_of,
    without_delays,
)
from pilothouse.engine.network.plan import Plan, PlanAssignment, PlanTask
from pilothouse.foundation.core.errors import Invalid


def loads(scheduled: Scheduled) -> tuple[Load, ...]:
    """What a plan as scheduled asks of its resources."""
    return loads_of(scheduled.plan, _dates(scheduled))


def _dates(scheduled: Scheduled) -> dict[int, tuple[datetime, datetime]]:
    return {uid: (row.start, row.finish) for uid, row in scheduled.result.tasks.items()}


def levelled(
    scheduled: Scheduled, *, within_float: bool, keep_dates: bool, work_after_status_date: bool
) -> tuple[Plan, Proposal]:
    """The plan with the delays that levelling proposes, and the proposal. Raises Invalid."""
    plan = without_delays(scheduled.plan)
    wanted = LevelOptions(within_float=within_float, keep_dates=keep_dates)
    try:
        proposal, _ = by_rules_of(
            plan,
            work_after_status_date,
            lambda options: level_plans([ProjectPlan(plan)], wanted, options),
        )
    except EngineError as error:
        raise refused(error) from error
    return accept(plan, proposal.projects[0]), proposal


def cleared(plan: Plan) -> Plan:
    """The plan without delays of levelling."""
    return without_delays(plan)


def crashed(
    scheduled: Scheduled, slopes: Mapping[int, tuple[Decimal, Decimal]], gain_minutes: int
) -> tuple[Plan, Crashing]:
    """The plan with the cheapest days less, and what they cost. Raises Invalid.

    A task keeps its work: its resources give as much in less time. Its cost grows by the days.
    """
    plan = scheduled.plan
    made = {uid: Slope(cost, days) for uid, (cost, days) in slopes.items()}
    try:
        found = crash(plan, _dates(scheduled), made, gain_minutes)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"gain": error.message}) from error
    tasks = {task.uid: task for task in plan.tasks}
    return (
        replace(
            plan,
            tasks=tuple(_shorter(task, found) for task in plan.tasks),
            assignments=tuple(_busier(item, tasks, found) for item in plan.assignments),
        ),
        found,
    )


def _shorter(task: PlanTask, found: Crashing) -> PlanTask:
    less = found.shortened.get(task.uid, 0)
    if not less:
        return task
    cost = found.costs[task.uid]
    return replace(
        task,
        duration_minutes=task.duration_minutes - less,
        cost=(task.cost or Decimal(0)) + cost if cost else task.cost,
    )


def _busier(item: PlanAssignment, tasks: Mapping[int, PlanTask], found: Crashing) -> PlanAssignment:
    less = found.shortened.get(item.task_uid, 0)
    before = tasks[item.task_uid].duration_minutes if less else 0
    return replace(item, units=item.units * before / (before - less)) if before > less > 0 else item


def overlapping(
    scheduled: Scheduled, share: Decimal, *, work_after_status_date: bool
) -> tuple[Overlap, ...]:
    """Ways to let critical tasks overlap, each scheduled. Raises Invalid."""
    critical = {uid for uid, row in scheduled.result.tasks.items() if row.critical}

    def finish_of(plan: Plan) -> datetime:
        found = schedule_to_edit(
            plan, work_after_status_date=work_after_status_date, before=scheduled
        )
        return found.result.finish

    try:
        return overlaps(scheduled.plan, critical, scheduled.result.finish, share, finish_of)
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"share": error.message}) from error


def with_overlaps(plan: Plan, ways: Sequence[Overlap]) -> Plan:
    """The plan with these links in the place of what they were."""
    return overlapped(plan, {way.before: way.after for way in ways})
