# SPDX-License-Identifier: Apache-2.0
"""What the cockpit reads: one row per open project in sight, roles, publications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from pilothouse.delivery.projects.models import StateChange
from pilothouse.delivery.projects.queries import HeldRole, held_roles
from pilothouse.delivery.projects.rules import (
    HEADER_ROLES,
    OPEN_STATES,
    ProjectSight,
    project_sight,
    projects_in,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.queries import Stamped
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.prepared import prepared
from pilothouse.foundation.organisation.models import OrgUnit, ids_of_path

EXPIRY_DAYS = 30
"""How far back and ahead the end of a role is looked at."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One open project: its latest snapshot and the header of the register."""

    project_id: int
    code: str
    office_id: int
    office: str
    attribution: str
    unit: str
    unit_path: str
    portfolio_id: int
    portfolio: str
    portfolio_path: str
    programme_id: int | None
    programme: str | None
    sponsor_id: int | None
    sponsor_name: str | None
    pm_id: int | None
    pm_name: str | None
    functional_owner_id: int | None
    technology_owner_id: int | None
    technology_owner_waiver: str
    finance_contact_id: int | None
    size_class: str
    classification: str
    state: str
    hold_review_on: date | None
    held_since: datetime | None
    strategic_critical: bool
    kind: str
    status_date: date
    name: str
    owner_name: str
    currency: str
    overall: str
    stated: str
    stated_label: str
    schedule: str
    cost: str
    scope: str
    benefits: str
    risk: str
    resources: str
    slip_days: int | None
    baseline_finish: date | None
    forecast_finish: date | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    bac: Decimal | None
    eac: Decimal | None
    late_tasks: int | None
    missed_deadlines: int | None
    negative_float: int | None
    import_differences: int | None
    plan_version: int | None
    data_as_of: date | None
    reasons: dict[str, Any]

    @property
    def published(self) -> bool:
        """Known from a publication only; the register is not kept here."""
        return self.kind == PerformanceSnapshot.Kind.PUBLISHED

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All scopes that contain the project."""
        found: list[Scope] = [("global", 0), ("office", self.office_id)]
        found += [("org_unit", number) for number in ids_of_path(self.unit_path)]
        found += [("portfolio", number) for number in ids_of_path(self.portfolio_path)]
        if self.programme_id is not None:
            found.append(("programme", self.programme_id))
        return (*found, ("project", self.project_id))


_COLUMNS = {
    "code": "project__code",
    "office": "office_name",
    "attribution": "office_attribution",
    "unit": "project__portfolio__org_unit__name",
    "unit_path": "project__portfolio__org_unit__path",
    "portfolio_id": "project__portfolio_id",
    "portfolio": "project__portfolio__name",
    "portfolio_path": "project__portfolio__path",
    "programme_id": "project__programme_id",
    "programme": "project__programme__name",
    "sponsor_name": "project__sponsor__full_name",
    "pm_name": "project__pm__full_name",
    "state": "project__state",
    "strategic_critical": "project__strategic_critical",
    "currency": "currency_code",
    **{
        name: f"project__{name}"
        for name in (
            "sponsor_id",
            "pm_id",
            "functional_owner_id",
            "technology_owner_id",
            "technology_owner_waiver",
            "finance_contact_id",
            "size_class",
            "classification",
            "hold_review_on",
        )
    },
}


_NAMES = [_COLUMNS.get(field.name, field.name) for field in fields(Fact)]
_HEADER = tuple(
    name
    for name in _NAMES
    if name.startswith(("project__", "office_")) or name in ("project_id", "held_since")
)
_OWN = Stamped(*(name for name in _NAMES if name not in _HEADER))
_in_order = itemgetter(*((*_HEADER, *_OWN.columns).index(name) for name in _NAMES))


def facts(actor: Actor, grants: Grants) -> list[Fact]:
    """Every open project in sight with its latest snapshot, in one query."""
    rows = _rows(project_sight(actor, grants))
    own = _OWN.of(row[:2] for row in rows)
    return [Fact(*_in_order((*row[2:], *own[row[0]]))) for row in rows if row[0] in own]


@prepared
def _rows(sight: ProjectSight | None) -> QuerySet[PerformanceSnapshot, tuple[Any, ...]]:
    office = OrgUnit.objects.filter(pk=OuterRef("office_id"))
    holds = StateChange.objects.filter(project_id=OuterRef("project_id"), to_state="on_hold")
    rows = PerformanceSnapshot.objects.filter(
        valid_to=None,
        in_portfolio=True,
        project__in=projects_in(sight).filter(state__in=OPEN_STATES).values("pk"),
    ).annotate(
        office_name=Subquery(office.values("name")[:1]),
        office_attribution=Subquery(office.values("attribution")[:1]),
        held_since=Subquery(holds.order_by("-at", "-pk").values("at")[:1]),
    )
    return rows.values_list("pk", "stamp", *_HEADER)


def assignments(rows: Sequence[Fact], today: date) -> list[HeldRole]:
    """Roles in the offices in sight that hold today, ended lately or begin later.

    Of the roles that a header names also those that ended on a project long ago.
    """
    offices = {row.office_id for row in rows}
    if not offices:
        return []
    return held_roles(
        RoleAssignment.objects.filter(office_id__in=[0, *offices], voided=False)
        .exclude(
            ~Q(scope_type="project", role__in=HEADER_ROLES.values()),
            valid_to__lt=today - timedelta(days=EXPIRY_DAYS),
        )
        .order_by("valid_to", "id")
    )


def publications(rows: Sequence[Fact]) -> Mapping[int, list[date]]:
    """Office → the days on which it published, oldest first; only offices that do."""
    offices = {row.office_id for row in rows if row.published}
    found: dict[int, list[date]] = {}
    if offices:
        for office_id, day in (
            PerformanceSnapshot.objects.filter(kind="published", office_id__in=offices)
            .order_by("status_date")
            .values_list("office_id", "status_date")
            .distinct()
        ):
            found.setdefault(office_id, []).append(day)
    return found
