# SPDX-License-Identifier: Apache-2.0
"""Baselines that a file brings: kept beside the plan until one is approved here.

A file replaces what a file brought. What was taken or approved here no file replaces, nor the
number 0 once a baseline was approved or a first one waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline, ProjectPlan
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.network.plan import Notice, Plan
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor

BATCH = 500


def kept_numbers(project: Project) -> set[int]:
    """The numbers of baselines that no file replaces."""
    rows = PlanBaseline.objects.filter(project=project)
    kept = rows.exclude(Q(state=PlanBaseline.State.IMPORTED) | Q(number=None))
    numbers = {number for number in kept.values_list("number", flat=True) if number is not None}
    first = rows.filter(state=PlanBaseline.State.PROPOSED, kind=PlanBaseline.Kind.FIRST)
    return numbers | {0} if numbers or first.exists() else numbers


def left_out(project: Project, plan: Plan) -> tuple[Notice, ...]:
    """What to say of baselines of a file that stay outside."""
    numbers = sorted(bridge.numbers_in(plan) & kept_numbers(project))
    if not numbers:
        return ()
    text = ", ".join(map(str, numbers))
    message = f"Baseline {text} of the file is left out: the one that is kept here stays."
    return (Notice("plan", "baselines", message),)


def drop_imported(project_id: int) -> None:
    """Remove what a file brought and nobody approved."""
    PlanBaseline.objects.filter(project_id=project_id, state=PlanBaseline.State.IMPORTED).delete()


def take_over(actor: Actor, row: ProjectPlan, plan: Plan) -> int:
    """Keep the baselines of a file beside its plan; how many rows they have."""
    found = bridge.brought(plan, kept_numbers(row.home))
    approved = PlanBaseline.objects.filter(project_id=row.home_id, is_pmb=True).exists()
    return sum(_keep(actor, row, item, item.number == 0 and not approved) for item in found)


def _keep(actor: Actor, row: ProjectPlan, item: bridge.Brought, counts: bool) -> int:
    baseline = PlanBaseline.objects.create(
        project_id=row.home_id,
        number=item.number,
        name=f"Baseline {item.number}",
        kind=PlanBaseline.Kind.IMPORTED,
        state=PlanBaseline.State.IMPORTED,
        is_pmb=counts,
        taken_on=clock.today(),
        taken_by_id=actor.user_id,
        taken_label=actor.label[:200],
        created_by_id=actor.user_id,
        updated_by_id=actor.user_id,
        plan_version=row.plan_version,
        file_name=row.source_name,
        **totals(item.total),
    )
    return write_rows(baseline, item.promises)


def totals(total: bridge.Total) -> dict[str, object]:
    """What a baseline adds up to, as columns."""
    return {
        "start": bridge.kept(total.start),
        "finish": bridge.kept(total.finish),
        "work_minutes": total.work_minutes,
        "cost": total.cost,
        "tasks": total.tasks,
    }


def write_rows(baseline: PlanBaseline, promises: Sequence[bridge.Promise]) -> int:
    """Write the rows of a new baseline, once; how many."""
    rows = bridge.baseline_rows(baseline, promises)
    BaselineTask.objects.bulk_create(rows, BATCH)
    return len(rows)
