# SPDX-License-Identifier: Apache-2.0
"""Reader of Patterson's format for levelling problems (``.rcp``).

Numbers in free layout: tasks and resources; the capacities; then for each task its duration,
its demands, the number of its successors and their numbers from 1.
"""

from __future__ import annotations

from typing import BinaryIO

from pilothouse.engine.formats.rcpsp import (
    MOST_RESOURCES,
    MOST_TASKS,
    Numbers,
    numbered,
    read_text,
)
from pilothouse.engine.levelling.instance import Instance, make_instance


def read_patterson(source: BinaryIO) -> Instance:
    """Read a levelling problem in Patterson's format.

    Parameters
    ----------
    source : binary file

    Returns
    -------
    Instance
        Tasks named by their numbers in the file, from 1, the dummies at both ends included.

    Raises
    ------
    FormatError
        ``rcpsp.*`` with line and reason.
    InvalidInput
        ``levelling.*`` where the numbers make no problem.

    References
    ----------
    J. H. Patterson, A comparison of exact approaches for solving the multiple constrained
    resource, project scheduling problem, Management Science 30 (1984).
    """
    numbers = Numbers(numbered(read_text(source)))
    count = numbers.next("the number of tasks", 1, MOST_TASKS)
    resources = numbers.next("the number of resources", 0, MOST_RESOURCES)
    capacity = numbers.many(resources, "a capacity")
    durations: list[int] = []
    demand: list[list[int]] = []
    links: list[tuple[int, int, int]] = []
    for task in range(count):
        durations.append(numbers.next("a duration"))
        demand.append(numbers.many(resources, "a demand"))
        after = numbers.next("the number of successors", 0, count)
        for other in numbers.many(after, "a successor", 1, count):
            links.append((task, other - 1, durations[task]))
    numbers.end()
    names = [str(number + 1) for number in range(count)]
    return make_instance(durations, links, demand, capacity, names=names)
