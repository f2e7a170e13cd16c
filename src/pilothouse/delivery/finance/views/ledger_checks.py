# SPDX-License-Identifier: Apache-2.0
"""Pages of corrections by two people, and of the monthly comparison with the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import ledger as forms
from pilothouse.delivery.finance.forms.parts import read_reason, reason_field
from pilothouse.delivery.finance.ledger_files import MOST_ROWS
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import FiscalPeriod, LedgerCorrection, Reconciliation
from pilothouse.delivery.finance.models.kinds import NAME_LENGTH, REASON_LENGTH
from pilothouse.delivery.finance.queries import batches as reads
from pilothouse.delivery.finance.queries.actuals import actual_of
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office
from pilothouse.delivery.finance.services import corrections, reconciliation
from pilothouse.delivery.finance.services.extract_files import ExtractFile, read_extract_file
from pilothouse.delivery.finance.views.parts import desk_form, reasoned, shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import Field, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import OrgUnit

form_view = require_http_methods(["GET", "POST"])


@require_GET
def row(request: HttpRequest, actual_id: int) -> HttpResponse:
    """One row of the ledger, whatever the ledger says of it, and its corrections."""
    return _row(request, actor_of(request), actual_id)


def _row(
    request: HttpRequest, actor: Actor, actual_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    actual = actual_of(actor, actual_id)
    office = OrgUnit.objects.get(pk=actual.office_id)
    found = list(reads.corrections_of_row(actual))
    context = {
        "row": actual,
        "office": office,
        "corrections": found,
        "deciding": _deciding(actor, found),
        "may_correct": rules.can_in_office(actor, office, rules.ACTUAL, "C"),
        "may_settle": rules.can_in_office(actor, office, rules.IMPORT, "U"),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/ledger_row.html", context, status=status)


def _deciding(actor: Actor, found: Iterable[LedgerCorrection]) -> set[int]:
    """Those that the actor may approve."""
    return {
        row.pk
        for row in found
        if row.state == row.State.PROPOSED and rules.correction_decider(actor, row)
    }


@form_view
def correction_new(request: HttpRequest, actual_id: int) -> HttpResponse:
    """Propose how a row should stand."""
    actor = actor_of(request)
    actual = actual_of(actor, actual_id)
    office = OrgUnit.objects.get(pk=actual.office_id)
    rules.require_in_office(actor, office, rules.ACTUAL, "C", "propose corrections")
    page = desk_form(
        office,
        _("Correct row %(row)s") % {"row": actual},
        [*forms.correction_fields(), reason_field()],
        back=reverse("finance:ledger-row", args=[actual.pk]),
        submit=_("Propose the correction"),
        lead=_(
            "Another person of finance approves it: one row turns this one back, another one "
            "stands as told here."
        ),
        initial=forms.correction_initial(actual, clock.today()),
    )

    def save() -> str:
        reader = Reader(request.POST)
        rightly, reason = forms.read_correction(reader), read_reason(reader)
        reader.check("finance.entry")
        assert rightly is not None, "nothing is wrong"
        corrections.propose_correction(actor=actor, actual=actual, rightly=rightly, reason=reason)
        messages.success(request, _("The correction waits for another person of finance."))
        return reverse("finance:corrections", args=[office.pk])

    return form_page(request, page, save)


@require_GET
def corrections_list(request: HttpRequest, office_id: int) -> HttpResponse:
    """The corrections of an office, the latest first."""
    opened = open_office(actor_of(request), office_id, rules.ACTUAL)
    found = shown(request, reads.corrections_of(opened))
    context = {"opened": opened, "list": found, "deciding": _deciding(opened.actor, found.rows)}
    return render(request, "finance/ledger_corrections.html", context)


@require_POST
def correction_approve(request: HttpRequest, correction_id: int) -> HttpResponse:
    """Post what a correction proposes."""
    actor = actor_of(request)
    found = reads.correction_of(actor, correction_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("finance.entry")
        corrections.approve_correction(actor=actor, correction=found, version=version)
    except (Invalid, Conflict) as error:
        return _row(request, actor, found.actual_id, error)
    messages.success(request, _("The correction is posted as a batch of its own."))
    return redirect("finance:ledger-row", found.actual_id)


@form_view
def correction_reject(request: HttpRequest, correction_id: int) -> HttpResponse:
    """Turn a correction down, with a reason."""
    actor = actor_of(request)
    found = reads.correction_of(actor, correction_id)
    rules.require_in_office(actor, found.office, rules.ACTUAL, "V", "decide corrections")
    back = reverse("finance:corrections", args=[found.office_id])
    page = desk_form(
        found.office,
        _("Reject the correction"),
        [reason_field()],
        back=back,
        submit=_("Reject the correction"),
        lead=str(found),
        version=found.version,
        danger=True,
    )

    take = partial(corrections.reject_correction, actor=actor, correction=found)
    return reasoned(request, page, take, _("The correction is rejected; the row stays as it is."))


@require_GET
def reconciliations(request: HttpRequest, office_id: int) -> HttpResponse:
    """The months that were compared with the ledger."""
    opened = open_office(actor_of(request), office_id, rules.IMPORT)
    context = {"opened": opened, "list": shown(request, reads.reconciliations_of(opened))}
    return render(request, "finance/reconciliations.html", context)


@form_view
def reconciliation_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Paste the project totals of a period as the ledger has them."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "C", "reconcile the ledger")
    periods = FiscalPeriod.objects.filter(office=opened.office)
    hint = _(
        "A project in each line: code, currency, amount; pasted from a sheet, or with semicolons."
    )
    file_hint = _(
        "CSV or XLSX: project, currency and amount, or a file of the ledger itself, whose columns "
        "are read as they are remembered. Rows of other days are left out."
    )
    page = desk_form(
        opened.office,
        _("Compare a period with the ledger"),
        [
            forms.period_field(periods, _("Period")),
            Field("source", _("Source"), required=True, hint=_("Such as SAP, extract of 3 April.")),
            Field(
                "extract",
                _("Project totals"),
                "textarea",
                hint=hint,
                wide=True,
                attrs={"rows": "12"},
            ),
            Field("file", _("Or a file"), "file", hint=file_hint, wide=True, attrs=forms.TABLES),
            forms.mark_field(),
        ],
        back=reverse("finance:reconciliations", args=[opened.office.pk]),
        submit=_("Compare"),
        initial={"decimal_mark": "."},
    )

    def save() -> str:
        reader = Reader(request.POST)
        period = reader.row("period", periods, required=True)
        source = reader.text("source", NAME_LENGTH, required=True)
        upload = request.FILES.get("file")
        text = reader.text("extract", forms.MOST_TEXT, required=upload is None)
        mark = reader.choice("decimal_mark", forms.MARKS, required=False) or "."
        if upload is not None and text:
            reader.wrong("file", _("Paste the totals or choose a file, not both."))
        reader.check("finance.entry")
        assert period is not None, "nothing is wrong"
        extract = (
            ExtractFile(iter(forms.read_extract(text)), Form(mark))
            if upload is None
            else read_extract_file(
                actor=actor,
                office=opened.office,
                period=period,
                name=upload.name or "",
                data=upload.read(settings.PILOTHOUSE_UPLOAD_MAX_BYTES + 1),
                decimal_mark=mark,
            )
        )
        found = reconciliation.reconcile(
            actor=actor,
            office=opened.office,
            period=period,
            source=source,
            extract=extract.lines,
            form=extract.form,
            most=reconciliation.MOST_LINES if upload is None else MOST_ROWS,
        )
        if extract.left_out:
            words = _("Rows of other days, which were left out: %(count)s.")
            messages.info(request, words % {"count": f"{extract.left_out:,}"})
        return reverse("finance:reconciliation", args=[found.pk])

    return form_page(request, page, save)


@form_view
def reconciled(request: HttpRequest, reconciliation_id: int) -> HttpResponse:
    """One comparison: the differences, and why they are there."""
    actor = actor_of(request)
    opened, found = reads.reconciliation_of(actor, reconciliation_id)
    if request.method != "POST":
        return _reconciled(request, opened, found)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "U", "explain differences")
    reader = Reader(request.POST)
    version = reader.version()
    texts = {
        line.pk: reader.text(f"line-{line.pk}", REASON_LENGTH)
        for line in found.lines.all()
        if f"line-{line.pk}" in request.POST
    }
    try:
        reader.check("finance.entry")
        reconciliation.explain_lines(actor=actor, row=found, version=version, texts=texts)
        if request.POST.get("step") == "sign":
            reconciliation.sign_off(actor=actor, row=found, version=None)
    except (Invalid, Conflict) as error:
        opened, found = reads.reconciliation_of(actor, reconciliation_id)
        return _reconciled(request, opened, found, error)
    signed = request.POST.get("step") == "sign"
    words = _("The period is signed off.") if signed else _("The explanations are kept.")
    messages.success(request, words)
    return redirect("finance:reconciliation", found.pk)


def _reconciled(
    request: HttpRequest,
    opened: OpenedOffice,
    found: Reconciliation,
    error: Invalid | Conflict | None = None,
) -> HttpResponse:
    lines = reads.compared(found, opened)
    context = {
        "opened": opened,
        "row": found,
        "lines": lines,
        "open": sum(line.open for line in lines),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/reconciliation.html", context, status=status)


@form_view
def reconciliation_void(request: HttpRequest, reconciliation_id: int) -> HttpResponse:
    """Set a comparison aside, with a reason."""
    actor = actor_of(request)
    opened, found = reads.reconciliation_of(actor, reconciliation_id)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "V", "set a reconciliation aside")
    back = reverse("finance:reconciliations", args=[opened.office.pk])
    page = desk_form(
        opened.office,
        _("Set the reconciliation aside"),
        [reason_field()],
        back=back,
        submit=_("Set it aside"),
        lead=_("%(what)s; the period can be compared anew.") % {"what": found},
        version=found.version,
        danger=True,
    )

    take = partial(reconciliation.void_reconciliation, actor=actor, row=found)
    return reasoned(request, page, take, _("The reconciliation is set aside."))
