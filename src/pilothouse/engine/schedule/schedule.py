# SPDX-License-Identifier: Apache-2.0
"""The whole calculation: forward, backward, floats, scheduled dates, reports."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType, Notice, Plan
from pilothouse.engine.schedule.backward import Late, backward_pass
from pilothouse.engine.schedule.floats import (
    Floats,
    as_late_as_possible,
    longest_path,
    measure,
)
from pilothouse.engine.schedule.forward import Early, forward_pass
from pilothouse.engine.schedule.options import Dialect, ScheduleOptions
from pilothouse.engine.schedule.prepare import Network, prepare
from pilothouse.engine.schedule.reasons import choose, sentence
from pilothouse.engine.schedule.reports import (
    logic_conflicts,
    missed_deadlines,
    out_of_sequence,
)
from pilothouse.engine.schedule.result import (
    CauseKind,
    ScheduleResult,
    TaskDates,
    TaskState,
)

_DEFAULT = ScheduleOptions()


def schedule_plan(plan: Plan, options: ScheduleOptions = _DEFAULT) -> ScheduleResult:
    """Dates, floats and reasons of every task of a plan (DOMAIN 4.4 and 4.5).

    Parameters
    ----------
    plan : Plan
        Durations and lags in working minutes; instants are wall-clock of the plan's zone.
    options : ScheduleOptions

    Returns
    -------
    ScheduleResult

    Raises
    ------
    InvalidInput
        Codes ``calendar.*``, ``network.*`` and ``schedule.*``; the message names the task.
    CycleFound
        ``schedule.cycle``.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
    >>> from pilothouse.engine.network.plan import Link, PlanTask
    >>> plan = Plan(
    ...     "House",
    ...     datetime(2025, 3, 3, 8),
    ...     (CalendarSpec(1, "Standard", STANDARD_WEEK),),
    ...     1,
    ...     (PlanTask(1, "Dig", duration_minutes=960), PlanTask(2, "Pour", duration_minutes=480)),
    ...     (Link(1, 2),),
    ... )
    >>> schedule_plan(plan).tasks[2].finish
    datetime.datetime(2025, 3, 5, 17, 0)

    Notes
    -----
    Critical path method over calendars; O(n + m) calendar operations after one topological
    sort. Deterministic: nothing is read but the arguments.
    """
    network = prepare(plan, options)
    if not plan.tasks:
        return _empty(plan)
    backward = None
    if plan.schedule_from_finish and plan.finish is not None:
        backward = backward_pass(network, network.project.position(plan.finish), None)
        network.start = min(backward.start)
    leveled = any(task.leveling_delay_minutes > 0 for task in plan.tasks)
    microsoft = options.dialect is Dialect.MICROSOFT_PROJECT
    early = forward_pass(network, leveled=leveled and microsoft)
    end = _end(network, early)
    shown = forward_pass(network, leveled=True) if leveled and not microsoft else early
    bound = max(end, _end(network, shown)) if shown is not early else end
    if network.imposed is not None:
        bound = network.imposed
    elif plan.schedule_from_finish and plan.finish is not None:
        bound = network.project.position(plan.finish)
    late = backward_pass(network, bound, early)
    floats = measure(network, early, late, end)
    shown = _latest(network, shown, late, bound, backward is not None)
    return _result(network, early, late, shown, floats, end)


def _empty(plan: Plan) -> ScheduleResult:
    notice = Notice(plan.name, "tasks", "The plan has no tasks.")
    return ScheduleResult(plan.start, plan.start, {}, (), (), (), (), (notice,), {})


def _end(network: Network, early: Early) -> int:
    """The greatest finish of what counts, else of anything."""
    leaves = [row for row in range(network.rows) if not network.outline.summary[row]]
    counted = [row for row in leaves if not network.silent[row]] or leaves
    return max(early.finish[row] for row in counted)


def _latest(network: Network, shown: Early, late: Late, end: int, from_finish: bool) -> Early:
    """The dates to show after ALAP, or the late ones where the plan runs from its finish."""
    if not from_finish and not any(
        task.constraint is ConstraintType.ALAP for task in network.plan.tasks
    ):
        return shown
    moved = replace(
        shown,
        start=list(shown.start),
        finish=list(shown.finish),
        resume=list(shown.resume),
        binding=list(shown.binding),
    )
    if from_finish:
        for row, task in enumerate(network.plan.tasks):
            if (
                network.states[row] is TaskState.NOT_STARTED
                and network.pinned[row] is None
                and not network.silent[row]
                and task.constraint in (ConstraintType.ASAP, ConstraintType.ALAP)
            ):
                moved.start[row] = moved.resume[row] = late.start[row]
                moved.finish[row] = late.finish[row]
                moved.binding[row] = [(late.finish[row], CauseKind.PROJECT_FINISH, None)]
    else:
        as_late_as_possible(network, moved, late, end)
    for row in range(network.rows - 1, -1, -1):
        if network.outline.summary[row] and network.pinned[row] is None:
            children = network.outline.children[row]
            counted = [c for c in children if network.plan.tasks[c].active] or children
            moved.start[row] = min(moved.start[child] for child in counted)
            moved.finish[row] = max(moved.finish[child] for child in counted)
    return moved


def _result(
    network: Network, early: Early, late: Late, shown: Early, floats: Floats, end: int
) -> ScheduleResult:
    plan, options = network.plan, network.options
    last = _end(network, shown)
    on_path, paths, truncated = longest_path(network, shown, last, options.path_limit)
    notices = list(network.notices)
    if truncated:
        notices.append(
            Notice(
                plan.name,
                "critical_paths",
                f"There are more critical paths; the first {options.path_limit} are listed.",
            )
        )
    threshold = options.critical_threshold_minutes
    if threshold is None:
        threshold = plan.critical_threshold_minutes
    critical = _critical(network, floats, threshold)
    states = _states(network)
    ends = _ends(network, shown)
    tasks: dict[int, TaskDates] = {}
    instant = cache(network.project.instant)
    for row, task in enumerate(plan.tasks):
        cause, driving, reason = _why(network, shown, row, ends)
        try:
            tasks[task.uid] = TaskDates(
                instant(shown.start[row]),
                instant(shown.finish[row]),
                instant(early.start[row]),
                instant(early.finish[row]),
                instant(late.start[row]),
                instant(late.finish[row]),
                floats.total[row],
                floats.free[row],
                critical[row],
                row in on_path,
                driving,
                reason,
                cause,
                states[row],
                network.durations[row],
                instant(shown.resume[row]),
            )
        except OverflowError as error:
            label = network.outline.labels[row]
            raise InvalidInput(
                "calendar.out_of_range",
                f"Task {label} leaves the range of dates; check durations and lags.",
                (label,),
            ) from error
    leaves = [row for row in range(network.rows) if not network.outline.summary[row]]
    active = [row for row in leaves if plan.tasks[row].active] or leaves
    return ScheduleResult(
        instant(min(shown.start[row] for row in active)),
        instant(last),
        tasks,
        tuple(tuple(plan.tasks[row].uid for row in path) for path in paths),
        logic_conflicts(network, shown),
        out_of_sequence(network, shown),
        missed_deadlines(network, shown),
        tuple(notices),
        {task.uid: label for task, label in zip(plan.tasks, network.outline.labels)},
    )


def _ends(network: Network, shown: Early) -> list[tuple[int, int]]:
    """For every summary the tasks inside it that start first and finish last."""
    ends = [(row, row) for row in range(network.rows)]
    for row in range(network.rows - 1, -1, -1):
        if network.outline.summary[row] and network.pinned[row] is None:
            children = network.outline.children[row]
            counted = [c for c in children if network.plan.tasks[c].active] or children
            first = min(counted, key=shown.start.__getitem__)
            last = max(counted, key=shown.finish.__getitem__)
            ends[row] = ends[first][0], ends[last][1]
    return ends


def _why(
    network: Network, shown: Early, row: int, ends: list[tuple[int, int]]
) -> tuple[CauseKind, tuple[int, ...], str]:
    if network.outline.summary[row]:
        if network.pinned[row] is not None:
            return CauseKind.MANUAL, (), sentence(network, row, (0, CauseKind.MANUAL, None))
        first, last = (network.outline.labels[end] for end in ends[row])
        text = f"Runs from the start of {first} to the finish of {last}."
        return CauseKind.CHILDREN, (), text
    binding = shown.binding[row]
    chosen = choose(binding)
    uids = dict.fromkeys(edge.link.predecessor for _, _, edge in binding if edge is not None)
    return chosen[1], tuple(uids), sentence(network, row, chosen)


def _critical(network: Network, floats: Floats, threshold: int) -> list[bool]:
    """R-CPM-02; a summary is critical if any of its children is, by its own float in MSP."""
    critical = [total is not None and total <= threshold for total in floats.total]
    if network.options.dialect is Dialect.MICROSOFT_PROJECT:
        return critical
    for row in range(network.rows - 1, -1, -1):
        if network.outline.summary[row]:
            critical[row] = any(critical[child] for child in network.outline.children[row])
    return critical


def _states(network: Network) -> list[TaskState]:
    """Of every row; a summary has begun if any of its children has."""
    states = list(network.states)
    for row in range(network.rows - 1, -1, -1):
        below = {states[child] for child in network.outline.children[row]}
        if below:
            states[row] = below.pop() if len(below) == 1 else TaskState.IN_PROGRESS
    return states
