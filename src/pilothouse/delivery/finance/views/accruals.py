# SPDX-License-Identifier: Apache-2.0
"""Pages of the accruals of a project: the list with what was spent, a new one, and decisions."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.shortcuts import render as rendered
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import orders as forms
from pilothouse.delivery.finance.forms.parts import reason_field
from pilothouse.delivery.finance.queries.costs import (
    accrual_of,
    accruals_of,
    cost_to_date,
    turns_of,
)
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services.accruals import (
    post_accrual,
    propose_accrual,
    reject_accrual,
)
from pilothouse.delivery.finance.views.parts import project_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import Section, form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])


@require_GET
def accruals(request: HttpRequest, project_id: int) -> HttpResponse:
    """The accruals of a project, and what it has cost up to now."""
    return _list(request, project_id)


def _list(
    request: HttpRequest, project_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.ACCRUAL)
    project, today = opened.project, clock.today()
    period = Periods(project.office_id).on(today)
    page = shown(request, accruals_of(opened))
    context = {
        "opened": opened,
        "list": page,
        "period": period,
        "cost": cost_to_date(project, period) if period is not None else None,
        "turns": turns_of(opened, page.rows),
        "may_propose": rules.is_open(project)
        and rules.proposing_accruals(actor, project, opened.grants) is not None,
        "error": error,
    }
    status = error.status if error else 200
    return rendered(request, "finance/accruals.html", context, status=status)


@form_view
def accrual_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Propose an accrual."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.ACCRUAL)
    project = opened.project
    rules.require_propose_accrual(actor, project)
    back = reverse("finance:accruals", args=[project_id])
    present = Periods(project.office_id).on(clock.today())
    page = project_form(
        project,
        _("Propose an accrual"),
        [Section("", forms.accrual_fields(project))],
        back=(_("Accruals"), back),
        submit=_("Propose"),
        lead=_(
            "Work that was done in a period and is invoiced later. Finance posts it; it is "
            "turned back on day 1 of the next period."
        ),
        initial={
            "currency": project.currency_id or "",
            "period": str(present.pk) if present is not None else "",
        },
    )

    def save() -> str:
        new = forms.read_accrual(Reader(request.POST), project)
        propose_accrual(actor=actor, project=project, new=new)
        messages.success(request, _("The accrual is proposed; it counts once finance posts it."))
        return back

    return form_page(request, page, save)


@require_POST
def accrual_post(request: HttpRequest, accrual_id: int) -> HttpResponse:
    """Let an accrual count."""
    actor = actor_of(request)
    opened, row = accrual_of(actor, accrual_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("finance.entry")
        post_accrual(actor=actor, accrual=row, version=version)
    except (Invalid, Conflict) as error:
        return _list(request, opened.project.pk, error)
    messages.success(request, _("The accrual is posted."))
    return redirect("finance:accruals", opened.project.pk)


@form_view
def accrual_reject(request: HttpRequest, accrual_id: int) -> HttpResponse:
    """Turn down an accrual that was proposed."""
    actor = actor_of(request)
    opened, row = accrual_of(actor, accrual_id)
    rules.require_decide_accrual(actor, opened.project, row.created_by_id, row.own_amount)
    back = reverse("finance:accruals", args=[opened.project.pk])
    page = project_form(
        opened.project,
        _("Reject an accrual"),
        [Section("", [reason_field(_("Whoever proposed it reads it."))])],
        back=(_("Accruals"), back),
        submit=_("Reject"),
        lead=row.basis,
        version=row.version,
        danger=True,
    )

    take = partial(reject_accrual, actor=actor, accrual=row)
    return reasoned(request, page, take, _("The accrual is rejected; it stays readable."))
