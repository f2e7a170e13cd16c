# SPDX-License-Identifier: Apache-2.0
"""A table of tasks ↔ the engine's reader of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, time
from typing import Any

from pilothouse.delivery.planning.bridge.engine import archive, read_archive
from pilothouse.delivery.planning.bridge.merging import Coming
from pilothouse.delivery.planning.calendars import office_calendar
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.errors import EngineError
from pilothouse.engine.formats.plan_table import (
    LAST_UID,
    Column,
    Problem,
    TableEdit,
    guess_columns,
    read_plan_table,
)
from pilothouse.engine.network.plan import Notice, Plan
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid

TABLE = "Table"
"""The kind of file that a spreadsheet is, whatever it was saved as."""
COLUMNS = tuple(column.value for column in Column)


def guessed(headers: Sequence[str], memory: Mapping[str, str]) -> dict[int, str]:
    """Column → what it means, by the choices of before and by its name."""
    return {place: column.value for place, column in guess_columns(headers, memory).items()}


def empty_plan(project: Project) -> Plan:
    """A plan without tasks that starts today, on the calendar of the project."""
    calendar = office_calendar(project)
    return Plan(
        name=project.name[:300],
        start=datetime.combine(clock.today(), time(8)),
        calendars=(calendar,),
        default_calendar_uid=calendar.uid,
        tasks=(),
        currency=project.currency_id or "",
    )


def read_table(
    rows: Sequence[Sequence[str]],
    columns: Mapping[int, str],
    *,
    head: int,
    present: Plan,
    month_first: bool | None,
    notices: Sequence[str],
) -> tuple[Coming, tuple[Problem, ...]]:
    """The table as a file for the plan that is there, and which cells cannot be read."""
    try:
        found = read_plan_table(
            rows,
            {place: Column(name) for place, name in columns.items()},
            head=head,
            present=present,
            month_first=month_first,
        )
    except EngineError as error:
        raise Invalid(error.code, error.message, fields={"file": error.message}) from error
    told = tuple(Notice("file", "", text) for text in notices)
    plan = replace(found.plan, notices=(*found.plan.notices, *told))
    return Coming(plan, TABLE, found.holds, found.edits), found.problems


def archived(plan: Plan) -> bytes:
    """The plan of a file that waits; tasks without a number of their own get one beyond all."""
    return archive(_renumbered(plan, lambda uid: uid if uid > 0 else LAST_UID - uid))


def unarchived(data: bytes) -> Plan:
    """Back from what was kept."""
    return _renumbered(read_archive(data), lambda uid: uid if uid <= LAST_UID else LAST_UID - uid)


def _renumbered(plan: Plan, number: Callable[[int], int]) -> Plan:
    if all(task.uid == number(task.uid) for task in plan.tasks):
        return plan
    return replace(
        plan,
        tasks=tuple(replace(task, uid=number(task.uid)) for task in plan.tasks),
        links=tuple(
            replace(link, predecessor=number(link.predecessor), successor=number(link.successor))
            for link in plan.links
        ),
    )


def edits_kept(edits: Sequence[TableEdit]) -> list[dict[str, Any]]:
    """Cells that wait to be typed in, for JSON."""
    return [asdict(edit) for edit in edits]


def edits_of(data: Sequence[Mapping[str, Any]]) -> tuple[TableEdit, ...]:
    """Back from what was kept."""
    return tuple(TableEdit(**item) for item in data)
