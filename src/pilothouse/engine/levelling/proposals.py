# SPDX-License-Identifier: Apache-2.0
"""What levelling proposes: moves, overloads and bounds in the dates of the schedule itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from pilothouse.engine.levelling.axis import Ground
from pilothouse.engine.levelling.facts import Facts, Row
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels_calendar import LEAF, Dates
from pilothouse.engine.levelling.leveller import Status
from pilothouse.engine.network.plan import Notice, Plan
from pilothouse.engine.schedule import (
    MissedDeadline,
    ScheduleOptions,
    ScheduleResult,
    schedule_plan,
)


@dataclass(frozen=True, slots=True)
class TaskMove:
    """What is proposed for a task: its dates, and the levelling delay that leads there.

    ``delay_minutes`` are elapsed minutes after where links alone lead. ``unresolved`` says that
    the task found no room within its bounds, or needs more than there ever is.
    """

    start_before: datetime
    finish_before: datetime
    start: datetime
    finish: datetime
    delay_minutes: int
    unresolved: bool


@dataclass(frozen=True, slots=True)
class Overload:
    """A span in which a resource is asked for more than it has; units as a share of full time.

    ``tasks`` are (number of the project, uid).
    """

    resource_uid: int
    start: datetime
    finish: datetime
    units: float
    capacity: float
    tasks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ProjectProposal:
    """The moves of one project by uid, tasks that do not move included; summaries are not.

    ``missed_deadlines`` and ``notices`` are those of the schedule that is proposed.
    """

    tasks: Mapping[int, TaskMove]
    finish_before: datetime
    finish: datetime
    missed_deadlines: tuple[MissedDeadline, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal for all projects, in their order, and the overloads that it leaves.

    The last of the plans cannot end before ``bound``, however they are levelled; None without
    plans. ``status`` is *optimal* where it ends there and every task has room, else *gap*.
    """

    projects: tuple[ProjectProposal, ...]
    overloads: tuple[Overload, ...]
    overloads_before: tuple[Overload, ...]
    bound: datetime | None
    status: Status


def accept(plan: Plan, proposal: ProjectProposal) -> Plan:
    """The plan with the delays that are proposed; ``without_delays`` takes them back."""
    return replace(
        plan,
        tasks=tuple(
            replace(task, leveling_delay_minutes=proposal.tasks[task.uid].delay_minutes)
            if task.uid in proposal.tasks
            else task
            for task in plan.tasks
        ),
    )


def propose(
    facts: Sequence[Facts], ground: Ground, dates: Dates, least: int, options: ScheduleOptions
) -> Proposal:
    """A placement as delays, and what the schedule with these delays says.

    Parameters
    ----------
    facts : sequence of Facts
    ground : Ground
    dates : Dates
        Where each task was placed.
    least : int
        The cell before which no levelling ends all plans.
    options : ScheduleOptions
    """
    over = ground.need.demand > np.array(ground.need.capacity, dtype=np.int64)
    never = set(np.flatnonzero(over.any(axis=1)).tolist())
    delays: list[dict[int, int]] = [{} for _ in facts]
    unresolved: set[tuple[int, int]] = set()
    for node, (project, row, rolled) in enumerate(ground.nodes):
        if rolled:
            continue
        if ground.axis.kind[node] == LEAF:
            waited = int(dates.starts[node] - dates.led[node]) * ground.unit
            delays[project][row] = waited
            if dates.unplaced[node] or node in never:
                unresolved.add((project, row))
    results = [
        schedule_plan(_delayed(item.plan, delays[project]), options)
        for project, item in enumerate(facts)
    ]
    proposed = tuple(
        ProjectProposal(
            dict(_moves(project, item, results[project], delays[project], unresolved)),
            item.result.finish,
            results[project].finish,
            results[project].missed_deadlines,
            results[project].notices,
        )
        for project, item in enumerate(facts)
    )
    before = tuple(_overloads(facts, ground, [item.result for item in facts]))
    bound = max((project.finish_before for project in proposed), default=None)
    ends = max((project.finish for project in proposed), default=None)
    if bound and ends and any(item.rows for item in facts):
        bound = min(ends, max(bound, _instant(facts, ground, least)))
    status = Status.OPTIMAL if ends == bound and not unresolved else Status.GAP
    return Proposal(proposed, tuple(_overloads(facts, ground, results)), before, bound, status)


def _delayed(plan: Plan, delays: Mapping[int, int]) -> Plan:
    return replace(
        plan,
        tasks=tuple(
            replace(task, leveling_delay_minutes=delays.get(row, 0))
            for row, task in enumerate(plan.tasks)
        ),
    )


def _moves(
    project: int,
    facts: Facts,
    result: ScheduleResult,
    delays: Mapping[int, int],
    unresolved: set[tuple[int, int]],
) -> Iterator[tuple[int, TaskMove]]:
    for row, task in enumerate(facts.rows):
        if not task.summary:
            old, new = facts.result.tasks[task.uid], result.tasks[task.uid]
            yield (
                task.uid,
                TaskMove(
                    old.start,
                    old.finish,
                    new.start,
                    new.finish,
                    delays.get(row, 0),
                    (project, row) in unresolved,
                ),
            )


def _overloads(
    facts: Sequence[Facts], ground: Ground, results: Sequence[ScheduleResult]
) -> Iterator[Overload]:
    """Spans of too much, resource by resource, as the dates of the schedules say."""
    need, cells = ground.need, ground.axis.base.shape[1]
    taken = _taken(facts, ground, results)
    for column, uid in enumerate(need.uids):
        load = np.zeros(cells, dtype=np.int64)
        users = [node for node in taken if need.demand[node, column] and len(taken[node])]
        for node in users:
            load[taken[node]] += need.demand[node, column]
        over = np.flatnonzero(load > need.capacity[column])
        if not len(over):
            continue
        first = np.array([taken[node][0] for node in users])
        last = np.array([taken[node][-1] for node in users])
        for span in np.split(over, np.flatnonzero(np.diff(over) > 1) + 1):
            near = np.flatnonzero((first <= span[-1]) & (last >= span[0]))
            within = [users[row] for row in near if _meets(taken[users[row]], span)]
            yield Overload(
                uid,
                _instant(facts, ground, int(span[0])),
                _instant(facts, ground, int(span[-1]) + 1),
                float(load[span].max()) / need.scale,
                need.capacity[column] / need.scale,
                tuple(_task(facts, ground, node) for node in within),
            )


def _taken(
    facts: Sequence[Facts], ground: Ground, results: Sequence[ScheduleResult]
) -> dict[int, IntArray]:
    """The cells in which each task works that needs anything."""
    axis, found = ground.axis, {}
    end = axis.base.shape[1]
    for node, (project, row, rolled) in enumerate(ground.nodes):
        task = facts[project].rows[row]
        if rolled or not task.counts or not ground.need.demand[node].any():
            continue
        dates = results[project].tasks[task.uid]
        table = axis.calendar[node]
        ends = (dates.remaining_start, dates.finish)
        start, finish = (
            min(end, max(0, ground.cell(task.calendar.position(instant)))) for instant in ends
        )
        found[node] = axis.cell[table, axis.worked[table, start] : axis.worked[table, finish]]
    return found


def _meets(cells: IntArray, span: IntArray) -> bool:
    at = int(np.searchsorted(cells, span[0]))
    return at < len(cells) and bool(cells[at] <= span[-1])


def _instant(facts: Sequence[Facts], ground: Ground, cell: int) -> datetime:
    rows: tuple[Row, ...] = next(item.rows for item in facts if item.rows)
    return rows[0].calendar.instant(ground.origin + cell * ground.unit)


def _task(facts: Sequence[Facts], ground: Ground, node: int) -> tuple[int, int]:
    project, row, _ = ground.nodes[node]
    return project, facts[project].rows[row].uid
