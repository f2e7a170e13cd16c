# SPDX-License-Identifier: Apache-2.0
"""The tree, and the record of each portfolio, programme and project."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import (
    forecast_finishes,
    get_portfolio,
    get_programme,
    get_project,
    held_values,
    planned_ends,
    role_gaps,
    role_holders,
    staff_of,
)
from pilothouse.delivery.projects.steps import portfolio_steps, programme_steps, project_steps
from pilothouse.delivery.projects.tree import register_tree
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.access.services import appointable_roles
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.queries import (
    attributions,
    offices_in_sight,
    unit_scopes,
    visible_units,
)


def _listed(projects: QuerySet[Project]) -> dict[str, Any]:
    """What ``project_table`` takes."""
    rows = list(projects.select_related("pm", "programme").order_by("code"))
    return {"projects": rows, "finishes": forecast_finishes(rows)}


@require_GET
def register(request: HttpRequest) -> HttpResponse:
    """The tree, as it is or as it was on a day."""
    actor = actor_of(request)
    reader = Reader(request.GET)
    today = clock.today()
    asked = reader.day("as_of")
    reader.check("projects.as_of")
    day = looked_back(asked, today)
    with_ended = reader.flag("ended")
    grants = grants_of(actor)
    units = list(visible_units(actor, grants)) if day is None else []
    return render(
        request,
        "projects/register.html",
        {
            "tree": register_tree(actor, day, with_ended=with_ended),
            "day": day,
            "with_ended": with_ended,
            "may_open": any(grants.allows("portfolio", "C", unit_scopes(u)) for u in units),
            "may_enter": bool(units) and not grants.reach("project", "C").nothing,
            "may_open_programme": bool(units) and not grants.reach("programme", "C").nothing,
            "no_office": not units and actor.is_system_admin,
            "attributions": attributions(
                offices_in_sight(actor, grants).values_list("pk", flat=True)
            ),
        },
    )


def _people(actor: Actor, kind: str, row: Portfolio | Programme | Project) -> dict[str, object]:
    """Who holds a role here or above, which roles the actor may give, and whose data it is."""
    if isinstance(row, Portfolio):
        scopes = rules.portfolio_scopes(row)
    elif isinstance(row, Programme):
        scopes = rules.programme_scopes(row)
    else:
        scopes = rules.project_scopes(row)
    held = grants_of(actor)
    return {
        "holders": role_holders(scopes, (kind, row.pk), clock.today())
        if held.allows("role_assignment", "R", scopes)
        else None,
        "appointable": appointable_roles(actor, scopes),
        "scope": f"{kind}:{row.pk}",
        "attributions": attributions([row.office_id]),
    }


@require_GET
def portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """One portfolio: facts, steps, people, what is in it, where it stood."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    held = grants_of(actor)
    scopes = rules.portfolio_scopes(row)
    projects = rules.visible_projects(actor, held).filter(portfolio=row)
    is_open = row.state != Portfolio.State.CLOSED
    context = {
        "portfolio": row,
        "steps": portfolio_steps(actor, row),
        "inner": list(rules.visible_portfolios(actor, held).filter(parent=row)),
        "programmes": list(
            rules.visible_programmes(actor, held).filter(portfolio=row).select_related("manager")
        ),
        **_listed(projects),
        "open_states": rules.OPEN_STATES,
        "objectives": list(row.objectives.order_by("code")),
        "former": list(row.former_places.select_related("org_unit", "parent")),
        "may_change": held.allows("portfolio", "U", scopes),
        "may_enter": is_open and held.allows("project", "C", scopes),
        "may_open_programme": is_open and held.allows("programme", "C", scopes),
        **_people(actor, "portfolio", row),
    }
    return render(request, "projects/portfolio.html", context)


@require_GET
def programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """One programme: facts, steps, people, its projects."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    held = grants_of(actor)
    projects = rules.visible_projects(actor, held).filter(programme=row)
    seen = rules.visible_portfolios(actor, held).filter(pk=row.portfolio_id).exists()
    context = {
        "programme": row,
        "portfolio_seen": seen,
        "steps": programme_steps(actor, row),
        **_listed(projects),
        "open_states": rules.OPEN_STATES,
        "former": list(row.former_places.select_related("portfolio")),
        "may_change": held.allows("programme", "U", rules.programme_scopes(row)),
        **_people(actor, "programme", row),
    }
    return render(request, "projects/programme.html", context)


@require_GET
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The record of a project: header, gaps, steps, people, workstreams, places, states."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    held = grants_of(actor)
    seen = rules.visible_portfolios(actor, held).filter(pk=row.portfolio_id).exists()
    people = _people(actor, "project", row)
    context = {
        "project": row,
        "plan": planned_ends([row.pk]).get(row.pk),
        "budget_held": held_values([row.pk]).get(row.pk, {}).get("budget", ""),
        "portfolio_seen": seen,
        "phase": rules.phase_of(row.state),
        "gaps": role_gaps(row, staff_of(row)),
        "steps": project_steps(actor, row),
        "workstreams": list(row.workstreams.filter(voided=False).select_related("lead")),
        "placements": list(row.placements.select_related("portfolio", "programme")),
        "changes": list(row.state_changes.all()),
        "states": dict(Project.State.choices),
        "may_change": rules.can_on_project(actor, row, "U", grants=held),
        "may_move": held.allows("project", "U", rules.portfolio_scopes(row.portfolio)),
        "may_edit": rules.FieldRights(actor, held).anything(row),
        "sees_money": rules.sees_budget(actor, row, held),
        "sees_benefits": rules.sees_benefits(actor, row, held),
        **people,
    }
    return render(request, "projects/project.html", context)
