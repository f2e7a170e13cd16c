# SPDX-License-Identifier: Apache-2.0
"""The plan of a project: read it, bring it in, compare it, ask why, take it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.aside import Sandbox
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    attachment,
    form_page,
)
from pilothouse.foundation.core.parsing import Reader, page_number

FILTER_WORDS = {
    "all": "All tasks",
    "critical": "Critical",
    "late": "Late",
    "milestones": "Milestones",
    "differs": "Other than in the file",
}


@require_GET
def plan(request: HttpRequest, project_id: int) -> HttpResponse:
    """The readable table of the plan, a hundred rows at a time."""
    asked = [name for name in request.GET if name not in ("only", "page")]
    page = queries.plan_page(
        actor_of(request),
        project_id,
        clock.today(),
        only=request.GET.get("only", "all"),
        page=page_number(request.GET),
        narrow=queries.narrow_of(request.GET) if asked else None,
        group=request.GET.get("group", ""),
    )
    context = {
        "page": page,
        "form": bool(asked),
        "fields": queries.field_words(),
        "states": queries.state_words(),
        "filters": [(name, FILTER_WORDS[name], page.counts[name]) for name in queries.FILTERS],
        "address": address_of(request),
        "may": {verb.name.lower() for verb in page.verbs},
    }
    return render(request, "planning/plan.html", context)


def asked_version(request: HttpRequest) -> int:
    """The version of the plan from which a form was made; 0 is none."""
    reader = Reader(request.POST)
    version = reader.version()
    reader.check("planning.version")
    return version


@require_GET
def compared(request: HttpRequest, project_id: int) -> HttpResponse:
    """What came over with the import, and which dates differ from the file, task by task."""
    told = queries.reconciliation(actor_of(request), project_id)
    context = {"told": told, "may": {verb.name.lower() for verb in told.verbs}}
    return render(request, "planning/reconciliation.html", context)


@require_GET
def why(request: HttpRequest, project_id: int, uid: int) -> HttpResponse:
    """Why a task lies where it lies, back to the beginning, and why not later, on to the end."""
    project, _grants = queries.open_project(actor_of(request), project_id, rules.Verb.READ)
    return why_page(request, project, uid)


def why_page(
    request: HttpRequest, project: Project, uid: int, sandbox: Sandbox | None = None
) -> HttpResponse:
    """The reasons for the dates of a task in a plan, or in a sandbox of it."""
    actor = actor_of(request)
    explanation, row = services.explain_dates(
        actor=actor, project=project, uid=uid, sandbox=sandbox
    )
    steps, late = explanation.steps, explanation.late
    page = queries.task_page(
        actor, project, row, uid, [step.uid for step in steps] + [step.uid for step in late]
    )
    context = {
        "project": project,
        "sandbox": sandbox,
        "plan": row,
        "task": page.task,
        "promises": page.promises,
        "text": explanation.text,
        "steps": [(step, page.positions.get(step.uid)) for step in steps],
        "late": [(step, page.positions.get(step.uid)) for step in late],
        "floats": (explanation.total_float, explanation.free_float),
        "float_days": queries.days_of(page.task.total_float_minutes, row.minutes_per_day),
        "free_float_days": queries.days_of(page.task.free_float_minutes, row.minutes_per_day),
        "duration": queries.duration_text(
            page.task.duration_minutes,
            page.task.elapsed_duration,
            page.task.estimated,
            row.minutes_per_day,
        ),
    }
    return render(request, "planning/why.html", context)


@require_GET
def download(request: HttpRequest, project_id: int) -> HttpResponse:
    """The plan as it stands as a file: Microsoft Project XML unless another kind is asked for."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.READ)
    kind = request.GET.get("as", "xml")
    name, body = services.plan_file(actor=actor, project=project, kind=kind)
    return attachment(name, services.FILES[kind], body)


def may_do(actor: Actor, project: Project) -> set[str]:
    """What the pages of a plan and its sandboxes offer."""
    money = {"money"} if sees_budget(actor, project) else set()
    return {verb.name.lower() for verb in rules.verbs_on_plan(actor, project)} | money


def page_over_plan(
    project: Project,
    title: str,
    section: Section,
    *,
    more: Sequence[Section] = (),
    inside: tuple[str, str] | None = None,
    submit: str = "",
    lead: str = "",
    notices: Sequence[Notice] = (),
    initial: Mapping[str, str] | None = None,
    version: int | None = None,
    danger: bool = False,
) -> FormPage:
    """A form over the plan that leads back to it, or to the page of it that it lies ``inside``.

    That is told by its name and its address.
    """
    plan = _("Plan"), reverse("planning:plan", args=[project.pk])
    way = [plan] if inside is None else [plan, inside]
    return FormPage(
        title=title,
        crumbs=[
            (project.code, reverse("portfolio:project", args=[project.pk])),
            *way,
            (title, ""),
        ],
        sections=[section, *more],
        submit=submit or title,
        cancel=way[-1][1],
        lead=lead,
        notices=notices,
        initial=initial or {},
        version=version,
        danger=danger,
    )


@require_http_methods(["GET", "POST"])
def reschedule(request: HttpRequest, project_id: int) -> HttpResponse:
    """Compute all dates again, unfinished work from a status date on."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.CHANGE)
    row = queries.existing_plan(project)
    day = row.status_date.date() if row.status_date else clock.today()
    hint = _("Work that is not done by the evening of this day is planned after it.")
    page = page_over_plan(
        project,
        _("Reschedule"),
        Section("", [Field("status_date", _("Status date"), "date", True, hint)]),
        initial={"status_date": day.isoformat()},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        asked = reader.day("status_date", required=True)
        version = reader.version()
        reader.check("planning.status_date")
        outcome = services.reschedule(
            actor=actor,
            project=project,
            status_date=services.evening_of(asked) if asked else None,
            version=version,
        )
        moved = outcome.counts["tasks_moved"]
        finish = written(outcome.finish_after) if outcome.finish_after else _("unknown")
        text = _("%(moved)s tasks moved; the plan finishes on %(finish)s.")
        messages.success(request, text % {"moved": moved, "finish": finish})
        return reverse("planning:plan", args=[project.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, project_id: int) -> HttpResponse:
    """Put back the plan as it was before the last import or deletion."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.DELETE)
    event = services.last_event(project)
    what = _("There is nothing to undo.")
    if event is not None:
        back = (
            _("The plan before it comes back.")
            if event.before
            else _("There was no plan before it.")
        )
        kind = event.get_kind_display().lower()
        done = f"{event.by_label}, {event.file_name}" if event.file_name else event.by_label
        what = _("The last step was: %(kind)s by %(done)s.") % {"kind": kind, "done": done}
        what += f" {back}"
        edits = queries.edits_after(project, event.plan_version).count()
        if edits:
            what += ngettext(
                " One edit made since then goes with it.",
                " %(count)s edits made since then go with it.",
                edits,
            ) % {"count": edits}
    row = queries.plan_of(project)
    page = page_over_plan(
        project,
        _("Undo the last step"),
        Section("", [], what),
        version=row.version if row else 0,
    )

    def save() -> str:
        outcome = services.undo(actor=actor, project=project, version=asked_version(request))
        back = outcome.plan is not None
        done = _("The plan before is back.") if back else _("The project has no plan again.")
        messages.success(request, done)
        return reverse("planning:plan", args=[project.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take the plan off the project; the undo brings it back."""
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.DELETE)
    fields = [Field("reason", _("Why"), "textarea", True, _("Kept in the history."), wide=True)]
    row = queries.plan_of(project)
    page = page_over_plan(
        project, _("Delete the plan"), Section("", fields), version=row.version if row else 0
    )

    def save() -> str:
        reason = Reader(request.POST).text("reason", 2000)
        services.delete_plan(
            actor=actor, project=project, reason=reason, version=asked_version(request)
        )
        messages.success(request, _("The plan is deleted; the undo brings it back."))
        return reverse("planning:plan", args=[project.pk])

    return form_page(request, page, save)
