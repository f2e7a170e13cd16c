# SPDX-License-Identifier: Apache-2.0
"""The outline while it is edited: rows in order, each with its level."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from operator import eq

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network import Outline, build_outline
from pilothouse.engine.network.outline import outline_again
from pilothouse.engine.network.plan import PlanTask

DEEPEST = 100


def has_children(tasks: Sequence[PlanTask], row: int) -> bool:
    """Whether the next row lies inside this one."""
    return row + 1 < len(tasks) and tasks[row + 1].outline_level > tasks[row].outline_level


def branch(tasks: Sequence[PlanTask], row: int) -> range:
    """A row and all that lies inside it."""
    end = row + 1
    while end < len(tasks) and tasks[end].outline_level > tasks[row].outline_level:
        end += 1
    return range(row, end)


def branches(tasks: Sequence[PlanTask], rows: Iterable[int]) -> set[int]:
    """Rows with all that lies inside them."""
    return {inside for row in rows for inside in branch(tasks, row)}


def heads(tasks: Sequence[PlanTask], rows: Iterable[int]) -> list[int]:
    """The rows that lie inside no other of them, in order."""
    found: list[int] = []
    for row in sorted(set(rows)):
        if not found or row not in branch(tasks, found[-1]):
            found.append(row)
    return found


def added(tasks: list[PlanTask], place: int, new: Sequence[PlanTask]) -> list[PlanTask]:
    """The rows with new ones before row ``place``."""
    made = [*tasks[:place], *new, *tasks[place:]]
    for row in range(place, place + len(new)):
        _require_level(made, row, made[row].outline_level)
    return made


def moved(tasks: list[PlanTask], rows: Sequence[int], place: int, level: int) -> list[PlanTask]:
    """The rows with the branches of ``rows`` before row ``place``, their heads on ``level``."""
    taken = heads(tasks, rows)
    inside = branches(tasks, taken)
    if place in inside and place not in taken:
        name = tasks[taken[0]].name
        raise InvalidInput("editing.outline", f"‘{name}’ cannot move into itself.", (name,))
    block: list[PlanTask] = []
    for head in taken:
        by = level - tasks[head].outline_level
        block += [_shifted(tasks[row], by) for row in branch(tasks, head)]
    before = [task for row, task in enumerate(tasks[:place]) if row not in inside]
    behind = [task for row, task in enumerate(tasks[place:], place) if row not in inside]
    made = [*before, *block, *behind]
    _require_level(made, len(before), level)
    return made


def indented(tasks: list[PlanTask], rows: Sequence[int], by: int) -> list[PlanTask]:
    """The rows with the branches of ``rows`` on other levels.

    Outward, the rows that follow on the old level come to lie inside, as in other tools.
    """
    made = list(tasks)
    for head in heads(tasks, rows):
        for row in branch(tasks, head):
            made[row] = _shifted(made[row], by)
        _require_level(made, head, made[head].outline_level)
    return made


def settled(
    before: Outline,
    tasks: Sequence[PlanTask],
    fresh: Collection[int],
    held: Collection[int] = (),
) -> tuple[list[PlanTask], Outline]:
    """Rows that say whether they are summaries, and carry their new outline numbers; their outline.

    A row whose WBS code was its outline number gets its new one, and so do those in ``fresh``;
    other codes stay, and those in ``held`` in any case.
    """
    number_of = dict(zip(before.index, before.numbers, strict=True))
    now = build_outline(tasks)
    made = list(tasks)
    changed: list[int] = []
    for row, task in enumerate(tasks):
        wbs = task.wbs
        by_number = task.uid in fresh or wbs == number_of.get(task.uid)
        if by_number and task.uid not in held:
            wbs = now.numbers[row]
        summary = now.summary[row]
        if wbs != task.wbs or summary != task.summary:
            milestone = task.milestone and not summary
            made[row] = replace(task, wbs=wbs, summary=summary, milestone=milestone)
            changed.append(row)
    return made, outline_again(now, made, changed)


def numbers_rows(tasks: Sequence[PlanTask], outline: Outline) -> bool:
    """Whether rows of the plan carry their outline numbers; an empty plan will."""
    return not tasks or any(map(eq, [task.wbs for task in tasks], outline.numbers))


def _shifted(task: PlanTask, by: int) -> PlanTask:
    return replace(task, outline_level=task.outline_level + by) if by else task


def _require_level(tasks: Sequence[PlanTask], row: int, level: int) -> None:
    most = tasks[row - 1].outline_level + 1 if row else 1
    if not 1 <= level <= min(most, DEEPEST):
        name = tasks[row].name
        reason = (
            "is on the top level already"
            if level < 1
            else f"can lie no deeper than level {min(most, DEEPEST)}, one below the row above it"
        )
        raise InvalidInput("editing.outline", f"‘{name}’ {reason}.", (str(tasks[row].uid), name))
