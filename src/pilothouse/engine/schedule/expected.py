# SPDX-License-Identifier: Apache-2.0
"""Expected finishes as plain durations, for rooms that calculate with durations alone."""

from __future__ import annotations

from dataclasses import replace

from pilothouse.engine.network.plan import Plan, PlanTask
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.prepare import Network, prepare
from pilothouse.engine.schedule.result import TaskState
from pilothouse.engine.schedule.whole import arrays_of


def settle_expected_finishes(plan: Plan, options: ScheduleOptions) -> Plan:
    """A plan in which what remains is what its expected finishes leave.

    Parameters
    ----------
    plan : Plan
    options : ScheduleOptions

    Returns
    -------
    Plan
        The same plan where its rules, or its tasks, know no expected finish. Else one without
        that rule, whose durations and remaining durations are those of the schedule.

    Raises
    ------
    InvalidInput, CycleFound
        Those of ``schedule_plan``.

    Notes
    -----
    Both plans have the same dates and floats, but where a lag is a share of such a duration,
    where nothing remains of work that has begun, which without the rule waits for no link, and
    where a plan is scheduled from its finish: it begins by the durations that are stated.
    """
    if not plan.rules.expected_finishes:
        return plan
    network = prepare(plan, options)
    rows = [row for row in range(network.rows) if network.expects(row)]
    if not rows:
        return plan
    durations = arrays_of(network).duration.tolist()
    tasks = list(plan.tasks)
    for row in rows:
        tasks[row] = _settled(network, row, durations[row])
    return replace(plan, tasks=tuple(tasks), rules=replace(plan.rules, expected_finishes=False))


def _settled(network: Network, row: int, duration: int) -> PlanTask:
    task = replace(network.plan.tasks[row], duration_minutes=duration)
    if network.states[row] is TaskState.NOT_STARTED:
        return task
    done = network.durations[row] - network.remaining[row]
    return replace(task, actual_duration_minutes=done, remaining_minutes=duration - done)
