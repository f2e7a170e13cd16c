# SPDX-License-Identifier: Apache-2.0
"""Loops over links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel

IntArray = NDArray[np.int64]


@kernel
def longest_paths(
    source: IntArray, target: IntArray, lag: IntArray, start: IntArray, before: IntArray
) -> int:
    """Raise ``start`` until every lag holds; a task of a growing circle, or -1."""
    for _ in range(len(start) + 1):
        moved = -1
        for link in range(len(source)):
            reached = start[source[link]] + lag[link]
            if reached > start[target[link]]:
                start[target[link]] = reached
                before[target[link]] = source[link]
                moved = target[link]
        if moved < 0:
            return -1
    return moved


@kernel
def sort_topologically(at: IntArray, target: IntArray, order: IntArray) -> int:
    """Fill ``order`` first in, first out; how many tasks lie on or behind no circle."""
    count = len(order)
    waiting = np.zeros(count, dtype=np.int64)
    for link in range(len(target)):
        waiting[target[link]] += 1
    found = 0
    for task in range(count):
        if waiting[task] == 0:
            order[found] = task
            found += 1
    done = 0
    while done < found:
        task = order[done]
        done += 1
        for link in range(at[task], at[task + 1]):
            waiting[target[link]] -= 1
            if waiting[target[link]] == 0:
                order[found] = target[link]
                found += 1
    return found
