# SPDX-License-Identifier: Apache-2.0
"""Whether this installation is in working order; for the health page, metrics and the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Min

from pilothouse.foundation.core.models import Job, JobRunner

RUNNER_SILENT = timedelta(minutes=2)
JOB_OVERDUE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Health:
    """``ok`` or what is wrong, for each part."""

    database: str
    migrations: str
    jobs: str

    @property
    def is_well(self) -> bool:
        return self.database == self.migrations == self.jobs == "ok"


class _Known:
    """A database that was found up to date stays so while this process lives."""

    up_to_date = False


def missing_migrations() -> int:
    """How many migrations the database lacks."""
    return len(_on_disk() - _applied())


def unknown_migrations() -> list[str]:
    """Migrations that a newer version applied to the database."""
    ours = {app for app, _ in _on_disk()}
    return sorted(".".join(key) for key in _applied() - _on_disk() if key[0] in ours)


@cache
def _on_disk() -> frozenset[tuple[str, str]]:
    """(app, name) of the migrations of this version, by their files.

    Django's loader imports them all, which costs a tenth of a start; none of ours stands for
    others, so their names tell as much.
    """
    found: set[tuple[str, str]] = set()
    for config in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(config.label)
        spec = find_spec(module) if module else None
        if spec is None:
            continue
        for row in iter_modules(spec.submodule_search_locations):
            if row.name[0] not in "_~":
                found.add((config.label, row.name))
    return frozenset(found)


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def health(now: datetime) -> Health:
    """Look at everything; a database that is away makes the rest unknown."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _Known.up_to_date:
            _Known.up_to_date = missing_migrations() == 0
        if not _Known.up_to_date:
            return Health("ok", "missing", "unknown")
        return Health("ok", "ok", jobs_health(now))
    except DatabaseError:
        return Health("down", "unknown", "unknown")


def jobs_health(now: datetime) -> str:
    """Somebody runs jobs, and none has waited for long."""
    if not JobRunner.objects.filter(seen_at__gte=now - RUNNER_SILENT).exists():
        return "no runner"
    if Job.objects.filter(state=Job.State.QUEUED, run_at__lt=now - JOB_OVERDUE).exists():
        return "overdue"
    return "ok"


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Counts for the metrics."""

    by_state: dict[str, int]
    oldest_due_seconds: float
    runners: int


def job_figures(now: datetime) -> JobFigures:
    """How many jobs stand where, and how long the oldest one has waited."""
    rows = Job.objects.order_by().values_list("state").annotate(number=Count("id"))
    oldest = Job.objects.filter(state=Job.State.QUEUED, run_at__lte=now).aggregate(
        first=Min("run_at")
    )["first"]
    return JobFigures(
        by_state=dict.fromkeys(Job.State.values, 0) | dict(rows),
        oldest_due_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        runners=JobRunner.objects.filter(seen_at__gte=now - RUNNER_SILENT).count(),
    )
