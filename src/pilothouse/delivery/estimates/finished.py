# SPDX-License-Identifier: Apache-2.0
"""What finished work took against what was promised for it: the office's own reference classes.

A class tells ratios of at least ten members and names none of them, so it is of the whole office;
confidential projects are in none.
"""

from __future__ import annotations

from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.planning.models import BaselineTask, Task
from pilothouse.delivery.projects.models import Project

Pairs = list[tuple[float, float]]
OVER = (
    Project.State.CLOSED,
    Project.State.BENEFITS_TRACKING,
    Project.State.COMPLETED,
)
MOST_TASKS = 20_000
Unit = Estimate.Unit


def project_pairs(office_id: int, unit: str, kind: str = "") -> Pairs:
    """(approved, final) of finished projects: calendar days, or cost; of one type, if named."""
    rows = Project.objects.filter(office_id=office_id, state__in=OVER).exclude(
        classification=Project.Classification.CONFIDENTIAL
    )
    found: Pairs = []
    for row in rows.filter(project_type=kind) if kind else rows:
        if unit == Unit.COST:
            if row.budget and row.forecast_cost:
                found.append((float(row.budget), float(row.forecast_cost)))
            continue
        ends = row.baseline_start, row.baseline_finish, row.planned_start, row.planned_finish
        if ends[0] and ends[1] and ends[2] and ends[3]:
            promised, took = (ends[1] - ends[0]).days, (ends[3] - ends[2]).days
            if promised > 0 < took:
                found.append((float(promised), float(took)))
    return found


def task_pairs(office_id: int, unit: str, kind: str = "") -> Pairs:
    """(promised, actual) minutes of finished tasks of an office, in two queries.

    Promised is what the baseline that counts says.
    """
    column = "work_minutes" if unit == Unit.HOURS else "duration_minutes"
    hidden = Project.Classification.CONFIDENTIAL
    promised = BaselineTask.objects.filter(
        baseline__is_pmb=True,
        baseline__project__office_id=office_id,
        summary=False,
        **{f"{column}__gt": 0},
    ).exclude(baseline__project__classification=hidden)
    tasks = Task.objects.filter(
        plan__project__office_id=office_id,
        actual_finish__isnull=False,
        summary=False,
        milestone=False,
    ).exclude(plan__project__classification=hidden)
    if kind:
        promised = promised.filter(baseline__project__project_type=kind)
        tasks = tasks.filter(plan__project__project_type=kind)
    told = {
        (project_id, uid): minutes
        for project_id, uid, minutes in promised.values_list("baseline__project_id", "uid", column)[
            :MOST_TASKS
        ]
    }
    found: Pairs = []
    names = ("plan__project_id", "uid", "actual_duration_minutes", "actual_work_minutes")
    for project_id, uid, duration, work in tasks.values_list(*names)[:MOST_TASKS]:
        took = work if unit == Unit.HOURS else duration
        if took and (project_id, uid) in told:
            found.append((float(told[project_id, uid] or 0), float(took)))
    return found
