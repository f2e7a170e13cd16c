# SPDX-License-Identifier: Apache-2.0
"""Loops that bring links into topological order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import borrowing

Ints = NDArray[np.int32]


@borrowing
def grouped(keys: Ints, first: Ints, members: Ints) -> None:
    """Fill ``members`` with the numbers of ``keys``, group by group, in ascending order.

    ``first`` has a place for every group and one more, and is zero; those with a negative key
    are left out.
    """
    for key in keys:
        if key >= 0:
            first[key + 1] += 1
    for group in range(1, len(first)):
        first[group] += first[group - 1]
    for number in range(len(keys)):
        key = keys[number]
        if key >= 0:
            members[first[key]] = number
            first[key] += 1
    for group in range(len(first) - 1, 0, -1):
        first[group] = first[group - 1]
    first[0] = 0


@borrowing
def sort_nodes(
    parent: Ints,
    child_first: Ints,
    child: Ints,
    source: Ints,
    target: Ints,
    out_first: Ints,
    out_link: Ints,
    waiting: Ints,
    order: Ints,
) -> int:
    """Kahn's algorithm over gates, tasks and rolls; gives the number of nodes sorted.

    First in, first out, from rows in outline order. ``waiting`` is zero, over nodes, and holds
    afterwards what each still waits for.
    """
    rows = len(parent)
    for link in range(len(target)):
        waiting[target[link]] += 1
    for row in range(rows):
        above = parent[row]
        if above >= 0:
            waiting[row] += 1
            waiting[rows + above] += 1
    count = 0
    for row in range(rows):
        if waiting[row] == 0:
            order[count] = row
            count += 1
    done = 0
    while done < count:
        node = order[done]
        done += 1
        row = node if node < rows else node - rows
        gate = node < rows and child_first[row] < child_first[row + 1]
        if gate:
            for at in range(child_first[row], child_first[row + 1]):
                below = child[at]
                waiting[below] -= 1
                if waiting[below] == 0:
                    order[count] = below
                    count += 1
            continue
        above = parent[row]
        if above >= 0:
            waiting[rows + above] -= 1
            if waiting[rows + above] == 0:
                order[count] = rows + above
                count += 1
        for at in range(out_first[node], out_first[node + 1]):
            after = target[out_link[at]]
            waiting[after] -= 1
            if waiting[after] == 0:
                order[count] = after
                count += 1
    return count


@borrowing
def lay_out(
    order: Ints, first: Ints, links: Ints, ordered_first: Ints, ordered_links: Ints, position: Ints
) -> None:
    """Bring links grouped by node into the order of the nodes, and note where each stands."""
    at = 0
    for number in range(len(order)):
        node = order[number]
        position[node] = number
        ordered_first[number] = at
        for old in range(first[node], first[node + 1]):
            ordered_links[at] = links[old]
            at += 1
    ordered_first[len(order)] = at
