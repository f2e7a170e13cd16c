# SPDX-License-Identifier: Apache-2.0
"""A table that is read into a draft of a budget."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.queries.budget_pages import budget_of
from pilothouse.delivery.finance.services.budgets import require_draft
from pilothouse.exchange.services import read_budget
from pilothouse.exchange.services.budget import MOST_BYTES
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, FileHeld, Invalid
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import held_for


@require_http_methods(["GET", "POST"])
def read(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Choose a table; its rows are taken over, all or none."""
    actor = actor_of(request)
    opened, budget = budget_of(actor, budget_id)
    rules.require(actor, opened.project, rules.BUDGET, "U", "change the budget")
    require_draft(budget)
    back = f"{reverse('finance:budget', args=[budget.project_id])}?version={budget.number}"
    error: Invalid | Conflict | None = None
    if request.method == "POST":
        try:
            reader = Reader(request.POST)
            version = reader.version()
            reader.check("exchange.file")
            upload = request.FILES.get("file")
            if upload is None:
                message = "Choose the table."
                raise Invalid("exchange.file", message, fields={"file": message})
            done = read_budget(
                actor=actor,
                budget=budget,
                file_name=upload.name or "",
                data=upload.read(MOST_BYTES + 1),
                version=version,
                whole=reader.flag("whole"),
            )
        except FileHeld as held:
            return redirect("scanning:file", held.file_id)
        except (Invalid, Conflict) as refused:
            error = refused
        else:
            words = ngettext("%(n)s cell is changed.", "%(n)s cells are changed.", done.cells)
            messages.success(request, words % {"n": done.cells})
            return redirect(back)
    context = {
        "project": opened.project,
        "budget": budget,
        "held": held_for(IncomingFile.Door.BUDGET, budget.pk),
        "whole": request.POST.get("whole", ""),
        "back": back,
        "error": error,
    }
    return render(request, "exchange/budget.html", context, status=error.status if error else 200)
