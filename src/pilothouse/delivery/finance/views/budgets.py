# SPDX-License-Identifier: Apache-2.0
"""The budget of a project: its versions, begun, submitted, endorsed, approved, compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.budget_files import budget_file
from pilothouse.delivery.finance.forms.budgets import (
    begin_fields,
    header_fields,
    header_of,
    read_header,
)
from pilothouse.delivery.finance.models import Budget, Nature
from pilothouse.delivery.finance.models.kinds import NAME_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.queries.budget_pages import (
    budget_of,
    budget_page,
    notes_of,
    version_of,
)
from pilothouse.delivery.finance.queries.budget_sheet import all_lines
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.queries.comparing import compare_budgets
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services import budget_states as states
from pilothouse.delivery.finance.services.budgets import Start, begin_budget, change_budget
from pilothouse.delivery.finance.views.shared import form_over, note_fields, step_page
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.pages import address_of, attachment, form_page
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.core.tables import TYPES, file_name, kind_of


def number_in(text: str) -> int:
    """A number of an address; nonsense is 0."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


@require_GET
def show(request: HttpRequest, project_id: int) -> HttpResponse:
    """A version of the budget with what it comes to, and the list of all versions."""
    page = budget_page(
        actor_of(request),
        project_id,
        number_in(request.GET.get("version", "")),
        number_in(request.GET.get("year", "")),
        page_number(request.GET),
    )
    context = {
        "page": page,
        "natures": Nature.choices,
        "address": address_of(request),
        "today": clock.today(),
    }
    return render(request, "finance/budget.html", context)


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, project_id: int) -> HttpResponse:
    """Begin a version."""
    actor = actor_of(request)
    opened = open_project(actor, project_id, rules.BUDGET)
    rules.require(actor, opened.project, rules.BUDGET, "C", "begin a budget")

    def save() -> str:
        reader = Reader(request.POST)
        start = reader.choice("start", [choice.value for choice in Start])
        name, reason = reader.text("name", NAME_LENGTH), reader.text("reason", REASON_LENGTH)
        reader.check("finance.entry")
        row = begin_budget(
            actor=actor, project=opened.project, start=Start(start), name=name, reason=reason
        )
        messages.success(request, _("Version %(n)s is begun.") % {"n": row.number})
        return address_of_version(row)

    copies = opened.project.budgets.filter(state=Budget.State.APPROVED).exists()
    page = form_over(
        opened.project,
        _("New version of the budget"),
        begin_fields(copies=copies),
        back=reverse("finance:budget", args=[project_id]),
        over=_("Budget"),
        submit=_("Begin"),
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def header(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Change what a draft says besides its lines."""
    actor = actor_of(request)
    opened, row = budget_of(actor, budget_id)
    rules.require(actor, opened.project, rules.BUDGET, "U", "change the budget")

    def save() -> str:
        reader = Reader(request.POST)
        version, values = reader.version(), read_header(reader)
        reader.check("finance.entry")
        change_budget(actor=actor, budget=row, values=values, version=version)
        messages.success(request, _("The reserves and the rest are saved."))
        return address_of_version(row)

    page = form_over(
        opened.project,
        _("Reserves and reason"),
        header_fields(row.currency_id),
        back=address_of_version(row),
        over=_("Budget"),
        values=header_of(row),
        version=row.version,
        lead=str(row),
    )
    return form_page(request, page, save)


@require_GET
def compare(request: HttpRequest, project_id: int) -> HttpResponse:
    """Two versions side by side."""
    one, other = (number_in(request.GET.get(name, "")) for name in ("one", "other"))
    page = compare_budgets(actor_of(request), project_id, one, other)
    return render(request, "finance/budget_compare.html", {"page": page, "today": clock.today()})


@require_GET
def export(request: HttpRequest, project_id: int, kind: str) -> HttpResponse:
    """A version as a file."""
    opened = open_project(actor_of(request), project_id, rules.BUDGET)
    row = version_of(opened, number_in(request.GET.get("version", "")))
    periods = Periods(opened.project.office_id).rows
    body = budget_file(row, totals_of([row])[row.pk], all_lines(row), periods, kind_of(kind))
    return attachment(file_name(kind, "budget", opened.project.code, row.number), TYPES[kind], body)


def address_of_version(row: Budget) -> str:
    """The page of a version."""
    return f"{reverse('finance:budget', args=[row.project_id])}?version={row.number}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a version: its words, who may take it, and the service."""

    title: Any
    lead: Any
    submit: Any
    said: Any
    may: Callable[[Actor, Budget], bool]
    do: Callable[..., object]
    needed: bool = False
    danger: bool = False


def _submits(actor: Actor, row: Budget) -> bool:
    return rules.can(actor, row.project, rules.BUDGET, "S")


def _endorses(actor: Actor, row: Budget) -> bool:
    return deciding.as_endorser(actor, row, Decimal(0)) is not None


def _approves(actor: Actor, row: Budget) -> bool:
    return deciding.as_approver(actor, row, Decimal(0)) is not None


STEPS = {
    "submit": Step(
        gettext_lazy("Submit the budget"),
        gettext_lazy("Finance looks at it next; nothing can be changed meanwhile."),
        gettext_lazy("Submit"),
        gettext_lazy("The budget is submitted; finance endorses it."),
        _submits,
        states.submit_budget,
    ),
    "endorse": Step(
        gettext_lazy("Endorse the budget"),
        gettext_lazy("You say for finance that it is sound; the business approves it next."),
        gettext_lazy("Endorse"),
        gettext_lazy("The budget is endorsed; it waits for approval."),
        _endorses,
        states.endorse_budget,
    ),
    "approve": Step(
        gettext_lazy("Approve the budget"),
        gettext_lazy("It counts from now on, and becomes the approved budget of the register."),
        gettext_lazy("Approve"),
        gettext_lazy("The budget is approved; the register follows."),
        _approves,
        states.approve_budget,
    ),
    "return": Step(
        gettext_lazy("Return the budget"),
        gettext_lazy("It is a draft again, and the manager reads what is to be mended."),
        gettext_lazy("Return"),
        gettext_lazy("The budget is returned."),
        lambda actor, row: _endorses(actor, row) or _approves(actor, row),
        states.return_budget,
        needed=True,
    ),
    "withdraw": Step(
        gettext_lazy("Withdraw the budget"),
        gettext_lazy("It stays readable and counts for nothing; another version can be begun."),
        gettext_lazy("Withdraw"),
        gettext_lazy("The budget is withdrawn."),
        _submits,
        states.withdraw_budget,
        needed=True,
        danger=True,
    ),
}


@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Hand a draft over to finance."""
    return _step(request, budget_id, "submit")


@require_http_methods(["GET", "POST"])
def endorse(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Say for finance that it is sound."""
    return _step(request, budget_id, "endorse")


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Let it count."""
    return _step(request, budget_id, "approve")


@require_http_methods(["GET", "POST"])
def give_back(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Give it back as a draft."""
    return _step(request, budget_id, "return")


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Take it back."""
    return _step(request, budget_id, "withdraw")


def _step(request: HttpRequest, budget_id: int, name: str) -> HttpResponse:
    actor, step = actor_of(request), STEPS[name]
    opened, row = budget_of(actor, budget_id)
    if not step.may(actor, row):
        raise NotAllowed(
            "finance.budget_step",
            f"Your roles do not allow you to {name} budget {row.number} of project "
            f"{row.project.code}; its page says whose turn it is.",
        )
    totals = totals_of([row])[row.pk]
    plain = step.do is states.submit_budget
    page = form_over(
        opened.project,
        str(step.title),
        [] if plain else note_fields(needed=step.needed),
        back=address_of_version(row),
        over=_("Budget"),
        version=row.version,
        submit=str(step.submit),
        lead=f"{row}: {row.currency_id} {totals.total:,.2f}. {step.lead}",
        notes=[] if step.needed else notes_of(opened, row, totals),
        danger=step.danger,
    )

    def do(version: int, note: str) -> object:
        more = {} if plain else {"reason" if step.needed else "note": note}
        return step.do(actor=actor, budget=row, version=version, **more)

    return step_page(request, page, do, needed=step.needed, said=str(step.said))
