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
from pilothouse.engine.network.outline import (
    Outline,
)
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule.arrays import UNDEFINED, ScheduleArrays, ScheduleColumns
from pilothouse.engine.schedule.columns import columns_again, columns_of
from pilothouse.engine.schedule.edited import Change, change_of, prepared_again
from pilothouse.engine.schedule.kernels import BY_GATE_FINISH, BY_GATE_START
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.prepare import (
    Network,
    prepare,
)
from pilothouse.engine.schedule.result import ScheduleResult
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
    """Rows whose task, duration or rows inside are not those of before; None where there is no
    before."""

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


def stand_again(
    before: Standing, plan: Plan, options: ScheduleOptions, outline: Outline | None = None
) -> Standing:
    """Schedule a plan after an edit: as ``stand``, with what it did not touch taken over.

    Parameters
    ----------
    before : Standing
    plan : Plan
        Rows that were not touched are the same objects as in the plan before.
    options : ScheduleOptions
    outline : Outline, optional
        Of the plan, where it is known.

    Raises
    ------
    InvalidInput, CycleFound
        As ``schedule_plan``.

    Notes
    -----
    Equal to ``stand`` in all that is said of a task. What belongs to no row must be that of
    before; else everything is made anew.
    """
    if not _goes_on(before.network, plan, options):
        fresh = stand(plan, options)
        return replace(fresh, differing=_all_differing(before, fresh))
    change = change_of(before.network, plan, outline)
    network, read = prepared_again(before.network, plan, change)
    columns = columns_again(
        before.columns,
        network,
        read,
        links=network.lags is not before.network.lags,
        source=change.source,
    )
    tables = before.tables
    if network.known is not before.network.known:
        tables = CalendarTables(network.known)
    arrays = arrays_with(network, tables, columns)
    doubtful = sorted(_doubtful(before, network, arrays, change))
    uids = [plan.tasks[row].uid for row in doubtful]
    then = before.result.tasks
    result = result_of(network, arrays, kept_dates(then, (*uids, *change.gone)))
    differing = tuple(uid for uid in uids if uid not in then or result.tasks[uid] != then[uid])
    longer = np.flatnonzero(change.then(before.arrays.duration) != arrays.duration).tolist()
    resized = tuple(sorted({*change.edited, *change.regrouped, *longer}))
    return Standing(network, tables, columns, arrays, result, differing, resized)


def _all_differing(before: Standing, after: Standing) -> tuple[int, ...]:
    then = before.result.tasks
    return tuple(
        uid for uid, dates in after.result.tasks.items() if uid not in then or then[uid] != dates
    )


def _goes_on(before: Network, plan: Plan, options: ScheduleOptions) -> bool:
    """Whether the plan is the same but for rows, links and assignments."""
    options = replace(options, progress_mode=options.progress_mode_of(plan), path_limit=0)
    return options == before.options and _without_rows(plan) == _without_rows(before.plan)


def _without_rows(plan: Plan) -> Plan:
    return replace(plan, tasks=(), links=(), assignments=())


def _doubtful(
    before: Standing, network: Network, arrays: ScheduleArrays, change: Change
) -> set[int]:
    """Rows of which something that is said may differ from before: all that do, and some more."""
    outline, edited, shown = network.outline, change.edited, arrays.shown
    gates = _changed_cells(before.arrays.shown, shown, _GATES, change)
    cells = (
        gates
        | _changed_cells(before.arrays, arrays, _COLUMNS, change)
        | _changed_cells(before.arrays.shown, shown, _SHOWN, change)
    )
    held = _of_changed_links(before, network, arrays)
    if held is None:
        return set(range(network.rows))
    changed = {*np.flatnonzero(cells).tolist(), *edited, *change.rehung, *change.regrouped}
    found = changed | held | _naming(network, arrays, change.renamed)
    for row in (*np.flatnonzero(gates).tolist(), *edited, *held):
        if outline.summary[row]:
            found.update(outline.inside(row))
    for row in (*changed, *change.renamed):
        found.update(outline.ancestors(row))
    return found


def _naming(network: Network, arrays: ScheduleArrays, renamed: Sequence[int]) -> set[int]:
    """Rows whose reason names one of these: what they drive, and what their summaries hold."""
    if not renamed:
        return set()
    tasks, outline, shown = network.plan.tasks, network.outline, arrays.shown
    uids = {tasks[row].uid for row in renamed}
    links = network.plan.links
    driving = np.flatnonzero(shown.drives).tolist()
    found = {
        outline.index[links[number].successor]
        for number in driving
        if links[number].predecessor in uids
    }
    by_gates = (shown.held_by & (BY_GATE_START | BY_GATE_FINISH)).astype(np.bool_)
    for row in [*renamed, *found]:
        if outline.summary[row]:
            found.update(inside for inside in outline.inside(row) if by_gates[inside])
    return found


def _changed_cells(
    before: object, after: object, names: Iterable[str], change: Change
) -> NDArray[np.bool_]:
    """Rows in which any of these columns differs."""
    found: NDArray[np.bool_] | None = None
    for name in names:
        differs = change.then(getattr(before, name)) != getattr(after, name)
        found = differs if found is None else found | differs
    assert found is not None
    return found


def _of_changed_links(
    before: Standing, network: Network, arrays: ScheduleArrays
) -> set[int] | None:
    """Rows whose links came, went or hold them otherwise; None where links changed their order."""
    links, index = network.plan.links, network.outline.index
    then, now = before.network.plan.links, arrays.shown.drives
    if links == then:
        numbers = np.flatnonzero(before.arrays.shown.drives != now)
        return {index[links[number].successor] for number in numbers.tolist()}
    drove = dict(zip(map(id, then), before.arrays.shown.drives.tolist()))
    drives = dict(zip(map(id, links), now.tolist()))
    if [link for link in drove if link in drives] != [link for link in drives if link in drove]:
        return None
    found = [link for link in links if drove.get(id(link)) != drives[id(link)]]
    found += [link for link in then if id(link) not in drives]
    return {index[link.successor] for link in found if link.successor in index}
