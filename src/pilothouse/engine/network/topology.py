# SPDX-License-Identifier: Apache-2.0
"""The shape of a network as arrays: outline, links and an order in which links point forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network import kernels
from pilothouse.engine.network.outline import Outline
from pilothouse.engine.network.plan import Link

Ints = NDArray[np.int32]
MOST_NAMED = 10
"""Tasks of a circle that an error names."""


class Topology(NamedTuple):
    """What changes only with the outline or the ends of links; keep it for the next edit.

    Of ``n`` rows, row ``i`` is node ``i``: for a summary the *gate* before its children. Node
    ``n + i`` is the *roll* after the children of summary ``i``, unused for other rows. A link
    to a summary enters its gate, a link from a summary leaves its roll. All arrays are int32.
    """

    parent: Ints
    """By row: the row above, -1 for top rows."""
    child_first: Ints
    """By row and one more: where its children begin in ``child``."""
    child: Ints
    """Rows, those of one parent together, in outline order."""
    source: Ints
    """By link: the node that it leaves."""
    target: Ints
    """By link: the node, which is a row, that it enters."""
    order: Ints
    """Nodes in topological order."""
    place: Ints
    """By node: where it stands in ``order``, -1 for unused ones."""
    in_first: Ints
    """By place in the order and one more: where the links that enter begin in ``in_link``."""
    in_link: Ints
    """Links in the order of the nodes that they enter."""
    in_source: Ints
    """The nodes that these links leave."""
    out_first: Ints
    """By place in the order and one more: where the links that leave begin in ``out_link``."""
    out_link: Ints
    """Links in the order of the nodes that they leave."""
    out_target: Ints
    """The rows that these links enter."""


def _row_number(row: int) -> str:
    return f"in row {row}"


def build_topology(
    parent: Sequence[int] | NDArray[np.integer],
    predecessor: Sequence[int] | NDArray[np.integer],
    successor: Sequence[int] | NDArray[np.integer],
    *,
    label: Callable[[int], str] = _row_number,
) -> Topology:
    """Sort a network.

    Parameters
    ----------
    parent : ints, shape (n,)
        The row above each row, -1 for none; a row above comes before those below it.
    predecessor, successor : ints, shape (m,)
        Rows of the two ends of each link.
    label : callable, optional
        What the task in a row is called in messages.

    Returns
    -------
    Topology

    Raises
    ------
    InvalidInput
        ``network.dangling_link`` for an end that is no row, ``network.self_link``,
        ``network.outline_level`` for a row above that does not come before.
    CycleFound
        ``schedule.cycle`` with the tasks of one circle in their order, the first ten of many.

    Examples
    --------
    >>> shape = build_topology([-1, -1, -1], predecessor=[2, 0], successor=[0, 1])
    >>> shape.order.tolist()
    [2, 0, 1]

    Notes
    -----
    Kahn's algorithm, first in, first out from rows in outline order: O(n + m), deterministic.

    References
    ----------
    A. B. Kahn, "Topological sorting of large networks", Communications of the ACM 5 (1962).
    """
    above = np.ascontiguousarray(parent, np.int32)
    first = np.ascontiguousarray(predecessor, np.int32)
    target = np.ascontiguousarray(successor, np.int32)
    _check(above, first, target)
    rows, links = len(above), len(first)
    child_first, child = _grouped(above, rows, int((above >= 0).sum()))
    summary = child_first[:-1] < child_first[1:]
    source = np.where(summary[first], first + rows, first).astype(np.int32)
    out_first, out_link = _grouped(source, 2 * rows, links)
    in_first, in_link = _grouped(target, 2 * rows, links)
    waiting = np.zeros(2 * rows, np.int32)
    used = rows + int(summary.sum())
    order = np.empty(used, np.int32)
    # A roll waits for its children, so that only rows can begin.
    count = kernels.sort_nodes(
        above, child_first, child, source, target, out_first, out_link, waiting, order
    )
    if count < used:
        raise _cycle(above, source, target, waiting, label)
    place = np.full(2 * rows, -1, np.int32)
    in_first, in_link = _laid_out(order, in_first, in_link, place)
    out_first, out_link = _laid_out(order, out_first, out_link, place)
    return Topology(
        above,
        child_first,
        child,
        source,
        target,
        order,
        place,
        in_first,
        in_link,
        source[in_link],
        out_first,
        out_link,
        target[out_link],
    )


def _check(parent: Ints, first: Ints, second: Ints) -> None:
    rows = len(parent)
    wrong = np.flatnonzero((parent >= np.arange(rows)) | (parent < -1))
    if len(wrong):
        raise InvalidInput(
            "network.outline_level",
            f"Row {wrong[0]} hangs under row {parent[wrong[0]]}, which does not come before it.",
            (str(wrong[0]),),
        )
    if len(first) != len(second):
        raise InvalidInput(
            "network.dangling_link", "Every link needs a predecessor and a successor."
        )
    for ends in (first, second):
        wrong = np.flatnonzero((ends < 0) | (ends >= rows))
        if len(wrong):
            raise InvalidInput(
                "network.dangling_link",
                f"Link {wrong[0]} names row {ends[wrong[0]]}, which is not there.",
                (str(wrong[0]),),
            )
    wrong = np.flatnonzero(first == second)
    if len(wrong):
        raise InvalidInput(
            "network.self_link",
            f"The task in row {first[wrong[0]]} waits for itself; remove the link.",
            (str(first[wrong[0]]),),
        )


def _grouped(keys: Ints, groups: int, count: int) -> tuple[Ints, Ints]:
    first, members = np.zeros(groups + 1, np.int32), np.empty(count, np.int32)
    kernels.grouped(keys, first, members)
    return first, members


def _laid_out(order: Ints, first: Ints, links: Ints, place: Ints) -> tuple[Ints, Ints]:
    ordered_first, ordered = np.empty(len(order) + 1, np.int32), np.empty_like(links)
    kernels.lay_out(order, first, links, ordered_first, ordered, place)
    return ordered_first, ordered


def _cycle(
    parent: Ints,
    source: Ints,
    target: Ints,
    waiting: Ints,
    label: Callable[[int], str],
) -> CycleFound:
    """Walk back among the nodes that are left: each has a predecessor that is left too."""
    rows = len(parent)
    before: dict[int, int] = {}
    for node, after in _steps(parent, source, target):
        if waiting[node] > 0 and waiting[after] > 0:
            before.setdefault(after, node)
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
    labels = tuple(label(row) for row in members[:MOST_NAMED])
    left = len(members) - len(labels)
    if left:
        text = (
            f"Tasks {', '.join(labels)} and {left:,} more wait for each other in a circle; "
            "remove one of the links between those named."
        )
    elif len(labels) == 1:
        text = f"Task {labels[0]} waits for a task inside itself; remove that link."
    elif len(labels) == 2:
        text = f"Task {labels[0]} and {labels[1]} wait for each other; remove one of these links."
    else:
        text = (
            f"Tasks {', '.join(labels[:-1])} and {labels[-1]} wait for each other in a circle; "
            "remove one of these links."
        )
    return CycleFound("schedule.cycle", text, labels)


def _steps(parent: Ints, source: Ints, target: Ints) -> Iterator[tuple[int, int]]:
    """What leads from node to node, by the first of the two: outline before links."""
    rows = len(parent)
    children = np.flatnonzero(parent >= 0)
    above = parent[children]
    summary = np.zeros(rows, bool)
    summary[above] = True
    ends = np.where(summary[children], children + rows, children)
    first = np.concatenate([np.stack([above, ends], 1).ravel(), source])
    second = np.concatenate([np.stack([children, above + rows], 1).ravel(), target])
    sorted_ = np.argsort(first, kind="stable")
    return zip(first[sorted_].tolist(), second[sorted_].tolist(), strict=True)


def topology_of(outline: Outline, links: Sequence[Link]) -> Topology:
    """The topology of rows and links that ``check_links`` has checked.

    Raises
    ------
    CycleFound
        ``schedule.cycle`` with the tasks of one circle in their order, the first ten of many.
    """
    index = outline.index
    return build_topology(
        outline.parent,
        [index[link.predecessor] for link in links],
        [index[link.successor] for link in links],
        label=outline.labels.__getitem__,
    )


def topological_order(outline: Outline, links: Sequence[Link]) -> list[int]:
    """The nodes of ``topology_of`` such that every link points forward."""
    order: list[int] = topology_of(outline, links).order.tolist()
    return order
