# SPDX-License-Identifier: Apache-2.0
"""What the dates break, in words: links, sequences, deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.engine.schedule.prepare import Network
from pilothouse.engine.schedule.reasons import days, link_words, moment
from pilothouse.engine.schedule.result import (
    LogicConflict,
    MissedDeadline,
    OutOfSequence,
)

if TYPE_CHECKING:
    from pilothouse.engine.schedule.arrays import ScheduleArrays


def logic_conflicts(network: Network, found: ScheduleArrays) -> tuple[LogicConflict, ...]:
    """Links broken by dates set by hand or by hard constraints (R-CPM-05)."""
    labels, index = network.outline.labels, network.outline.index
    conflicts: list[LogicConflict] = []
    for row, number, minutes in zip(
        found.conflict_row.tolist(),
        found.conflict_link.tolist(),
        found.conflict_gap.tolist(),
        strict=True,
    ):
        link = network.plan.links[number]
        why = "was set by hand" if network.pinned[row] else "has a hard constraint"
        conflicts.append(
            LogicConflict(
                link.predecessor,
                network.plan.tasks[row].uid,
                link.type,
                minutes,
                f"{labels[row]} {why} and comes {days(network, minutes)} before "
                f"{labels[index[link.predecessor]]} allows it ({link_words(network, link)}).",
            )
        )
    return tuple(conflicts)


def out_of_sequence(network: Network, found: ScheduleArrays) -> tuple[OutOfSequence, ...]:
    """Work that began, or ended, before its link allowed it (R-PRG-03), by row and link."""
    labels, index, links = network.outline.labels, network.outline.index, network.plan.links
    early = (found.sequence_gap > 0).nonzero()[0].tolist()
    pairs: list[OutOfSequence] = []
    for number in sorted(early, key=lambda number: index[links[number].successor]):
        link = links[number]
        verb = "finished" if link.type.value.endswith("f") else "started"
        minutes = int(found.sequence_gap[number])
        pairs.append(
            OutOfSequence(
                link.predecessor,
                link.successor,
                link.type,
                f"{labels[index[link.successor]]} {verb} {days(network, minutes)} before "
                f"{labels[index[link.predecessor]]} allowed it ({link_words(network, link)}).",
            )
        )
    return tuple(pairs)


def missed_deadlines(network: Network, found: ScheduleArrays) -> tuple[MissedDeadline, ...]:
    """Tasks that finish after their deadline."""
    missed: list[MissedDeadline] = []
    for row, minutes in zip(found.overdue_row.tolist(), found.overdue_gap.tolist(), strict=True):
        task = network.plan.tasks[row]
        if minutes <= 0 or task.deadline is None:
            continue
        finish = network.project.instant(int(found.finish[row]))
        missed.append(
            MissedDeadline(
                task.uid,
                task.deadline,
                finish,
                minutes,
                f"{network.outline.labels[row]} finishes {moment(finish)}, "
                f"{days(network, minutes)} after its deadline {moment(task.deadline)}.",
            )
        )
    return tuple(missed)
