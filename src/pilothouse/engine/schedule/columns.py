# SPDX-License-Identifier: Apache-2.0
"""From a prepared plan to the arrays that the passes take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, PlanTask
from pilothouse.engine.schedule.arrays import (
    CONSTRAINTS,
    LINK_TYPES,
    NO_DATE,
    STATES,
    Ints,
    ScheduleColumns,
)
from pilothouse.engine.schedule.checks import MOST_MINUTES
from pilothouse.engine.schedule.prepare import Network, named
from pilothouse.engine.schedule.result import TaskState

_UNDATED = (ConstraintType.ASAP, ConstraintType.ALAP)


def columns_of(network: Network) -> ScheduleColumns:
    """The columns of a plan; those that no task uses are left out.

    Raises
    ------
    InvalidInput
        ``calendar.out_of_range``.
    """
    plan, options = network.plan, network.options
    position = network.project.position
    threshold = options.critical_threshold_minutes
    if threshold is None:
        threshold = plan.critical_threshold_minutes
    columns: dict[str, Any] = {name: of.whole(network) for name, of in _OF_ROWS.items()}
    return ScheduleColumns(
        start=network.start,
        **columns,
        **_of_links(network),
        project_calendar=network.project_number,
        status=(
            network.status
            if network.status is not None and options.work_after_status_date
            else NO_DATE
        ),
        imposed_finish=NO_DATE if network.imposed is None else network.imposed,
        backward_from=(
            position(plan.finish) if plan.schedule_from_finish and plan.finish else NO_DATE
        ),
        dialect=options.dialect,
        progress_mode=options.progress_mode_of(plan),
        start_lag_from=options.start_lag_of(plan),
        total_float=plan.rules.total_float,
        critical_by=plan.rules.critical_by,
        open_ends_critical=plan.rules.open_ends_critical,
        deadlines_in_float=options.use_deadline_in_float,
        critical_threshold=threshold,
    )


def columns_again(
    before: ScheduleColumns,
    network: Network,
    rows: Sequence[int],
    *,
    links: bool,
    source: Ints | None = None,
) -> ScheduleColumns:
    """The columns of a network of which only some rows, or the links, differ from before.

    A column that some row used before may hold its neutral value in every row now. ``source`` is
    by row where it stood before, where rows moved; new ones are among ``rows``.

    Raises
    ------
    InvalidInput
        ``calendar.out_of_range``.
    """
    columns: dict[str, Any] = {
        name: of.again(getattr(before, name), network, rows, source)
        for name, of in _OF_ROWS.items()
    }
    return replace(before, **columns, **(_of_links(network) if links else {}))


Cells = Callable[[Network, Sequence[int]], list[Any]]


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds in some rows, and what in those that say nothing; None: all say."""

    cells: Cells
    kind: type[np.generic]
    neutral: int | None = None

    def whole(self, network: Network) -> NDArray[Any] | None:
        """The column of all rows; None where none says anything."""
        cells = self.cells(network, range(network.rows))
        if self.neutral is not None and cells.count(self.neutral) == len(cells):
            return None
        return np.array(cells, self.kind)

    def again(
        self,
        before: NDArray[Any] | None,
        network: Network,
        rows: Sequence[int],
        source: Ints | None,
    ) -> NDArray[Any] | None:
        """The column with other cells in some rows."""
        cells = self.cells(network, rows)
        if before is None:
            if cells.count(self.neutral) == len(cells):
                return None
            column = np.full(network.rows, self.neutral, self.kind)
        else:
            column = before.copy() if source is None else before[source]
        column[list(rows)] = cells
        return column


def _listed(name: str) -> Cells:
    """A list of the network."""

    def cells(network: Network, rows: Sequence[int]) -> list[Any]:
        values: list[Any] = getattr(network, name)
        return [values[row] for row in rows]

    return cells


def _told(tell: Callable[[PlanTask], int | bool]) -> Cells:
    """What the task of a row says."""
    return lambda network, rows: [tell(network.plan.tasks[row]) for row in rows]


def _dated(
    date_of: Callable[[PlanTask], datetime | None],
    counts: Callable[[Network, int], bool] = lambda network, row: True,
) -> Cells:
    """The position of a date of the tasks in those rows in which it counts."""

    def cells(network: Network, rows: Sequence[int]) -> list[Any]:
        tasks, found = network.plan.tasks, [NO_DATE] * len(rows)
        for number, row in enumerate(rows):
            date = date_of(tasks[row])
            if date is None or not counts(network, row):
                continue
            try:
                found[number] = network.project.position(date)
            except InvalidInput as error:
                raise named(error, network.outline.labels[row]) from error
        return found

    return cells


def _pinned(end: int) -> Cells:
    def cells(network: Network, rows: Sequence[int]) -> list[Any]:
        spans = (network.pinned[row] for row in rows)
        return [NO_DATE if span is None else span[end] for span in spans]

    return cells


def _is_open(network: Network, row: int) -> bool:
    return network.states[row] is not TaskState.COMPLETE


def _is_outer(network: Network, row: int) -> bool:
    """Whether what other projects allow counts."""
    return (
        network.plan.rules.external_dates
        and not network.outline.summary[row]
        and _is_open(network, row)
    )


def _is_bound(network: Network, row: int) -> bool:
    return network.plan.tasks[row].constraint not in _UNDATED and _is_open(network, row)


_OF_ROWS: dict[str, _Column] = {
    "duration": _Column(_listed("durations"), np.int64),
    "calendar": _Column(_listed("calendar_numbers"), np.int32),
    "remaining": _Column(_listed("remaining"), np.int64),
    "state": _Column(
        lambda network, rows: [STATES[network.states[row]] for row in rows], np.int8, 0
    ),
    "actual_start": _Column(_listed("actual_start"), np.int64),
    "actual_finish": _Column(_listed("actual_finish"), np.int64),
    "resume": _Column(
        _dated(
            lambda task: task.resume,
            lambda network, row: network.states[row] is TaskState.IN_PROGRESS,
        ),
        np.int64,
        NO_DATE,
    ),
    "constraint": _Column(_told(lambda task: CONSTRAINTS[task.constraint]), np.int8, 0),
    "constraint_date": _Column(
        _dated(lambda task: task.constraint_date, _is_bound), np.int64, NO_DATE
    ),
    "hard": _Column(_told(lambda task: task.constraint_hard), np.bool_, False),
    "deadline": _Column(_dated(lambda task: task.deadline), np.int64, NO_DATE),
    "pinned_start": _Column(_pinned(0), np.int64, NO_DATE),
    "pinned_finish": _Column(_pinned(1), np.int64, NO_DATE),
    "by_hand": _Column(_told(lambda task: task.manual), np.bool_, False),
    "placeholder": _Column(_told(lambda task: task.placeholder), np.bool_, False),
    "effort": _Column(_told(lambda task: task.level_of_effort), np.bool_, False),
    "inactive": _Column(_told(lambda task: not task.active), np.bool_, False),
    "delay": _Column(
        _told(lambda task: max(0, min(task.leveling_delay_minutes, MOST_MINUTES))), np.int64, 0
    ),
    "expected_finish": _Column(
        _dated(lambda task: task.expected_finish, lambda network, row: network.expects(row)),
        np.int64,
        NO_DATE,
    ),
    "external_early_start": _Column(
        _dated(lambda task: task.external_early_start, _is_outer), np.int64, NO_DATE
    ),
    "external_late_finish": _Column(
        _dated(lambda task: task.external_late_finish, _is_outer), np.int64, NO_DATE
    ),
}
"""By row; dates that cannot be are refused in this order."""


def _of_links(network: Network) -> dict[str, Any]:
    return {
        "link_type": np.array([LINK_TYPES[link.type] for link in network.plan.links], np.int8),
        "lag": np.array(network.lags, np.int64),
        "lag_calendar": np.array(network.lag_numbers, np.int32),
        "lag_share": _shares(network),
    }


def _shares(network: Network) -> Ints | None:
    if not any(share is not None for share in network.shares):
        return None
    return np.array([_millionths(share) for share in network.shares], np.int64)


def _millionths(share: Decimal | None) -> int:
    if share is None:
        return 0
    found = int((share * 1_000_000).to_integral_value(rounding=ROUND_HALF_UP))
    return max(-MOST_MINUTES, min(found, MOST_MINUTES))
