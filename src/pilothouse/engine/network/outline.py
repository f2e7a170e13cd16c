# SPDX-License-Identifier: Apache-2.0
"""The outline of a plan: who is whose parent, and what a task is called in messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    def label_of(self) -> dict[int, str]:
        """What each task is called, by its uid."""
        return dict(zip(self.index, self.labels, strict=True))

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
    index: dict[int, int] = {}
    parent: list[int] = []
    children: list[list[int]] = []
    numbers: list[str] = []
    stack: list[int] = []
    top = 0
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
        while stack and tasks[stack[-1]].outline_level >= task.outline_level:
            stack.pop()
        above = stack[-1] if stack else -1
        parent.append(above)
        children.append([])
        if above >= 0:
            children[above].append(row)
            numbers.append(f"{numbers[above]}.{len(children[above])}")
        else:
            top += 1
            numbers.append(str(top))
        stack.append(row)
    return Outline(
        index,
        tuple(parent),
        tuple(map(tuple, children)),
        tuple(bool(below) for below in children),
        tuple(numbers),
        tuple(map(_label, tasks, numbers)),
    )


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


def _label(task: PlanTask, number: str) -> str:
    return f"{task.wbs or number} ‘{task.name}’"
