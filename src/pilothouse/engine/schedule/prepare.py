# SPDX-License-Identifier: Apache-2.0
"""From the plan to columns: calendars, durations, states and links by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.links import check_links
from pilothouse.engine.network.minutes import left_and_done, whole_minutes
from pilothouse.engine.network.outline import Outline, build_outline
from pilothouse.engine.network.plan import (
    ConstraintType,
    LagCalendar,
    LagKind,
    Link,
    LinkType,
    Notice,
    Plan,
    PlanTask,
)
from pilothouse.engine.schedule.checks import (
    MOST_MINUTES,
    check_lag,
    check_plan,
    check_tasks,
)
from pilothouse.engine.schedule.effective import (
    ELAPSED,
    Numbering,
    calendar_set,
    numbers_by_row,
)
from pilothouse.engine.schedule.options import Dialect, ScheduleOptions
from pilothouse.engine.schedule.result import TaskState

if TYPE_CHECKING:
    from pilothouse.engine.network.topology import Topology

_ASAP, _ALAP = ConstraintType.ASAP, ConstraintType.ALAP
FROM_START = (LinkType.SS, LinkType.SF)
"""Links that leave the start of the predecessor."""
TO_FINISH = (LinkType.FF, LinkType.SF)
"""Links that enter the finish of the successor."""


@dataclass(slots=True)
class Edge:
    """A link between nodes; ``minutes`` of lag, negative for a lead.

    ``calendar`` is None where the lag is zero or elapsed. ``share`` is set for a lag in
    percent of a summary, which is known only when the summary is rolled up. ``open_end``
    says that a bound on the predecessor may go on to the next working time of the lag.
    """

    number: int
    link: Link
    source: int
    target: int
    from_start: bool
    to_finish: bool
    minutes: int
    calendar: WorkingTime | None
    share: Decimal | None
    open_end: bool

    def forward(self, position: int) -> int:
        """The bound on the successor's end from the predecessor's."""
        if self.calendar is None:
            return position + self.minutes
        return self.calendar.add_at(position, self.minutes)

    def back(self, position: int) -> int:
        """The bound on the predecessor's end from the successor's."""
        if self.calendar is None:
            return position - self.minutes
        before = self.calendar.sub_at(position, self.minutes)
        # Backwards a lead leads to the end of an interval, but a start stands at the beginning
        # of the next one, and a predecessor on another calendar may go on until then.
        return self.calendar.start_at(before) if self.minutes < 0 and self.open_end else before


@dataclass
class Network:
    """A plan that has been checked, and its columns as lists over rows.

    Nodes are those of ``Topology``: row ``i`` of ``n``, and ``n + i`` for the roll of a
    summary. Lists over links stand in the order of the plan's links.
    """

    plan: Plan
    options: ScheduleOptions
    outline: Outline
    shape: Topology
    known: list[WorkingTime]
    """The calendars in use."""
    project_number: int
    """The calendar of the plan, in ``known``."""
    own_numbers: list[int]
    """By row, in ``known``; elapsed durations left aside."""
    calendar_numbers: list[int]
    """By row, in ``known``; what the task itself runs on."""
    durations: list[int]
    """Total working minutes; 0 for summaries."""
    remaining: list[int]
    states: list[TaskState]
    actual_start: list[int]
    actual_finish: list[int]
    silent: list[bool]
    """What drives nothing: inactive or level of effort."""
    pinned: list[tuple[int, int] | None]
    delays: list[int]
    """Levelling delay in elapsed minutes that lies before the early start of a task."""
    start: int
    status: int | None
    imposed: int | None
    lags: list[int] = field(default_factory=list)
    lag_numbers: list[int] = field(default_factory=list)
    """By link, in ``known``; -1 where there is no lag, or an elapsed one."""
    shares: list[Decimal | None] = field(default_factory=list)
    noted: dict[int, list[Notice]] = field(default_factory=dict)
    """By row what was noticed there."""
    noted_of_links: list[Notice] = field(default_factory=list)

    def note(self, row: int, of: str, message: str) -> None:
        """Keep what was noticed of a row."""
        self.noted.setdefault(row, []).append(Notice(self.outline.labels[row], of, message))

    @property
    def notices(self) -> list[Notice]:
        """What was noticed, in the order of the rows and then of the links."""
        of_rows = [notice for row in sorted(self.noted) for notice in self.noted[row]]
        return of_rows + self.noted_of_links

    @property
    def rows(self) -> int:
        """Number of tasks."""
        return len(self.plan.tasks)

    @cached_property
    def order(self) -> list[int]:
        """Nodes in topological order."""
        order: list[int] = self.shape.order.tolist()
        return order

    @property
    def project(self) -> WorkingTime:
        """The calendar of the plan."""
        return self.known[self.project_number]

    @cached_property
    def calendars(self) -> list[WorkingTime]:
        """The calendar of each row."""
        return [self.known[number] for number in self.calendar_numbers]

    def expects(self, row: int) -> bool:
        """Whether what remains of a task lasts until its expected finish."""
        task = self.plan.tasks[row]
        return (
            self.plan.rules.expected_finishes
            and task.expected_finish is not None
            and not (task.milestone or task.level_of_effort or self.outline.summary[row])
            and self.states[row] is not TaskState.COMPLETE
            and self.pinned[row] is None
        )

    @cached_property
    def edges(self) -> list[Edge]:
        """The links of the plan in their order."""
        index, rows, summary = self.outline.index, self.rows, self.outline.summary
        edges: list[Edge] = []
        for number, link in enumerate(self.plan.links):
            first, second = index[link.predecessor], index[link.successor]
            at = self.lag_numbers[number]
            lagged = self.lags[number] != 0 or self.shares[number] is not None
            edges.append(
                Edge(
                    number,
                    link,
                    rows + first if summary[first] else first,
                    second,
                    link.type in FROM_START,
                    link.type in TO_FINISH,
                    self.lags[number],
                    self.known[at] if at >= 0 and lagged else None,
                    self.shares[number],
                    link.type in FROM_START
                    or summary[first]
                    or not self.remaining[first]
                    or at != self.calendar_numbers[first],
                )
            )
        return edges

    @cached_property
    def links_into(self) -> list[list[int]]:
        """By row its links in their order, those to its start before those to its finish."""
        index = self.outline.index
        into: list[list[int]] = [[] for _ in range(self.rows)]
        to_finish: list[tuple[int, int]] = []
        for number, link in enumerate(self.plan.links):
            if link.type in TO_FINISH:
                to_finish.append((index[link.successor], number))
            else:
                into[index[link.successor]].append(number)
        for row, number in to_finish:
            into[row].append(number)
        return into

    @cached_property
    def in_percent(self) -> bool:
        """Whether any lag follows from the duration of its predecessor."""
        return any(link.lag_percent for link in self.plan.links)

    @cached_property
    def incoming(self) -> list[list[Edge]]:
        """By node the links that enter it."""
        found: list[list[Edge]] = [[] for _ in range(2 * self.rows)]
        for edge in self.edges:
            found[edge.target].append(edge)
        return found

    @cached_property
    def outgoing(self) -> list[list[Edge]]:
        """By node the links that leave it."""
        found: list[list[Edge]] = [[] for _ in range(2 * self.rows)]
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    def snap(self, row: int, position: int) -> int:
        """Where a milestone stands: in or at the border of working time, else the next start."""
        calendar = self.calendars[row]
        following = calendar.start_at(position)
        if following == position or calendar.finish_at(position) == position:
            return position
        return following

    def latest_like(self, edge: Edge, position: int) -> int:
        """The last instant that a link may reach without moving the end it enters.

        A link to a finish holds in the working time of the successor: what the predecessor
        does while the successor is closed delays nothing.
        """
        target = edge.target
        if not edge.to_finish or self.outline.summary[target]:
            return position
        calendar = self.calendars[target]
        source = edge.source
        same = source < self.rows and self.calendars[source] is calendar
        elapsed = edge.calendar is None and edge.minutes
        if same and not elapsed and not edge.from_start:
            return position
        return calendar.start_at(position)


def prepare(plan: Plan, options: ScheduleOptions) -> Network:
    """Check the plan and lay it out for the passes.

    Raises
    ------
    InvalidInput, CycleFound
        Those of the calendars, of the network and of ``checks``, ``schedule.calendar``,
        ``schedule.actual_dates``, ``schedule.no_finish``.
    """
    from pilothouse.engine.schedule.apart import shape_of

    check_plan(plan, options)
    options = replace(options, progress_mode=options.progress_mode_of(plan))
    outline = build_outline(plan.tasks)
    check_tasks(plan.tasks, outline.labels)
    check_links(plan.links, outline)
    shape = shape_of(outline, plan.links)
    found = calendar_set(plan.calendars, options.zone)
    if plan.default_calendar_uid not in found.compiled:
        raise InvalidInput(
            "schedule.calendar",
            f"The plan's calendar {plan.default_calendar_uid} is not among its calendars.",
            (str(plan.default_calendar_uid),),
        )
    if plan.schedule_from_finish and plan.finish is None:
        raise InvalidInput(
            "schedule.no_finish",
            "The plan is scheduled from its finish but has none; give it a finish date.",
        )
    numbering = Numbering(found.elapsed)
    project = numbering.of(found.compiled[plan.default_calendar_uid])
    count = len(plan.tasks)
    own = numbers_by_row(plan, options, found, numbering, outline, range(count))
    position = found.compiled[plan.default_calendar_uid].position
    network = Network(
        plan,
        options,
        outline,
        shape,
        numbering.calendars,
        project,
        own,
        running(plan.tasks, own),
        [0] * count,
        [0] * count,
        [TaskState.NOT_STARTED] * count,
        [0] * count,
        [0] * count,
        [is_silent(task, summary) for task, summary in zip(plan.tasks, outline.summary)],
        [None] * count,
        [0] * count,
        position(plan.start),
        None if plan.status_date is None else position(plan.status_date),
        None if plan.imposed_finish is None else position(plan.imposed_finish),
    )
    for row in range(count):
        read_row(network, row)
    read_lags(network)
    return network


def running(tasks: Sequence[PlanTask], own: Sequence[int]) -> list[int]:
    """The calendars that tasks run on, from those that are their own."""
    return [ELAPSED if task.elapsed_duration else at for task, at in zip(tasks, own)]


def is_silent(task: PlanTask, summary: bool) -> bool:
    """Whether a row drives nothing."""
    return (not task.active or task.level_of_effort) and not summary


def read_row(network: Network, row: int) -> None:
    """Read what a task says of itself into the columns, which hold nothing of it yet."""
    try:
        _read_dates(network, row, network.plan.tasks[row])
    except InvalidInput as error:
        raise named(error, network.outline.labels[row]) from error


def _read_dates(network: Network, row: int, task: PlanTask) -> None:
    if network.outline.summary[row]:
        if task.manual and task.stored.start and task.stored.finish:
            network.pinned[row] = _positions(network.project, task.stored.start, task.stored.finish)
        return
    _progress(network, row, task)
    if (
        task.constraint is not _ASAP
        and task.constraint_date is None
        and task.constraint is not _ALAP
    ):
        network.note(
            row,
            "constraint_date",
            f"The constraint {task.constraint.value.upper()} has no date and was left out; "
            "give it one.",
        )
    if network.states[row] is not TaskState.NOT_STARTED:
        return
    if task.manual or task.external:
        network.pinned[row] = _manual_dates(network, row, task)
    if (
        task.leveling_delay_minutes > 0
        and network.options.dialect is Dialect.MICROSOFT_PROJECT
        and network.pinned[row] is None
    ):
        network.delays[row] = task.leveling_delay_minutes


def named(error: InvalidInput, label: str) -> InvalidInput:
    """The error with the task it concerns; one that names a task already stays as it is."""
    if not error.code.startswith("calendar."):
        return error
    return InvalidInput(error.code, f"Task {label}: {error.message}", (label,))


def _positions(calendar: WorkingTime, start: datetime, finish: datetime) -> tuple[int, int]:
    return calendar.position(start), calendar.position(finish)


def _progress(network: Network, row: int, task: PlanTask) -> None:
    """State, total and remaining duration (R-PRG-01, R-PRG-04)."""
    duration = min(task.duration_minutes, MOST_MINUTES)
    network.durations[row] = network.remaining[row] = duration
    if task.percent_complete == 100 and task.actual_finish is None:
        counts = "not begun" if task.actual_start is None else "begun"
        message = (
            f"Done to 100 percent without an actual finish, so it counts as {counts}; say when."
        )
        network.note(row, "actual_finish", message)
    if task.actual_finish is not None:
        _complete(network, row, task, task.actual_finish)
    elif task.actual_start is not None:
        network.states[row] = TaskState.IN_PROGRESS
        network.actual_start[row] = network.calendars[row].position(task.actual_start)
        left, done = left_and_done(task, duration)
        left, done = (min(minutes, MOST_MINUTES) for minutes in (left, done))
        network.remaining[row] = left
        network.durations[row] = done + left
    else:
        return
    latest = task.actual_finish or task.actual_start
    if latest is not None and network.plan.status_date and latest > network.plan.status_date:
        network.note(row, "actual", f"An actual date, {latest}, lies after the status date.")


def _complete(network: Network, row: int, task: PlanTask, finished: datetime) -> None:
    calendar, label = network.calendars[row], network.outline.labels[row]
    finish = calendar.position(finished)
    if task.actual_start is None:
        start = calendar.sub_at(finish, network.durations[row])
    else:
        start = calendar.position(task.actual_start)
    if finish < start:
        raise InvalidInput(
            "schedule.actual_dates",
            f"Task {label} finished on {task.actual_finish}, before it started on "
            f"{task.actual_start}; correct one of the dates.",
            (label,),
        )
    network.states[row] = TaskState.COMPLETE
    network.actual_start[row], network.actual_finish[row] = start, finish
    network.durations[row] = calendar.diff_at(start, finish)
    network.remaining[row] = 0


def _manual_dates(network: Network, row: int, task: PlanTask) -> tuple[int, int] | None:
    """Dates that nothing moves: those of a manual or external task that is not started."""
    calendar = network.calendars[row]
    start, finish = task.stored.start, task.stored.finish
    if start is None and finish is None:
        network.note(
            row, "start", "Scheduled by hand but without dates; it was scheduled by its links."
        )
        return None
    if start is not None and finish is not None:
        return _positions(calendar, start, finish)
    if start is not None:
        position = calendar.position(start)
        return position, calendar.add_at(position, network.durations[row])
    assert finish is not None
    position = calendar.position(finish)
    return calendar.sub_at(position, network.durations[row]), position


def read_lags(network: Network) -> None:
    """Read the lags of all links into the columns, which hold none yet."""
    own = network.own_numbers
    index, summary, labels = (
        network.outline.index,
        network.outline.summary,
        network.outline.labels,
    )
    whose = network.options.lag_calendar_of(network.plan)
    for link in network.plan.links:
        if not (link.lag_minutes or link.lag_percent or link.type in TO_FINISH):
            network.lags.append(0)
            network.lag_numbers.append(-1)
            network.shares.append(None)
            continue
        if type(link.lag_minutes) is not int or link.lag_percent:
            check_lag(link, labels[index[link.predecessor]], labels[index[link.successor]])
        minutes, share = link.lag_minutes, None
        if link.lag_kind not in (LagKind.WORKING, LagKind.ELAPSED):
            minutes, share = _share(network, link, index[link.predecessor])
        number = -1
        # A lag in percent has its calendar also while the duration that it is a share of is zero.
        if (minutes or link.lag_percent) and link.lag_kind in (LagKind.WORKING, LagKind.PERCENT):
            if whose is LagCalendar.SUCCESSOR:
                number = own[index[link.successor]]
            elif whose is LagCalendar.PREDECESSOR:
                number = own[index[link.predecessor]]
            else:
                number = network.project_number
        network.lags.append(max(-MOST_MINUTES, min(minutes, MOST_MINUTES)))
        network.lag_numbers.append(number)
        network.shares.append(share)
        if link.type in TO_FINISH and summary[index[link.successor]]:
            network.noted_of_links.append(
                Notice(
                    labels[index[link.successor]],
                    "links",
                    f"A {link.type.value.upper()} link to a summary bounds the finish of each "
                    "of its tasks.",
                )
            )


def _share(network: Network, link: Link, first: int) -> tuple[int, Decimal | None]:
    share = link.lag_percent / Decimal(100)
    if network.outline.summary[first]:
        return 0, share
    return whole_minutes(network.durations[first] * share), None
