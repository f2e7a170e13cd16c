# SPDX-License-Identifier: Apache-2.0
"""Pages of the finance desk: fiscal periods, their close, and the policy."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import desk as forms
from pilothouse.delivery.finance.forms.parts import read_reason, reason_field
from pilothouse.delivery.finance.queries.closing import closing_of
from pilothouse.delivery.finance.queries.opening import open_office
from pilothouse.delivery.finance.queries.periods import period_of, periods_page, policy_of
from pilothouse.delivery.finance.services.closing import close_period, reopen_period
from pilothouse.delivery.finance.services.periods import open_year, save_policy
from pilothouse.delivery.finance.views.parts import desk_form, reasoned
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.numbers import counted
from pilothouse.foundation.core.pages import Field, form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])


@require_GET
def periods(request: HttpRequest, office_id: int) -> HttpResponse:
    """The fiscal periods of an office, year by year."""
    opened = open_office(actor_of(request), office_id, rules.PERIOD)
    context = {"opened": opened, "page": periods_page(opened)}
    return render(request, "finance/periods.html", context)


@form_view
def year_open(request: HttpRequest, office_id: int) -> HttpResponse:
    """Open the twelve months of a fiscal year."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.PERIOD)
    rules.require_in_office(actor, opened.office, rules.PERIOD, "C", "open a fiscal year")
    found = periods_page(opened)
    year = found.next_year or clock.today().year
    hint = _("By the year it ends in. Years are opened without a gap between them.")
    page = desk_form(
        opened.office,
        _("Open a fiscal year"),
        [Field("year", _("Year"), "number", True, hint)],
        back=reverse("finance:periods", args=[office_id]),
        submit=_("Open the year"),
        initial={"year": str(year)},
    )

    def save() -> str:
        reader = Reader(request.POST)
        chosen = reader.whole("year", 1, 9999)
        reader.check("finance.entry")
        made = open_year(actor=actor, office=opened.office, year=chosen)
        words = _("Twelve periods are open, from %(first)s to %(last)s.")
        messages.success(request, words % {"first": made[0].name, "last": made[-1].name})
        return reverse("finance:periods", args=[office_id])

    return form_page(request, page, save)


@form_view
def period_close(request: HttpRequest, period_id: int) -> HttpResponse:
    """What closing a period does, looked at first; then the close."""
    actor = actor_of(request)
    opened, period = period_of(actor, period_id)
    rules.require_in_office(actor, opened.office, rules.PERIOD, "L", "close fiscal periods")
    error: Invalid | Conflict | None = None
    if request.method == "POST":
        reader = Reader(request.POST)
        reason, version = read_reason(reader), reader.version()
        try:
            reader.check("finance.entry")
            done = close_period(
                actor=actor, period=period, version=version, reason=reason, now=timezone.now()
            )
        except (Invalid, Conflict) as refused:
            error = refused
            opened, period = period_of(actor, period_id)
        else:
            told = {
                "name": period.name,
                "posted": counted(len(done.accruals), "accrual", "accruals"),
            }
            messages.success(request, _("%(name)s is closed; %(posted)s posted.") % told)
            return redirect("finance:periods", opened.office.pk)
    context = {
        "opened": opened,
        "period": period,
        "closing": closing_of(opened.office, period),
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/close.html", context, status=status)


@form_view
def period_reopen(request: HttpRequest, period_id: int) -> HttpResponse:
    """Open the last closed period again."""
    actor = actor_of(request)
    opened, period = period_of(actor, period_id)
    rules.require_in_office(actor, opened.office, rules.PERIOD, "L", "reopen fiscal periods")
    back = reverse("finance:periods", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Reopen %(name)s") % {"name": period.name},
        [reason_field(_("It stays in the history of the period."))],
        back=back,
        submit=_("Reopen"),
        lead=_("Things can be posted into it again. The accruals of its close are taken back."),
        version=period.version,
        danger=True,
    )

    take = partial(reopen_period, actor=actor, period=period)
    return reasoned(request, page, take, _("%(name)s is open again.") % {"name": period.name})


@form_view
def policy(request: HttpRequest, office_id: int) -> HttpResponse:
    """What an office has decided about its money; finance changes it here."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.POLICY)
    row = policy_of(opened.office)
    back = reverse("finance:periods", args=[office_id])
    fields = forms.policy_fields()
    may = opened.may(rules.POLICY, "U")
    if not may:
        rules_only = [
            Field(
                item.name,
                item.label,
                item.kind,
                hint=item.hint,
                options=item.options,
                attrs=item.attrs,
                fixed=True,
            )
            for item in fields
        ]
        fields = rules_only
    page = desk_form(
        opened.office,
        _("Finance policy"),
        fields,
        back=back,
        submit=_("Save the policy"),
        initial=forms.policy_initial(row),
        version=row.version,
        blocked=not may,
    )

    def save() -> str:
        rules.require_in_office(
            actor, opened.office, rules.POLICY, "U", "change the finance policy"
        )
        reader = Reader(request.POST)
        values, version = forms.read_policy(reader), reader.version()
        reader.check("finance.entry")
        save_policy(actor=actor, office=opened.office, values=values, version=version)
        messages.success(request, _("The policy is kept."))
        return reverse("finance:policy", args=[office_id])

    return form_page(request, page, save)
