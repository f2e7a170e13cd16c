# SPDX-License-Identifier: Apache-2.0
"""Funding of a project: what is released and available, and draws on the reserves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.forms.budgets import (
    carry_fields,
    draw_fields,
    funding_fields,
    read_draw,
    read_funding,
    read_note,
)
from pilothouse.delivery.finance.models import FiscalPeriod, FundingRelease
from pilothouse.delivery.finance.queries.budget_pages import draw_of
from pilothouse.delivery.finance.queries.funding_pages import (
    funding_page,
    later_releases,
    release_of,
)
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.delivery.finance.services import draws, funding
from pilothouse.delivery.finance.views.shared import form_over, note_fields, step_page
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.numbers import number
from pilothouse.foundation.core.pages import FormPage, form_page
from pilothouse.foundation.core.parsing import Reader

FUNDING = ("gate", "amount", "first", "last", "reason")


@require_GET
def show(request: HttpRequest, project_id: int) -> HttpResponse:
    """What is released, what is used of it, and the draws."""
    page = funding_page(actor_of(request), project_id)
    context = {"page": page, "project": page.opened.project, "today": clock.today()}
    return render(request, "finance/funding.html", context)


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, project_id: int) -> HttpResponse:
    """Propose what a gate is to set free."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.FUNDING)
    deciding.require_proposer(actor, opened.project)

    def save() -> str:
        reader = Reader(request.POST)
        asked = read_funding(reader)
        row = funding.propose_funding(actor=actor, project=opened.project, asked=asked)
        messages.success(request, _("Funding %(n)s is proposed.") % {"n": row.number})
        return _back(project_id)

    page = _form(opened, _("Propose funding"), funding_fields(opened.project.currency_id))
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, funding_id: int) -> HttpResponse:
    """Change what is only proposed."""
    actor = actor_of(request)
    opened, row = release_of(actor, funding_id)
    deciding.require_proposer(actor, opened.project, "U")

    def save() -> str:
        reader = Reader(request.POST)
        version, asked = reader.version(), read_funding(reader)
        funding.change_funding(actor=actor, release=row, asked=asked, version=version)
        messages.success(request, _("The funding is saved."))
        return _back(row.project_id)

    page = _form(
        opened,
        _("Change the funding"),
        funding_fields(opened.project.currency_id),
        values={name: getattr(row, name) for name in FUNDING},
        version=row.version,
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, funding_id: int) -> HttpResponse:
    """Decide for the gate that the stage gets its funding."""
    actor = actor_of(request)
    opened, row = release_of(actor, funding_id)
    deciding.require_funder(actor, row)
    return _release_step(
        request,
        opened,
        row,
        _("Approve the funding"),
        _("The gate sets it free; finance releases it next."),
        funding.approve_funding,
        _("The funding is approved."),
    )


@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, funding_id: int) -> HttpResponse:
    """Set approved funding free."""
    actor = actor_of(request)
    opened, row = release_of(actor, funding_id)
    rules.require(actor, opened.project, rules.FUNDING, "L", "release the funding")
    return _release_step(
        request,
        opened,
        row,
        _("Release the funding"),
        _("From now on it is available, and orders count against it."),
        funding.release_funding,
        _("The funding is released."),
    )


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, funding_id: int) -> HttpResponse:
    """Take funding back."""
    actor = actor_of(request)
    opened, row = release_of(actor, funding_id)
    if row.state == FundingRelease.State.RELEASED:
        deciding.require_funder(actor, row)
    else:
        deciding.require_proposer(actor, opened.project, "L")
    return _release_step(
        request,
        opened,
        row,
        _("Withdraw the funding"),
        _("Of what is released only the part goes that nobody used or promised."),
        funding.withdraw_funding,
        _("The funding is withdrawn."),
        needed=True,
    )


@require_http_methods(["GET", "POST"])
def carry(request: HttpRequest, funding_id: int) -> HttpResponse:
    """Let what is left last as long as a later release."""
    actor = actor_of(request)
    opened, row = release_of(actor, funding_id)
    deciding.require_funder(actor, row)
    later = later_releases(row)

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        chosen = reader.choice("to", [str(one.pk) for one in later])
        reason = read_note(reader, needed=True)
        reader.check("finance.entry")
        to = next(one for one in later if str(one.pk) == chosen)
        funding.carry_over(actor=actor, release=row, to=to, version=version, reason=reason)
        messages.success(request, _("The rest is carried over."))
        return _back(row.project_id)

    page = _form(
        opened,
        _("Carry the rest over"),
        carry_fields(later),
        version=row.version,
        submit=_("Carry over"),
        lead=_told(opened, row),
        notes=[] if later else [_("There is no approved or released funding that ends later.")],
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def draw(request: HttpRequest, project_id: int) -> HttpResponse:
    """Ask for money of a reserve."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.DRAW)
    rules.require(actor, opened.project, rules.DRAW, "S", "draw on the reserves")
    periods = FiscalPeriod.objects.filter(office_id=opened.project.office_id).order_by("first")

    def save() -> str:
        reader = Reader(request.POST)
        asked = read_draw(reader, periods)
        row = draws.submit_draw(actor=actor, project=opened.project, asked=asked)
        messages.success(request, _("Draw %(n)s is submitted.") % {"n": row.number})
        return _back(project_id)

    today = clock.today()
    present = periods.filter(first__lte=today, last__gte=today).first()
    page = _form(
        opened,
        _("Draw on a reserve"),
        draw_fields([(str(row.pk), row.name) for row in periods], opened.project.currency_id),
        values={"period": present.pk if present else ""},
        submit=_("Submit"),
        lead=_("Its amount moves into the BAC once it is approved; the total of the budget stays."),
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def draw_approve(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Let a draw count."""
    return _draw_step(
        request,
        draw_id,
        _("Approve the draw"),
        draws.approve_draw,
        _("The draw is approved; the BAC is higher by it."),
    )


@require_http_methods(["GET", "POST"])
def draw_reject(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Turn a draw down."""
    return _draw_step(
        request,
        draw_id,
        _("Reject the draw"),
        draws.reject_draw,
        _("The draw is rejected."),
        needed=True,
    )


@require_http_methods(["GET", "POST"])
def draw_withdraw(request: HttpRequest, draw_id: int) -> HttpResponse:
    """Take a draw back."""
    actor = actor_of(request)
    opened, _row = draw_of(actor, draw_id)
    rules.require(actor, opened.project, rules.DRAW, "S", "draw on the reserves")
    return _draw_step(
        request,
        draw_id,
        _("Withdraw the draw"),
        draws.withdraw_draw,
        _("The draw is withdrawn."),
        needed=True,
        decides=False,
    )


def _draw_step(
    request: HttpRequest,
    draw_id: int,
    title: str,
    service: Callable[..., object],
    said: str,
    *,
    needed: bool = False,
    decides: bool = True,
) -> HttpResponse:
    actor = actor_of(request)
    opened, row = draw_of(actor, draw_id)
    if decides:
        deciding.require_drawer(actor, row)
    what = f"{row}: {opened.project.currency_id} {number(row.amount, 2)}, {row.cited}. {row.reason}"
    page = _form(
        opened, title, note_fields(needed=needed), version=row.version, submit=title, lead=what
    )

    def do(version: int, note: str) -> object:
        more = {"reason" if needed else "note": note}
        return service(actor=actor, draw=row, version=version, **more)

    return step_page(request, page, do, needed=needed, said=said)


def _release_step(
    request: HttpRequest,
    opened: OpenedProject,
    row: FundingRelease,
    title: str,
    lead: str,
    service: Callable[..., object],
    said: str,
    *,
    needed: bool = False,
) -> HttpResponse:
    page = _form(
        opened,
        title,
        note_fields(needed=needed),
        version=row.version,
        submit=title,
        lead=f"{_told(opened, row)} {lead}",
    )

    def do(version: int, note: str) -> object:
        more = {"reason" if needed else "note": note}
        return service(actor=actor_of(request), release=row, version=version, **more)

    return step_page(request, page, do, needed=needed, said=said)


def _told(opened: OpenedProject, row: FundingRelease) -> str:
    return f"{row}, {row.gate}: {opened.project.currency_id} {number(row.amount, 2)}."


def _form(opened: OpenedProject, title: str, fields: Any, **more: Any) -> FormPage:
    back = _back(opened.project.pk)
    return form_over(opened.project, title, fields, back=back, over=_("Funding"), **more)


def _back(project_id: int) -> str:
    return reverse("finance:funding", args=[project_id])
