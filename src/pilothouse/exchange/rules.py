# SPDX-License-Identifier: Apache-2.0
"""Who may bring tables into an office, and who sees what was brought."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.exchange.models import ImportJob, PublishedFile
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import visible_units


def import_offices(actor: Actor) -> list[OrgUnit]:
    """Offices in which the actor may enter projects somewhere."""
    offices = visible_units(actor).filter(parent=None).order_by("name")
    return [office for office in offices if entry_portfolios(actor, office.pk)]


def require_import(actor: Actor, office: OrgUnit) -> None:
    """Raise NotAllowed unless the actor may enter projects in this office."""
    if not entry_portfolios(actor, office.pk):
        raise NotAllowed(
            "exchange.import", f"Your roles do not allow entering projects in {office}."
        )


def visible_jobs(actor: Actor) -> QuerySet[ImportJob]:
    """Imports of the offices in which the actor may import."""
    return ImportJob.objects.filter(office__in=import_offices(actor))


def get_job(actor: Actor, job_id: int) -> ImportJob:
    """One visible import, or NotFound."""
    job = (
        visible_jobs(actor)
        .select_related("office", "portfolio", "created_by")
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise NotFound("exchange.job", "There is no such import, or you may not see it.")
    return job


def visible_published(actor: Actor) -> QuerySet[PublishedFile]:
    """Published files of offices that the actor may look into."""
    units = visible_units(actor).filter(parent=None)
    return PublishedFile.objects.filter(office__in=units)
