# SPDX-License-Identifier: Apache-2.0
"""Baselines hung on tasks; now they hang on the project, in rows that outlive the tasks."""

from __future__ import annotations

from collections import defaultdict

from django.db import migrations

BATCH = 500
COPIED = ("start", "finish", "duration_minutes", "work_minutes", "cost")
NAMED = ("uid", "position", "name", "wbs", "outline_level", "summary", "milestone")


def move(apps, schema_editor):
    """Every number of a plan becomes a baseline of its project; may be run twice."""
    plans = apps.get_model("planning", "ProjectPlan")
    baselines = apps.get_model("planning", "PlanBaseline")
    rows = apps.get_model("planning", "BaselineTask")
    tasks = apps.get_model("planning", "Task")
    old = apps.get_model("planning", "TaskBaseline")
    events = apps.get_model("planning", "PlanEvent")
    for plan in plans.objects.order_by("pk"):
        if baselines.objects.filter(project_id=plan.project_id).exists():
            continue
        by_number = defaultdict(list)
        for item in old.objects.filter(task__plan=plan).select_related("task").order_by(
            "number", "task__position"
        ):
            by_number[item.number].append(item)
        event = events.objects.filter(project_id=plan.project_id).order_by("-plan_version").first()
        for number, items in by_number.items():
            made = baselines.objects.create(
                project_id=plan.project_id,
                number=number,
                name=f"Baseline {number}",
                kind="imported",
                state="imported",
                is_pmb=number == 0,
                taken_on=(plan.imported_at or plan.created_at).date(),
                taken_by_id=plan.updated_by_id,
                taken_label=event.by_label if event else "",
                created_by_id=plan.updated_by_id,
                updated_by_id=plan.updated_by_id,
                plan_version=plan.plan_version,
                file_name=plan.source_name,
                **_totals(items),
            )
            rows.objects.bulk_create(
                [_row(rows, made, item) for item in items], batch_size=BATCH
            )
        promised = by_number.get(0, [])
        for item in promised:
            item.task.baseline_start, item.task.baseline_finish = item.start, item.finish
        tasks.objects.bulk_update(
            [item.task for item in promised], ["baseline_start", "baseline_finish"], batch_size=100
        )


def _totals(items):
    leaves = [item for item in items if item.task.active and not item.task.summary]
    work = [item.work_minutes for item in leaves if item.work_minutes is not None]
    cost = [item.cost for item in leaves if item.cost is not None]
    return {
        "start": min((item.start for item in leaves if item.start), default=None),
        "finish": max((item.finish for item in leaves if item.finish), default=None),
        "work_minutes": sum(work) if work else None,
        "cost": sum(cost) if cost else None,
        "tasks": len(leaves),
    }


def _row(rows, baseline, item):
    values = {name: getattr(item, name) for name in COPIED}
    values |= {name: getattr(item.task, name) for name in NAMED}
    return rows(baseline=baseline, **values)


def move_back(apps, schema_editor):
    """Give tasks their baselines again; refused where that would lose one taken here."""
    baselines = apps.get_model("planning", "PlanBaseline")
    rows = apps.get_model("planning", "BaselineTask")
    tasks = apps.get_model("planning", "Task")
    old = apps.get_model("planning", "TaskBaseline")
    if baselines.objects.exclude(state="imported").exists():
        raise RuntimeError(
            "Baselines were taken or approved since the upgrade; the version before cannot hold "
            "them. Go back with a backup of before the upgrade."
        )
    for plan_id, project_id in tasks.objects.values_list("plan_id", "plan__project_id").distinct():
        keys = dict(tasks.objects.filter(plan_id=plan_id).values_list("uid", "pk"))
        found = rows.objects.filter(baseline__project_id=project_id, uid__in=list(keys))
        old.objects.bulk_create(
            [
                old(
                    task_id=keys[row.uid],
                    number=row.baseline.number,
                    **{name: getattr(row, name) for name in COPIED},
                )
                for row in found.select_related("baseline")
            ],
            batch_size=BATCH,
            ignore_conflicts=True,
        )
    baselines.objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("planning", "0009_baselines_of_a_project"),
    ]

    operations = [
        migrations.RunPython(move, move_back),
    ]
