# SPDX-License-Identifier: Apache-2.0
"""People of this plan: which resource is which account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.views import page_over_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.pages import Field, FormPage, Options, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.queries import office_people


@require_GET
def people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Who is who in the plan."""
    page = queries.people_page(actor_of(request), project_id)
    return render(
        request,
        "planning/people.html",
        {"page": page, "may_change": rules.Verb.CHANGE in page.verbs},
    )


@require_POST
def confirm(request: HttpRequest, project_id: int, resource_uid: int) -> HttpResponse:
    """Say that a resource is the account that was suggested."""
    actor = actor_of(request)
    project, plan = _for_change(request, project_id)
    resource = queries.resource_of(plan, resource_uid)
    reader = Reader(request.POST)
    person = reader.row("person", office_people(project.office_id).distinct(), required=True)
    version = reader.version()
    reader.check("planning.person")
    services.link_person(
        actor=actor, project=project, uid=resource_uid, person=person, version=version
    )
    messages.success(request, _now(resource.name, person))
    return redirect("planning:people", project.pk)


@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, project_id: int, resource_uid: int) -> HttpResponse:
    """Choose the account that a resource is."""
    actor = actor_of(request)
    project, plan = _for_change(request, project_id)
    resource = queries.resource_of(plan, resource_uid)
    hint = _("Their tasks in this plan are then listed on their page “My week”.")
    page = _page(
        project,
        plan,
        resource.name,
        [Field("person", _("Account"), "select", hint=hint, options=_options(project))],
        {"person": str(resource.user_id or "")},
    )

    def save() -> str:
        reader = Reader(request.POST)
        chosen = reader.row("person", office_people(project.office_id).distinct())
        version = reader.version()
        reader.check("planning.person")
        services.link_person(
            actor=actor, project=project, uid=resource_uid, person=chosen, version=version
        )
        messages.success(request, _now(resource.name, chosen))
        return reverse("planning:people", args=[project.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give the plan a resource that is a person of the office."""
    actor = actor_of(request)
    project, plan = _for_change(request, project_id)
    hint = _("Anybody of the office. Tasks are given to them in the plan.")
    fields = [Field("person", _("Person"), "select", True, hint, options=_options(project))]
    page = _page(project, plan, _("Add a person"), fields, {})

    def save() -> str:
        reader = Reader(request.POST)
        chosen = reader.row("person", office_people(project.office_id).distinct(), required=True)
        version = reader.version()
        reader.check("planning.person")
        assert chosen is not None
        services.add_person(actor=actor, project=project, person=chosen, version=version)
        said = _("%(name)s can be given tasks of this plan now.") % {"name": chosen.full_name}
        messages.success(request, said)
        return reverse("planning:people", args=[project.pk])

    return form_page(request, page, save)


def _for_change(request: HttpRequest, project_id: int) -> tuple[Project, ProjectPlan]:
    project, _grants = queries.open_project(actor_of(request), project_id, rules.Verb.CHANGE)
    return project, queries.existing_plan(project)


def _options(project: Project) -> Options:
    rows = office_people(project.office_id).distinct().order_by("full_name", "pk")
    return [
        ("", _("Nobody")),
        *((str(pk), name) for pk, name in rows.values_list("pk", "full_name")),
    ]


def _now(resource: str, person: User | None) -> str:
    if person is None:
        return _("%(resource)s is nobody’s account now.") % {"resource": resource}
    return _("%(resource)s is %(person)s from now on.") % {
        "resource": resource,
        "person": person.full_name,
    }


def _page(
    project: Project, plan: ProjectPlan, title: str, fields: list[Field], initial: dict[str, str]
) -> FormPage:
    return page_over_plan(
        project,
        title,
        Section("", fields),
        inside=(_("People of this plan"), reverse("planning:people", args=[project.pk])),
        submit=_("Save"),
        initial=initial,
        version=plan.version,
    )
