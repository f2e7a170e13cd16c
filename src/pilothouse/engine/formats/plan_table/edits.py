# SPDX-License-Identifier: Apache-2.0
"""Cells of a table that are entered into a plan as if somebody typed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pilothouse.engine.editing import (
    Amount,
    Assign,
    Editor,
    Field,
    Operation,
    SetField,
    SetUnits,
    Unassign,
)
from pilothouse.engine.errors import EngineError, InvalidInput
from pilothouse.engine.network.plan import Plan, PlanAssignment, PlanTask

Dates = Mapping[int, tuple[datetime, datetime]]
_ROUNDED = 3
"""Minutes of work that the tenth of an hour of a table does not tell apart."""
_MOMENTS = {
    "start": Field.START,
    "finish": Field.FINISH,
    "actual_start": Field.ACTUAL_START,
    "actual_finish": Field.ACTUAL_FINISH,
}


@dataclass(frozen=True, slots=True)
class TableEdit:
    """One cell: the row of the table, the task by its number in the table, and what stands there.

    ``value`` is plain enough for JSON: of a duration minutes, elapsed, estimated; of a date its
    text and whether it is a day alone; of people number and share of each; else a text or number.
    """

    row: int
    uid: int
    field: str
    value: Any


def apply_edits(
    plan: Plan,
    dates: Dates,
    edits: Sequence[TableEdit],
    uids: Mapping[int, int],
    resources: Mapping[int, int],
) -> Plan:
    """The plan with what the cells say, where they say something else than it does.

    Parameters
    ----------
    plan : Plan
    dates : mapping of int to (datetime, datetime)
        Scheduled start and finish of its tasks.
    edits : sequence of TableEdit
    uids, resources : mapping of int to int
        Number of a task, or of a resource, in the table → number in the plan.

    Raises
    ------
    InvalidInput
        Naming row and field, with the code of the edit that is refused.
    """
    tasks = {task.uid: task for task in plan.tasks}
    shares: defaultdict[int, list[PlanAssignment]] = defaultdict(list)
    for item in plan.assignments:
        shares[item.task_uid].append(item)
    editor = Editor(plan, dates)
    for edit in edits:
        task = tasks[uids[edit.uid]]
        try:
            for step in _steps(edit, task, dates, shares[task.uid], resources):
                editor.do(step)
        except EngineError as error:
            raise _in_row(error, edit) from error
    return editor.plan()


def _in_row(error: EngineError, edit: TableEdit) -> InvalidInput:
    name = edit.field.replace("_", " ")
    return InvalidInput(
        error.code, f"Row {edit.row}, {name}: {error.message}", (str(edit.row), edit.field)
    )


def _steps(
    edit: TableEdit,
    task: PlanTask,
    dates: Dates,
    shares: Sequence[PlanAssignment],
    resources: Mapping[int, int],
) -> Iterator[Operation]:
    value = edit.value
    if edit.field == "duration":
        amount = Amount(*value)
        if amount != Amount(task.duration_minutes, task.elapsed_duration, task.estimated):
            yield SetField(task.uid, Field.DURATION, amount)
    elif edit.field == "percent":
        if Decimal(value) != task.percent_complete:
            yield SetField(task.uid, Field.PERCENT, Decimal(value))
    elif edit.field == "work":
        if abs(value - task.work_minutes) > _ROUNDED:
            yield SetField(task.uid, Field.WORK, value)
    elif edit.field == "people":
        yield from _people(
            task.uid, {resources[uid]: Decimal(units) for uid, units in value}, shares
        )
    else:
        when, day_alone = datetime.fromisoformat(value[0]), value[1]
        now = _now(edit.field, task, dates)
        if now is None or (now.date() != when.date() if day_alone else now != when):
            yield SetField(task.uid, _MOMENTS[edit.field], when)


def _now(name: str, task: PlanTask, dates: Dates) -> datetime | None:
    if name in ("start", "finish"):
        return dates[task.uid][name == "finish"]
    return task.actual_start if name == "actual_start" else task.actual_finish


def _people(
    task: int, wanted: dict[int, Decimal], shares: Sequence[PlanAssignment]
) -> Iterator[Operation]:
    for item in shares:
        if item.resource_uid is None:
            continue
        units = wanted.pop(item.resource_uid, None)
        if units is None:
            yield Unassign(item.uid)
        elif units != item.units:
            yield SetUnits(item.uid, units)
    for resource, units in wanted.items():
        yield Assign(task, resource, units)
