# SPDX-License-Identifier: Apache-2.0
"""Pages of the finance desk: what accounts and codes of the ledger mean."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import desk as forms
from pilothouse.delivery.finance.forms.parts import reason_field
from pilothouse.delivery.finance.models import AccountRule, CodeRule
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office
from pilothouse.delivery.finance.queries.tellings import (
    account_rule_of,
    account_rules_of,
    code_rule_of,
    code_rules_of,
)
from pilothouse.delivery.finance.services.tellings import (
    save_account_rule,
    save_code_rule,
    void_rule,
)
from pilothouse.delivery.finance.views.parts import desk_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.pages import form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])
DOING = "keep the rules of accounts and codes"


@require_GET
def account_rules(request: HttpRequest, office_id: int) -> HttpResponse:
    """Which category and nature each account means."""
    opened = open_office(actor_of(request), office_id, rules.ACCOUNT_RULE)
    context = {"opened": opened, "list": shown(request, account_rules_of(opened))}
    return render(request, "finance/account_rules.html", context)


@form_view
def account_rule_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Say what an account means."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.ACCOUNT_RULE)
    rules.require_in_office(actor, opened.office, rules.ACCOUNT_RULE, "C", DOING)
    return _account(request, actor, opened, None)


@form_view
def account_rule(request: HttpRequest, account_rule_id: int) -> HttpResponse:
    """Change what an account means."""
    actor = actor_of(request)
    opened, row = account_rule_of(actor, account_rule_id)
    rules.require_in_office(actor, opened.office, rules.ACCOUNT_RULE, "U", DOING)
    return _account(request, actor, opened, row)


@form_view
def account_rule_void(request: HttpRequest, account_rule_id: int) -> HttpResponse:
    """Take the rule of an account back."""
    actor = actor_of(request)
    opened, row = account_rule_of(actor, account_rule_id)
    return _void(request, actor, opened, row, "finance:account-rules")


@require_GET
def code_rules(request: HttpRequest, office_id: int) -> HttpResponse:
    """Which project each code of the ledger means."""
    opened = open_office(actor_of(request), office_id, rules.ACCOUNT_RULE)
    context = {"opened": opened, "list": shown(request, code_rules_of(opened))}
    return render(request, "finance/code_rules.html", context)


@form_view
def code_rule_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Say which project a code means."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.ACCOUNT_RULE)
    rules.require_in_office(actor, opened.office, rules.ACCOUNT_RULE, "C", DOING)
    return _code(request, actor, opened, None)


@form_view
def code_rule(request: HttpRequest, code_rule_id: int) -> HttpResponse:
    """Change which project a code means."""
    actor = actor_of(request)
    opened, row = code_rule_of(actor, code_rule_id)
    rules.require_in_office(actor, opened.office, rules.ACCOUNT_RULE, "U", DOING)
    return _code(request, actor, opened, row)


@form_view
def code_rule_void(request: HttpRequest, code_rule_id: int) -> HttpResponse:
    """Take the rule of a code back."""
    actor = actor_of(request)
    opened, row = code_rule_of(actor, code_rule_id)
    return _void(request, actor, opened, row, "finance:code-rules")


def _account(
    request: HttpRequest, actor: Actor, opened: OpenedOffice, row: AccountRule | None
) -> HttpResponse:
    back = reverse("finance:account-rules", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Rule of account %(code)s") % {"code": row.account} if row else _("New account rule"),
        forms.account_fields(),
        back=back,
        submit=_("Save the rule"),
        initial=forms.account_initial(row) if row else {},
        version=row.version if row else None,
    )

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_account(reader)
        version = reader.version() if row else None
        reader.check("finance.entry")
        save_account_rule(
            actor=actor, office=opened.office, rule=row, values=values, version=version
        )
        messages.success(request, _("The rule is kept; it holds for what comes in from now on."))
        return back

    return form_page(request, page, save)


def _code(
    request: HttpRequest, actor: Actor, opened: OpenedOffice, row: CodeRule | None
) -> HttpResponse:
    back = reverse("finance:code-rules", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Rule of code %(code)s") % {"code": row.code} if row else _("New code rule"),
        forms.code_fields(),
        back=back,
        submit=_("Save the rule"),
        initial=forms.code_initial(row) if row else {},
        version=row.version if row else None,
    )

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_code(reader, actor, opened.office)
        version = reader.version() if row else None
        reader.check("finance.entry")
        save_code_rule(actor=actor, office=opened.office, rule=row, values=values, version=version)
        messages.success(request, _("The rule is kept; it holds for what comes in from now on."))
        return back

    return form_page(request, page, save)


def _void(
    request: HttpRequest,
    actor: Actor,
    opened: OpenedOffice,
    row: AccountRule | CodeRule,
    back_to: str,
) -> HttpResponse:
    rules.require_in_office(actor, opened.office, rules.ACCOUNT_RULE, "V", DOING)
    back = reverse(back_to, args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Void the rule of %(code)s") % {"code": row},
        [reason_field()],
        back=back,
        submit=_("Void the rule"),
        lead=_("Rows that were mapped by it stay as they are."),
        version=row.version,
        danger=True,
    )

    take = partial(void_rule, actor=actor, rule=row)
    return reasoned(request, page, take, _("The rule is void."))
