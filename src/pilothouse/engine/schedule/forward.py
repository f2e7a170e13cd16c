# SPDX-License-Identifier: Apache-2.0
"""The forward pass: the earliest dates, and what holds each task there."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType
from pilothouse.engine.schedule.options import Dialect, ProgressMode
from pilothouse.engine.schedule.prepare import Edge, Network, named, rounded
from pilothouse.engine.schedule.result import CauseKind, TaskState

Bound = tuple[int, CauseKind, Edge | None]
"""A position, why it binds, and the link if one does."""

_START = (ConstraintType.SNET, ConstraintType.MSO)
_FINISH = (ConstraintType.FNET, ConstraintType.MFO)


@dataclass(slots=True)
class Early:
    """Result of the pass. Lists over rows; summaries hold their roll-up."""

    start: list[int]
    finish: list[int]
    resume: list[int]
    """Start of the work that remains; the start itself where nothing is done."""
    binding: list[list[Bound]]
    """The bounds that hold the resume of a task; for a summary those of its gate."""
    broken: list[int]
    """Minutes by which the logic exceeds a hard constraint, 0 where it does not."""
    gate_start: list[list[Bound]] = field(default_factory=list)
    gate_finish: list[list[Bound]] = field(default_factory=list)


def forward_pass(network: Network, *, leveled: bool = False) -> Early:
    """Earliest dates in topological order.

    Parameters
    ----------
    network : Network
    leveled : bool
        Add the levelling delays, so that successors follow the delayed tasks.

    Returns
    -------
    Early
        Positions (wall-clock minutes since 1900).

    Notes
    -----
    Bounds on a finish become bounds on a start in the task's calendar. Ties of bounds are
    all kept, in the order of the links. O(n + m) calendar operations.
    """
    rows = network.rows
    early = Early(
        [0] * rows,
        [0] * rows,
        [0] * rows,
        [[] for _ in range(rows)],
        [0] * rows,
        [[] for _ in range(rows)],
        [[] for _ in range(rows)],
    )
    summary = network.outline.summary
    node = 0
    try:
        for node in network.order:
            if node >= rows:
                _roll(network, early, node - rows)
            elif summary[node]:
                _gate(network, early, node)
            else:
                _leaf(network, early, node, leveled)
    except InvalidInput as error:
        raise named(error, network.outline.labels[node % rows]) from error
    return early


def _roll(network: Network, early: Early, row: int) -> None:
    """R-CPM-04: a summary runs from the first start to the last finish of its children."""
    children = network.outline.children[row]
    counted = [child for child in children if network.plan.tasks[child].active] or children
    pinned = network.pinned[row]
    if pinned is not None:
        early.start[row], early.finish[row] = pinned
    else:
        early.start[row] = min(early.start[child] for child in counted)
        early.finish[row] = max(early.finish[child] for child in counted)
    early.resume[row] = early.start[row]
    duration = network.project.diff_at(early.start[row], early.finish[row])
    network.durations[row] = duration
    for edge in network.outgoing[network.rows + row]:
        if edge.share is not None:
            edge.minutes = rounded(duration * edge.share)


def _gate(network: Network, early: Early, row: int) -> None:
    """Bounds on a summary hold for every row below it."""
    above = network.outline.parent[row]
    starts = list(early.gate_start[above]) if above >= 0 else []
    finishes = list(early.gate_finish[above]) if above >= 0 else []
    for edge in network.incoming[row]:
        position = _bound(network, early, edge)
        if position is not None:
            (finishes if edge.to_finish else starts).append(
                (position, CauseKind.SUMMARY_LINK, edge)
            )
    task = network.plan.tasks[row]
    if task.constraint_date is not None:
        position = network.project.position(task.constraint_date)
        if task.constraint in _START:
            starts.append((position, CauseKind.SUMMARY_CONSTRAINT, None))
    early.gate_start[row] = _strongest(starts)
    early.gate_finish[row] = _strongest(finishes)


def _strongest(bounds: list[Bound]) -> list[Bound]:
    if len(bounds) < 2:
        return bounds
    latest = max(bound[0] for bound in bounds)
    return [bound for bound in bounds if bound[0] == latest]


def _bound(network: Network, early: Early, edge: Edge) -> int | None:
    """Where the link allows its successor's end, None if it does not count."""
    source = edge.source
    if source >= network.rows:
        source -= network.rows
    elif network.silent[source]:
        return None
    position = early.start[source] if edge.from_start else early.finish[source]
    return edge.forward(position)


def _leaf(network: Network, early: Early, row: int, leveled: bool) -> None:
    state = network.states[row]
    if state is TaskState.COMPLETE:
        start, finish = network.actual_start[row], network.actual_finish[row]
        early.start[row], early.finish[row], early.resume[row] = start, finish, finish
        early.binding[row] = [(finish, CauseKind.ACTUAL, None)]
        return
    pinned = network.pinned[row]
    if pinned is not None:
        early.start[row], early.finish[row] = pinned
        early.resume[row] = pinned[0]
        early.binding[row] = [(pinned[0], CauseKind.MANUAL, None)]
        return
    task = network.plan.tasks[row]
    if task.level_of_effort and state is TaskState.NOT_STARTED:
        _hammock(network, early, row)
        return
    if state is TaskState.IN_PROGRESS:
        starts, finishes = _bounds_of_rest(network, early, row)
    else:
        starts, finishes = _bounds_of_start(network, early, row)
    resume, finish, binding = place(network, row, starts, finishes)
    if leveled and task.leveling_delay_minutes > 0 and state is TaskState.NOT_STARTED:
        delayed = resume + task.leveling_delay_minutes
        resume, finish, binding = place(
            network, row, [(delayed, CauseKind.LEVELING_DELAY, None)], []
        )
    if state is TaskState.IN_PROGRESS:
        early.start[row] = network.actual_start[row]
    else:
        logic = finish
        resume, finish, binding = _harden(network, row, resume, finish, binding)
        early.broken[row] = max(0, network.calendars[row].diff_at(finish, logic))
        early.start[row] = resume
    early.resume[row], early.finish[row], early.binding[row] = resume, finish, binding


def place(
    network: Network, row: int, starts: list[Bound], finishes: list[Bound]
) -> tuple[int, int, list[Bound]]:
    """Start and finish of the remaining duration under bounds, and those that bind."""
    calendar = network.calendars[row]
    left = network.remaining[row]
    if finishes:
        starts = starts + [
            (calendar.sub_at(position, left), kind, edge) for position, kind, edge in finishes
        ]
    latest = max(bound[0] for bound in starts)
    if left == 0:
        start = finish = network.snap(row, latest)
    else:
        start = calendar.start_at(latest)
        finish = calendar.add_at(start, left)
    if len(starts) == 1:
        return start, finish, starts
    binding = [
        bound
        for bound in starts
        if bound[0] >= start
        or (bound[0] >= start - 20160 and calendar.diff_at(bound[0], start) == 0)
    ]
    return start, finish, binding or [max(starts, key=lambda bound: bound[0])]


def _inherited(network: Network, early: Early, row: int) -> tuple[list[Bound], list[Bound]]:
    above = network.outline.parent[row]
    if above < 0:
        return [], []
    return early.gate_start[above], early.gate_finish[above]


def _bounds_of_start(network: Network, early: Early, row: int) -> tuple[list[Bound], list[Bound]]:
    task = network.plan.tasks[row]
    gate_starts, gate_finishes = _inherited(network, early, row)
    starts: list[Bound] = []
    finishes: list[Bound] = list(gate_finishes)
    for edge in network.incoming[row]:
        position = _bound(network, early, edge)
        if position is not None:
            (finishes if edge.to_finish else starts).append((position, CauseKind.LINK, edge))
    starts += gate_starts
    if task.constraint_date is not None:
        position = network.project.position(task.constraint_date)
        if task.constraint in _START:
            starts.append((position, CauseKind.CONSTRAINT, None))
        elif task.constraint in _FINISH:
            finishes.append((position, CauseKind.CONSTRAINT, None))
    first = network.project.start_at(network.start)
    if not (starts and _before_project(network, early, row, first)):
        starts.append((first, CauseKind.PROJECT_START, None))
    if network.status is not None and network.options.work_after_status_date:
        starts.append((network.status, CauseKind.STATUS_DATE, None))
    return starts, finishes


def _before_project(network: Network, early: Early, row: int, first: int) -> bool:
    """Whether a task may start before the project, as Microsoft Project lets it.

    A constraint may take a task there, and its successors follow it.
    """
    if network.options.dialect is not Dialect.MICROSOFT_PROJECT:
        return False
    task = network.plan.tasks[row]
    if task.constraint in _START and task.constraint_date is not None:
        return True
    return any(early.start[edge.source % network.rows] < first for edge in network.incoming[row])


def _bounds_of_rest(network: Network, early: Early, row: int) -> tuple[list[Bound], list[Bound]]:
    """R-PRG-02 and R-PRG-03: where the work that remains may go on."""
    task = network.plan.tasks[row]
    calendar = network.calendars[row]
    begun = network.actual_start[row]
    done = network.durations[row] - network.remaining[row]
    led_to = calendar.add_at(begun, done)
    if network.remaining[row] == 0:
        return [(led_to, CauseKind.ACTUAL, None)], []
    starts: list[Bound] = []
    finishes: list[Bound] = []
    if network.options.progress_mode is ProgressMode.RETAINED_LOGIC:
        gate_starts, gate_finishes = _inherited(network, early, row)
        finishes += gate_finishes
        for edge in network.incoming[row]:
            source = edge.source
            if source < network.rows and network.states[source] is TaskState.COMPLETE:
                continue
            position = _bound(network, early, edge)
            if position is not None:
                (finishes if edge.to_finish else starts).append((position, CauseKind.LINK, edge))
        starts += gate_starts
    if task.resume is not None:
        starts.append((calendar.position(task.resume), CauseKind.RESUME, None))
    if network.status is not None and network.options.work_after_status_date:
        starts.append((max(network.status, begun), CauseKind.STATUS_DATE, None))
    else:
        starts.append((led_to, CauseKind.ACTUAL, None))
    return starts, finishes


def _harden(
    network: Network, row: int, start: int, finish: int, binding: list[Bound]
) -> tuple[int, int, list[Bound]]:
    """A hard constraint holds against the logic; what it breaks is listed later (R-CPM-05)."""
    task = network.plan.tasks[row]
    if not task.constraint_hard or task.constraint_date is None:
        return start, finish, binding
    calendar, duration = network.calendars[row], network.remaining[row]
    date = network.project.position(task.constraint_date)
    kind = task.constraint
    because: list[Bound] = [(date, CauseKind.CONSTRAINT, None)]
    if kind is ConstraintType.MSO or (
        kind is ConstraintType.SNLT and calendar.diff_at(date, start) > 0
    ):
        fixed = calendar.start_at(date) if duration else network.snap(row, date)
        return fixed, calendar.add_at(fixed, duration), because
    if kind is ConstraintType.MFO or (
        kind is ConstraintType.FNLT and calendar.diff_at(date, finish) > 0
    ):
        fixed = calendar.finish_at(date) if duration else network.snap(row, date)
        return calendar.sub_at(fixed, duration), fixed, because
    return start, finish, binding


def _hammock(network: Network, early: Early, row: int) -> None:
    """R-CPM-04: level of effort runs from its start drivers to its finish drivers."""
    starts, finishes = _bounds_of_start(network, early, row)
    calendar = network.calendars[row]
    latest = max(bound[0] for bound in starts)
    start = calendar.start_at(latest)
    binding = [bound for bound in starts if bound[0] == latest]
    if finishes:
        finish = max(start, calendar.finish_at(max(bound[0] for bound in finishes)))
    else:
        finish = calendar.add_at(start, network.remaining[row])
    early.start[row], early.finish[row], early.resume[row] = start, finish, start
    early.binding[row] = binding
    network.durations[row] = calendar.diff_at(start, finish)
