# SPDX-License-Identifier: Apache-2.0
"""Pages of files of the ledger: sent, their columns told, tried, committed."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forms import ledger as forms
from pilothouse.delivery.finance.ledger_effect import Effect
from pilothouse.delivery.finance.models import LedgerUpload
from pilothouse.delivery.finance.models.ledger import read_totals
from pilothouse.delivery.finance.queries.actuals import waiting_counts
from pilothouse.delivery.finance.queries.batches import batches_of, upload_of, uploads_of
from pilothouse.delivery.finance.queries.opening import OpenedOffice, open_office
from pilothouse.delivery.finance.services import ledger_uploads as services
from pilothouse.delivery.finance.views.parts import shown
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, FileHeld, Invalid
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import held_for

form_view = require_http_methods(["GET", "POST"])
DOING = "bring in files of the ledger"


@require_GET
def batches(request: HttpRequest, office_id: int) -> HttpResponse:
    """The batches of an office, files that are looked at, and a place to send one."""
    return _batches(request, open_office(actor_of(request), office_id, rules.IMPORT))


def _batches(
    request: HttpRequest, opened: OpenedOffice, error: Invalid | None = None
) -> HttpResponse:
    context = {
        "opened": opened,
        "list": shown(request, batches_of(opened)),
        "uploads": uploads_of(opened),
        "waiting": waiting_counts(opened),
        "held": held_for(IncomingFile.Door.LEDGER, opened.office.pk),
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/ledger_batches.html", context, status=status)


@require_POST
def send(request: HttpRequest, office_id: int) -> HttpResponse:
    """Take in a file; nothing of it counts before it was looked at."""
    actor = actor_of(request)
    opened = open_office(actor, office_id, rules.IMPORT)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "C", DOING)
    upload = request.FILES.get("file")
    try:
        if upload is None:
            message = _("Choose the file.")
            raise Invalid("finance.ledger_none", "Choose the file.", fields={"file": message})
        data = upload.read(settings.PILOTHOUSE_UPLOAD_MAX_BYTES + 1)
        row = services.receive_file(
            actor=actor, office=opened.office, name=upload.name or "", data=data
        )
    except FileHeld as held:
        return redirect("scanning:file", held.file_id)
    except Invalid as refused:
        return _batches(request, opened, refused)
    return redirect("finance:ledger-file", row.pk)


@form_view
def file(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Which column of a file is which, and how it is written; then what committing it does."""
    actor = actor_of(request)
    opened, upload = upload_of(actor, upload_id)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "C", DOING)
    error: Invalid | Conflict | None = None
    values = forms.upload_initial(upload)
    if request.method == "POST":
        reader = Reader(request.POST)
        columns, form, keep_as = forms.read_columns(reader)
        version = reader.version()
        try:
            reader.check("finance.entry")
            services.tell_columns(
                actor=actor,
                upload=upload,
                version=version,
                columns=columns,
                form=form,
                keep_as=keep_as,
            )
        except Invalid as refused:
            error = forms.at_fields(refused)
        except Conflict as stale:
            error = stale
        else:
            return _tried(request, *upload_of(actor, upload_id))
        values = {name: request.POST.get(name, "") for name in values | request.POST.dict()}
    context = {
        "opened": opened,
        "upload": upload,
        "fields": forms.column_fields(upload),
        "how": forms.form_fields(),
        "values": values,
        "samples": upload.headings,
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/ledger_file.html", context, status=status)


def _tried(
    request: HttpRequest,
    opened: OpenedOffice,
    upload: LedgerUpload,
    error: Invalid | Conflict | None = None,
) -> HttpResponse:
    """What committing a file does. It is tried by doing it and taking it back, so never by GET."""
    effect: Effect | None = None
    try:
        effect = services.try_upload(actor=opened.actor, upload=upload)
    except Invalid as refused:
        error = error or refused
    context = {
        "opened": opened,
        "upload": upload,
        "effect": effect,
        "totals": read_totals(effect.kept()) if effect else [],
        "fields": forms.total_fields(),
        "values": {name: request.POST.get(name, "") for name in ("total", "total_currency")},
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "finance/ledger_try.html", context, status=status)


@require_POST
def commit(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Post a file as one batch, all its rows or none."""
    actor = actor_of(request)
    opened, upload = upload_of(actor, upload_id)
    rules.require_in_office(actor, opened.office, rules.IMPORT, "C", DOING)
    reader = Reader(request.POST)
    stated, version = forms.read_total(reader), reader.version()
    try:
        reader.check("finance.entry")
        done = services.commit_upload(actor=actor, upload=upload, version=version, stated=stated)
    except (Invalid, Conflict) as error:
        return _tried(request, *upload_of(actor, upload_id), error)
    assert done.batch is not None, "what was committed has a batch"
    messages.success(request, _("Batch %(number)s is posted.") % {"number": done.batch.number})
    return redirect("finance:ledger-batch", done.batch.pk)


@require_POST
def discard(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Give a file up that was not committed."""
    actor = actor_of(request)
    opened, upload = upload_of(actor, upload_id)
    reader = Reader(request.POST)
    version = reader.version()
    reader.check("finance.entry")
    services.discard_upload(actor=actor, upload=upload, version=version)
    messages.success(request, _("The file is given up; nothing of it was posted."))
    return redirect("finance:ledger-batches", opened.office.pk)
