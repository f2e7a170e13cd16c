# SPDX-License-Identifier: Apache-2.0
"""Topological order, and the tasks of a circle where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.engine.errors import CycleFound
from pilothouse.engine.network.outline import Outline
from pilothouse.engine.network.plan import Link


def node_successors(outline: Outline, links: Sequence[Link]) -> list[list[int]]:
    """The graph in which every summary has two nodes, so that its links can be walked.

    Row ``i`` of ``n`` is node ``i``: for a summary the *gate* before its children. Node
    ``n + i`` is the *roll* after the children of summary ``i`` (unused for other rows).
    A link to a summary enters its gate, a link from a summary leaves its roll.
    """
    rows = len(outline.parent)
    after: list[list[int]] = [[] for _ in range(2 * rows)]
    for row, above in enumerate(outline.parent):
        if above >= 0:
            after[above].append(row)
            after[rows + row if outline.summary[row] else row].append(rows + above)
    for link in links:
        first, second = outline.index[link.predecessor], outline.index[link.successor]
        after[rows + first if outline.summary[first] else first].append(second)
    return after


def topological_order(outline: Outline, links: Sequence[Link]) -> list[int]:
    """Nodes of ``node_successors`` such that every link points forward.

    Parameters
    ----------
    outline : Outline
    links : sequence of Link
        Checked by ``check_links``.

    Returns
    -------
    list of int
        Rows, and ``n + row`` for the rolls of summaries.

    Raises
    ------
    CycleFound
        ``schedule.cycle`` with the tasks of one circle in their order.

    Notes
    -----
    Kahn's algorithm, first in, first out from rows in outline order: O(n + m),
    deterministic.
    """
    rows = len(outline.parent)
    after = node_successors(outline, links)
    waiting = [0] * (2 * rows)
    for targets in after:
        for target in targets:
            waiting[target] += 1
    used = [True] * rows + list(outline.summary)
    order = [node for node in range(2 * rows) if used[node] and waiting[node] == 0]
    for node in order:
        for target in after[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)
    if len(order) < sum(used):
        raise _cycle(outline, after, waiting)
    return order


def _cycle(outline: Outline, after: list[list[int]], waiting: list[int]) -> CycleFound:
    """Walk back among the nodes that are left: each has a predecessor that is left too."""
    rows = len(outline.parent)
    before: dict[int, int] = {}
    for node, targets in enumerate(after):
        if waiting[node] > 0:
            for target in targets:
                if waiting[target] > 0:
                    before.setdefault(target, node)
    node = next(iter(before))
    seen: dict[int, int] = {}
    path: list[int] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = before[node]
    circle = [step % rows for step in reversed(path[seen[node] :])]
    # Both nodes of a summary may lie on the circle; it is one task.
    members = list(dict.fromkeys(circle))
    first = members.index(min(members))
    members = members[first:] + members[:first]
    labels = tuple(outline.labels[row] for row in members)
    if len(labels) == 1:
        text = f"Task {labels[0]} waits for a task inside itself; remove that link."
    elif len(labels) == 2:
        text = f"Task {labels[0]} and {labels[1]} wait for each other; remove one of these links."
    else:
        text = (
            f"Tasks {', '.join(labels[:-1])} and {labels[-1]} wait for each other in a circle; "
            "remove one of these links."
        )
    return CycleFound("schedule.cycle", text, labels)
