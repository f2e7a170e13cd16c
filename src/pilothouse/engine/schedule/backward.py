# SPDX-License-Identifier: Apache-2.0
"""The backward pass: the latest dates that keep the finish of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType
from pilothouse.engine.schedule.forward import Early
from pilothouse.engine.schedule.options import Dialect, ProgressMode
from pilothouse.engine.schedule.prepare import Edge, Network, named
from pilothouse.engine.schedule.result import TaskState

_START = (ConstraintType.SNLT, ConstraintType.MSO)
_FINISH = (ConstraintType.FNLT, ConstraintType.MFO)


@dataclass(slots=True)
class Late:
    """Result of the pass. Lists over rows.

    ``resume`` is the latest start of the work that remains. For a summary ``start`` and
    ``finish`` are the first and last of its children, ``least_finish`` the first finish,
    and ``cap`` the bound that its successors and its own dates put on every child.
    """

    start: list[int]
    finish: list[int]
    resume: list[int]
    least_finish: list[int]
    cap: list[int | None]
    start_cap: list[int | None]


def counts(network: Network, row: int) -> bool:
    """Whether a row bounds its predecessors: not what is done, inactive or level of effort."""
    return not network.silent[row] and network.states[row] is not TaskState.COMPLETE


def backward_pass(network: Network, finish: int, early: Early | None) -> Late:
    """Latest dates against the topological order.

    Parameters
    ----------
    network : Network
    finish : int
        Position that bounds every late finish.
    early : Early or None
        Tells which child of a summary holds its start, for links that leave it; None where
        the plan is scheduled from its finish and nothing is known yet.

    Notes
    -----
    The mirror of the forward pass, O(n + m) calendar operations.
    """
    rows = network.rows
    late = Late(
        [finish] * rows,
        [finish] * rows,
        [finish] * rows,
        [finish] * rows,
        [None] * rows,
        [None] * rows,
    )
    summary = network.outline.summary
    node = 0
    try:
        for node in reversed(network.order):
            if node >= rows:
                _cap(network, late, node - rows)
            elif summary[node]:
                _roll(network, late, node)
            else:
                _leaf(network, late, node, finish, early)
    except InvalidInput as error:
        raise named(error, network.outline.labels[node % rows]) from error
    return late


def _least(first: int | None, second: int) -> int:
    return second if first is None or second < first else first


def bound_by(network: Network, late: Late, edge: Edge) -> int | None:
    """Latest end of the predecessor that the link allows, None if it does not count."""
    target = edge.target
    if network.outline.summary[target]:
        position = late.least_finish[target] if edge.to_finish else late.resume[target]
        return edge.back(position)
    if not counts(network, target):
        return None
    if (
        network.states[target] is TaskState.IN_PROGRESS
        and network.options.progress_mode is ProgressMode.PROGRESS_OVERRIDE
    ):
        return None
    position = late.finish[target] if edge.to_finish else late.resume[target]
    return edge.back(network.latest_like(edge, position) - network.delays[target])


def _cap(network: Network, late: Late, row: int) -> None:
    above = network.outline.parent[row]
    cap = late.cap[above] if above >= 0 else None
    start_cap = late.start_cap[above] if above >= 0 else None
    for edge in network.outgoing[network.rows + row]:
        position = bound_by(network, late, edge)
        if position is None:
            continue
        if edge.from_start:
            start_cap = _least(start_cap, position)
        else:
            cap = _least(cap, position)
    task = network.plan.tasks[row]
    if task.constraint_date is not None and task.constraint in _FINISH:
        cap = _least(cap, network.project.position(task.constraint_date))
    if task.deadline is not None and network.options.use_deadline_in_float:
        cap = _least(cap, network.project.position(task.deadline))
    late.cap[row], late.start_cap[row] = cap, start_cap


def _roll(network: Network, late: Late, row: int) -> None:
    children = network.outline.children[row]
    live = [child for child in children if counts(network, child)] or children
    late.start[row] = min(late.start[child] for child in live)
    late.resume[row] = min(late.resume[child] for child in live)
    late.finish[row] = max(late.finish[child] for child in live)
    late.least_finish[row] = min(late.least_finish[child] for child in live)


def _leaf(network: Network, late: Late, row: int, end: int, early: Early | None) -> None:
    state = network.states[row]
    if state is TaskState.COMPLETE:
        late.start[row] = network.actual_start[row]
        late.finish[row] = network.actual_finish[row]
        late.resume[row] = late.least_finish[row] = late.finish[row]
        return
    task = network.plan.tasks[row]
    if task.level_of_effort and early is not None and not network.outline.summary[row]:
        late.start[row], late.finish[row] = early.start[row], early.finish[row]
        late.resume[row], late.least_finish[row] = early.resume[row], early.finish[row]
        return
    finish, start = _limits(network, late, row, end, early)
    calendar, left = network.calendars[row], network.remaining[row]
    if start is not None:
        finish = min(finish, calendar.add_at(start, left) if left else start)
    if task.constraint_hard and early is not None and task.constraint in (_START[1], _FINISH[1]):
        finish = early.finish[row]
    if left:
        finish = calendar.finish_at(finish)
        resume = calendar.sub_at(finish, left)
    else:
        finish = resume = _snap_back(network, row, finish)
    late.finish[row] = late.least_finish[row] = finish
    late.resume[row] = resume
    # What has started can start no later than it did.
    late.start[row] = network.actual_start[row] if state is TaskState.IN_PROGRESS else resume


def _snap_back(network: Network, row: int, position: int) -> int:
    calendar = network.calendars[row]
    before = calendar.finish_at(position)
    if before == position or calendar.start_at(position) == position:
        return position
    return before


def _start_within(network: Network, row: int, position: int) -> int:
    """The last start that is not after a position: none begins outside working time."""
    calendar = network.calendars[row]
    if not network.remaining[row] or calendar.start_at(position) == position:
        return position
    return calendar.finish_at(position) - 1


def _limits(
    network: Network, late: Late, row: int, end: int, early: Early | None
) -> tuple[int, int | None]:
    """The least bound on the finish and on the start of a task."""
    finish: int = end
    start: int | None = None
    # Microsoft Project does not let the links of its start bound a task scheduled by hand.
    loose = network.plan.tasks[row].manual and network.options.dialect is Dialect.MICROSOFT_PROJECT
    if not network.silent[row]:
        for edge in network.outgoing[row]:
            position = bound_by(network, late, edge)
            if position is None:
                continue
            if edge.from_start:
                if network.states[row] is TaskState.NOT_STARTED and not loose:
                    start = _least(start, _start_within(network, row, position))
            else:
                finish = min(finish, position)
    above = network.outline.parent[row]
    if above >= 0:
        cap, start_cap = late.cap[above], late.start_cap[above]
        if cap is not None:
            finish = min(finish, cap)
        if start_cap is not None and (early is None or early.start[row] == early.start[above]):
            start = _least(start, _start_within(network, row, start_cap))
    task = network.plan.tasks[row]
    if task.constraint_date is not None:
        date = network.project.position(task.constraint_date)
        if task.constraint in _FINISH:
            finish = min(finish, date)
        elif task.constraint in _START and network.states[row] is TaskState.NOT_STARTED:
            start = _least(start, date)
    if task.deadline is not None and network.options.use_deadline_in_float:
        finish = min(finish, network.project.position(task.deadline))
    return finish, start
