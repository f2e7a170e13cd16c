# SPDX-License-Identifier: Apache-2.0
"""Which links a plan may hold (R-CPM-03)."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import Outline
from pilothouse.engine.network.plan import Link, LinkType


def check_links(links: Sequence[Link], outline: Outline) -> None:
    """Refuse links that mean nothing.

    Parameters
    ----------
    links : sequence of Link
    outline : Outline

    Raises
    ------
    InvalidInput
        ``network.dangling_link`` for an end that is no task, ``network.self_link``,
        ``network.duplicate_link`` for the same two tasks and type, ``network.own_descendant``
        for a summary linked with a row inside itself.
    """
    index, summary = outline.index, outline.summary
    seen: set[tuple[int, int, LinkType]] = set()
    for link in links:
        first, second = index.get(link.predecessor, -1), index.get(link.successor, -1)
        if first < 0 or second < 0:
            _check_ends(link, outline)
        key = (first, second, link.type)
        if first != second and key not in seen and not (summary[first] or summary[second]):
            seen.add(key)
            continue
        names = (outline.labels[first], outline.labels[second])
        if first == second:
            raise InvalidInput(
                "network.self_link", f"Task {names[0]} waits for itself; remove the link.", names
            )
        if key in seen:
            raise InvalidInput(
                "network.duplicate_link",
                f"Tasks {names[0]} and {names[1]} are linked twice as "
                f"{link.type.value.upper()}; keep one of the links.",
                names,
            )
        seen.add(key)
        if first in outline.ancestors(second) or second in outline.ancestors(first):
            raise InvalidInput(
                "network.own_descendant",
                f"Tasks {names[0]} and {names[1]} are linked, but one lies inside the other; "
                "link the tasks inside the summary instead.",
                names,
            )


def _check_ends(link: Link, outline: Outline) -> None:
    for role, uid, other in (
        ("predecessor", link.predecessor, link.successor),
        ("successor", link.successor, link.predecessor),
    ):
        if uid not in outline.index:
            row = outline.index.get(other)
            name = f"Task {outline.labels[row]}" if row is not None else f"A link of task {other}"
            raise InvalidInput(
                "network.dangling_link",
                f"{name} names task {uid} as its {role}, which is not in the plan; "
                "remove the link or add the task.",
                (str(uid), str(other)),
            )
