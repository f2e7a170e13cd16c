# SPDX-License-Identifier: Apache-2.0
"""Loads of levelled plans minute by minute, from dates and calendars alone."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.schedule import TaskState


def loads(plans, results, step=60):
    """(resource, instant) → units asked for, at every step of working time of each task."""
    found: Counter = Counter()
    for plan, result in zip(plans, results):
        calendars = compile_calendars(plan.calendars)
        tasks = {task.uid: task for task in plan.tasks}
        for assignment in plan.assignments:
            dates = result.tasks[assignment.task_uid]
            if dates.state is TaskState.COMPLETE:
                continue
            uid = tasks[assignment.task_uid].calendar_uid or plan.default_calendar_uid
            at = dates.remaining_start
            while at < dates.finish:
                inside = calendars[uid].diff(at, at + timedelta(minutes=step))
                if inside:
                    found[assignment.resource_uid, at] += assignment.units
                at += timedelta(minutes=step)
    return found


def over(plans, results, step=60):
    """The instants at which a resource is asked for more than it has."""
    limits = {r.uid: r.max_units for plan in plans for r in plan.resources}
    return sorted(
        key for key, units in loads(plans, results, step).items() if units > Decimal(limits[key[0]])
    )
