# SPDX-License-Identifier: Apache-2.0
"""What the dates break: links, sequences, deadlines."""

from __future__ import annotations

from pilothouse.engine.schedule.forward import Early
from pilothouse.engine.schedule.prepare import Edge, Network
from pilothouse.engine.schedule.reasons import days, link_words, moment
from pilothouse.engine.schedule.result import (
    LogicConflict,
    MissedDeadline,
    OutOfSequence,
    TaskState,
)


def logic_conflicts(network: Network, dates: Early) -> tuple[LogicConflict, ...]:
    """Links broken by dates set by hand or by hard constraints (R-CPM-05)."""
    found: list[LogicConflict] = []
    for row, task in enumerate(network.plan.tasks):
        held = network.pinned[row] is not None or task.constraint_hard
        if not held or network.outline.summary[row] or not task.active:
            continue
        if network.states[row] is not TaskState.NOT_STARTED:
            continue
        edges = list(network.incoming[row])
        for above in network.outline.ancestors(row):
            edges += network.incoming[above]
        for edge in edges:
            minutes = _missing(network, dates, edge, row)
            if minutes > 0:
                first = network.outline.labels[network.outline.index[edge.link.predecessor]]
                second = network.outline.labels[row]
                why = "was set by hand" if network.pinned[row] else "has a hard constraint"
                found.append(
                    LogicConflict(
                        edge.link.predecessor,
                        task.uid,
                        edge.link.type,
                        minutes,
                        f"{second} {why} and comes {days(network, minutes)} before "
                        f"{first} allows it ({link_words(network, edge.link)}).",
                    )
                )
    return tuple(found)


def _missing(network: Network, dates: Early, edge: Edge, row: int) -> int:
    """Working minutes by which the link is broken, 0 or less if it holds."""
    source = edge.source % network.rows
    if edge.source < network.rows and network.silent[source]:
        return 0
    origin = dates.start[source] if edge.from_start else dates.finish[source]
    end = dates.finish[row] if edge.to_finish else dates.start[row]
    return network.calendars[row].diff_at(end, edge.forward(origin))


def out_of_sequence(network: Network, dates: Early) -> tuple[OutOfSequence, ...]:
    """Work that began, or ended, before its link allowed it (R-PRG-03)."""
    found: list[OutOfSequence] = []
    for row, state in enumerate(network.states):
        if state is TaskState.NOT_STARTED or network.outline.summary[row]:
            continue
        for edge in network.incoming[row]:
            if edge.to_finish and state is not TaskState.COMPLETE:
                continue
            minutes = _too_early(network, dates, edge, row)
            if minutes > 0:
                first = network.outline.labels[network.outline.index[edge.link.predecessor]]
                verb = "finished" if edge.to_finish else "started"
                found.append(
                    OutOfSequence(
                        edge.link.predecessor,
                        edge.link.successor,
                        edge.link.type,
                        f"{network.outline.labels[row]} {verb} {days(network, minutes)} before "
                        f"{first} allowed it ({link_words(network, edge.link)}).",
                    )
                )
    return tuple(found)


def _too_early(network: Network, dates: Early, edge: Edge, row: int) -> int:
    source = edge.source % network.rows
    if edge.source < network.rows and network.silent[source]:
        return 0
    origin = dates.start[source] if edge.from_start else dates.finish[source]
    actual = network.actual_finish[row] if edge.to_finish else network.actual_start[row]
    return network.calendars[row].diff_at(actual, edge.forward(origin))


def missed_deadlines(network: Network, dates: Early) -> tuple[MissedDeadline, ...]:
    """Tasks that finish after their deadline."""
    found: list[MissedDeadline] = []
    for row, task in enumerate(network.plan.tasks):
        if task.deadline is None or not task.active:
            continue
        deadline = network.project.position(task.deadline)
        minutes = network.calendars[row].diff_at(deadline, dates.finish[row])
        if minutes > 0:
            finish = network.project.instant(dates.finish[row])
            found.append(
                MissedDeadline(
                    task.uid,
                    task.deadline,
                    finish,
                    minutes,
                    f"{network.outline.labels[row]} finishes {moment(finish)}, "
                    f"{days(network, minutes)} after its deadline {moment(task.deadline)}.",
                )
            )
    return tuple(found)
