# SPDX-License-Identifier: Apache-2.0
"""Who sees what is known of a file that is held or was refused. Nobody sees the file itself."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.queries import offices_in_sight, unit_scopes
from pilothouse.foundation.scanning.models import IncomingFile


def visible_files(actor: Actor) -> QuerySet[IncomingFile]:
    """Own files in offices in sight, and all files of offices that the actor may change.

    Those that belong to no office are for system administrators.
    """
    held = grants_of(actor)
    if held.everything:
        return IncomingFile.objects.all()
    offices = list(offices_in_sight(actor, held))
    kept = [row for row in offices if held.allows("org_unit", "U", unit_scopes(row))]
    seen = Q(created_by_id=actor.user_id, office__in=offices) | Q(office__in=kept)
    if actor.is_system_admin:
        seen |= Q(office=None)
    return IncomingFile.objects.filter(seen)


def get_file(actor: Actor, file_id: int) -> IncomingFile:
    """One visible file, or NotFound. Whoever sees it may withdraw it."""
    row = visible_files(actor).select_related("office", "created_by").filter(pk=file_id).first()
    if row is None:
        raise NotFound("scanning.file", "There is no such file, or you may not see it.")
    return row
