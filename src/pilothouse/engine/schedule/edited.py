# SPDX-License-Identifier: Apache-2.0
"""What an edit did to the rows of a plan, and the plan laid out again from how it lay before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.network.links import check_links_again
from pilothouse.engine.network.outline import (
    Outline,
    Places,
    build_outline,
    outline_again,
    places,
)
from pilothouse.engine.network.plan import Notice, Plan, PlanAssignment, PlanTask
from pilothouse.engine.schedule.apart import shape_of
from pilothouse.engine.schedule.arrays import Ints
from pilothouse.engine.schedule.checks import check_tasks
from pilothouse.engine.schedule.effective import Numbering, calendar_set, numbers_by_row
from pilothouse.engine.schedule.prepare import Network, is_silent, read_lags, read_row, running
from pilothouse.engine.schedule.result import TaskState

_Value = TypeVar("_Value")
_Cell = TypeVar("_Cell", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit did to the rows of a plan.

    ``source`` holds by row where it stood, None where all stand where they stood. ``edited`` are
    rows that are new or whose task differs, also in being a summary; ``renamed`` those that are
    called otherwise, ``rehung`` and ``regrouped`` as of ``Places``; ``gone`` are uids.
    """

    outline: Outline
    moved: Places | None
    source: Ints | None
    edited: list[int]
    renamed: list[int]
    rehung: Collection[int]
    regrouped: Sequence[int]
    gone: Collection[int]

    def then(self, column: NDArray[_Cell]) -> NDArray[_Cell]:
        """A column of before in the order of now; what it holds of new rows means nothing."""
        return column if self.source is None else column[self.source]

    def carried(self, values: list[_Value]) -> list[_Value]:
        """The same of a list, as a copy."""
        if self.moved is None:
            return values.copy()
        return [values[row] for row in self.moved.source]

    def row_then(self, row: int) -> int:
        """Where a row stood; -1 of a new one."""
        return row if self.moved is None else self.moved.source[row]


def change_of(before: Network, plan: Plan, outline: Outline | None) -> Change:
    """What an edit did to the plan that was laid out; ``outline`` is its own now, if known."""
    tasks, then = plan.tasks, before.plan.tasks
    if outline is None:
        outline = _outline_of(before, tasks)
    moved = places(before.outline, outline)
    if moved is None:
        edited = [row for row, (was, now) in enumerate(zip(then, tasks)) if was is not now]
        edited = [row for row in edited if then[row] != tasks[row]]
        labels = before.outline.labels
        renamed = [row for row in edited if outline.labels[row] != labels[row]]
        return Change(outline, None, None, edited, renamed, (), (), ())
    edited, renamed = [], []
    for row, at in enumerate(moved.source):
        if at < 0:
            edited.append(row)
            continue
        was, now = then[at], tasks[row]
        if outline.summary[row] != before.outline.summary[at] or (was is not now and was != now):
            edited.append(row)
        if outline.labels[row] != before.outline.labels[at]:
            renamed.append(row)
    source = np.array(moved.source, np.int64)
    return Change(
        outline, moved, source, edited, renamed, moved.rehung, moved.regrouped, moved.gone
    )


def _outline_of(before: Network, tasks: Sequence[PlanTask]) -> Outline:
    """The outline of tasks, taken over where they stand as they stood."""
    then = before.plan.tasks
    if len(then) != len(tasks):
        return build_outline(tasks)
    changed = [row for row, (was, now) in enumerate(zip(then, tasks)) if was is not now]
    if any(
        (then[row].uid, then[row].outline_level) != (tasks[row].uid, tasks[row].outline_level)
        for row in changed
    ):
        return build_outline(tasks)
    return outline_again(before.outline, tasks, changed)


def prepared_again(before: Network, plan: Plan, change: Change) -> tuple[Network, Sequence[int]]:
    """The plan laid out, and the rows that were read anew."""
    tasks, outline, moved = plan.tasks, change.outline, change.moved
    check_tasks(
        [tasks[row] for row in change.edited], [outline.labels[row] for row in change.edited]
    )
    same_links = plan.links == before.plan.links
    shape = before.shape
    if moved is not None or not same_links:
        check_links_again(plan.links, outline, before.plan.links, moved)
        shape = shape_of(outline, plan.links)
    network = replace(
        before,
        plan=plan,
        outline=outline,
        shape=shape,
        own_numbers=change.carried(before.own_numbers),
        durations=change.carried(before.durations),
        remaining=change.carried(before.remaining),
        states=change.carried(before.states),
        actual_start=change.carried(before.actual_start),
        actual_finish=change.carried(before.actual_finish),
        silent=change.carried(before.silent),
        pinned=change.carried(before.pinned),
        delays=change.carried(before.delays),
        noted=_carried_notes(before, moved),
    )
    renumbered = _number_calendars(network, before, change)
    network.calendar_numbers = running(tasks, network.own_numbers)
    read: Sequence[int]
    if network.known is not before.known:
        read = range(len(tasks))
    else:
        noted = (row for row in change.renamed if row in network.noted)
        read = sorted({*change.edited, *renumbered, *noted})
    for row in read:
        _forget(network, row)
        read_row(network, row)
    if not same_links or renumbered or _lags_may_differ(before, network, change):
        network.lags, network.lag_numbers, network.shares = [], [], []
        network.noted_of_links = []
        read_lags(network)
    if same_links:
        network.in_percent = before.in_percent
        if moved is None:
            network.links_into = before.links_into
    return network, read


def _carried_notes(before: Network, moved: Places | None) -> dict[int, list[Notice]]:
    """What was noticed of rows, by where they stand now."""
    if moved is None or not before.noted:
        return before.noted.copy()
    return {
        row: before.noted[then] for row, then in enumerate(moved.source) if then in before.noted
    }


def _forget(network: Network, row: int) -> None:
    """What was read of a row is as before it was read."""
    network.durations[row] = network.remaining[row] = network.delays[row] = 0
    network.actual_start[row] = network.actual_finish[row] = 0
    network.states[row] = TaskState.NOT_STARTED
    network.pinned[row] = None
    network.silent[row] = is_silent(network.plan.tasks[row], network.outline.summary[row])
    network.noted.pop(row, None)


def _number_calendars(network: Network, before: Network, change: Change) -> Sequence[int]:
    """Number the calendars of those rows again that may run on others; the rows that do."""
    tasks, then = network.plan.tasks, before.plan.tasks
    doubtful = {
        row
        for row in change.edited
        if (at := change.row_then(row)) < 0 or _own_calendar(tasks[row]) != _own_calendar(then[at])
    }
    index = network.outline.index
    restaffed = _restaffed(before.plan.assignments, network.plan.assignments)
    doubtful |= {index[uid] for uid in restaffed if uid in index}
    if not doubtful:
        return ()
    plan, options = network.plan, network.options
    found = calendar_set(plan.calendars, options.zone)
    project = found.compiled[plan.default_calendar_uid]
    if project is before.project:
        rows = sorted(doubtful)
        numbering = Numbering(found.elapsed, before.known)
        numbers = numbers_by_row(plan, options, found, numbering, network.outline, rows)
        if len(numbering.calendars) == len(before.known):
            renumbered = [
                row
                for row, now in zip(rows, numbers, strict=True)
                if network.own_numbers[row] != now
            ]
            for row, number in zip(rows, numbers, strict=True):
                network.own_numbers[row] = number
            return renumbered
    numbering = Numbering(found.elapsed)
    network.project_number = numbering.of(project)
    every = range(network.rows)
    network.own_numbers = numbers_by_row(plan, options, found, numbering, network.outline, every)
    network.known = numbering.calendars
    return every


def _own_calendar(task: PlanTask) -> tuple[int | None, bool]:
    return task.calendar_uid, task.ignore_resource_calendar


def _restaffed(before: Sequence[PlanAssignment], after: Sequence[PlanAssignment]) -> set[int]:
    """Uids of tasks to which other resources are assigned."""
    if before is after:
        return set()
    then = {(item.task_uid, item.resource_uid) for item in before}
    now = {(item.task_uid, item.resource_uid) for item in after}
    return {uid for uid, _ in then ^ now}


def _lags_may_differ(before: Network, network: Network, change: Change) -> bool:
    """Whether lags, or what was noticed of links, follow from rows that changed."""
    was, now = before.outline, network.outline
    return (
        before.in_percent
        or (bool(before.noted_of_links) and was is not now)
        or any(
            (at := change.row_then(row)) < 0 or was.summary[at] != now.summary[row]
            for row in change.edited
        )
    )
