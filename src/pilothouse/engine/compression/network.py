# SPDX-License-Identifier: Apache-2.0
"""A scheduled plan as a network of starts and finishes in working minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.network.plan import LagKind, Link, LinkType, Plan, PlanTask

SOURCE, SINK = 0, 1
Dates = Mapping[int, tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Arc:
    """The node ``after`` is at least ``length`` minutes after ``before``; of a task exactly."""

    before: int
    after: int
    length: int
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes with their times, and the arcs between them."""

    times: list[int]
    arcs: list[Arc]


def started(task: PlanTask) -> bool:
    """Whether work on a task has begun; then it is no longer shortened or overlapped."""
    return task.actual_start is not None or task.percent_complete > 0


def leaves_of(plan: Plan) -> dict[int, tuple[int, ...]]:
    """Each task → the active tasks that do its work: itself, or of a summary those inside it."""
    found: dict[int, list[int]] = {}
    above: list[PlanTask] = []
    for task in plan.tasks:
        while above and above[-1].outline_level >= task.outline_level:
            above.pop()
        found[task.uid] = []
        if not task.summary and task.active and not task.external and not task.level_of_effort:
            for row in (*above, task):
                found[row.uid].append(task.uid)
        above.append(task)
    return {uid: tuple(uids) for uid, uids in found.items()}


def network_of(plan: Plan, dates: Dates) -> Network:
    """Tasks and links that lie between the start of a schedule and its finish.

    Times count working minutes in the calendar of the plan. A task that nothing holds back is
    held by the source: what else made it start where it does cannot be compressed.
    """
    time = compile_calendars(plan.calendars)[plan.default_calendar_uid]
    leaves = leaves_of(plan)
    own = [uid for uid, inside in leaves.items() if inside == (uid,) and uid in dates]
    start = min((dates[uid][0] for uid in own), default=plan.start)
    times, arcs = [0, 0], []
    place = {uid: 2 + 2 * row for row, uid in enumerate(own)}
    for uid in own:
        times += [time.diff(start, moment) for moment in dates[uid]]
    for uid, node in place.items():
        arcs.append(Arc(node, node + 1, times[node + 1] - times[node], uid))
    for link in plan.links:
        for before in leaves.get(link.predecessor, ()):
            for after in leaves.get(link.successor, ()):
                if before in place and after in place:
                    arcs.append(_arc(link, place[before], place[after], times))
    times[SINK] = max(times)
    held: defaultdict[int, bool] = defaultdict(bool)
    for arc in arcs:
        if arc.uid is None and times[arc.after] - times[arc.before] == arc.length:
            held[arc.after - arc.after % 2] = True
    tasks = {task.uid: task for task in plan.tasks}
    for uid, node in place.items():
        if started(tasks[uid]) or not held[node]:
            arcs.append(Arc(SOURCE, node, times[node]))
        arcs.append(Arc(node + 1, SINK, 0))
    return Network(times, arcs)


def _arc(link: Link, before: int, after: int, times: list[int]) -> Arc:
    first = before + (link.type in (LinkType.FS, LinkType.FF))
    second = after + (link.type in (LinkType.FF, LinkType.SF))
    apart = times[second] - times[first]
    lag = link.lag_minutes if link.lag_kind is LagKind.WORKING else apart
    return Arc(first, second, min(lag, apart))
