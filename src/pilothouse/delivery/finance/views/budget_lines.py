# SPDX-License-Identifier: Apache-2.0
"""The lines of a draft: a grid of inputs, cells pasted from a spreadsheet; rows reclassified."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.forms.budget_grid import Typed, grid_of, read_grid
from pilothouse.delivery.finance.forms.budgets import (
    PASTE_LENGTH,
    nature_fields,
    paste_fields,
    rows_of_text,
)
from pilothouse.delivery.finance.models import Budget, Category, Nature
from pilothouse.delivery.finance.models.kinds import REASON_LENGTH
from pilothouse.delivery.finance.queries.budget_pages import budget_of
from pilothouse.delivery.finance.queries.budget_sheet import BudgetSheet, all_lines, sheet_of
from pilothouse.delivery.finance.queries.opening import OpenedProject
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.services.budget_lines import (
    Written,
    reclassify,
    set_lines,
    take_lines,
)
from pilothouse.delivery.finance.services.budget_sheet import require_none
from pilothouse.delivery.finance.services.budgets import require_draft
from pilothouse.delivery.finance.views.budgets import address_of_version, number_in
from pilothouse.delivery.finance.views.shared import form_over
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.pages import address_of, form_page
from pilothouse.foundation.core.parsing import Reader, page_number


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, budget_id: int) -> HttpResponse:
    """The lines of a draft as a grid: a page of rows, the periods of one year."""
    actor = actor_of(request)
    opened, row = _to_write(request, budget_id)
    periods = Periods(opened.project.office_id).rows
    sheet = sheet_of(row, periods, number_in(request.GET.get("year", "")), page_number(request.GET))
    if request.method != "POST":
        return _grid(request, opened, row, sheet)
    typed = read_grid(request.POST, sheet.periods, row.currency_id)
    try:
        reader = Reader(request.POST)
        version = reader.version()
        reader.check("finance.entry")
        require_none(typed.wrong)
        done = set_lines(actor=actor, budget=row, rows=typed.rows, version=version)
    except (Invalid, Conflict) as error:
        return _grid(request, opened, row, sheet, typed, error)
    _tell(request, done)
    if "again" in request.POST:
        return redirect(request.get_full_path())
    return redirect(address_of_version(row) + f"&year={sheet.year}")


def _grid(
    request: HttpRequest,
    opened: OpenedProject,
    row: Budget,
    sheet: BudgetSheet,
    typed: Typed | None = None,
    error: Invalid | Conflict | None = None,
) -> HttpResponse:
    rows = grid_of(sheet, row.currency_id)
    if typed is not None and error is not None:
        told = error.fields
        rows = [replace(one, problem=told.get(f"row_{one.number}", "")) for one in typed.shown]
    context = {
        "opened": opened,
        "project": opened.project,
        "budget": row,
        "sheet": sheet,
        "rows": rows,
        "categories": Category.choices,
        "natures": Nature.choices,
        "address": address_of(request),
        "back": address_of_version(row),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/budget_lines.html", context, status=status)


@require_http_methods(["GET", "POST"])
def paste(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Take cells that were copied from a spreadsheet."""
    actor = actor_of(request)
    opened, row = _to_write(request, budget_id)
    periods = Periods(opened.project.office_id)

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        reader.text("lines", PASTE_LENGTH, required=True)
        first = reader.choice("first", map(str, periods.by_id), required=False)
        mark = reader.choice("mark", ("point", "comma"))
        reader.check("finance.entry")
        done = take_lines(
            actor=actor,
            budget=row,
            # As it was sent: a cell that is empty at the beginning is a cell.
            table=rows_of_text(request.POST["lines"].replace("\0", "")),
            version=version,
            decimal_comma=mark == "comma",
            first=periods.by_id[int(first)] if first else None,
            whole=reader.flag("whole"),
        )
        _tell(request, done)
        return address_of_version(row)

    page = form_over(
        opened.project,
        _("Paste lines"),
        paste_fields(periods.rows),
        back=address_of_version(row),
        over=_("Budget"),
        values={"mark": "point"},
        version=row.version,
        submit=_("Take the cells"),
        lead=_(
            "Exactly the cells of the block are replaced, all or none; an empty one is emptied."
        ),
    )
    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def nature(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Put a row under the other nature; finance alone."""
    actor = actor_of(request)
    opened, row = budget_of(actor, budget_id)
    if deciding.as_finance(actor, opened.project) is None:
        raise NotAllowed(
            "finance.reclassify",
            f"Only finance puts lines of project {opened.project.code} under another nature.",
        )
    keys = [line.key for line in all_lines(row) if not line.draw]

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        place = reader.choice("row", [str(number) for number in range(len(keys))])
        reason = reader.text("reason", REASON_LENGTH, required=True)
        reader.check("finance.entry")
        key = keys[int(place)]
        other = Nature.OPEX if key.nature == Nature.CAPEX else Nature.CAPEX
        reclassify(actor=actor, budget=row, key=key, nature=other, version=version, reason=reason)
        messages.success(request, _("The row stands under %(nature)s now.") % {"nature": other})
        return address_of_version(row)

    page = form_over(
        opened.project,
        _("Change the nature of a row"),
        nature_fields(keys),
        back=address_of_version(row),
        over=_("Budget"),
        version=row.version,
        submit=_("Change it"),
        lead=_("Capex becomes opex, opex becomes capex; the totals stay. The reason is kept."),
    )
    return form_page(request, page, save)


def _to_write(request: HttpRequest, budget_id: int) -> tuple[OpenedProject, Budget]:
    actor = actor_of(request)
    opened, row = budget_of(actor, budget_id)
    rules.require(actor, opened.project, rules.BUDGET, "U", "change the budget")
    require_draft(row)
    return opened, row


def _tell(request: HttpRequest, done: Written) -> None:
    words = ngettext("%(n)s cell is changed.", "%(n)s cells are changed.", done.cells)
    messages.success(request, words % {"n": done.cells})
