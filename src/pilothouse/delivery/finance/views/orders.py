# SPDX-License-Identifier: Apache-2.0
"""Pages of what a project has ordered: the list, one order, and what is done with it."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import orders as forms
from pilothouse.delivery.finance.forms.parts import read_reason, reason_field
from pilothouse.delivery.finance.models import Commitment
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.opening import OpenedProject, office_of, open_project
from pilothouse.delivery.finance.queries.orders import (
    figures_of,
    invoices_of,
    order_of,
    orders_of,
    receipts_of,
)
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.finance.services.orders import (
    cancel_order,
    change_lines,
    close_order,
    place_order,
)
from pilothouse.delivery.finance.services.receipts import receive
from pilothouse.delivery.finance.views.parts import project_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Notice, Section, form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])
MORE = 10
"""Lines that a longer form has more."""


@require_GET
def orders(request: HttpRequest, project_id: int) -> HttpResponse:
    """The orders of a project with what came of them, and what is still free."""
    opened = open_project(actor_of(request), project_id, rules.COMMITMENT)
    state = request.GET.get("state", "")
    page = shown(request, orders_of(opened, state))
    today = clock.today()
    context = {
        "opened": opened,
        "list": page,
        "rows": figures_of(page.rows, Rates(office_of(opened.project)), today),
        "free": available(opened.project, today) if opened.may(rules.FUNDING, "R") else None,
        "state": state,
        "states": [("", _("All"))]
        + [(key, _(str(word))) for key, word in Commitment.State.choices],
        "may_order": _may(opened, "C"),
    }
    return render(request, "finance/orders.html", context)


@form_view
def order_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Enter a purchase order with its lines."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.COMMITMENT)
    project = opened.project
    rules.require(actor, project, rules.COMMITMENT, "C", "enter orders")
    back = reverse("finance:orders", args=[project_id])
    count = forms.lines_asked(request.GET.get("lines", ""), forms.LINES)
    page = project_form(
        project,
        _("New order"),
        [
            forms.order_section(),
            *forms.line_sections(count),
            Section("", [reason_field(_("Why it is ordered; it is kept."), required=False)]),
        ],
        back=(_("Orders"), back),
        submit=_("Enter the order"),
        initial=forms.order_initial(project, clock.today()),
        notices=[_more_lines(count)],
    )

    def save() -> str:
        reader = Reader(request.POST)
        reason = read_reason(reader)
        new, places = forms.read_order(reader, request.POST)
        try:
            row = place_order(
                actor=actor, project=project, new=new, today=clock.today(), reason=reason
            )
        except Invalid as error:
            raise forms.at_places(error, places) from error
        if row.above_funding:
            messages.warning(request, _("The order is kept; it is above what is available."))
        else:
            messages.success(request, _("The order is kept."))
        return reverse("finance:order", args=[row.pk])

    return form_page(request, page, save)


@require_GET
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order with its lines, what came of it, and its invoices."""
    opened, row = order_of(actor_of(request), order_id)
    today = clock.today()
    found = figures_of([row], Rates(office_of(opened.project)), today)[0]
    is_open = row.state == Commitment.State.OPEN
    invoices = list(invoices_of(row)) if opened.may(rules.ACTUAL, "R") else []
    context = {
        "opened": opened,
        "order": row,
        "found": found,
        "receipts": list(receipts_of(row)),
        "invoices": invoices,
        "may_receive": is_open and row.receipts_kept and _may(opened, "U"),
        "may_change": is_open and not found.came and _may(opened, "U"),
        "may_close": is_open and _may(opened, "L"),
        "may_cancel": is_open and not found.came and _may(opened, "V"),
    }
    return render(request, "finance/order.html", context)


@form_view
def order_lines(request: HttpRequest, order_id: int) -> HttpResponse:
    """Replace the lines of an order of which nothing came."""
    actor = actor_of(request)
    opened, row = _for(actor, order_id, "U", "change orders")
    lines = list(row.lines.all())
    count = forms.lines_asked(request.GET.get("lines", ""), len(lines) + 1)
    page = project_form(
        opened.project,
        _("Lines of order %(number)s") % {"number": row.number},
        forms.line_sections(count, len(lines)),
        back=_back(row),
        submit=_("Save the lines"),
        lead=_("A line that is emptied goes. Amounts in %(currency)s.")
        % {"currency": row.currency_id},
        initial=forms.lines_initial(lines),
        version=row.version,
        notices=[_more_lines(count)],
    )

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        made, places = forms.read_lines(reader, request.POST)
        try:
            change_lines(actor=actor, order=row, lines=made, version=version, today=clock.today())
        except Invalid as error:
            raise forms.at_places(error, places) from error
        messages.success(request, _("The lines are kept."))
        return _back(row)[1]

    return form_page(request, page, save)


@form_view
def order_receive(request: HttpRequest, order_id: int) -> HttpResponse:
    """Enter what came of an order."""
    actor = actor_of(request)
    opened, row = _for(actor, order_id, "U", "enter receipts")
    today = clock.today()
    found = figures_of([row], Rates(office_of(opened.project)), today)[0]
    first = next((line for line in found.lines if line.open), found.lines[0])
    page = project_form(
        opened.project,
        _("Receive of order %(number)s") % {"number": row.number},
        [Section("", forms.receipt_fields(found.lines, row.currency_id))],
        back=_back(row),
        submit=_("Enter the receipt"),
        initial={"day": today.isoformat(), "position": str(first.line.position)},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        new = forms.read_receipt(reader)
        receive(actor=actor, order=row, new=new, version=version, today=today)
        messages.success(request, _("The receipt is kept."))
        return _back(row)[1]

    return form_page(request, page, save)


@form_view
def order_close(request: HttpRequest, order_id: int) -> HttpResponse:
    """Let the rest of an order go."""
    actor = actor_of(request)
    opened, row = _for(actor, order_id, "L", "close orders")
    page = project_form(
        opened.project,
        _("Close order %(number)s") % {"number": row.number},
        [Section("", [reason_field()])],
        back=_back(row),
        submit=_("Close the order"),
        lead=_("What did not come is let go, and no longer held against the funding."),
        version=row.version,
    )

    take = partial(close_order, actor=actor, order=row)
    return reasoned(request, page, take, _("The order is closed."))


@form_view
def order_cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take back an order of which nothing came."""
    actor = actor_of(request)
    opened, row = _for(actor, order_id, "V", "cancel orders")
    page = project_form(
        opened.project,
        _("Cancel order %(number)s") % {"number": row.number},
        [Section("", [reason_field()])],
        back=_back(row),
        submit=_("Cancel the order"),
        lead=_("It stays readable, and its number stays used."),
        version=row.version,
        danger=True,
    )

    take = partial(cancel_order, actor=actor, order=row)
    return reasoned(request, page, take, _("The order is cancelled."))


def _more_lines(count: int) -> Notice:
    text = _("The form has room for %(count)s lines.") % {"count": count}
    return Notice("info", text, f"?lines={count + MORE}", _("Ten more"))


def _for(actor: Actor, order_id: int, letter: str, doing: str) -> tuple[OpenedProject, Commitment]:
    opened, row = order_of(actor, order_id)
    rules.require(actor, opened.project, rules.COMMITMENT, letter, doing)
    return opened, row


def _may(opened: OpenedProject, letter: str) -> bool:
    return rules.is_open(opened.project) and opened.may(rules.COMMITMENT, letter)


def _back(row: Commitment) -> tuple[str, str]:
    return row.number, reverse("finance:order", args=[row.pk])
