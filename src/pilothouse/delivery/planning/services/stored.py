# SPDX-License-Identifier: Apache-2.0
"""The stored plan, scheduled: read, or remembered from the edit before (docs/adr/0026)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.memory import Memory, proof_of
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.queries import Told, remember_told
from pilothouse.engine.network.plan import Plan


@dataclass(frozen=True, slots=True)
class Stored:
    """A plan as its rows hold it, and what an edit must know of these rows.

    ``held`` are key and position of the row of each task, ``promised`` the dates of the baseline
    that counts, ``differing`` the tasks that lie elsewhere than in the file, ``told`` what health
    is told of each task, where somebody asked for it.
    """

    scheduled: bridge.Scheduled
    held: Mapping[int, tuple[int, int]]
    promised: bridge.Promised
    differing: frozenset[int]
    told: Mapping[int, Told] | None = None


_PLANS: Memory[Stored] = Memory()


def stored(row: ProjectPlan) -> Stored:
    """The plan of this row with all that lies below it."""
    proof = proof_of(row)
    known = _PLANS.get(row.pk, proof)
    if known is not None:
        return known
    found = _read(row)
    # Without a lock somebody may have written between two of the reads.
    if (now := ProjectPlan.objects.filter(pk=row.pk).first()) and proof_of(now) == proof:
        _PLANS.put(row.pk, proof, len(found.held), found)
    return found


def as_stored(row: ProjectPlan) -> bridge.Scheduled:
    """The stored plan with its dates."""
    return stored(row).scheduled


def remember(row: ProjectPlan, found: Stored) -> None:
    """Keep a plan that was written just now; ``row`` is as it was saved."""
    proof = proof_of(row)
    _PLANS.put(row.pk, proof, len(found.held), found)
    if found.told is not None:
        remember_told(row.pk, proof, found.told, len(found.differing))


def _read(row: ProjectPlan) -> Stored:
    held: dict[int, tuple[int, int]] = {}
    differing: set[int] = set()
    columns = "uid", "pk", "position", "difference"
    for uid, pk, position, difference in Task.objects.filter(plan=row).values_list(*columns):
        held[uid] = pk, position
        if difference:
            differing.add(uid)
    scheduled = bridge.schedule_to_edit(
        bridge.load_plan(row), work_after_status_date=row.work_after_status_date
    )
    return Stored(scheduled, held, bridge.promised(row), frozenset(differing))


def after_edit(
    before: Stored,
    row: ProjectPlan,
    found: bridge.Edited,
    held: Mapping[int, tuple[int, int]],
    differing: frozenset[int],
) -> Stored:
    """The plan as it is stored after an edit was saved."""
    plan = _with_baselines(row, found)
    plan = replace(plan, finish=bridge.wall(row.finish))
    after = replace(found.after, plan=plan)
    told = _told_again(before, found) if before.told is not None else _told(before, found)
    return Stored(after, held, before.promised, differing, told)


def _with_baselines(row: ProjectPlan, found: bridge.Edited) -> Plan:
    """The plan with what baselines promise of tasks that came, or came back."""
    plan, added = found.after.plan, found.delta.tasks.added
    if not added:
        return plan
    of = bridge.baselines_of_tasks(row, list(added))
    tasks = [
        replace(task, baselines=of.get(task.uid, ()))
        if task.uid in added and task.baselines != of.get(task.uid, ())
        else task
        for task in plan.tasks
    ]
    return replace(plan, tasks=tuple(tasks))


def _told(before: Stored, found: bridge.Edited) -> dict[int, Told]:
    every = {task.uid for task in found.after.plan.tasks}
    return _with_told({}, before, found, every)


def _told_again(before: Stored, found: bridge.Edited) -> dict[int, Told]:
    told = dict(before.told or {})
    for uid in found.delta.tasks.removed:
        told.pop(uid, None)
    return _with_told(told, before, found, found.changed | found.dated)


def _with_told(
    told: dict[int, Told], before: Stored, found: bridge.Edited, uids: Collection[int]
) -> dict[int, Told]:
    """With what these tasks say to health, as their rows do; summaries say nothing."""
    for task in found.after.plan.tasks:
        if task.uid not in uids:
            continue
        told.pop(task.uid, None)
        if task.summary or not task.active:
            continue
        dates = found.after.result.tasks[task.uid]
        start, finish = before.promised.get(task.uid, (None, None))
        told[task.uid] = Told(
            task.name,
            task.milestone,
            bridge.kept(dates.finish),
            task.actual_finish is not None or task.percent_complete >= 100,
            task.percent_complete,
            task.duration_minutes,
            bridge.kept(task.deadline),
            dates.total_float_minutes,
            bridge.kept(start),
            bridge.kept(finish),
        )
    return told
