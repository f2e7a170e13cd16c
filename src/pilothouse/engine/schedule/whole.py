# SPDX-License-Identifier: Apache-2.0
"""The whole calculation of a plan: columns, passes, words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Notice
from pilothouse.engine.schedule.apart import apart
from pilothouse.engine.schedule.arrays import ScheduleArrays, ScheduleColumns, schedule_arrays
from pilothouse.engine.schedule.columns import columns_of
from pilothouse.engine.schedule.late import LateReasons
from pilothouse.engine.schedule.prepare import Network
from pilothouse.engine.schedule.reports import (
    logic_conflicts,
    missed_deadlines,
    out_of_sequence,
)
from pilothouse.engine.schedule.result import ScheduleResult, TaskDates
from pilothouse.engine.schedule.words import Columns, DatesByUid, Reasons, critical_paths

_REACH = 900 * 527_040
"""Minutes around 1900 that can be written as dates."""


def arrays_of(network: Network) -> ScheduleArrays:
    """The dates of a prepared plan, for rooms that need no words.

    Raises
    ------
    InvalidInput
        Those of ``schedule_arrays``; the message names the task.
    """
    return arrays_with(network, CalendarTables(network.known), columns_of(network))


def arrays_with(
    network: Network, tables: CalendarTables, columns: ScheduleColumns
) -> ScheduleArrays:
    """As ``arrays_of`` where calendars and columns are laid out already."""
    label = network.outline.labels.__getitem__
    return apart(network.shape, tables, columns) or schedule_arrays(
        network.shape, tables, columns, label=label
    )


def schedule(network: Network) -> ScheduleResult:
    """The result for a prepared plan that has tasks."""
    return result_of(network, arrays_of(network))


def result_of(
    network: Network, found: ScheduleArrays, known: Mapping[int, TaskDates] | None = None
) -> ScheduleResult:
    """What arrays say; ``known`` are dates by row that need not be made again."""
    plan, outline = network.plan, network.outline
    _require_dates(network, found)
    columns = Columns(found)
    reasons = Reasons(network, columns)
    limit = network.options.path_limit
    paths, truncated = critical_paths(network, reasons, columns, limit)
    notices = network.notices
    if truncated:
        notices.append(
            Notice(
                plan.name,
                "critical_paths",
                f"There are more critical paths; the first {limit} are listed.",
            )
        )
    leaves = ~np.array(outline.summary, np.bool_)
    active = leaves & np.array([task.active for task in plan.tasks], np.bool_)
    counted = active if active.any() else leaves
    return ScheduleResult(
        network.project.instant(int(found.start[counted].min())),
        network.project.instant(found.end),
        DatesByUid(network, columns, reasons, known),
        tuple(tuple(plan.tasks[row].uid for row in path) for path in paths),
        logic_conflicts(network, found),
        out_of_sequence(network, found),
        missed_deadlines(network, found),
        tuple(notices),
        outline.label_of,
        LateReasons(network, found),
    )


def _require_dates(network: Network, found: ScheduleArrays) -> None:
    """Refuse positions that no date can be written for."""
    for column in (
        found.start,
        found.finish,
        found.early_start,
        found.early_finish,
        found.late_start,
        found.late_finish,
        found.remaining_start,
    ):
        if int(np.abs(column).max()) > _REACH:
            label = network.outline.labels[int(np.abs(column).argmax())]
            raise InvalidInput(
                "calendar.out_of_range",
                f"Task {label} leaves the range of dates; check durations and lags.",
                (label,),
            )
