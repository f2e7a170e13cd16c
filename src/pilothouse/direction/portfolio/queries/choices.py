# SPDX-License-Identifier: Apache-2.0
"""What the filters offer: places, dates, fields, saved views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from pilothouse.delivery.projects.rules import visible_portfolios
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries.rows import Listed
from pilothouse.foundation.access.queries import Grants
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import CustomField, OrgUnit, ids_of_path
from pilothouse.foundation.organisation.queries import custom_fields, office_ids

DATES_OFFERED = 60


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation of its own, with the source and licence of its data."""

    pk: int
    name: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Place:
    """A portfolio in the tree; ``depth`` indents it."""

    pk: int
    name: str
    path: str
    depth: int


def offices(actor: Actor, grants: Grants) -> list[Office]:
    """Offices in which the actor holds a role."""
    rows = OrgUnit.objects.filter(parent=None)
    ids = office_ids(actor, grants)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return [Office(*row) for row in rows.values_list("pk", "name", "attribution")]


def places(actor: Actor, grants: Grants) -> list[Place]:
    """Portfolios in sight as a tree in order."""
    rows = visible_portfolios(actor, grants).values_list("pk", "name", "path")
    return [Place(pk, name, path, len(ids_of_path(path)) - 1) for pk, name, path in rows]


def published_dates(actor: Actor, grants: Grants) -> dict[int, list[date]]:
    """Office → status dates of its publications, newest first."""
    rows = PerformanceSnapshot.objects.filter(kind=PerformanceSnapshot.Kind.PUBLISHED)
    ids = office_ids(actor, grants)
    if ids is not None:
        rows = rows.filter(office_id__in=ids)
    found: dict[int, list[date]] = {}
    for office, day in (
        rows.order_by("-status_date").values_list("office_id", "status_date").distinct()
    ):
        found.setdefault(office, []).append(day)
    return found


def all_dates(dates: Mapping[int, Sequence[date]]) -> list[date]:
    """Dates of all offices, newest first, as many as a list can offer."""
    return sorted({day for days in dates.values() for day in days}, reverse=True)[:DATES_OFFERED]


def fields_by_key(actor: Actor, grants: Grants) -> dict[str, CustomField]:
    """Custom fields of the offices in sight; the first of a key stands for its namesakes."""
    found: dict[str, CustomField] = {}
    for row in custom_fields(office_ids(actor, grants)):
        found.setdefault(row.key, row)
    return found


def saved_views(actor: Actor, grants: Grants) -> list[SavedView]:
    """Own views and those shared in the actor's offices."""
    return list(
        SavedView.objects.filter(
            Q(owner_id=actor.user_id) | Q(shared_office_id__in=sorted(grants.offices))
        ).select_related("owner")
    )


def programmes_of(rows: Sequence[Listed]) -> list[tuple[int, str]]:
    """Programmes of the projects in sight."""
    found = {row.programme_id: row.programme_name or "" for row in rows if row.programme_id}
    return sorted(found.items(), key=lambda item: item[1].casefold())


def types_of(rows: Sequence[Listed]) -> list[str]:
    """Project types in use."""
    return sorted({row.project_type for row in rows if row.project_type}, key=str.casefold)
