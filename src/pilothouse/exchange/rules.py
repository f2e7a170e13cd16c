# SPDX-License-Identifier: Apache-2.0
"""Who may bring tables into an office, and who sees what was brought."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.delivery.projects.rules import portfolio_scopes, visible_portfolios
from pilothouse.exchange.models import ImportJob, PublishedFile
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight, unit_scopes


def import_offices(actor: Actor, grants: Grants | None = None) -> list[OrgUnit]:
    """Offices in which the actor may enter projects somewhere."""
    held = grants or grants_of(actor)
    ids = {
        row.office_id
        for row in visible_portfolios(actor, held).select_related("org_unit")
        if held.allows("project", "C", portfolio_scopes(row))
    }
    return list(offices_in_sight(actor, held).filter(pk__in=ids))


def require_import(actor: Actor, office: OrgUnit) -> None:
    """Raise NotAllowed unless the actor may enter projects in this office."""
    if not entry_portfolios(actor, office.pk):
        raise NotAllowed(
            "exchange.import", f"Your roles do not allow entering projects in {office}."
        )


def visible_jobs(actor: Actor) -> QuerySet[ImportJob]:
    """Own imports, and all of an office for those who may enter projects anywhere in it.

    Rows show projects of every portfolio that their importer saw, hence not everybody's.
    """
    held = grants_of(actor)
    offices = import_offices(actor, held)
    whole = [office for office in offices if held.allows("project", "C", unit_scopes(office))]
    return ImportJob.objects.filter(
        Q(office__in=whole) | Q(office__in=offices, created_by_id=actor.user_id)
    )


def sees_samples(actor: Actor, job: ImportJob) -> bool:
    """Whether the actor may read the file itself: first values of its columns, rows to come.

    A file may hold money and confidential projects before anybody knows which column means what.
    Hence it is for whoever brought it, and for those to whom the matrix opens everything in the
    office, confidential projects too (R-GEN-10): who directs it.
    """
    return (
        actor.is_system
        or job.created_by_id == actor.user_id
        or any(
            grant.role is Role.DIR and grant.office_id in (job.office_id, 0) and grant.passes("R")
            for grant in grants_of(actor).grants
        )
    )


def get_job(actor: Actor, job_id: int) -> ImportJob:
    """One visible import, or NotFound."""
    job = (
        visible_jobs(actor)
        .select_related("office", "portfolio", "created_by", "updated_by")
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise NotFound("exchange.job", "There is no such import, or you may not see it.")
    return job


def visible_published(actor: Actor) -> QuerySet[PublishedFile]:
    """Published files of offices that the actor may look into."""
    return PublishedFile.objects.filter(office__in=offices_in_sight(actor))
