# SPDX-License-Identifier: Apache-2.0
"""Pages of the financial case: what was approved, what it looks like now, and the steps."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import cases as forms
from pilothouse.delivery.finance.models import FinancialCase
from pilothouse.delivery.finance.models.kinds import REASON_LENGTH
from pilothouse.delivery.finance.queries.cases import benefits_of, case_of, cases_of
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services import cases as services
from pilothouse.delivery.finance.services.valuing import value_of, worth_of
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import Field, FormPage, Section, as_text, form_page
from pilothouse.foundation.core.parsing import Reader

State = FinancialCase.State


@require_GET
def show(request: HttpRequest, project_id: int) -> HttpResponse:
    """What the project is worth: approved beside latest, year by year, and all versions."""
    opened = open_project(actor_of(request), project_id, rules.CASE)
    rows = cases_of(project_id)
    today = clock.today()
    period = Periods(opened.project.office_id).on(today)
    waiting = next((row for row in rows if row.case.state in FinancialCase.OPEN), None)
    sees_cost = opened.may(rules.ACTUAL, "R")
    worth = worth_of(project_id, period.year if period else today.year)
    context = {
        "opened": opened,
        "worth": worth if worth is None or sees_cost else worth.without_cost(),
        "sees_cost": sees_cost,
        "rows": [row for row in rows if row.case.state != State.EXPECTED],
        "waiting": waiting,
        "may_decide": waiting is not None and services.may_decide(opened.actor, waiting.case),
        "valued": waiting and value_of(waiting),
        "today": today,
    }
    return render(request, "finance/case.html", context)


@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, project_id: int) -> HttpResponse:
    """Write a financial case, or change the draft that is there."""
    actor = actor_of(request)
    project = open_project(actor, project_id, rules.CASE).project
    rows = {row.case.state: row for row in reversed(cases_of(project_id))}
    known = rows.get(State.DRAFT)
    letter, doing = ("U", "change a financial case") if known else ("C", "write a financial case")
    rules.require(actor, project, rules.CASE, letter, doing)
    shown = known or rows.get(State.APPROVED)

    def save() -> str:
        reader = Reader(request.POST)
        sent = forms.read_case(reader)
        version = reader.version() if known is not None else None
        reader.check("finance.case_entry")
        services.draft_case(actor=actor, project=project, version=version, **sent._asdict())
        messages.success(request, _("The draft is kept; submit it when it is ready."))
        return _home(project)

    initial = {"first_year": str(clock.today().year), "rate_pct": "8"}
    if shown is not None:
        initial = {
            "first_year": str(shown.case.first_year),
            "rate_pct": as_text(shown.case.rate_pct),
            "flows": forms.case_lines(shown.flows),
            "reason": known.case.reason if known else "",
        }
    version = known.case.version if known else None
    fields = forms.case_fields()
    page = _page(project, _("Write a financial case"), fields, _("Keep"), initial, version)
    return form_page(request, page, save)


@require_POST
def submit(request: HttpRequest, case_id: int) -> HttpResponse:
    """Hand the draft in."""
    actor = actor_of(request)
    case = case_of(actor, case_id)
    reader = Reader(request.POST)
    version = reader.version()
    reader.check("finance.case_entry")
    services.submit_case(actor=actor, case=case, version=version)
    messages.success(request, _("The financial case waits for its decision."))
    return redirect(_home(case.project))


@require_http_methods(["GET", "POST"])
def expect(request: HttpRequest, project_id: int) -> HttpResponse:
    """Say what the project is expected to bring now."""
    actor = actor_of(request)
    project = open_project(actor, project_id, rules.CASE).project
    rules.require(actor, project, rules.BENEFIT, "U", "change the expected benefits")
    rows = {row.case.state: row for row in reversed(cases_of(project_id))}
    known = rows.get(State.EXPECTED)
    shown = known or rows.get(State.APPROVED)

    def save() -> str:
        reader = Reader(request.POST)
        benefits, reason = forms.read_benefits(reader)
        version = reader.version() if known is not None else None
        reader.check("finance.case_entry")
        services.expect_benefits(
            actor=actor, project=project, benefits=benefits, reason=reason, version=version
        )
        messages.success(request, _("The expected benefits are kept."))
        return _home(project)

    page = _page(
        project,
        _("Expected benefits"),
        forms.benefit_fields(),
        _("Keep"),
        {"flows": forms.benefit_lines(benefits_of(shown.flows))} if shown else {},
        version=known.case.version if known else None,
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, waiting_case_id: int) -> HttpResponse:
    """Approve a case that waits; the reason may be left out."""
    title, label = _("Approve the financial case"), _("Approve")
    return _step(request, waiting_case_id, services.approve_case, title, label, needed=False)


@require_http_methods(["GET", "POST"])
def reject(request: HttpRequest, waiting_case_id: int) -> HttpResponse:
    """Send a case that waits back."""
    title, label = _("Reject the financial case"), _("Reject")
    return _step(request, waiting_case_id, services.reject_case, title, label)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case that waits back."""
    title, label = _("Withdraw the financial case"), _("Withdraw")
    return _step(request, case_id, services.withdraw_case, title, label)


def _step(
    request: HttpRequest,
    case_id: int,
    service: Callable[..., FinancialCase],
    title: str,
    label: str,
    *,
    needed: bool = True,
) -> HttpResponse:
    actor = actor_of(request)
    case = case_of(actor, case_id)
    if service is services.withdraw_case:
        rules.require(actor, case.project, rules.CASE, "U", "withdraw a financial case")
    else:
        services.require_decider(actor, case)

    def save() -> str:
        reader = Reader(request.POST)
        reason = reader.text("reason", REASON_LENGTH, required=needed)
        version = reader.version()
        reader.check("finance.case_entry")
        service(actor=actor, case=case, version=version, reason=reason)
        return _home(case.project)

    fields = [Field("reason", _("Why"), "textarea", needed, wide=True)]
    page = _page(case.project, title, fields, label, version=case.version)
    return form_page(request, page, save)


def _home(project: Project) -> str:
    return reverse("finance:case", args=[project.pk])


def _page(
    project: Project,
    title: str,
    fields: list[Field],
    label: str,
    initial: dict[str, str] | None = None,
    version: int | None = None,
) -> FormPage:
    home = _home(project)
    return FormPage(
        title=title,
        crumbs=[
            (_("Portfolio"), reverse("portfolio:list")),
            (project.code, reverse("portfolio:project", args=[project.pk])),
            (_("Financial case"), home),
            (title, ""),
        ],
        sections=[Section("", fields)],
        submit=label,
        cancel=home,
        initial=initial or {},
        version=version,
        lead=project.name,
    )
