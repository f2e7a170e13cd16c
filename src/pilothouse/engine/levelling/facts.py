# SPDX-License-Identifier: Apache-2.0
"""What levelling takes from the schedule of a plan. Nothing else of this room reads schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.checks import check_staff
from pilothouse.engine.network.minutes import whole_minutes
from pilothouse.engine.network.plan import ConstraintType, Plan
from pilothouse.engine.schedule import ScheduleOptions, ScheduleResult, TaskState, schedule_plan
from pilothouse.engine.schedule.expected import settle_expected_finishes
from pilothouse.engine.schedule.prepare import Network, prepare

DO_NOT_MOVE = 1000
"""The priority of tasks that levelling leaves alone."""
ANY_TIME = 1 << 40
"""Later than every date, in minutes since 1900."""
_START_BY = (ConstraintType.SNLT, ConstraintType.MSO)
_FINISH_BY = (ConstraintType.FNLT, ConstraintType.MFO)


@dataclass(frozen=True, slots=True)
class Bond:
    """A link between rows; ``minutes`` of lag in the working time of a calendar, or elapsed.

    ``of_summary`` says that it leaves the dates of a summary.
    """

    source: int
    of_summary: bool
    target: int
    from_start: bool
    to_finish: bool
    minutes: int
    calendar: WorkingTime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A task or a summary. Instants are wall-clock minutes since 1900.

    ``start`` and ``finish`` are those of the work that remains. ``counts`` is false for what
    drives nothing and needs no room: finished work, inactive tasks, level of effort.
    ``start_by`` and ``finish_by`` are the latest dates that the plan itself names for it.
    """

    uid: int
    label: str
    summary: bool
    counts: bool
    moves: bool
    holds: bool
    """Stands where it is although it has not begun, so that others must not push it."""
    calendar: WorkingTime
    minutes: int
    start: int
    finish: int
    release: int
    late_start: int
    total_float: int
    priority: int
    start_by: int
    finish_by: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A plan without levelling delays: its rows in outline order, bonds, and the order of both.

    Its durations are those that expected finishes leave. ``order`` holds rows, and rows + number
    of rows for the dates of a summary, so that every bond points forward. ``inside`` are the
    tasks in a summary, however deep.
    """

    plan: Plan
    result: ScheduleResult
    rows: tuple[Row, ...]
    bonds: tuple[Bond, ...]
    order: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...]


def without_delays(plan: Plan) -> Plan:
    """The plan with its levelling cleared."""
    return replace(
        plan, tasks=tuple(replace(task, leveling_delay_minutes=0) for task in plan.tasks)
    )


def read_facts(plan: Plan, options: ScheduleOptions) -> Facts:
    """Schedule a plan, and once more without links to know what else holds each task.

    Raises
    ------
    InvalidInput
        ``levelling.from_finish``, those of ``check_staff`` and of ``schedule_plan``.
    CycleFound
        ``schedule.cycle``.
    """
    if plan.schedule_from_finish:
        raise InvalidInput(
            "levelling.from_finish",
            "A plan that is scheduled from its finish cannot be levelled; schedule it from its "
            "start.",
            (plan.name,),
        )
    check_staff(plan)
    bare = settle_expected_finishes(without_delays(plan), options)
    network = prepare(bare, options)
    result = schedule_plan(bare, options)
    alone = schedule_plan(replace(bare, links=()), options)
    rows = tuple(_row(network, row, result, alone) for row in range(len(plan.tasks)))
    inside = tuple(tuple(_leaves(network, row)) for row in range(len(plan.tasks)))
    bonds = tuple(_bonds(network, inside, result))
    return Facts(bare, result, rows, bonds, tuple(network.order), inside)


def _row(network: Network, row: int, result: ScheduleResult, alone: ScheduleResult) -> Row:
    task = network.plan.tasks[row]
    dates = result.tasks[task.uid]
    position = network.project.position
    state = network.states[row]
    summary = network.outline.summary[row]
    pinned = network.pinned[row] is not None
    hard = task.constraint_hard and task.constraint_date is not None
    stands = hard or pinned or task.priority >= DO_NOT_MOVE
    stands = stands or task.constraint is ConstraintType.ALAP
    waiting = state is TaskState.NOT_STARTED and not summary
    start, finish = position(dates.remaining_start), position(dates.finish)
    return Row(
        task.uid,
        network.outline.labels[row],
        summary,
        not summary and not network.silent[row] and state is not TaskState.COMPLETE,
        waiting and not stands and not network.silent[row],
        waiting and stands and not network.silent[row],
        network.calendars[row],
        network.remaining[row],
        start,
        finish,
        min(position(alone.tasks[task.uid].early_start), position(dates.early_start)),
        position(dates.late_start),
        dates.total_float_minutes or 0,
        task.priority,
        *_latest_dates(network, row),
    )


def _latest_dates(network: Network, row: int) -> tuple[int, int]:
    """The latest start and finish by constraints, deadlines, other projects and the whole plan."""
    plan, position = network.plan, network.project.position
    task = plan.tasks[row]
    start_by = ANY_TIME
    if task.constraint in _START_BY and task.constraint_date is not None:
        start_by = position(task.constraint_date)
    ends = [] if network.imposed is None else [network.imposed]
    if plan.rules.external_dates and task.external_late_finish is not None:
        ends.append(position(task.external_late_finish))
    for holder in (row, *network.outline.ancestors(row)):
        above = plan.tasks[holder]
        if above.constraint in _FINISH_BY and above.constraint_date is not None:
            ends.append(position(above.constraint_date))
        if above.deadline is not None and network.options.use_deadline_in_float:
            ends.append(position(above.deadline))
    return start_by, min(ends, default=ANY_TIME)


def _leaves(network: Network, row: int) -> Iterator[int]:
    for child in network.outline.children[row]:
        if network.outline.summary[child]:
            yield from _leaves(network, child)
        else:
            yield child


def _bonds(
    network: Network, inside: tuple[tuple[int, ...], ...], result: ScheduleResult
) -> Iterator[Bond]:
    count = len(network.plan.tasks)
    for edges in network.incoming:
        for edge in edges:
            of_summary = edge.source >= count
            source = edge.source - count if of_summary else edge.source
            if network.silent[source]:
                continue
            minutes = edge.minutes
            if edge.share is not None:
                whole = result.tasks[network.plan.tasks[source].uid].duration_minutes
                minutes = whole_minutes(whole * edge.share)
            for target in inside[edge.target] or (edge.target,):
                yield Bond(
                    source,
                    of_summary,
                    target,
                    edge.from_start,
                    edge.to_finish,
                    minutes,
                    edge.calendar,
                )
