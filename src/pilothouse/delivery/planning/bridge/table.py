# SPDX-License-Identifier: Apache-2.0
"""A plan as a table for spreadsheets: what is typed as it is typed, what is computed as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pilothouse.delivery.planning.bridge.engine import Scheduled, with_guids
from pilothouse.engine.editing import Amount, Measures, write_amount, write_predecessors
from pilothouse.engine.network.plan import Link, Plan
from pilothouse.foundation.core.rounding import TENTH, half_up

Cell = str | int | Decimal | datetime | bool | None
Promised = Mapping[int, tuple[datetime | None, datetime | None, int | None]]
"""Uid → start and finish by the baseline, working minutes that the finish lies later."""

HEADER = (
    "#",
    "UID",
    "WBS",
    "Level",
    "Task",
    "Duration",
    "Start",
    "Finish",
    "% complete",
    "Predecessors",
    "Resources",
    "Work, hours",
    "Total float, days",
    "Critical",
    "Milestone",
    "Summary",
    "Constraint",
    "Constraint date",
    "Deadline",
    "Baseline start",
    "Baseline finish",
    "Finish variance, days",
    "Actual start",
    "Actual finish",
    "Notes",
    "GUID",
)


def plan_table(scheduled: Scheduled, promised: Promised, mark: str) -> list[tuple[Cell, ...]]:
    """Rows of the plan in outline order, their cells as ``HEADER`` names them.

    ``mark`` makes the GUIDs of tasks that have none (``with_guids``).
    """
    plan, dates = with_guids(scheduled.plan, mark), scheduled.result.tasks
    measures = Measures.of(plan)
    number = {task.uid: position for position, task in enumerate(plan.tasks, 1)}
    before: defaultdict[int, list[Link]] = defaultdict(list)
    for link in plan.links:
        before[link.successor].append(link)
    people = _people(plan)
    rows: list[tuple[Cell, ...]] = []
    for task in plan.tasks:
        found = dates[task.uid]
        start, finish, late = promised.get(task.uid, (None, None, None))
        amount = Amount(task.duration_minutes, task.elapsed_duration, task.estimated)
        rows.append(
            (
                number[task.uid],
                task.uid,
                task.wbs,
                task.outline_level,
                task.name,
                write_amount(amount, measures),
                found.start,
                found.finish,
                task.percent_complete,
                write_predecessors(before[task.uid], number, measures),
                "; ".join(people[task.uid]),
                half_up(Decimal(task.work_minutes) / 60, TENTH),
                _days(found.total_float_minutes, measures),
                found.critical,
                task.milestone,
                task.summary,
                "" if task.constraint == "asap" else task.constraint.value.upper(),
                task.constraint_date,
                task.deadline,
                start,
                finish,
                _days(late, measures),
                task.actual_start,
                task.actual_finish,
                task.notes,
                task.guid,
            )
        )
    return rows


def _days(minutes: int | None, measures: Measures) -> Decimal | None:
    return None if minutes is None else half_up(Decimal(minutes) / measures.day, TENTH)


def _people(plan: Plan) -> defaultdict[int, list[str]]:
    """Task → names with their share, as they are typed on the schedule screen."""
    names = {row.uid: row.name for row in plan.resources}
    people: defaultdict[int, list[str]] = defaultdict(list)
    for item in plan.assignments:
        if item.resource_uid is not None:
            share = "" if item.units == 1 else f" [{(item.units * 100).normalize():f}%]"
            people[item.task_uid].append(names.get(item.resource_uid, "?") + share)
    return people
