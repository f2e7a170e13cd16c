# SPDX-License-Identifier: Apache-2.0
"""From a prepared plan to the arrays that the passes take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, PlanTask
from pilothouse.engine.schedule.arrays import (
    CONSTRAINTS,
    LINK_TYPES,
    NO_DATE,
    STATES,
    Ints,
    Marks,
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
    plan, options, tasks = network.plan, network.options, network.plan.tasks
    rows, position = range(network.rows), network.project.position
    states = np.array([STATES[state] for state in network.states], np.int8)
    codes = np.array([CONSTRAINTS[task.constraint] for task in tasks], np.int8)
    outer = [
        row
        for row in rows
        if plan.rules.external_dates
        and not network.outline.summary[row]
        and network.states[row] is not TaskState.COMPLETE
    ]
    threshold = options.critical_threshold_minutes
    if threshold is None:
        threshold = plan.critical_threshold_minutes
    return ScheduleColumns(
        start=network.start,
        duration=np.array(network.durations, np.int64),
        calendar=np.array(network.calendar_numbers, np.int32),
        link_type=np.array([LINK_TYPES[link.type] for link in plan.links], np.int8),
        lag=np.array(network.lags, np.int64),
        lag_calendar=np.array(network.lag_numbers, np.int32),
        lag_share=_shares(network),
        remaining=np.array(network.remaining, np.int64),
        state=states if states.any() else None,
        actual_start=np.array(network.actual_start, np.int64),
        actual_finish=np.array(network.actual_finish, np.int64),
        resume=_positions(
            network,
            (row for row in rows if network.states[row] is TaskState.IN_PROGRESS),
            lambda task: task.resume,
        ),
        constraint=codes if codes.any() else None,
        constraint_date=_positions(
            network,
            (
                row
                for row in np.flatnonzero(codes > 1).tolist()
                if network.states[row] is not TaskState.COMPLETE
            ),
            lambda task: task.constraint_date,
        ),
        hard=_marks([task.constraint_hard for task in tasks]),
        deadline=_positions(network, rows, lambda task: task.deadline),
        pinned_start=_pinned(network, 0),
        pinned_finish=_pinned(network, 1),
        by_hand=_marks([task.manual for task in tasks]),
        placeholder=_marks([task.placeholder for task in tasks]),
        effort=_marks([task.level_of_effort for task in tasks]),
        inactive=_marks([not task.active for task in tasks]),
        delay=_delays(network),
        expected_finish=_positions(
            network,
            (row for row in rows if network.expects(row)),
            lambda task: task.expected_finish,
        ),
        external_early_start=_positions(network, outer, lambda task: task.external_early_start),
        external_late_finish=_positions(network, outer, lambda task: task.external_late_finish),
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


def _marks(values: list[bool]) -> Marks | None:
    return np.array(values, np.bool_) if any(values) else None


def _positions(
    network: Network, rows: Iterable[int], date_of: Callable[[PlanTask], datetime | None]
) -> Ints | None:
    """The dates of some rows, None if there are none."""
    found: Ints | None = None
    for row in rows:
        date = date_of(network.plan.tasks[row])
        if date is None:
            continue
        if found is None:
            found = np.full(network.rows, NO_DATE, np.int64)
        try:
            found[row] = network.project.position(date)
        except InvalidInput as error:
            raise named(error, network.outline.labels[row]) from error
    return found


def _pinned(network: Network, end: int) -> Ints | None:
    if not any(network.pinned):
        return None
    return np.array([NO_DATE if span is None else span[end] for span in network.pinned], np.int64)


def _delays(network: Network) -> Ints | None:
    delays = [task.leveling_delay_minutes for task in network.plan.tasks]
    if not any(delays):
        return None
    return np.array([max(0, min(delay, MOST_MINUTES)) for delay in delays], np.int64)


def _shares(network: Network) -> Ints | None:
    if not any(share is not None for share in network.shares):
        return None
    return np.array([_millionths(share) for share in network.shares], np.int64)


def _millionths(share: Decimal | None) -> int:
    if share is None:
        return 0
    found = int((share * 1_000_000).to_integral_value(rounding=ROUND_HALF_UP))
    return max(-MOST_MINUTES, min(found, MOST_MINUTES))
