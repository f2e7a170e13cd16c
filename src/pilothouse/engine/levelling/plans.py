# SPDX-License-Identifier: Apache-2.0
"""Levelling of plans: a proposal of delays that keeps every calendar, link and capacity."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.axis import Ground, lay_ground, room_on
from pilothouse.engine.levelling.checks import check_options
from pilothouse.engine.levelling.facts import Facts, Row, read_facts
from pilothouse.engine.levelling.generation import Rule
from pilothouse.engine.levelling.instance import IntArray
from pilothouse.engine.levelling.kernels_calendar import LEAF, Dates, decode_calendar
from pilothouse.engine.levelling.leveller import Status
from pilothouse.engine.levelling.plan_bounds import energy_of, least_finish
from pilothouse.engine.levelling.plan_search import PlanSearch, listed
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule import ScheduleOptions, ScheduleResult, schedule_plan

MOST_DAYS = 20_000
"""How far a levelled plan may reach beyond its unlevelled finish."""
_SCHEDULE = ScheduleOptions()


@dataclass(frozen=True, slots=True)
class LevelOptions:
    """How plans are levelled.

    Parameters
    ----------
    within_float : bool
        Delay tasks within their total float only, so that no finish moves; what finds no room
        stays and is reported. Otherwise plans may finish later.
    rule : Rule
        Which task comes first.
    schedules : int
        How many schedules are tried beyond that of the rule.
    seconds : float, optional
        Of ``clock``, for these tries. With it the proposal depends on the machine.
    seed : int
        Of the random numbers of these tries. Equal options give equal proposals.
    clock : callable
        Seconds that only grow; ``time.process_time`` counts CPU.
    """

    within_float: bool = False
    rule: Rule = Rule.LATE_START
    schedules: int = 0
    seconds: float | None = None
    seed: int = 0
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """A plan to level with others; greater ``priority`` is served first."""

    plan: Plan
    priority: int = 500


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
    """The moves of one project by uid, tasks that do not move included; summaries are not."""

    tasks: Mapping[int, TaskMove]
    finish_before: datetime
    finish: datetime


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


_DEFAULT = LevelOptions()


def level_plans(
    projects: Sequence[ProjectPlan],
    options: LevelOptions = _DEFAULT,
    schedule_options: ScheduleOptions = _SCHEDULE,
) -> Proposal:
    """Propose levelling delays so that no resource is asked for more than it has (DOMAIN 4.9).

    Parameters
    ----------
    projects : sequence of ProjectPlan
        Resources of equal uid are one and the same. Delays that are in the plans are cleared
        first.
    options : LevelOptions
    schedule_options : ScheduleOptions
        How the plans are scheduled.

    Returns
    -------
    Proposal
        Its dates are those that ``schedule_plan`` gives the plan of ``accept``.

    Raises
    ------
    InvalidInput
        ``levelling.too_large``, ``levelling.resource``, ``levelling.from_finish``,
        ``levelling.endless``, ``levelling.options``, ``levelling.units``,
        ``levelling.assignment``, and those of ``schedule_plan``.
    CycleFound
        ``schedule.cycle``.

    Notes
    -----
    Serial schedule generation over calendars on cells of time that divide every shift,
    duration, lag and date, so that nothing is rounded. A task takes its units while its own
    calendar works. Tasks that have begun, of priority 1000, with hard constraints, with dates
    set by hand, or as late as possible do not move and are served first; none is pushed by
    another. Projects are served by priority, those of equal priority together. Where tries
    are asked for, schedules of disturbed rules are justified, crossed, decoded and justified
    again (``PlanSearch``), until the bound is reached if all plans are served together. Better
    is: fewer tasks without room, then the earlier last finish of the projects served together,
    then earlier starts. Deterministic but for ``seconds``.

    Shifts over a change of the clock are counted as on other days; the dates of the proposal
    and its overloads come from the schedule itself.
    """
    check_options(options, [project.priority for project in projects])
    facts = [read_facts(project.plan, schedule_options) for project in projects]
    extra = _days(facts)
    while True:
        ground = lay_ground(facts, options.within_float, extra)
        found = _decoded(facts, [project.priority for project in projects], ground, options)
        if found is not None:
            break
        extra *= 2
        if extra > MOST_DAYS:
            raise InvalidInput(
                "levelling.endless",
                "The levelled plans would not end within fifty years; raise capacities or lower "
                "the demand.",
            )
    return _proposal(facts, ground, *found, schedule_options)


def _days(facts: Sequence[Facts]) -> int:
    """A first guess of how many days levelling adds."""
    spans = [item.result.finish - item.result.start for item in facts]
    return 60 + max((span.days for span in spans), default=0)


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


def _decoded(
    facts: Sequence[Facts], priorities: Sequence[int], ground: Ground, options: LevelOptions
) -> tuple[Dates, int] | None:
    """Place the projects of each priority on what those before leave; None if it is too short.

    With the cell before which the last of all cannot end.
    """
    energy, ranks = energy_of(ground), _ranks(facts, ground, options.rule)
    axis, dates, over = ground.axis, room_on(ground.axis), _over(options)
    served, goal = sorted(set(priorities), reverse=True), 0
    for priority in served:
        mine = np.array([priorities[project] == priority for project in ground.project])
        group = np.flatnonzero(mine)
        order = listed(axis.pred_at, axis.pred, ranks, group)
        if not decode_calendar(axis, order, dates, axis.base.shape[1] - 1):
            return None
        if len(served) == 1:
            goal = least_finish(ground, energy, int(dates.finishes.max(initial=0)))
        if options.schedules and (axis.kind[group] == LEAF).any():
            search = PlanSearch(ground, group, dates, options.seed, over)
            search.run(options.schedules, goal)
        axis.base[:] = dates.free
    return dates, goal or least_finish(ground, energy, int(dates.finishes.max(initial=0)))


def _over(options: LevelOptions) -> Callable[[], bool]:
    """Whether the time of the options, from now on, is over."""
    seconds, clock = options.seconds, options.clock
    if seconds is None:
        return lambda: False
    until = clock() + seconds
    return lambda: clock() >= until


def _ranks(facts: Sequence[Facts], ground: Ground, rule: Rule) -> IntArray:
    latest = ground.axis.latest

    def key(node: int) -> tuple[int, ...]:
        project, row, _ = ground.nodes[node]
        task = facts[project].rows[row]
        # A task that may not push another has less time than its float says.
        late_start = min(task.late_start, ground.origin + int(latest[node]) * ground.unit)
        slack = min(task.total_float, max(0, late_start - task.start))
        measures = {
            Rule.LATE_START: (late_start, slack, -task.priority),
            Rule.LATE_FINISH: (late_start + task.minutes, late_start, -task.priority),
            Rule.TOTAL_FLOAT: (slack, late_start, -task.priority),
            Rule.PRIORITY: (-task.priority, late_start, slack),
        }[rule]
        return (*measures, project, row)

    ranks = np.empty(len(ground.nodes), dtype=np.int64)
    ranks[sorted(range(len(ground.nodes)), key=key)] = np.arange(len(ground.nodes))
    return ranks


def _proposal(
    facts: Sequence[Facts], ground: Ground, dates: Dates, least: int, options: ScheduleOptions
) -> Proposal:
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
