# SPDX-License-Identifier: Apache-2.0
"""The outline of a plan: who is whose parent, and what a task is called in messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import PlanTask


@dataclass(frozen=True, slots=True)
class Outline:
    """Tree over the rows of a plan, by row index.

    ``parent`` holds -1 for top rows. ``summary`` is true for rows with children: a row
    that calls itself a summary but has none is a plain task.
    """

    index: dict[int, int]
    parent: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    summary: tuple[bool, ...]
    numbers: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def label_of(self) -> Mapping[int, str]:
        """What each task is called, by its uid."""
        return _Labels(self)

    def inside(self, row: int) -> Iterator[int]:
        """All rows below, in outline order."""
        for below in self.children[row]:
            yield below
            yield from self.inside(below)

    def ancestors(self, row: int) -> Iterator[int]:
        """The rows above, nearest first."""
        above = self.parent[row]
        while above >= 0:
            yield above
            above = self.parent[above]


class _Labels(Mapping[int, str]):
    """What tasks are called, looked up when asked for."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline

    def __getitem__(self, uid: int) -> str:
        return self._outline.labels[self._outline.index[uid]]

    def __iter__(self) -> Iterator[int]:
        return iter(self._outline.index)

    def __len__(self) -> int:
        return len(self._outline.index)


def build_outline(tasks: Sequence[PlanTask]) -> Outline:
    """Read the tree from the outline levels.

    Parameters
    ----------
    tasks : sequence of PlanTask
        In outline order. A level may jump by more than one; the row then hangs under the
        nearest row above with a lower level.

    Returns
    -------
    Outline

    Raises
    ------
    InvalidInput
        ``network.duplicate_uid``, ``network.outline_level``.

    Notes
    -----
    One pass with a stack: O(n).
    """
    levels = [task.outline_level for task in tasks]
    index = {task.uid: row for row, task in enumerate(tasks)}
    if len(index) < len(tasks) or min(levels, default=1) < 1:
        _refuse(tasks)
    parent: list[int] = []
    children: list[list[int] | None] = [None] * len(tasks)
    numbers: list[str] = []
    stack: list[int] = []
    top = 0
    for row, level in enumerate(levels):
        while stack and levels[stack[-1]] >= level:
            stack.pop()
        if not stack:
            top += 1
            parent.append(-1)
            numbers.append(str(top))
        else:
            above = stack[-1]
            beside = children[above]
            if beside is None:
                beside = children[above] = []
            beside.append(row)
            parent.append(above)
            numbers.append(f"{numbers[above]}.{len(beside)}")
        stack.append(row)
    return Outline(
        index,
        tuple(parent),
        tuple([() if below is None else tuple(below) for below in children]),
        tuple([below is not None for below in children]),
        tuple(numbers),
        tuple(map(_label, tasks, numbers)),
    )


def _refuse(tasks: Sequence[PlanTask]) -> NoReturn:
    """Name the first row that cannot stand in an outline."""
    index: dict[int, int] = {}
    for row, task in enumerate(tasks):
        if task.uid in index:
            raise InvalidInput(
                "network.duplicate_uid",
                f"‘{tasks[index[task.uid]].name}’ and ‘{task.name}’ both have the uid "
                f"{task.uid}; give each task its own.",
                (str(task.uid),),
            )
        if task.outline_level < 1:
            raise InvalidInput(
                "network.outline_level",
                f"‘{task.name}’ has outline level {task.outline_level}; the top level is 1.",
                (task.name,),
            )
        index[task.uid] = row
    raise AssertionError("These rows stand in an outline.")


def outline_again(before: Outline, tasks: Sequence[PlanTask], rows: Sequence[int]) -> Outline:
    """The outline of tasks that stand where they stood; some may be called otherwise."""
    fresh = [(row, _label(tasks[row], before.numbers[row])) for row in rows]
    fresh = [(row, label) for row, label in fresh if label != before.labels[row]]
    if not fresh:
        return before
    labels = list(before.labels)
    for row, label in fresh:
        labels[row] = label
    return replace(before, labels=tuple(labels))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of an outline stood in the one before it.

    Parameters
    ----------
    source : tuple of int
        By row the row that it was, -1 of a new one.
    rehung : frozenset of int
        Rows that hang under another one than before, with all inside them.
    regrouped : tuple of int
        Rows under which others hang than before, or in another order.
    gone : frozenset of int
        Uids of the rows that are no more.
    """

    source: tuple[int, ...]
    rehung: frozenset[int]
    regrouped: tuple[int, ...]
    gone: frozenset[int]


def places(before: Outline, after: Outline) -> Places | None:
    """How the rows moved from one outline to the other; None where all stand where they stood.

    Notes
    -----
    O(rows).
    """
    if before.index is after.index:
        return None
    at: Mapping[int, int] = before.index
    source = [at.get(uid, -1) for uid in after.index]
    rehung: set[int] = set()
    regrouped: list[int] = []
    for row, (then, above, below) in enumerate(zip(source, after.parent, after.children)):
        # A row comes after those above it; of a new one all inside it is new or hangs elsewhere.
        if (
            then < 0
            or above in rehung
            or before.parent[then] != (source[above] if above >= 0 else -1)
            or (above >= 0 and source[above] < 0)
        ):
            rehung.add(row)
        was = before.children[then] if then >= 0 else ()
        if (below or was) and tuple([source[child] for child in below]) != was:
            regrouped.append(row)
    gone = frozenset(at.keys() - after.index.keys())
    if not (rehung or regrouped or gone) and source == list(range(len(source))):
        return None
    return Places(tuple(source), frozenset(rehung), tuple(regrouped), gone)


def _label(task: PlanTask, number: str) -> str:
    return f"{task.wbs or number} ‘{task.name}’"
