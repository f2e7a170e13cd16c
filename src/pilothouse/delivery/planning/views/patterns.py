# SPDX-License-Identifier: Apache-2.0
"""Templates of the office of a project: the list, one as a table, kept, changed, used."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.models import PlanTemplate
from pilothouse.delivery.planning.views import may_do, page_over_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import Field, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.queries import office_people

PURPOSE_LENGTH = 2000
ROLES_SHOWN = 60


@require_GET
def templates(request: HttpRequest, project_id: int) -> HttpResponse:
    """All templates of the office, those in use first."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    rows = list(queries.templates_of(project, retired=True))
    context = {
        "project": project,
        "plan": queries.plan_of(project),
        "used": [row for row in rows if not row.retired],
        "retired": [row for row in rows if row.retired],
        "may": may_do(actor, project),
        "keeps": rules.can_on_templates(actor, project, "C"),
    }
    return render(request, "planning/templates.html", context)


@require_GET
def template(request: HttpRequest, project_id: int, template_id: int) -> HttpResponse:
    """One template as a table."""
    actor = actor_of(request)
    project, row = _template(request, project_id, template_id, rules.Verb.READ)
    context = {
        "project": project,
        "plan": queries.plan_of(project),
        "row": row,
        "told": services.read_template(row),
        "may": may_do(actor, project),
        "changes": rules.can_on_templates(actor, project, "U"),
    }
    return render(request, "planning/template.html", context)


def _template(
    request: HttpRequest, project_id: int, template_id: int, verb: rules.Verb
) -> tuple[Project, PlanTemplate]:
    project, _grants = queries.open_project(actor_of(request), project_id, verb)
    return project, queries.template_in(project, template_id)


def _list_of(project: Project) -> tuple[str, str]:
    return _("Templates"), reverse("planning:templates", args=[project.pk])


def _fields() -> list[Field]:
    most = {"maxlength": str(services.TEMPLATE_NAME)}
    about = _("Which projects it is for: a type or a method.")
    return [
        Field("name", _("Name"), required=True, attrs=most),
        Field("kind", _("Project type or method"), hint=about, attrs={"maxlength": "80"}),
        Field("purpose", _("What it is good for"), "textarea", wide=True),
    ]


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, project_id: int) -> HttpResponse:
    """Keep the plan, or a part of it, as a template of the office."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    rules.require_templates(actor, project, "C")
    plan = queries.existing_plan(project)
    parts = [("", _("The whole plan"))]
    parts += [(str(uid), name) for uid, name in queries.summaries_of(project)]
    roles = queries.roles_of(plan)[:ROLES_SHOWN]
    told = _("Each resource of the plan becomes a role. Say how it is called in the template.")
    named = Section(_("Roles"), [Field(f"role-{uid}", name) for uid, name, _role in roles], told)
    again = _("The name of a template in use makes its next version.")
    page = page_over_plan(
        project,
        _("Keep a template"),
        Section("", [*_fields(), Field("root", _("Which part"), "select", options=parts)]),
        more=[named] if roles else [],
        lead=_("Dates, progress, costs and people are left out. %(again)s") % {"again": again},
        initial={f"role-{uid}": role for uid, _name, role in roles},
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        name, kind = reader.text("name", 500), reader.text("kind", 80)
        purpose = reader.text("purpose", PURPOSE_LENGTH)
        root = reader.choice("root", [key for key, _name in parts], required=False)
        called = {uid: reader.text(f"role-{uid}", 200) or role for uid, _name, role in roles}
        reader.check("planning.template_name")
        made = services.keep_template(
            actor=actor,
            project=project,
            name=name,
            kind=kind,
            purpose=purpose,
            root=int(root) if root else None,
            roles=called,
        )
        return reverse("planning:template", args=[project.pk, made.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, project_id: int, template_id: int) -> HttpResponse:
    """Name a template anew, or retire it."""
    actor = actor_of(request)
    project, row = _template(request, project_id, template_id, rules.Verb.READ)
    rules.require_templates(actor, project, "U")
    gone = _("It stays readable, and no plan is begun from it.")
    page = page_over_plan(
        project,
        _("Change the template"),
        Section("", [*_fields(), Field("retired", _("Retired"), "checkbox", hint=gone)]),
        initial={
            "name": row.name,
            "kind": row.kind,
            "purpose": row.purpose,
            "retired": "on" if row.retired else "",
        },
        version=row.version,
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        name, kind = reader.text("name", 500), reader.text("kind", 80)
        purpose = reader.text("purpose", PURPOSE_LENGTH)
        version = reader.version()
        reader.check("planning.template_name")
        services.change_template(
            actor=actor,
            project=project,
            template=row,
            name=name,
            kind=kind,
            purpose=purpose,
            retired=reader.flag("retired"),
            version=version,
        )
        return _list_of(project)[1]

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def use(request: HttpRequest, project_id: int, template_id: int) -> HttpResponse:
    """Begin the plan of a project from a template, or put its rows into the plan."""
    actor = actor_of(request)
    project, row = _template(request, project_id, template_id, rules.Verb.IMPORT)
    there = queries.plan_of(project) is not None
    told = services.read_template(row)
    people = {str(person.pk): person for person in office_people(project.office_id).distinct()}
    choices = [("", _("Nobody yet: the role stays"))]
    choices += [(key, person.full_name) for key, person in people.items()]
    places = [("", _("At the top"))]
    if there:
        places += [(str(uid), name) for uid, name in queries.rows_of(project)]
    fields = [Field("start", _("Start"), "date", True, _("Nothing of it begins before this day."))]
    first = clock.today() if there else project.planned_start or clock.today()
    if there:
        fields.append(Field("after", _("Below the row"), "select", options=places))
    roles = dict(list(told.work.items())[:ROLES_SHOWN])
    filled = [Field(f"role-{uid}", name, "select", options=choices) for uid, name in roles.items()]
    page = page_over_plan(
        project,
        _("Put the template into the plan") if there else _("Begin from the template"),
        Section(row.name, fields),
        more=[Section(_("Who fills the roles"), filled)] if filled else [],
        initial={"start": first.isoformat()},
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        start = reader.day("start", required=True)
        after = reader.choice("after", [key for key, _name in places], required=False)
        chosen: dict[int, User] = {}
        for uid in roles:
            key = reader.choice(f"role-{uid}", ["", *people], required=False)
            if key:
                chosen[uid] = people[key]
        reader.check("planning.template_use")
        assert start is not None
        if there:
            services.insert_template(
                actor=actor,
                project=project,
                template=row,
                start=start,
                after=int(after) if after else None,
                people=chosen,
            )
        else:
            services.begin_from_template(
                actor=actor, project=project, template=row, start=start, people=chosen
            )
        messages.success(request, _("The rows of ‘%(name)s’ are in the plan.") % {"name": row.name})
        return reverse("planning:schedule", args=[project.pk])

    return form_page(request, page, save)
