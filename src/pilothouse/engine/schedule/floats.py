# SPDX-License-Identifier: Apache-2.0
"""Total and free float, scheduled dates, and the paths that decide the finish."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.engine.network.plan import ConstraintType
from pilothouse.engine.schedule.backward import Late, counts
from pilothouse.engine.schedule.forward import Early
from pilothouse.engine.schedule.options import Dialect, ProgressMode
from pilothouse.engine.schedule.prepare import Edge, Network
from pilothouse.engine.schedule.result import CauseKind, TaskState


@dataclass(slots=True)
class Floats:
    """Working minutes over rows, None where float means nothing."""

    total: list[int | None]
    free: list[int | None]


def measure(network: Network, early: Early, late: Late, end: int) -> Floats:
    """R-CPM-01. ``end`` is the greatest early finish."""
    rows = network.rows
    total: list[int | None] = [None] * rows
    free: list[int | None] = [None] * rows
    for row in range(rows):
        if network.outline.summary[row] or counts(network, row):
            found = total[row] = _total(network, row, early, late)
            free[row] = _free(network, row, early, end, found)
    return Floats(total, free)


def _total(network: Network, row: int, early: Early, late: Late) -> int:
    calendar = network.calendars[row]
    finish = calendar.diff_at(early.finish[row], late.finish[row])
    if network.states[row] is TaskState.IN_PROGRESS:
        return finish
    if early.broken[row]:
        return -early.broken[row]
    if early.start[row] == early.finish[row] and late.start[row] == late.finish[row]:
        return finish
    return min(finish, calendar.diff_at(early.start[row], late.start[row]))


def _free(network: Network, row: int, early: Early, end: int, total: int) -> int:
    """Least slack of the links that leave, in the task's calendar.

    Microsoft Project looks at the task's own links, gives a task without any its total float,
    never shows more than that and never less than none. The standard dialect also looks at
    the links of the summaries above and measures to the finish of the plan where there are
    none.
    """
    calendar = network.calendars[row]
    microsoft = network.options.dialect is Dialect.MICROSOFT_PROJECT
    summary = network.outline.summary[row]
    edges = network.outgoing[network.rows + row if summary else row]
    if not microsoft:
        edges = edges + _above(network, row)
    least: int | None = None
    for edge in edges if not network.silent[row] else ():
        allowed = allowed_by(network, edge, early.resume, early.finish)
        if allowed is None:
            continue
        origin = early.start[row] if edge.from_start else early.finish[row]
        slack = calendar.diff_at(origin, allowed)
        if least is None or slack < least:
            least = slack
    if microsoft:
        return max(0, total if least is None else min(least, total))
    return calendar.diff_at(early.finish[row], end) if least is None else least


def _above(network: Network, row: int) -> list[Edge]:
    return [
        edge
        for above in network.outline.ancestors(row)
        for edge in network.outgoing[network.rows + above]
    ]


def allowed_by(network: Network, edge: Edge, starts: list[int], finishes: list[int]) -> int | None:
    """Latest end of the predecessor that does not move the successor."""
    target = edge.target
    if not network.outline.summary[target]:
        if not counts(network, target):
            return None
        if (
            network.states[target] is TaskState.IN_PROGRESS
            and network.options.progress_mode is ProgressMode.PROGRESS_OVERRIDE
        ):
            return None
    position = finishes[target] if edge.to_finish else starts[target]
    return edge.back(network.latest_like(edge, position) - network.delays[target])


def as_late_as_possible(network: Network, early: Early, late: Late, end: int) -> dict[int, int]:
    """Move ALAP tasks by what delays no successor (R-CPM-05).

    Changes ``early`` (a copy that holds scheduled dates) and returns row to new start.
    """
    moved: dict[int, int] = {}
    for node in reversed(network.order):
        if node >= network.rows or network.outline.summary[node]:
            continue
        task = network.plan.tasks[node]
        if (
            task.constraint is not ConstraintType.ALAP
            or network.states[node] is not TaskState.NOT_STARTED
            or network.pinned[node] is not None
            or network.silent[node]
        ):
            continue
        limit = min(end, late.finish[node])
        calendar, duration = network.calendars[node], network.durations[node]
        for edge in network.outgoing[node] + _above(network, node):
            allowed = allowed_by(network, edge, early.resume, early.finish)
            if allowed is None:
                continue
            if edge.from_start:
                allowed = calendar.add_at(allowed, duration) if duration else allowed
            limit = min(limit, allowed)
        if calendar.diff_at(early.finish[node], limit) <= 0:
            continue
        finish = calendar.finish_at(limit) if duration else limit
        start = calendar.sub_at(finish, duration)
        early.start[node] = early.resume[node] = start
        early.finish[node] = finish
        early.binding[node] = [(start, CauseKind.AS_LATE_AS_POSSIBLE, None)]
        moved[node] = start
    return moved


def driving_rows(network: Network, early: Early, row: int) -> list[int]:
    """Leaves whose dates hold this leaf; those behind the summaries that its links name."""
    found: list[int] = []
    for _, _, edge in early.binding[row]:
        if edge is None:
            continue
        source = edge.source
        if source < network.rows:
            found.append(source)
        else:
            found += _holders(network, early, source - network.rows, of_start=edge.from_start)
    return list(dict.fromkeys(found))


def _holders(network: Network, early: Early, row: int, *, of_start: bool) -> list[int]:
    """Tasks inside a summary whose start or finish is that of the summary."""
    ends = early.start if of_start else early.finish
    found: list[int] = []
    stack = [row]
    while stack:
        at = stack.pop()
        if not network.outline.summary[at] or network.pinned[at] is not None:
            found.append(at)
            continue
        children = network.outline.children[at]
        stack += [child for child in reversed(children) if ends[child] == ends[row]]
    return found


def longest_path(
    network: Network, early: Early, end: int, limit: int
) -> tuple[set[int], list[list[int]], bool]:
    """Walk back over driving links from the tasks that finish last (R-CPM-02).

    Returns
    -------
    rows : set of int
        All rows on any longest path.
    paths : list of list of int
        Up to ``limit`` of them from beginning to end.
    truncated : bool
    """
    calendar = network.project
    last = [
        row
        for row in range(network.rows)
        if not network.outline.summary[row]
        and not network.silent[row]
        and calendar.diff_at(early.finish[row], end) == 0
    ]
    driven_by: dict[int, list[int]] = {}
    stack = list(last)
    while stack:
        row = stack.pop()
        if row not in driven_by:
            driven_by[row] = driving_rows(network, early, row)
            stack += driven_by[row]
    drivers = {source for sources in driven_by.values() for source in sources}
    paths: list[list[int]] = []
    # A path is a pair of its first row and the rest of it, so that branches share their tails.
    open_paths: list[_Path] = [(row, None) for row in reversed(last) if row not in drivers]
    while open_paths and len(paths) < limit:
        path = open_paths.pop()
        sources = driven_by[path[0]]
        if not sources:
            paths.append(_rows_of(path))
        open_paths += [(source, path) for source in reversed(sources)]
    return set(driven_by), paths, bool(open_paths)


_Path = tuple[int, "_Path | None"]


def _rows_of(path: _Path | None) -> list[int]:
    rows: list[int] = []
    while path is not None:
        rows.append(path[0])
        path = path[1]
    return rows
