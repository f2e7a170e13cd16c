# SPDX-License-Identifier: Apache-2.0
"""Which links a plan may hold (R-CPM-03)."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import Outline, Places
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


def check_links_again(
    links: Sequence[Link], outline: Outline, before: Sequence[Link], moved: Places | None
) -> None:
    """As ``check_links`` for links of which those of before were checked.

    Parameters
    ----------
    links : sequence of Link
        Those that were there before are the same objects.
    outline : Outline
        Of the rows as they stand.
    before : sequence of Link
    moved : Places or None
        How the rows moved since.
    """
    uids = tuple(outline.index)
    doubtful = set() if moved is None else moved.gone | {uids[row] for row in moved.rehung}
    fresh: list[Link] = []
    if links is not before:
        known, now = set(map(id, before)), set(map(id, links))
        fresh = [link for link in links if id(link) not in known]
        keys, ends = {_key_of(link) for link in fresh}, {link.successor for link in fresh}
        if (
            len(keys) < len(fresh)
            or len(now) < len(links)
            or any(
                link.successor in ends and id(link) in now and _key_of(link) in keys
                for link in before
            )
        ):
            check_links(links, outline)
            return
    if doubtful:
        new = set(map(id, fresh))
        fresh = [
            link
            for link in links
            if link.predecessor in doubtful or link.successor in doubtful or id(link) in new
        ]
    check_links(fresh, outline)


def _key_of(link: Link) -> tuple[int, int, LinkType]:
    return link.predecessor, link.successor, link.type


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
