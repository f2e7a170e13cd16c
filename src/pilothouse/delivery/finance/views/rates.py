# SPDX-License-Identifier: Apache-2.0
"""Pages of the finance desk: exchange rates, and what an hour of work costs."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import desk as forms
from pilothouse.delivery.finance.forms.parts import reason_field
from pilothouse.delivery.finance.queries.cost_rates import (
    Priced,
    cost_rate_of,
    open_cost_rates,
    price_of,
    workers_of,
)
from pilothouse.delivery.finance.queries.exchange import (
    currency_codes,
    rate_of_office,
    rates_of,
)
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office
from pilothouse.delivery.finance.services.cost_rates import (
    end_cost_rate,
    enter_cost_rate,
    void_cost_rate,
)
from pilothouse.delivery.finance.services.exchange import (
    RatesTaken,
    enter_rate,
    take_rates,
    void_rate,
)
from pilothouse.delivery.finance.services.rate_files import MOST_BYTES, text_of_file
from pilothouse.delivery.finance.views.parts import desk_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Field, form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])
MOST_TEXT = 500_000


@require_GET
def exchange(request: HttpRequest, office_id: int) -> HttpResponse:
    """The exchange rates of an office, by kind and currency."""
    opened = open_office(actor_of(request), office_id, rules.EXCHANGE_RATE)
    kind, asked = request.GET.get("kind", ""), request.GET.get("currency", "").upper()
    codes = currency_codes()
    currency = asked if asked in codes else ""
    voided = request.GET.get("void") == "yes"
    context = {
        "opened": opened,
        "list": shown(request, rates_of(opened, kind, currency, voided=voided)),
        "kinds": [("", _("All kinds")), *forms.kinds_of_rate()],
        "currencies": [("", _("All currencies")), *((code, code) for code in codes)],
        "kind": kind,
        "currency": currency,
        "voided": voided,
    }
    return render(request, "finance/exchange.html", context)


@form_view
def exchange_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Enter one exchange rate."""
    actor = actor_of(request)
    opened = _to_enter(actor, office_id)
    back = reverse("finance:exchange", args=[office_id])
    page = desk_form(
        opened.office,
        _("New exchange rate"),
        forms.rate_fields(),
        back=back,
        submit=_("Enter the rate"),
        initial={"from_currency": opened.office.default_currency_id or ""},
    )

    def save() -> str:
        new = forms.read_rate(Reader(request.POST))
        row = enter_rate(actor=actor, office=opened.office, new=new)
        messages.success(request, _("The rate is kept: %(rate)s.") % {"rate": row})
        return back

    return form_page(request, page, save)


@form_view
def exchange_paste(request: HttpRequest, office_id: int) -> HttpResponse:
    """Paste a table of rates or choose a file; it is checked, then taken, all or none."""
    actor = actor_of(request)
    opened = _to_enter(actor, office_id)
    text = request.POST.get("lines", "")
    upload = request.FILES.get("file")
    commit = upload is None and request.POST.get("step") == "take"
    error: Invalid | None = None
    taken: RatesTaken | None = None
    if request.method == "POST":
        try:
            if upload is not None:
                text = text_of_file(
                    actor=actor,
                    office=opened.office,
                    name=upload.name or "",
                    data=upload.read(MOST_BYTES + 1),
                )
            if len(text) > MOST_TEXT:
                message = f"At most {MOST_TEXT:,} characters; split the table into parts."
                raise Invalid("finance.rate_text", message, fields={"lines": message})
            lines = forms.read_lines(text)
            taken = take_rates(actor=actor, office=opened.office, lines=lines, commit=commit)
        except Invalid as refused:
            error = refused
    if taken is not None and commit:
        words = _("%(added)s rates taken, %(same)s were there already.")
        messages.success(request, words % {"added": len(taken.added), "same": taken.same})
        return redirect("finance:exchange", office_id)
    context = {"opened": opened, "text": text, "taken": taken, "error": error}
    status = error.status if error else 200
    return render(request, "finance/exchange_paste.html", context, status=status)


@form_view
def exchange_void(request: HttpRequest, rate_id: int) -> HttpResponse:
    """Take an exchange rate back, with the reason."""
    actor = actor_of(request)
    opened, row = rate_of_office(actor, rate_id)
    rules.require_in_office(actor, opened.office, rules.EXCHANGE_RATE, "V", "void an exchange rate")
    back = reverse("finance:exchange", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Void the rate %(one)s/%(other)s of %(day)s")
        % {
            "one": row.from_currency_id,
            "other": row.to_currency_id,
            "day": written(row.valid_from),
        },
        [reason_field()],
        back=back,
        submit=_("Void the rate"),
        lead=_("Nothing is converted by it from now on; what was stays as it is."),
        version=row.version,
        danger=True,
    )

    take = partial(void_rate, actor=actor, rate=row)
    return reasoned(request, page, take, _("The rate is void; it stays readable."))


@require_GET
def cost_rates(request: HttpRequest, office_id: int) -> HttpResponse:
    """What an hour of each person or role costs, for those who may see that."""
    voided = request.GET.get("void") == "yes"
    opened, rows = open_cost_rates(actor_of(request), office_id, voided=voided)
    workers = workers_of(rows.filter(voided=False))
    priced: Priced | None = None
    error: Invalid | None = None
    if "who" in request.GET:
        try:
            asked = forms.read_work(Reader(request.GET), workers)
            priced = price_of(opened, *asked)
        except Invalid as refused:
            error = refused
    first = {"day": clock.today().isoformat(), "hours": "8"}
    first["currency"] = opened.office.default_currency_id or ""
    context = {
        "opened": opened,
        "list": shown(request, rows),
        "voided": voided,
        "fields": forms.work_fields(workers),
        "values": first | request.GET.dict(),
        "priced": priced,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/cost_rates.html", context, status=status)


@form_view
def cost_rate_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Enter what an hour of a person or of a role costs."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.COST_RATE)
    rules.require_in_office(actor, opened.office, rules.COST_RATE, "C", "enter a cost rate")
    back = reverse("finance:cost-rates", args=[office_id])
    page = desk_form(
        opened.office,
        _("New cost rate"),
        forms.cost_fields(opened.office),
        back=back,
        submit=_("Enter the rate"),
        lead=_("Seen by the PMO director, resource managers, finance and auditors alone."),
        initial={"currency": opened.office.default_currency_id or "", "kind": "standard"},
    )

    def save() -> str:
        new = forms.read_cost(Reader(request.POST), opened.office)
        enter_cost_rate(actor=actor, office=opened.office, new=new)
        messages.success(request, _("The cost rate is kept."))
        return back

    return form_page(request, page, save)


@form_view
def cost_rate_end(request: HttpRequest, cost_rate_id: int) -> HttpResponse:
    """Say on which day a cost rate ends."""
    actor = actor_of(request)
    opened, row = cost_rate_of(actor, cost_rate_id)
    rules.require_in_office(actor, opened.office, rules.COST_RATE, "U", "change a cost rate")
    back = reverse("finance:cost-rates", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("End a cost rate"),
        [Field("valid_to", _("Last day"), "date", hint=_("Empty: it goes on."))],
        back=back,
        submit=_("Keep the day"),
        lead=_("%(whose)s, from %(day)s")
        % {"whose": row.person or row.role, "day": written(row.valid_from)},
        initial={"valid_to": row.valid_to.isoformat() if row.valid_to else ""},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        last, version = reader.day("valid_to"), reader.version()
        reader.check("finance.entry")
        end_cost_rate(actor=actor, rate=row, version=version, last=last)
        messages.success(request, _("The cost rate is kept."))
        return back

    return form_page(request, page, save)


@form_view
def cost_rate_void(request: HttpRequest, cost_rate_id: int) -> HttpResponse:
    """Take a cost rate back, with the reason."""
    actor = actor_of(request)
    opened, row = cost_rate_of(actor, cost_rate_id)
    rules.require_in_office(actor, opened.office, rules.COST_RATE, "U", "change a cost rate")
    back = reverse("finance:cost-rates", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Void a cost rate"),
        [reason_field()],
        back=back,
        submit=_("Void the rate"),
        lead=_("%(whose)s, from %(day)s. What was priced by it stays as it is.")
        % {"whose": row.person or row.role, "day": written(row.valid_from)},
        version=row.version,
        danger=True,
    )

    take = partial(void_cost_rate, actor=actor, rate=row)
    return reasoned(request, page, take, _("The cost rate is void; it stays readable."))


def _to_enter(actor: Actor, office_id: int) -> OpenedOffice:
    opened = open_office(actor, office_id, rules.EXCHANGE_RATE)
    rules.require_in_office(actor, opened.office, rules.EXCHANGE_RATE, "C", "enter exchange rates")
    return opened
