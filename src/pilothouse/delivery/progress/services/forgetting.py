# SPDX-License-Identifier: Apache-2.0
"""Removing what people reported once a rule of retention says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed


def past_updates(office_id: int, before: date) -> QuerySet[TaskUpdate]:
    """Updates of an office from before a day for whose decision nobody waits any more."""
    rows = TaskUpdate.objects.filter(project__office_id=office_id, day__lt=before)
    return rows.exclude(state=TaskUpdate.State.SUBMITTED)


@transaction.atomic
def forget_updates(*, actor: Actor, updates: Sequence[int]) -> int:
    """Remove decided updates under a rule of retention; who runs it, audits it.

    Who: the system. Writes: TaskUpdate. Returns how many went.
    """
    if not actor.is_system:
        raise NotAllowed("progress.retention", "Only the rules of retention remove updates.")
    rows = TaskUpdate.objects.filter(pk__in=updates).exclude(state=TaskUpdate.State.SUBMITTED)
    return rows.delete()[0]
