# SPDX-License-Identifier: Apache-2.0
"""Pages of estimates: task by task, a new one, one of them, and how they turned out."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.estimates import forms, queries, rules, services
from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.estimates.words import FILTER_WORDS, METHOD_LEADS
from pilothouse.delivery.planning.queries import tasks_to_come
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound
from pilothouse.foundation.core.numbers import counted
from pilothouse.foundation.core.pages import Field, FormPage, Section, address_of, form_page
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.organisation.queries import offices_in_sight

TASKS_OFFERED = 500
_PARTS = 100


@require_GET
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The tasks of a plan with their estimates, and what a chain of them comes to."""
    page = queries.estimates_page(
        actor_of(request), project_id, request.GET.get("show", ""), page_number(request.GET)
    )
    ticked = {text for text in request.GET.getlist("task")[:_PARTS] if text.isdecimal()}
    on_page = {str(row.uid) for row in page.shown}
    chain = [row for row in page.rows if str(row.uid) in ticked]
    whole_path = not chain
    if whole_path:
        chain = [row for row in page.rows if queries.matches(row, "critical")]
    context = {
        "page": page,
        "may": {verb.name.lower() for verb in page.verbs},
        "filters": [(name, FILTER_WORDS[name], page.counts[name]) for name in queries.SHOWN],
        "address": address_of(request),
        "ticked": ticked,
        "ticked_elsewhere": sorted(ticked - on_page, key=int),
        "sum": services.sum_of(chain),
        "whole_path": whole_path,
        "today": clock.today(),
    }
    return render(request, "estimates/list.html", context)


@require_http_methods(["GET", "POST"])
def make(request: HttpRequest, project_id: int) -> HttpResponse:
    """Estimate a task, or the whole project: first what and how, then what the method asks for."""
    actor = actor_of(request)
    project = queries.open_estimates(actor, project_id)
    rules.require(actor, project, rules.Verb.MAKE)
    method, uid = request.GET.get("method", ""), request.GET.get("uid", "")
    if method not in Estimate.Method.values:
        return _choose(request, project, uid)
    task_uid = int(uid) if uid.isascii() and uid.isdecimal() and len(uid) < 10 else None
    fields = forms.input_fields(method, task_uid, project)
    if not sees_budget(actor, project):
        fields[0] = Field("unit", _("In"), "select", True, options=forms.units_of(task_uid)[:1])

    def save() -> str:
        reader = Reader(request.POST)
        asked = forms.read_asked(reader, method, task_uid)
        reader.check("estimates.entry")
        row = services.make_estimate(actor=actor, project=project, asked=asked, today=clock.today())
        messages.success(request, _("The estimate is kept; it counts once it is accepted."))
        return reverse("estimates:one", args=[row.pk])

    label = str(Estimate.Method(method).label)
    page = _page(
        project,
        _(label),
        fields,
        lead=str(METHOD_LEADS[Estimate.Method(method)]),
        submit=_("Estimate"),
    )
    return form_page(request, page, save)


def _choose(request: HttpRequest, project: Project, uid: str) -> HttpResponse:
    found = tasks_to_come(project, TASKS_OFFERED + 1)
    tasks = [(str(number), text) for number, text in found]
    offered = None if len(found) > TASKS_OFFERED else tasks

    def go_on() -> str:
        reader = Reader(request.POST)
        chosen = reader.whole("uid", 0, forms.LARGEST_UID, default=0)
        method = reader.choice("method", Estimate.Method.values)
        reader.check("estimates.entry")
        return request.path + "?" + urlencode({"uid": chosen or "", "method": method})

    page = _page(
        project,
        _("Estimate"),
        forms.choice_fields(offered),
        lead=_("Choose what is estimated, and the method; what it asks for follows."),
        submit=_("Go on"),
        initial={"uid": uid[:10], "method": Estimate.Method.THREE_POINT.value},
    )
    return form_page(request, page, go_on)


@require_GET
def one(request: HttpRequest, estimate_id: int) -> HttpResponse:
    """One estimate: how it came about, what accepting it moves, and the others of the same."""
    return _one(request, estimate_id)


def _one(
    request: HttpRequest, estimate_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    actor = actor_of(request)
    page = queries.estimate_page(actor, estimate_id)
    context = {
        "page": page,
        "estimate": page.estimate,
        "how": queries.calculation_of(page.estimate),
        "may_accept": rules.Verb.ACCEPT in page.verbs,
        "may_withdraw": page.own or rules.Verb.ACCEPT in page.verbs,
        "effect": services.effect_of(actor=actor, estimate=page.estimate),
        "error": error,
    }
    return render(request, "estimates/one.html", context, status=error.status if error else 200)


@require_POST
def accept(request: HttpRequest, estimate_id: int) -> HttpResponse:
    """Let an estimate count, and put it into the plan."""
    actor = actor_of(request)
    row = queries.estimate_of(actor, estimate_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("estimates.entry")
        outcome = services.accept_estimate(
            actor=actor, estimate=row, version=version, today=clock.today()
        )
    except (Invalid, Conflict) as error:
        return _one(request, estimate_id, error)
    words = _("The estimate is accepted.")
    if outcome is not None:
        moved = counted(outcome.tasks_moved, "task", "tasks")
        words = _("The estimate is accepted and in the plan: %(moved)s moved.") % {"moved": moved}
    messages.success(request, words)
    return redirect("estimates:one", row.pk)


@require_POST
def withdraw(request: HttpRequest, estimate_id: int) -> HttpResponse:
    """Take an estimate back that was not accepted."""
    actor = actor_of(request)
    row = queries.estimate_of(actor, estimate_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("estimates.entry")
        services.withdraw_estimate(actor=actor, estimate=row, version=version)
    except (Invalid, Conflict) as error:
        return _one(request, estimate_id, error)
    messages.success(request, _("The estimate is withdrawn; it stays readable."))
    return redirect("estimates:one", row.pk)


@require_GET
def accuracy(request: HttpRequest, office_id: int) -> HttpResponse:
    """How the estimates of an office turned out, over the projects in sight."""
    actor = actor_of(request)
    office = offices_in_sight(actor).filter(pk=office_id).first()
    if office is None:
        raise NotFound("estimates.office", "There is no such organisation, or you may not see it.")
    found = services.accuracy_of(actor=actor, office_id=office.pk)
    context = {"office": office, "found": found, "today": clock.today()}
    return render(request, "estimates/accuracy.html", context)


def _page(
    project: Project,
    title: str,
    fields: Sequence[Field],
    *,
    lead: str,
    submit: str,
    initial: dict[str, str] | None = None,
) -> FormPage:
    back = reverse("estimates:project", args=[project.pk])
    return FormPage(
        title=title,
        crumbs=[
            (project.code, reverse("portfolio:project", args=[project.pk])),
            (_("Plan"), reverse("planning:plan", args=[project.pk])),
            (_("Estimates"), back),
            (title, ""),
        ],
        sections=[Section("", fields)],
        submit=submit,
        cancel=back,
        lead=lead,
        initial=initial or {},
    )
