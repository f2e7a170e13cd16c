# SPDX-License-Identifier: Apache-2.0
"""Which scopes contain an object of the register, and which rows lie in what a letter reaches."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, Value

from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.foundation.access.queries import Allowed, Scope
from pilothouse.foundation.core.prepared import prepared
from pilothouse.foundation.organisation.models import OrgUnit, ids_of_path


def scopes_within(
    office_id: int,
    unit_path: str,
    portfolio_path: str = "",
    programme_id: int | None = None,
    project_id: int | None = None,
) -> list[Scope]:
    """All scopes that contain an object, from the paths of its places."""
    scopes = [
        ("global", 0),
        ("office", office_id),
        *(("org_unit", number) for number in ids_of_path(unit_path)),
        *(("portfolio", number) for number in ids_of_path(portfolio_path)),
    ]
    if programme_id is not None:
        scopes.append(("programme", programme_id))
    if project_id is not None:
        scopes.append(("project", project_id))
    return scopes


def portfolio_scopes(portfolio: Portfolio) -> list[Scope]:
    """All scopes that contain a portfolio."""
    return scopes_within(portfolio.office_id, portfolio.org_unit.path, portfolio.path)


def programme_scopes(programme: Programme) -> list[Scope]:
    """All scopes that contain a programme."""
    return [*portfolio_scopes(programme.portfolio), ("programme", programme.pk)]


def project_scopes(project: Project) -> list[Scope]:
    """All scopes that contain a project."""
    scopes = portfolio_scopes(project.portfolio)
    if project.programme_id is not None:
        scopes.append(("programme", project.programme_id))
    return [*scopes, ("project", project.pk)]


Paths = tuple[tuple[Scope, str], ...]


@prepared
def _path_rows(
    units: frozenset[int], portfolios: frozenset[int]
) -> QuerySet[Any, tuple[str, int, str]]:
    rows = OrgUnit.objects.filter(pk__in=units).order_by()
    more = Portfolio.objects.filter(pk__in=portfolios).order_by()
    return rows.values_list(Value("org_unit"), "pk", "path").union(
        more.values_list(Value("portfolio"), "pk", "path"), all=True
    )


def paths_of(allowed: Allowed) -> Paths:
    """Paths of the units and portfolios that a letter reaches, in one read."""
    rows = _path_rows(frozenset(allowed.ids("org_unit")), frozenset(allowed.ids("portfolio")))
    return tuple(((kind, number), path) for kind, number, path in rows)


def in_places(allowed: Allowed, prefix: str, paths: Paths) -> Q:
    """``prefix`` leads from the row to its portfolio, such as ``portfolio__`` or nothing."""
    condition = Q(pk__in=[])
    if offices := allowed.ids("office"):
        condition |= Q(**{f"{prefix}office_id__in": offices})
    for scope, path in paths:
        if scope in allowed.scopes:
            column = f"{prefix}path" if scope[0] == "portfolio" else f"{prefix}org_unit__path"
            condition |= Q(**{f"{column}__gte": path, f"{column}__lt": path + "~"})
    return condition


def portfolio_condition(allowed: Allowed, prefix: str) -> Q:
    """Rows whose portfolio lies in what a letter reaches by office, unit or portfolio.

    ``prefix`` leads from the row to its portfolio, such as ``portfolio__`` or nothing.
    """
    return in_places(allowed, prefix, paths_of(allowed))
