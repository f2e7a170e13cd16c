# SPDX-License-Identifier: Apache-2.0
"""From the plan to arrays: calendars, durations and links by node (see network.order)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from pilothouse.engine.calendars import WorkingTime, compile_calendars, elapsed_calendar
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.links import check_links
from pilothouse.engine.network.order import topological_order
from pilothouse.engine.network.outline import Outline, build_outline
from pilothouse.engine.network.plan import (
    LagCalendar,
    LagKind,
    Link,
    LinkType,
    Notice,
    Plan,
    PlanTask,
)
from pilothouse.engine.schedule.options import Dialect, ScheduleOptions
from pilothouse.engine.schedule.result import TaskState

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


@dataclass(slots=True)
class Network:
    """Everything the passes read. Lists over rows; ``incoming``/``outgoing`` over nodes."""

    plan: Plan
    options: ScheduleOptions
    outline: Outline
    order: list[int]
    project: WorkingTime
    calendars: list[WorkingTime]
    durations: list[int]
    remaining: list[int]
    states: list[TaskState]
    actual_start: list[int]
    actual_finish: list[int]
    incoming: list[list[Edge]]
    outgoing: list[list[Edge]]
    silent: list[bool]
    pinned: list[tuple[int, int] | None]
    delays: list[int]
    """Levelling delay in elapsed minutes that lies before the early start of a task."""
    start: int
    status: int | None
    imposed: int | None
    notices: list[Notice] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Number of tasks."""
        return len(self.plan.tasks)

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
        Those of the calendars and of the network, ``schedule.calendar``,
        ``schedule.negative_duration``, ``schedule.actual_dates``, ``schedule.no_finish``.
    """
    outline = build_outline(plan.tasks)
    check_links(plan.links, outline)
    order = topological_order(outline, plan.links)
    compiled = compile_calendars(plan.calendars, zone=options.zone)
    if plan.default_calendar_uid not in compiled:
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
    project = compiled[plan.default_calendar_uid]
    notices: list[Notice] = []
    own = _Calendars(plan, options, compiled, outline).by_row()
    elapsed = elapsed_calendar()
    calendars = [elapsed if task.elapsed_duration else cal for task, cal in zip(plan.tasks, own)]
    count = len(plan.tasks)
    network = Network(
        plan,
        options,
        outline,
        order,
        project,
        calendars,
        [0] * count,
        [0] * count,
        [TaskState.NOT_STARTED] * count,
        [0] * count,
        [0] * count,
        [[] for _ in range(2 * count)],
        [[] for _ in range(2 * count)],
        [
            (not task.active or task.level_of_effort) and not outline.summary[row]
            for row, task in enumerate(plan.tasks)
        ],
        [None] * count,
        [0] * count,
        project.position(plan.start),
        None if plan.status_date is None else project.position(plan.status_date),
        None if plan.imposed_finish is None else project.position(plan.imposed_finish),
        notices,
    )
    for row, task in enumerate(plan.tasks):
        try:
            _read_dates(network, row, task)
        except InvalidInput as error:
            raise named(error, outline.labels[row]) from error
    _edges(network, own)
    return network


def _read_dates(network: Network, row: int, task: PlanTask) -> None:
    if network.outline.summary[row]:
        if task.manual and task.stored.start and task.stored.finish:
            network.pinned[row] = _positions(network.project, task.stored.start, task.stored.finish)
        return
    _progress(network, row, task)
    network.pinned[row] = _manual_dates(network, row, task)
    if (
        network.options.dialect is Dialect.MICROSOFT_PROJECT
        and network.states[row] is TaskState.NOT_STARTED
        and network.pinned[row] is None
    ):
        network.delays[row] = max(0, task.leveling_delay_minutes)


def named(error: InvalidInput, label: str) -> InvalidInput:
    """The error with the task it concerns; one that names a task already stays as it is."""
    if not error.code.startswith("calendar."):
        return error
    return InvalidInput(error.code, f"Task {label}: {error.message}", (label,))


class _Calendars:
    """The working time of each task (R-CAL-01), each combination compiled once."""

    def __init__(
        self,
        plan: Plan,
        options: ScheduleOptions,
        compiled: dict[int, WorkingTime],
        outline: Outline,
    ) -> None:
        self._plan = plan
        self._compiled = compiled
        self._outline = outline
        self._specs = {spec.uid: spec for spec in plan.calendars}
        self._combined: dict[tuple[int | None, tuple[int, ...]], WorkingTime] = {}
        self._resources: dict[int, set[int]] = {}
        if options.dialect is Dialect.MICROSOFT_PROJECT:
            self._read_assignments()

    def _read_assignments(self) -> None:
        calendar_of = {
            resource.uid: resource.calendar_uid
            for resource in self._plan.resources
            if resource.kind == "work" and resource.calendar_uid in self._compiled
        }
        for assignment in self._plan.assignments:
            uid = assignment.resource_uid
            calendar = calendar_of.get(uid) if uid is not None else None
            if calendar is not None:
                of_task = self._resources.setdefault(assignment.task_uid, set())
                of_task.add(self._plain(calendar))

    def _plain(self, uid: int) -> int:
        """The calendar that says the same: a derived one that adds nothing is its base."""
        spec = self._specs[uid]
        while (
            spec.base_uid is not None
            and not spec.exceptions
            and not spec.work_weeks
            and all(day is None for day in spec.week)
        ):
            spec = self._specs[spec.base_uid]
        return spec.uid

    def by_row(self) -> list[WorkingTime]:
        return [self._of(row, task) for row, task in enumerate(self._plan.tasks)]

    def _of(self, row: int, task: PlanTask) -> WorkingTime:
        own: int | None = None
        if task.calendar_uid is not None:
            if task.calendar_uid not in self._compiled:
                label = self._outline.labels[row]
                raise InvalidInput(
                    "schedule.calendar",
                    f"Task {label} uses calendar {task.calendar_uid}, which is not in the "
                    "plan; choose another one.",
                    (label,),
                )
            own = self._plain(task.calendar_uid)
        resources: set[int] = set()
        if not (own is not None and task.ignore_resource_calendar):
            resources = self._resources.get(task.uid, resources)
        if not resources and own is None:
            own = self._plain(self._plan.default_calendar_uid)
        return self._combine(own, tuple(sorted(resources)))

    def _combine(self, own: int | None, resources: tuple[int, ...]) -> WorkingTime:
        """When any of the resources works, within the task's own calendar if it has one."""
        key = (own, resources)
        found = self._combined.get(key)
        if found is None:
            calendars = [self._compiled[uid] for uid in resources]
            for calendar in calendars:
                found = calendar if found is None else found.unite(calendar)
            if own is not None:
                task = self._compiled[own]
                found = task if found is None or own in resources else found.intersect(task)
            assert found is not None
            self._combined[key] = found
        return found


def _positions(calendar: WorkingTime, start: datetime, finish: datetime) -> tuple[int, int]:
    return calendar.position(start), calendar.position(finish)


def _progress(network: Network, row: int, task: PlanTask) -> None:
    """State, total and remaining duration (R-PRG-01, R-PRG-04)."""
    label = network.outline.labels[row]
    calendar = network.calendars[row]
    if task.duration_minutes < 0 or (task.remaining_minutes or 0) < 0:
        raise InvalidInput(
            "schedule.negative_duration",
            f"Task {label} has a negative duration; give it 0 or more.",
            (label,),
        )
    network.durations[row] = network.remaining[row] = task.duration_minutes
    if task.actual_finish is not None:
        finish = calendar.position(task.actual_finish)
        if task.actual_start is None:
            start = calendar.sub_at(finish, task.duration_minutes)
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
    elif task.actual_start is not None:
        network.states[row] = TaskState.IN_PROGRESS
        network.actual_start[row] = calendar.position(task.actual_start)
        left = task.remaining_minutes
        if left is None:
            share = (100 - task.percent_complete) / Decimal(100)
            left = rounded(task.duration_minutes * share)
        done = task.actual_duration_minutes
        if done is None:
            done = max(0, task.duration_minutes - left)
        network.remaining[row] = left
        network.durations[row] = done + left
    latest = task.actual_finish or task.actual_start
    if latest is not None and network.plan.status_date and latest > network.plan.status_date:
        network.notices.append(
            Notice(label, "actual", f"An actual date, {latest}, lies after the status date.")
        )


def rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _manual_dates(network: Network, row: int, task: PlanTask) -> tuple[int, int] | None:
    """Dates that nothing moves: those of a manual or external task that is not started."""
    if not (task.manual or task.external) or network.states[row] is not TaskState.NOT_STARTED:
        return None
    calendar = network.calendars[row]
    start, finish = task.stored.start, task.stored.finish
    if start is None and finish is None:
        network.notices.append(
            Notice(
                network.outline.labels[row],
                "start",
                "Scheduled by hand but without dates; it was scheduled by its links.",
            )
        )
        return None
    if start is not None and finish is not None:
        return _positions(calendar, start, finish)
    if start is not None:
        position = calendar.position(start)
        return position, calendar.add_at(position, task.duration_minutes)
    assert finish is not None
    position = calendar.position(finish)
    return calendar.sub_at(position, task.duration_minutes), position


def _edges(network: Network, own: list[WorkingTime]) -> None:
    index, rows = network.outline.index, network.rows
    for number, link in enumerate(network.plan.links):
        first, second = index[link.predecessor], index[link.successor]
        summary = network.outline.summary
        minutes, share = _lag(network, link, first)
        elapsed = link.lag_kind in (LagKind.ELAPSED, LagKind.ELAPSED_PERCENT)
        calendar = None
        if not elapsed and (minutes or share is not None):
            calendar = {
                LagCalendar.SUCCESSOR: own[second],
                LagCalendar.PREDECESSOR: own[first],
                LagCalendar.PROJECT: network.project,
            }[network.options.lag_calendar]
        edge = Edge(
            number,
            link,
            rows + first if summary[first] else first,
            second,
            link.type in FROM_START,
            link.type in TO_FINISH,
            minutes,
            calendar,
            share,
            link.type in FROM_START or calendar is not network.calendars[first],
        )
        network.incoming[edge.target].append(edge)
        network.outgoing[edge.source].append(edge)
        if summary[second] and edge.to_finish:
            network.notices.append(
                Notice(
                    network.outline.labels[second],
                    "links",
                    f"A {link.type.value.upper()} link to a summary bounds the finish of each "
                    "of its tasks.",
                )
            )


def _lag(network: Network, link: Link, first: int) -> tuple[int, Decimal | None]:
    if link.lag_kind in (LagKind.WORKING, LagKind.ELAPSED):
        return link.lag_minutes, None
    share = link.lag_percent / Decimal(100)
    if network.outline.summary[first]:
        return 0, share
    return rounded(network.durations[first] * share), None
