# SPDX-License-Identifier: Apache-2.0
"""What the filters offer: places, dates, fields, saved views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from pilothouse.delivery.projects.models import Portfolio
from pilothouse.delivery.projects.queries import portfolio_paths_on
from pilothouse.delivery.projects.rules import PortfolioSight, portfolio_sight
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries.rows import Listed
from pilothouse.foundation.access.queries import Grants
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.prepared import Reading, prepared, together
from pilothouse.foundation.organisation.models import CustomField, OrgUnit, ids_of_path
from pilothouse.foundation.organisation.queries import custom_fields, office_ids

DATES_OFFERED = 60
Offices = tuple[int, ...] | None
"""Offices in sight; None means all."""


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation of its own, with the source and licence of its data."""

    pk: int
    name: str
    attribution: str
    snapshots_from: date | None


@dataclass(frozen=True, slots=True)
class Place:
    """A portfolio in the tree; ``depth`` indents it."""

    pk: int
    name: str
    path: str
    depth: int


class Field(NamedTuple):
    """A custom field as the list offers it."""

    key: str
    label: str
    kind: str
    choices: tuple[str, ...]


class View(NamedTuple):
    """A saved view as the menu offers it."""

    pk: int
    name: str
    query: str
    owner_id: int
    shared_office_id: int | None
    owner_name: str


def _offices_of(actor: Actor, grants: Grants) -> Offices:
    ids = office_ids(actor, grants)
    return None if ids is None else tuple(ids)


class Asked(NamedTuple):
    """The reads of what a list offers; none needs what another finds."""

    offices: Reading[tuple[Any, ...]]
    places: Reading[tuple[Any, ...]]
    dates: Reading[tuple[Any, ...]]
    fields: Reading[tuple[Any, ...]]
    views: Reading[tuple[Any, ...]]


def ask(actor: Actor, grants: Grants) -> Asked:
    """Read all that a list offers to this actor, waiting once."""
    ids = _offices_of(actor, grants)
    asked = Asked(
        _office_rows.later(ids),
        _place_rows.later(portfolio_sight(grants)),
        _date_rows.later(ids),
        _field_rows.later(ids),
        _views_later(actor, grants),
    )
    together(*asked)
    return asked


def offices(asked: Asked) -> list[Office]:
    """Offices in which the actor holds a role."""
    return [Office(*row) for row in asked.offices.rows]


@prepared
def _office_rows(ids: Offices) -> QuerySet[OrgUnit, tuple[Any, ...]]:
    rows = OrgUnit.objects.filter(parent=None)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.values_list("pk", "name", "attribution", "snapshots_from")


def places(asked: Asked, day: date | None) -> list[Place]:
    """Portfolios in sight as a tree in order, nested as on a day; None is today."""
    rows = asked.places.rows
    if day is not None:
        paths = portfolio_paths_on(day)
        rows = sorted(((pk, name, paths[pk]) for pk, name, _ in rows), key=lambda row: row[2])
    return [Place(pk, name, path, len(ids_of_path(path)) - 1) for pk, name, path in rows]


@prepared
def _place_rows(sight: PortfolioSight) -> QuerySet[Portfolio, tuple[Any, ...]]:
    return sight.rows().values_list("pk", "name", "path")


def published_dates(asked: Asked) -> dict[int, list[date]]:
    """Office → status dates of its publications, newest first."""
    found: dict[int, list[date]] = {}
    for office, day in asked.dates.rows:
        found.setdefault(office, []).append(day)
    return found


@prepared
def _date_rows(ids: Offices) -> QuerySet[PerformanceSnapshot, tuple[Any, ...]]:
    rows = PerformanceSnapshot.objects.filter(kind=PerformanceSnapshot.Kind.PUBLISHED)
    if ids is not None:
        rows = rows.filter(office_id__in=ids)
    return rows.order_by("-status_date").values_list("office_id", "status_date").distinct()


def all_dates(dates: Mapping[int, Sequence[date]]) -> list[date]:
    """Dates of all offices, newest first, as many as a list can offer."""
    return sorted({day for days in dates.values() for day in days}, reverse=True)[:DATES_OFFERED]


def fields_in_sight(actor: Actor, grants: Grants) -> dict[str, Field]:
    """Custom fields of the offices in which the actor holds a role."""
    return _by_key(_field_rows.later(_offices_of(actor, grants)))


def fields_by_key(asked: Asked) -> dict[str, Field]:
    """Custom fields of the offices in sight; the first of a key stands for its namesakes."""
    return _by_key(asked.fields)


def _by_key(asked: Reading[tuple[Any, ...]]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for key, label, kind, offered in asked.rows:
        found.setdefault(key, Field(key, label, kind, tuple(offered)))
    return found


@prepared
def _field_rows(ids: Offices) -> QuerySet[CustomField, tuple[Any, ...]]:
    rows = custom_fields(None if ids is None else list(ids))
    return rows.values_list("key", "label", "kind", "choices")


def saved_views(actor: Actor, grants: Grants) -> list[View]:
    """Own views and those shared in the actor's offices."""
    return views_of(_views_later(actor, grants))


def views_of(asked: Reading[tuple[Any, ...]]) -> list[View]:
    """The views that a read finds."""
    return [View(*row) for row in asked.rows]


def _views_later(actor: Actor, grants: Grants) -> Reading[tuple[Any, ...]]:
    return _view_rows.later(actor.user_id, tuple(sorted(grants.offices)))


@prepared
def _view_rows(
    user_id: int | None, offices: tuple[int, ...]
) -> QuerySet[SavedView, tuple[Any, ...]]:
    rows = SavedView.objects.filter(Q(owner_id=user_id) | Q(shared_office_id__in=offices))
    return rows.values_list(
        "pk", "name", "query", "owner_id", "shared_office_id", "owner__full_name"
    )


def programmes_of(rows: Sequence[Listed]) -> list[tuple[int, str]]:
    """Programmes of the projects in sight."""
    found = {row.programme_id: row.programme_name or "" for row in rows if row.programme_id}
    return sorted(found.items(), key=lambda item: item[1].casefold())


def types_of(rows: Sequence[Listed]) -> list[str]:
    """Project types in use."""
    return sorted({row.project_type for row in rows if row.project_type}, key=str.casefold)
