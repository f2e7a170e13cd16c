# SPDX-License-Identifier: Apache-2.0
"""What finished work took against what was promised for it: the office's own reference classes."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.planning.models import BaselineTask, Task
from pilothouse.delivery.planning.rules import Verb, can_on_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget, visible_projects
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor

Pairs = list[tuple[float, float]]
OVER = (
    Project.State.CLOSED,
    Project.State.BENEFITS_TRACKING,
    Project.State.COMPLETED,
)
MOST_TASKS = 20_000
Unit = Estimate.Unit


def seen_projects(actor: Actor, office_id: int, kind: str = "") -> list[Project]:
    """Projects of an office in sight; of one type, if it is named."""
    rows = visible_projects(actor).filter(office_id=office_id).select_related("portfolio__org_unit")
    return list(rows.filter(project_type=kind) if kind else rows)


def project_pairs(actor: Actor, projects: Iterable[Project], unit: str) -> Pairs:
    """(approved, final) of finished projects: calendar days, or cost where that may be seen."""
    held = grants_of(actor)
    found: Pairs = []
    for row in projects:
        if row.state not in OVER:
            continue
        if unit == Unit.COST:
            if row.budget and row.forecast_cost and sees_budget(actor, row, held):
                found.append((float(row.budget), float(row.forecast_cost)))
        elif (
            row.baseline_start and row.baseline_finish and row.planned_start and row.planned_finish
        ):
            promised = (row.baseline_finish - row.baseline_start).days
            took = (row.planned_finish - row.planned_start).days
            if promised > 0 < took:
                found.append((float(promised), float(took)))
    return found


def task_pairs(actor: Actor, projects: Iterable[Project], unit: str) -> Pairs:
    """(promised, actual) minutes of finished tasks whose plan may be seen, in two queries.

    Promised is what the baseline that counts says.
    """
    held = grants_of(actor)
    ids = [row.pk for row in projects if can_on_plan(actor, row, Verb.READ, held)]
    column = "work_minutes" if unit == Unit.HOURS else "duration_minutes"
    promised = {
        (project_id, uid): minutes
        for project_id, uid, minutes in BaselineTask.objects.filter(
            baseline__is_pmb=True,
            baseline__project_id__in=ids,
            summary=False,
            **{f"{column}__gt": 0},
        ).values_list("baseline__project_id", "uid", column)[:MOST_TASKS]
    }
    rows = Task.objects.filter(
        plan__project_id__in=ids, actual_finish__isnull=False, summary=False, milestone=False
    ).values_list("plan__project_id", "uid", "actual_duration_minutes", "actual_work_minutes")
    found: Pairs = []
    for project_id, uid, duration, work in rows[:MOST_TASKS]:
        took = work if unit == Unit.HOURS else duration
        if took and (project_id, uid) in promised:
            found.append((float(promised[project_id, uid] or 0), float(took)))
    return found
