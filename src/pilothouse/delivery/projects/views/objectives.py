# SPDX-License-Identifier: Apache-2.0
"""Strategic objectives of an office, with the check of their weights."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.forms import choices, containers
from pilothouse.delivery.projects.models import StrategicObjective
from pilothouse.delivery.projects.queries import objective_levels, portfolios_by_objective
from pilothouse.delivery.projects.views.containers import REGISTER, form_view
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.pages import FormPage, Options, form_page
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight, unit_scopes

CRUMB = ("Objectives", "/register/objectives/")


@require_GET
def objectives(request: HttpRequest) -> HttpResponse:
    """Objectives of each office, level by level; a level adds up to 100 %."""
    actor = actor_of(request)
    held = grants_of(actor)
    offices = [
        {
            "office": office,
            "levels": objective_levels(office),
            "may_add": held.allows("strategic_objective", "C", unit_scopes(office)),
            "may_change": held.allows("strategic_objective", "U", unit_scopes(office)),
            "may_void": held.allows("strategic_objective", "V", unit_scopes(office)),
        }
        for office in offices_in_sight(actor, held)
    ]
    context = {"offices": offices, "served": portfolios_by_objective(actor, held)}
    return render(request, "projects/objectives.html", context)


def _office(actor: Actor, office_id: int, letter: str) -> OrgUnit:
    office = offices_in_sight(actor).filter(pk=office_id).first()
    if office is None:
        raise NotFound("projects.office", "There is no such organisation.")
    if not grants_of(actor).allows("strategic_objective", letter, unit_scopes(office)):
        raise NotAllowed("projects.objective", "You may not keep the objectives here.")
    return office


def _parents(office: OrgUnit, without: int = 0) -> Options:
    rows = StrategicObjective.objects.filter(office=office, voided=False).exclude(pk=without)
    return [("", "Nothing: it stands on top"), *((str(row.pk), row.title) for row in rows)]


@form_view
def objective_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Add an objective."""
    actor = actor_of(request)
    office = _office(actor, office_id, "C")
    back = reverse("projects:objectives")
    people = choices.people([office.pk])
    page = FormPage(
        title="New objective",
        crumbs=[REGISTER, CRUMB, ("New", "")],
        sections=containers.objective_sections(people, _parents(office)),
        submit="Add the objective",
        cancel=back,
        initial={"parent": request.GET.get("parent", "")},
    )

    def save() -> str:
        form = containers.read_objective(request.POST, people, office, new=True)
        services.save_objective(actor=actor, office=office, objective=None, values=form.values)
        return back

    return form_page(request, page, save)


def _objective(actor: Actor, objective_id: int, letter: str) -> StrategicObjective:
    rows = StrategicObjective.objects.select_related("office", "owner", "parent")
    row = rows.filter(pk=objective_id, voided=False).first()
    if row is None:
        raise NotFound("projects.objective", "There is no such objective.")
    _office(actor, row.office_id, letter)
    return row


@form_view
def objective_edit(request: HttpRequest, objective_id: int) -> HttpResponse:
    """Change an objective."""
    actor = actor_of(request)
    row = _objective(actor, objective_id, "U")
    back = reverse("projects:objectives")
    people = choices.people([row.office_id], [row.owner])
    page = FormPage(
        title=f"Edit {row.title}",
        crumbs=[REGISTER, CRUMB, (row.title, "")],
        sections=containers.objective_sections(people, _parents(row.office, row.pk)),
        submit="Save",
        cancel=back,
        initial=containers.objective_initial(row),
        version=row.version,
    )

    def save() -> str:
        form = containers.read_objective(request.POST, people, row.office, new=False)
        services.save_objective(
            actor=actor,
            office=row.office,
            objective=row,
            values=form.values,
            version=form.version,
        )
        return back

    return form_page(request, page, save)


@form_view
def objective_void(request: HttpRequest, objective_id: int) -> HttpResponse:
    """Take an objective out of use, with a reason."""
    actor = actor_of(request)
    row = _objective(actor, objective_id, "V")
    back = reverse("projects:objectives")
    page = FormPage(
        title=f"Void {row.title}",
        crumbs=[REGISTER, CRUMB, (row.title, "")],
        sections=containers.void_section("objective"),
        submit="Void the objective",
        cancel=back,
        version=row.version,
        danger=True,
    )

    def save() -> str:
        form = containers.read_reason(request.POST)
        services.void_objective(
            actor=actor, objective=row, version=form.version, reason=form.reason
        )
        return back

    return form_page(request, page, save)
