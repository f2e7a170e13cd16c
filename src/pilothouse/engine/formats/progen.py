# SPDX-License-Identifier: Apache-2.0
"""Reader of the format of ProGen/max for problems with maximum lags (``.sch``).

Numbers in free layout: tasks without the two dummies, renewable resources, and two zeros; for
each task its number, its modes, its successors and the lags between the starts in brackets; for
each task its number, its mode, its duration and its demands; the capacities. A lag below zero
bounds the successor from above.
"""

from __future__ import annotations

from typing import BinaryIO

from pilothouse.engine.formats.rcpsp import (
    MOST_RESOURCES,
    MOST_TASKS,
    Numbers,
    numbered,
    only_renewable,
    read_text,
    single_mode,
)
from pilothouse.engine.levelling.instance import Instance, make_instance


def read_progen(source: BinaryIO) -> Instance:
    """Read a levelling problem with minimum and maximum lags.

    Parameters
    ----------
    source : binary file

    Returns
    -------
    Instance
        Tasks named by their numbers in the file, from 0, the dummies at both ends included.

    Raises
    ------
    FormatError
        ``rcpsp.*`` with line and reason.
    InvalidInput
        ``levelling.*`` where the numbers make no problem.

    References
    ----------
    C. Schwindt, Generation of resource-constrained project scheduling problems with minimal
    and maximal time lags, University of Karlsruhe, 1996.
    """
    numbers = Numbers(numbered(read_text(source)))
    count = numbers.next("the number of tasks", 0, MOST_TASKS) + 2
    resources = numbers.next("the number of resources", 0, MOST_RESOURCES)
    if any(numbers.many(2, "the number of other resources")):
        raise only_renewable(numbers.line)
    links: list[tuple[int, int, int]] = []
    for task in range(count):
        numbers.next("the number of the task", task, task)
        single_mode(numbers, "the number of modes")
        after = numbers.next("the number of successors", 0, count)
        others = numbers.many(after, "a successor", 0, count - 1)
        links += [(task, other, numbers.bracketed("a lag")) for other in others]
    durations: list[int] = []
    demand: list[list[int]] = []
    for task in range(count):
        numbers.next("the number of the task", task, task)
        single_mode(numbers, "the mode")
        durations.append(numbers.next("a duration"))
        demand.append(numbers.many(resources, "a demand"))
    capacity = numbers.many(resources, "a capacity")
    numbers.end()
    return make_instance(durations, links, demand, capacity)
