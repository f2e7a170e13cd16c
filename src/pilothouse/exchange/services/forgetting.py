# SPDX-License-Identifier: Apache-2.0
"""Removing what imports brought with them, under a rule of retention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.exchange.models import ImportJob
from pilothouse.exchange.services.reading import OPEN, empty
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed


def past_imports(office_id: int, before: datetime) -> QuerySet[ImportJob]:
    """Imports that nobody touched since an instant and that still hold what their file held."""
    return ImportJob.objects.filter(
        office_id=office_id, updated_at__lt=before, forgotten_at=None
    ).exclude(stage=ImportJob.Stage.DISCARDED)


@transaction.atomic
def forget_imports(*, actor: Actor, jobs: Sequence[int]) -> int:
    """Remove file, rows, columns and notices; who brought what when and the counts stay.

    One that was left open is given up by it, and none can be undone afterwards.
    Who: the system. Writes: ImportJob, ImportRow, ImportFile. Returns how many were emptied.
    """
    if not actor.is_system:
        raise NotAllowed("exchange.retention", "Only the rules of retention empty imports.")
    rows = list(ImportJob.objects.select_for_update().filter(pk__in=jobs).order_by("pk"))
    empty(rows)
    for job in rows:
        before = job.stage
        job.stage = ImportJob.Stage.DISCARDED if before in OPEN else before
        job.columns, job.notices = [], []
        job.forgotten_at = timezone.now()
        job.version += 1
        # Whoever touched it last stays on the row: pages name them as who brought it in.
        job.save(update_fields=["stage", "columns", "notices", "forgotten_at", "version"])
        core.record(
            actor=actor,
            action="importjob.forget",
            obj=job,
            before={"stage": before},
            after={"stage": job.stage, "forgotten_at": job.forgotten_at},
            office_id=job.office_id,
        )
    return len(rows)
