# SPDX-License-Identifier: Apache-2.0
"""Pages of the ledger: batches, rows that wait, and what a project has cost row by row."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import ledger as forms
from pilothouse.delivery.finance.forms.parts import read_reason, reason_field
from pilothouse.delivery.finance.ledger_export import ledger_export
from pilothouse.delivery.finance.models import Actual, Category, FiscalPeriod, Nature
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH
from pilothouse.delivery.finance.queries import actuals as reads
from pilothouse.delivery.finance.queries.batches import batch_of
from pilothouse.delivery.finance.queries.opening import open_office, open_project
from pilothouse.delivery.finance.services.ledger_batches import roll_back
from pilothouse.delivery.finance.services.suspense import Settled, map_waiting, release_held
from pilothouse.delivery.finance.views.parts import desk_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.numbers import counted
from pilothouse.foundation.core.pages import form_page
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])


def wanted_rows(request: HttpRequest) -> reads.RowFilter:
    """Which rows an address asks for."""
    data = request.GET

    def number(name: str) -> int | None:
        text = data.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None

    def text(name: str) -> str:
        return data.get(name, "").strip()[:CODE_LENGTH]

    return reads.RowFilter(
        period_id=number("period"),
        batch_id=number("batch"),
        state=text("state"),
        account=text("account"),
        category=text("category"),
        nature=text("nature"),
        wbs=text("wbs") or None,
        order=text("order"),
        code=text("code"),
        document=text("document"),
    )


@require_GET
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch with its control totals and its rows."""
    opened, row = batch_of(actor_of(request), batch_id)
    rows = reads.rows_of_office(opened, reads.RowFilter(batch_id=row.pk))
    context = {"opened": opened, "batch": row, "list": shown(request, rows.order_by("row"))}
    return render(request, "finance/ledger_batch.html", context)


@form_view
def batch_roll_back(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take a batch back, with a reason."""
    actor = actor_of(request)
    opened, row = batch_of(actor, batch_id)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "V", "take a batch back")
    back = reverse("finance:ledger-batch", args=[row.pk])
    page = desk_form(
        opened.office,
        _("Take back batch %(number)s") % {"number": row.number},
        [reason_field()],
        back=back,
        submit=_("Take the batch back"),
        lead=_("All its rows stop to count; they stay readable, and can be posted again."),
        version=row.version,
        danger=True,
    )

    take = partial(roll_back, actor=actor, batch=row)
    return reasoned(request, page, take, _("The batch is taken back."))


@require_GET
def waiting(request: HttpRequest, office_id: int) -> HttpResponse:
    """What stands in suspense and what is held, gathered by reason."""
    opened = open_office(actor_of(request), office_id, rules.IMPORT)
    names = ("reason", "code", "account", "currency", "amount", "rows")
    groups = {
        state: [dict(zip(names, row, strict=True)) for row in reads.waiting_of(opened, state)]
        for state in (Actual.State.SUSPENSE, Actual.State.HELD)
    }
    context = {
        "opened": opened,
        "suspense": groups[Actual.State.SUSPENSE],
        "held": groups[Actual.State.HELD],
    }
    return render(request, "finance/ledger_waiting.html", context)


@form_view
def waiting_map(request: HttpRequest, office_id: int) -> HttpResponse:
    """Say where rows in suspense belong."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "U", "map rows in suspense")
    which = forms.which_of(request.GET.dict())
    back = reverse("finance:ledger-waiting", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Map rows in suspense"),
        forms.map_fields(which),
        back=back,
        submit=_("Map the rows"),
        lead=_("Meant: %(which)s.") % {"which": which.words()},
    )

    def save() -> str:
        reader = Reader(request.POST)
        project = forms.read_project(reader, actor, opened.office)
        category, nature = forms.read_purpose(reader)
        wbs, keep = reader.text("wbs", 40), reader.flag("keep")
        reader.check("finance.entry")
        settled = map_waiting(
            actor=actor,
            office=opened.office,
            which=which,
            project=project,
            wbs=wbs,
            category=category,
            nature=nature,
            keep=keep,
        )
        messages.success(request, _told(settled))
        return back

    return form_page(request, page, save)


@form_view
def waiting_release(request: HttpRequest, office_id: int) -> HttpResponse:
    """Let held rows in, with a reason."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "U", "release held rows")
    which = forms.which_of(request.GET.dict())
    back = reverse("finance:ledger-waiting", args=[opened.office.pk])
    periods = FiscalPeriod.objects.filter(office=opened.office, state=FiscalPeriod.State.OPEN)
    hint = _("Empty: that of the posting date.")
    page = desk_form(
        opened.office,
        _("Release held rows"),
        [forms.period_field(periods, _("Into period"), hint), reason_field()],
        back=back,
        submit=_("Release the rows"),
        lead=_("Meant: %(which)s. A missing rate is not passed over.") % {"which": which.words()},
    )

    def save() -> str:
        reader = Reader(request.POST)
        period, reason = reader.row("period", periods), read_reason(reader)
        reader.check("finance.entry")
        settled = release_held(
            actor=actor, office=opened.office, which=which, period=period, reason=reason
        )
        messages.success(request, _told(settled))
        return back

    return form_page(request, page, save)


def _told(settled: Settled) -> str:
    rows = counted(settled.mapped, "row", "rows")
    words = _("%(rows)s mapped.") % {"rows": rows}
    still = sum(settled.waiting.values())
    if still:
        reason = settled.waiting.most_common(1)[0][0]
        left = _("%(count)s still wait: %(reason)s") % {"count": still, "reason": reason}
        words = f"{words} {left}"
    return words


@require_GET
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """What a project has cost by the ledger: sums by period, category or work, and the rows."""
    opened = open_project(actor_of(request), project_id, rules.ACTUAL)
    by = request.GET.get("by", "")
    by = by if by in reads.BY else "period"
    wanted = wanted_rows(request)
    rows = reads.rows_of_project(opened, wanted)
    sums = reads.sums_of_project(opened, by)
    periods = {row.name: row.pk for row, *_ in reads.period_sums(opened)} if by == "period" else {}
    context = {
        "opened": opened,
        "project": opened.project,
        "list": shown(request, rows),
        "sums": sums,
        "actual": sum((row.actual for row in sums), reads.ZERO),
        "constant": sum((row.constant for row in sums), reads.ZERO),
        "by": by,
        "links": {
            row.key: "?" + urlencode({"by": by, by: periods.get(row.key, row.key)}) for row in sums
        },
        "labels": {**dict(Category.choices), **dict(Nature.choices)},
        "wanted": wanted,
        "narrowed": wanted != reads.RowFilter(),
        "states": [("", _("All that count or wait")), *Actual.State.choices],
        "categories": [("", "–"), *Category.choices],
        "asked": request.GET.urlencode(),
    }
    return render(request, "finance/ledger_project.html", context)


@require_GET
def project_export(request: HttpRequest, project_id: int, kind: str) -> HttpResponseBase:
    """The rows of a project as a file, narrowed as the page is."""
    opened = open_project(actor_of(request), project_id, rules.ACTUAL)
    rows = reads.rows_of_project(opened, wanted_rows(request))
    return ledger_export(rows, opened.project.code, kind)


@require_GET
def office_export(request: HttpRequest, office_id: int, kind: str) -> HttpResponseBase:
    """The rows of an office as a file, those of one batch where the address says so."""
    opened = open_office(actor_of(request), office_id, rules.ACTUAL)
    rows = reads.rows_of_office(opened, wanted_rows(request))
    return ledger_export(rows, opened.office.code, kind)
