# SPDX-License-Identifier: Apache-2.0
"""Cells of a task that follow from each other, so that only one side can hold in all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from pilothouse.engine.network.plan import Plan, PlanAssignment, PlanTask

_SUMS = frozenset({"percent_complete", "work_minutes", "actual_work_minutes", "duration_minutes"})
_FOLLOWS = frozenset({"uid", "summary", "baselines", "stored"})
_CONSTRAINT = ("constraint", "constraint_date", "constraint_hard")
_TIME = (
    "duration_minutes",
    "elapsed_duration",
    "estimated",
    "milestone",
    "percent_complete",
    "actual_start",
    "actual_finish",
    "actual_duration_minutes",
    "remaining_minutes",
    "stop",
    "resume",
)
_STEPS = ("percent_type", "physical_percent", "steps")
_TYPE = ("work_type", "effort_driven")
_BY_HAND = ("manual", "entered", "stored")
RESOURCES = "resources"
"""What clashes call the resources on a task."""
_WORK = ("work_minutes", "actual_work_minutes", RESOURCES)


def changed_cells(was: PlanTask, now: PlanTask) -> list[str]:
    """Cells that hold another value and do not merely follow from other rows."""
    follows = _FOLLOWS | _SUMS if was.summary or now.summary else _FOLLOWS
    if was.manual or now.manual:
        follows -= {"stored"}
    return [
        item.name
        for item in fields(was)
        if item.name not in follows and getattr(was, item.name) != getattr(now, item.name)
    ]


def staff_of(plan: Plan) -> dict[int, tuple[PlanAssignment, ...]]:
    """The resources of each task; their own numbers and order mean nothing."""
    found: defaultdict[int, list[PlanAssignment]] = defaultdict(list)
    for item in plan.assignments:
        found[item.task_uid].append(replace(item, uid=0))
    return {uid: tuple(sorted(items, key=repr)) for uid, items in found.items()}


def groups_of(rows: Sequence[PlanTask], staffed: bool) -> dict[str, tuple[str, ...]]:
    """Each cell → the cells that it is decided together with, for the three states of a row."""
    time = (*_TIME, *_BY_HAND) if any(row.manual for row in rows) else _TIME
    parts = ((*time, *_WORK),) if staffed else (time, _WORK)
    sums = _SUMS if rows[0].summary or rows[2].summary else frozenset()
    return {
        name: tuple(cell for cell in group if cell not in sums)
        for group in (_CONSTRAINT, _STEPS, _TYPE, *parts)
        for name in group
    }


def cells_of(task: PlanTask, held: tuple[PlanAssignment, ...]) -> dict[str, Any]:
    """The cells of a row, its resources among them."""
    return {RESOURCES: held} | {item.name: getattr(task, item.name) for item in fields(task)}
