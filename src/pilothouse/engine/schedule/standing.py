# SPDX-License-Identifier: Apache-2.0
"""A schedule that is kept, so that the next one after an edit starts from it.

An edit changes a few rows of thousands. What was read of the others, laid out and put into words
stands; the passes over the arrays run whole, so that a date is never left over from before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.network import check_links
from pilothouse.engine.network.outline import Outline, outline_again
from pilothouse.engine.network.plan import Link, LinkType, Plan, PlanAssignment
from pilothouse.engine.schedule.apart import shape_of
from pilothouse.engine.schedule.arrays import UNDEFINED, ScheduleArrays, ScheduleColumns
from pilothouse.engine.schedule.checks import check_tasks
from pilothouse.engine.schedule.columns import columns_again, columns_of
from pilothouse.engine.schedule.effective import Numbering, calendar_set, numbers_by_row
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.prepare import (
    Network,
    is_silent,
    prepare,
    read_lags,
    read_row,
    running,
)
from pilothouse.engine.schedule.result import ScheduleResult, TaskState
from pilothouse.engine.schedule.whole import arrays_with, result_of
from pilothouse.engine.schedule.words import kept_dates

_COLUMNS = (
    "early_start",
    "early_finish",
    "late_start",
    "late_finish",
    "start",
    "finish",
    "remaining_start",
    "total_float",
    "free_float",
    "critical",
    "longest_path",
    "duration",
)
_SHOWN = ("held_by", "told")
_GATES = ("gate_start", "gate_finish", "rest_start", "rest_finish")
"""Of summaries: what holds the rows inside."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A scheduled plan that has tasks, with all that its dates were made from."""

    network: Network
    tables: CalendarTables
    columns: ScheduleColumns
    arrays: ScheduleArrays
    result: ScheduleResult
    differing: tuple[int, ...] | None = None
    """Uids whose dates, floats or reasons are not those of before, in outline order; None where
    there is no before."""
    resized: tuple[int, ...] | None = None
    """Rows whose task or duration is not that of before; None where the outline is another."""

    def finish_of(self, row: int) -> datetime:
        """When a row finishes, without a word on why."""
        return self.network.project.instant(self.arrays.finish.item(row))

    def float_of(self, row: int) -> int | None:
        """Total float in working minutes, None where it means nothing."""
        total = self.arrays.total_float.item(row)
        return None if total == UNDEFINED else total

    def duration_of(self, row: int) -> int:
        """Working minutes of a row, of a summary those that it spans."""
        return self.arrays.duration.item(row)


def stand(plan: Plan, options: ScheduleOptions) -> Standing:
    """Schedule a plan that has tasks, and keep it; critical paths are not listed.

    Raises
    ------
    InvalidInput, CycleFound
        As ``schedule_plan``.
    """
    network = prepare(plan, replace(options, path_limit=0))
    tables, columns = CalendarTables(network.known), columns_of(network)
    arrays = arrays_with(network, tables, columns)
    return Standing(network, tables, columns, arrays, result_of(network, arrays))


def stand_again(before: Standing, plan: Plan, options: ScheduleOptions) -> Standing:
    """Schedule a plan after an edit: as ``stand``, with what it did not touch taken over.

    Parameters
    ----------
    before : Standing
    plan : Plan
        Rows that were not touched are the same objects as in the plan before.
    options : ScheduleOptions

    Raises
    ------
    InvalidInput, CycleFound
        As ``schedule_plan``.

    Notes
    -----
    Equal to ``stand`` in all that is said of a task. The outline must be that of before, and
    all that belongs to no row; else everything is made anew.
    """
    rows = _touched(before.network, plan, options)
    if rows is None:
        fresh = stand(plan, options)
        return replace(fresh, differing=_all_differing(before, fresh))
    network, read = _prepared(before.network, plan, rows)
    columns = columns_again(
        before.columns, network, read, links=network.lags is not before.network.lags
    )
    tables = before.tables
    if network.known is not before.network.known:
        tables = CalendarTables(network.known)
    arrays = arrays_with(network, tables, columns)
    doubtful = sorted(_doubtful(before, network, arrays, rows))
    uids = [plan.tasks[row].uid for row in doubtful]
    then = before.result.tasks
    result = result_of(network, arrays, kept_dates(then, uids))
    differing = tuple(uid for uid in uids if result.tasks[uid] != then[uid])
    longer = np.flatnonzero(before.arrays.duration != arrays.duration).tolist()
    resized = tuple(sorted({*rows, *longer}))
    return Standing(network, tables, columns, arrays, result, differing, resized)


def _all_differing(before: Standing, after: Standing) -> tuple[int, ...]:
    then = before.result.tasks
    return tuple(
        uid for uid, dates in after.result.tasks.items() if uid not in then or then[uid] != dates
    )


def _touched(before: Network, plan: Plan, options: ScheduleOptions) -> list[int] | None:
    """Rows whose task changed; None where the plan is not the same but for rows and links."""
    options = replace(options, progress_mode=options.progress_mode_of(plan), path_limit=0)
    if (
        options != before.options
        or len(plan.tasks) != len(before.plan.tasks)
        or _without_rows(plan) != _without_rows(before.plan)
    ):
        return None
    rows: list[int] = []
    for row, (then, now) in enumerate(zip(before.plan.tasks, plan.tasks, strict=True)):
        if then is now:
            continue
        if (then.uid, then.outline_level) != (now.uid, now.outline_level):
            return None
        if then != now:
            rows.append(row)
    return rows


def _without_rows(plan: Plan) -> Plan:
    return replace(plan, tasks=(), links=(), assignments=())


def _prepared(before: Network, plan: Plan, rows: list[int]) -> tuple[Network, Sequence[int]]:
    """The plan laid out, and the rows that were read anew."""
    tasks = plan.tasks
    outline = outline_again(before.outline, tasks, rows)
    check_tasks([tasks[row] for row in rows], [outline.labels[row] for row in rows])
    same_links = plan.links == before.plan.links
    shape = before.shape
    if not same_links:
        _check_links(before, plan.links, outline)
        shape = shape_of(outline, plan.links)
    network = replace(
        before,
        plan=plan,
        outline=outline,
        shape=shape,
        durations=before.durations.copy(),
        remaining=before.remaining.copy(),
        states=before.states.copy(),
        actual_start=before.actual_start.copy(),
        actual_finish=before.actual_finish.copy(),
        silent=before.silent.copy(),
        pinned=before.pinned.copy(),
        delays=before.delays.copy(),
        noted=before.noted.copy(),
    )
    same_calendars = not _calendars_may_differ(before, plan, rows) or _number_calendars(network)
    read: Sequence[int] = rows if same_calendars else range(len(tasks))
    if same_calendars:
        network.calendar_numbers = before.calendar_numbers.copy()
        for row, number in zip(
            rows,
            running([tasks[row] for row in rows], [network.own_numbers[row] for row in rows]),
            strict=True,
        ):
            network.calendar_numbers[row] = number
    for row in read:
        _forget(network, row)
        read_row(network, row)
    if not (same_links and same_calendars) or _lags_may_differ(before, network):
        network.lags, network.lag_numbers, network.shares = [], [], []
        network.noted_of_links = []
        read_lags(network)
    if same_links:
        network.links_into, network.in_percent = before.links_into, before.in_percent
    return network, read


def _check_links(before: Network, links: Sequence[Link], outline: Outline) -> None:
    """Refuse links that mean nothing; those that were there were checked then."""
    known, now = set(map(id, before.plan.links)), set(map(id, links))
    fresh = [link for link in links if id(link) not in known]
    keys, ends = {_key_of(link) for link in fresh}, {link.successor for link in fresh}
    twice = (
        len(keys) < len(fresh)
        or len(now) < len(links)
        or any(
            link.successor in ends and id(link) in now and _key_of(link) in keys
            for link in before.plan.links
        )
    )
    check_links(links if twice else fresh, outline)


def _key_of(link: Link) -> tuple[int, int, LinkType]:
    return link.predecessor, link.successor, link.type


def _forget(network: Network, row: int) -> None:
    """What was read of a row is as before it was read."""
    network.durations[row] = network.remaining[row] = network.delays[row] = 0
    network.actual_start[row] = network.actual_finish[row] = 0
    network.states[row] = TaskState.NOT_STARTED
    network.pinned[row] = None
    network.silent[row] = is_silent(network.plan.tasks[row], network.outline.summary[row])
    network.noted.pop(row, None)


def _calendars_may_differ(before: Network, plan: Plan, rows: Sequence[int]) -> bool:
    """Whether a task may run on another calendar of its own or of its resources."""
    for row in rows:
        then, now = before.plan.tasks[row], plan.tasks[row]
        if (then.calendar_uid, then.ignore_resource_calendar) != (
            now.calendar_uid,
            now.ignore_resource_calendar,
        ):
            return True
    return not _same_people(before.plan.assignments, plan.assignments)


def _same_people(before: Sequence[PlanAssignment], after: Sequence[PlanAssignment]) -> bool:
    return before is after or (
        len(before) == len(after)
        and all(
            then is now or (then.task_uid, then.resource_uid) == (now.task_uid, now.resource_uid)
            for then, now in zip(before, after, strict=True)
        )
    )


def _number_calendars(network: Network) -> bool:
    """Number the calendars of all rows anew; whether they are as before."""
    plan, options = network.plan, network.options
    found = calendar_set(plan.calendars, options.zone)
    numbering = Numbering(found.elapsed)
    project = numbering.of(found.compiled[plan.default_calendar_uid])
    own = numbers_by_row(plan, options, found, numbering, network.outline)
    if own == network.own_numbers and numbering.calendars == network.known:
        return True
    network.known, network.project_number = numbering.calendars, project
    network.own_numbers, network.calendar_numbers = own, running(plan.tasks, own)
    return False


def _lags_may_differ(before: Network, network: Network) -> bool:
    """Whether lags, or what was noticed of links, follow from rows that changed."""
    return before.in_percent or (
        bool(before.noted_of_links) and before.outline is not network.outline
    )


def _doubtful(
    before: Standing, network: Network, arrays: ScheduleArrays, edited: Sequence[int]
) -> set[int]:
    """Rows of which something that is said may differ from before: all that do, and some more."""
    plan, outline = network.plan, network.outline
    then = before.network
    gates = _changed_cells(before.arrays.shown, arrays.shown, _GATES)
    cells = (
        gates
        | _changed_cells(before.arrays, arrays, _COLUMNS)
        | _changed_cells(before.arrays.shown, arrays.shown, _SHOWN)
    )
    if plan.links == then.plan.links:
        held = _of_changed_drives(before, network, arrays)
    else:
        new = _of_changed_links(before, network, arrays)
        if new is None:
            return set(range(network.rows))
        held = new
    changed = {*np.flatnonzero(cells).tolist(), *edited}
    renamed = {
        plan.tasks[row].uid for row in edited if outline.labels[row] != then.outline.labels[row]
    }
    if renamed:
        held |= {
            outline.index[link.successor] for link in plan.links if link.predecessor in renamed
        }
    found = changed | held
    for row in (*np.flatnonzero(gates).tolist(), *edited, *held):
        if outline.summary[row]:
            found.update(outline.inside(row))
    for row in changed:
        found.update(outline.ancestors(row))
    return found


def _changed_cells(before: object, after: object, names: Iterable[str]) -> NDArray[np.bool_]:
    """Rows in which any of these columns differs."""
    found: NDArray[np.bool_] | None = None
    for name in names:
        differs = getattr(before, name) != getattr(after, name)
        found = differs if found is None else found | differs
    assert found is not None
    return found


def _of_changed_drives(before: Standing, network: Network, arrays: ScheduleArrays) -> set[int]:
    """Rows whose links hold them otherwise than before."""
    links, index = network.plan.links, network.outline.index
    numbers = np.flatnonzero(before.arrays.shown.drives != arrays.shown.drives)
    return {index[links[number].successor] for number in numbers.tolist()}


def _of_changed_links(
    before: Standing, network: Network, arrays: ScheduleArrays
) -> set[int] | None:
    """The same where links came, went or changed; None where they stand in another order."""
    index = network.outline.index
    then = dict(zip(map(id, before.network.plan.links), before.arrays.shown.drives.tolist()))
    now = dict(zip(map(id, network.plan.links), arrays.shown.drives.tolist()))
    if [link for link in then if link in now] != [link for link in now if link in then]:
        return None
    found = [link for link in network.plan.links if then.get(id(link)) != now[id(link)]]
    found += [link for link in before.network.plan.links if id(link) not in now]
    return {index[link.successor] for link in found}
