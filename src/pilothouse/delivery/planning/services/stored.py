# SPDX-License-Identifier: Apache-2.0
"""The stored plan, scheduled: read, or remembered from the edit before (docs/adr/0026)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.memory import (
    Baselines,
    Memory,
    baselines_of,
    counting,
    state_of,
)
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.queries import Tally, Told, remember_tally
from pilothouse.engine.network.plan import Plan, PlanTask


@dataclass(frozen=True, slots=True)
class Stored:
    """A plan as its rows hold it, and what an edit must know of these rows.

    ``held`` are key and position of the row of each task, ``promised`` the dates of the baseline
    that counts among ``baselines``, ``differing`` the tasks that lie elsewhere than in the file,
    ``told`` what health is told of each task, once there was an edit, and ``tally`` its sums.
    """

    scheduled: bridge.Scheduled
    held: Mapping[int, tuple[int, int]]
    baselines: Baselines
    promised: bridge.Promised
    differing: frozenset[int]
    told: Mapping[int, Told] | None = None
    tally: Tally | None = None


_PLANS: Memory[Stored] = Memory()


def stored(row: ProjectPlan) -> Stored:
    """The plan of this row with all that lies below it."""
    baselines = baselines_of(row)
    proof = (*state_of(row), baselines)
    known = _PLANS.get(row.pk, proof)
    if known is not None:
        return known
    found = _read(row, baselines)
    # Without a lock somebody may have written between two of the reads.
    now = ProjectPlan.objects.filter(pk=row.pk).first()
    if now is not None and now.sandbox_id is not None:
        now.sandbox = row.sandbox
    if now is not None and (*state_of(now), baselines_of(now)) == proof:
        _PLANS.put(row.pk, proof, len(found.held), found)
    return found


def as_stored(row: ProjectPlan) -> bridge.Scheduled:
    """The stored plan with its dates."""
    return stored(row).scheduled


def remember(row: ProjectPlan, found: Stored) -> None:
    """Keep a plan that was written just now; ``row`` is as it was saved, and still locked."""
    _PLANS.put(row.pk, (*state_of(row), found.baselines), len(found.held), found)
    if found.tally is not None:
        remember_tally(row, counting(found.baselines), found.tally, len(found.differing))


def _read(row: ProjectPlan, baselines: Baselines) -> Stored:
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
    return Stored(scheduled, held, baselines, bridge.promised(row), frozenset(differing))


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
    told, tally = _told(before, found)
    return Stored(after, held, before.baselines, before.promised, differing, told, tally)


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


def _told(before: Stored, found: bridge.Edited) -> tuple[dict[int, Told], Tally]:
    """What each task tells health, as its row does, and the sums of it; summaries tell nothing."""
    after = found.after
    if before.told is None or before.tally is None:
        told = {
            task.uid: made
            for row, task in enumerate(after.plan.tasks)
            if (made := _tells(task, row, after, before)) is not None
        }
        return told, Tally.of(told.values())
    told = dict(before.told)
    touched = found.changed | found.dated
    gone = [told.pop(uid) for uid in touched | found.delta.tasks.removed.keys() if uid in told]
    fresh: list[Told] = []
    for row, task in enumerate(after.plan.tasks):
        if task.uid in touched and (made := _tells(task, row, after, before)) is not None:
            told[task.uid] = made
            fresh.append(made)
    return told, before.tally.again(gone, fresh)


def _tells(task: PlanTask, row: int, after: bridge.Scheduled, before: Stored) -> Told | None:
    if task.summary or not task.active:
        return None
    ends, total_float = bridge.end_of(after, row)
    start, finish = before.promised.get(task.uid, (None, None))
    return Told(
        task.name,
        task.milestone,
        bridge.kept(ends),
        task.actual_finish is not None or task.percent_complete >= 100,
        task.percent_complete,
        task.duration_minutes,
        bridge.kept(task.deadline),
        total_float,
        bridge.kept(start),
        bridge.kept(finish),
    )
