# SPDX-License-Identifier: Apache-2.0
"""Sandboxes of a plan: the list, one on the schedule screen, beside the plan, adopted or not."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.planning.views import may_do, page_over_plan, why_page
from pilothouse.delivery.planning.views.schedule import screen
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import Field, Notice, Section, address_of, form_page
from pilothouse.foundation.core.parsing import Reader, page_number

_ADOPTION = "planning/adopt.html"


@require_GET
def sandboxes(request: HttpRequest, project_id: int) -> HttpResponse:
    """All sandboxes, the open ones with what they come to beside the plan."""
    page = queries.sandboxes_page(actor_of(request), project_id)
    may = {verb.name.lower() for verb in page.verbs}
    return render(request, "planning/sandboxes.html", {"page": page, "may": may})


def _list_of(project: Project) -> tuple[str, str]:
    return _("Sandboxes"), reverse("planning:sandboxes", args=[project.pk])


def _fields() -> list[Field]:
    return [
        Field(
            "name",
            _("Name"),
            required=True,
            hint=_("What is tried in it, such as: second crane from May."),
            attrs={"maxlength": str(services.SANDBOX_NAME)},
        ),
        Field(
            "purpose",
            _("What for"),
            "textarea",
            hint=_("What it is to gain; may stay empty."),
            wide=True,
        ),
    ]


@require_http_methods(["GET", "POST"])
def make(request: HttpRequest, project_id: int) -> HttpResponse:
    """Copy the plan aside."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.CHANGE)
    queries.existing_plan(project)
    page = page_over_plan(
        project,
        _("Make a sandbox"),
        Section("", _fields()),
        lead=_("A copy of the plan as it stands: try things on it; reports do not see it."),
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        name, purpose = reader.text("name", 500), reader.text("purpose", services.PURPOSE_LENGTH)
        reader.check("planning.sandbox_name")
        made = services.make_sandbox(actor=actor, project=project, name=name, purpose=purpose)
        return reverse("planning:sandbox", args=[project.pk, made.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Give a sandbox another name or purpose."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.CHANGE)
    queries.existing_plan(project, sandbox)
    page = page_over_plan(
        project,
        _("Rename the sandbox"),
        Section("", _fields()),
        initial={"name": sandbox.name, "purpose": sandbox.purpose},
        version=sandbox.version,
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        name, purpose = reader.text("name", 500), reader.text("purpose", services.PURPOSE_LENGTH)
        version = reader.version()
        reader.check("planning.sandbox_name")
        services.rename_sandbox(
            actor=actor,
            project=project,
            sandbox=sandbox,
            name=name,
            purpose=purpose,
            version=version,
        )
        return _list_of(project)[1]

    return form_page(request, page, save)


@require_GET
def schedule(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """The schedule screen over the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.READ)
    return screen(request, queries.sandbox_schedule(actor, project, sandbox))


@require_GET
def live(request: HttpRequest, project_id: int, sandbox_id: int) -> StreamingHttpResponse:
    """The version of the sandbox whenever it changes, for open schedule screens."""
    project, sandbox = queries.open_sandbox(
        actor_of(request), project_id, sandbox_id, rules.Verb.READ
    )
    answer = StreamingHttpResponse(
        queries.versions_of(project.pk, sandbox.pk), content_type="text/event-stream"
    )
    answer["X-Accel-Buffering"] = "no"
    return answer


@require_GET
def why(request: HttpRequest, project_id: int, sandbox_id: int, uid: int) -> HttpResponse:
    """Why a task lies where it lies in the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.READ)
    return why_page(request, project, uid, sandbox)


@require_GET
def beside(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """The sandbox beside the plan, or beside another sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.READ)
    found = services.weigh_sandbox(
        actor=actor,
        project=project,
        left=request.GET.get("with", "now")[:20],
        right=str(sandbox.pk),
    )
    shown = services.TASKS_SHOWN
    pages = max(-(-len(found.lines) // shown), 1)
    number = min(page_number(request.GET), pages)
    context = {
        "found": found,
        "sandbox": sandbox,
        "lines": found.lines[(number - 1) * shown : number * shown],
        "number": number,
        "pages": pages,
        "address": address_of(request),
        "may": may_do(actor, project),
    }
    return render(request, "planning/beside.html", context)


@require_http_methods(["GET", "POST"])
def adopt(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Make the plan what the sandbox made of it, or take the plan over into the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.CHANGE)
    error: Invalid | Conflict | None = None
    if request.method == "POST":
        try:
            return _adopted(request, project, sandbox)
        except (Invalid, Conflict) as refused:
            error = refused
            sandbox.refresh_from_db()
    found = services.adoption_of(actor=actor, project=project, sandbox=sandbox)
    context = {
        "project": project,
        "sandbox": sandbox,
        "found": found,
        "shown": services.TASKS_SHOWN,
        "error": error or found.refused,
        "sent": request.POST,
        "may": may_do(actor, project),
    }
    return render(request, _ADOPTION, context, status=error.status if error else 200)


def _adopted(request: HttpRequest, project: Project, sandbox: Sandbox) -> HttpResponse:
    actor, reader = actor_of(request), Reader(request.POST)
    most = 2**31 - 1
    seen = reader.whole("plan_version", 0, most), reader.whole("aside_version", 0, most)
    reason = reader.text("reason", services.PURPOSE_LENGTH)
    reader.check("planning.adopt")
    sides = set(services.AdoptionSide)
    decisions = {
        name.removeprefix("decide-"): services.AdoptionSide(value)
        for name, value in request.POST.items()
        if name.startswith("decide-") and isinstance(value, str) and value in sides
    }
    said = request.POST.get("others")
    others = services.AdoptionSide(said) if said in sides else None
    if request.POST.get("do") == "rebase":
        services.rebase_sandbox(
            actor=actor,
            project=project,
            sandbox=sandbox,
            seen=seen,
            decisions=decisions,
            others=others,
        )
        messages.success(request, _("The sandbox lies on the plan as it is now."))
        return redirect("planning:sandbox-adopt", project.pk, sandbox.pk)
    outcome = services.adopt_sandbox(
        actor=actor,
        project=project,
        sandbox=sandbox,
        reason=reason,
        seen=seen,
        decisions=decisions,
        others=others,
    )
    told = _("‘%(name)s’ is adopted: %(moved)d tasks moved. Undo takes it back.")
    messages.success(request, told % {"name": sandbox.name, "moved": outcome.tasks_moved})
    if sandbox.state == Sandbox.State.OPEN:
        return redirect("planning:sandbox-adopt", project.pk, sandbox.pk)
    return redirect("planning:schedule", project.pk)


@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Throw a sandbox away."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, rules.Verb.CHANGE)
    queries.existing_plan(project, sandbox)
    gone = _("All that was tried in ‘%(name)s’ goes for good. The plan stays as it is.")
    page = page_over_plan(
        project,
        _("Throw the sandbox away"),
        Section("", [Field("reason", _("Why"), "textarea", hint=_("May stay empty."), wide=True)]),
        notices=[Notice("warning", gone % {"name": sandbox.name})],
        version=sandbox.version,
        inside=_list_of(project),
        danger=True,
    )

    def save() -> str:
        reader = Reader(request.POST)
        reason, version = reader.text("reason", services.PURPOSE_LENGTH), reader.version()
        reader.check("planning.sandbox")
        services.discard_sandbox(
            actor=actor, project=project, sandbox=sandbox, reason=reason, version=version
        )
        messages.success(request, _("‘%(name)s’ is thrown away.") % {"name": sandbox.name})
        return _list_of(project)[1]

    return form_page(request, page, save)
