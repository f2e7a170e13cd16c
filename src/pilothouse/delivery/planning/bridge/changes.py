# SPDX-License-Identifier: Apache-2.0
"""What an edit changes of the rows of tasks that stay: columns and values, not yet saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pilothouse.delivery.planning.bridge.compare import Comparison
from pilothouse.delivery.planning.bridge.edits import Edited
from pilothouse.delivery.planning.bridge.store import CELLS, cells_of, computed
from pilothouse.engine.network.plan import PlanTask

Updates = Mapping[tuple[str, ...], Sequence[Sequence[object]]]
"""Names of columns → for each row that changes in them, their values and the key of the row."""

_TOGETHER = (
    (
        "start",
        "finish",
        "early_start",
        "early_finish",
        "start_variance_minutes",
        "finish_variance_minutes",
    ),
    (
        "late_start",
        "late_finish",
        "total_float_minutes",
        "free_float_minutes",
        "critical",
        "longest_path",
    ),
    ("driving", "reason"),
)
"""Computed columns that mostly change together; so few statements do for many rows."""
_CELLS = frozenset(CELLS)
_NAMES = tuple(item.name for item in fields(PlanTask) if item.name in _CELLS)


def updates_of(
    found: Edited, held: Mapping[int, tuple[int, int]], comparison: Comparison
) -> Updates:
    """What to write of the tasks that were there before and are there still.

    ``held`` are key and position of their rows by uid; ``comparison`` is of all whose dates moved.
    """
    before = _tasks_of(found.before.plan.tasks, found.changed | found.dated)
    updates: defaultdict[tuple[str, ...], list[Sequence[object]]] = defaultdict(list)
    for task in found.after.plan.tasks:
        then = before.get(task.uid)
        if then is None or not (task.uid in found.changed or task.uid in found.dated):
            continue
        values = _cells(found, then, task) if task.uid in found.changed else {}
        if task.uid in found.dated:
            values |= _computed(found, task.uid, comparison)
        if values:
            updates[tuple(values)].append([*values.values(), held[task.uid][0]])
    return updates


def _tasks_of(tasks: Iterable[PlanTask], uids: frozenset[int]) -> dict[int, PlanTask]:
    return {task.uid: task for task in tasks if task.uid in uids}


def _cells(found: Edited, before: PlanTask, after: PlanTask) -> dict[str, Any]:
    names = [name for name in _NAMES if getattr(before, name) != getattr(after, name)]
    if "summary" in names and "duration_minutes" not in names:
        names.append("duration_minutes")
    dates = found.after.result.tasks[after.uid]
    stored = after.stored.start is not None or after.stored.finish is not None
    compared = stored and after.active and not after.external
    return cells_of(after, names, dates, compared)


def _computed(found: Edited, uid: int, comparison: Comparison) -> dict[str, Any]:
    """Of what is computed, all that mostly changes with what did."""
    then = computed(uid, found.before.result.tasks[uid], comparison)
    now = computed(uid, found.after.result.tasks[uid], comparison)
    return {
        name: now[name]
        for group in _TOGETHER
        if any(then[name] != now[name] for name in group)
        for name in group
    }
