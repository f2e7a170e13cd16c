# SPDX-License-Identifier: Apache-2.0
"""What waits for the scanner, and what was refused: list, one file, withdrawing."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.pages import address_of
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.scanning import services
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import files_of
from pilothouse.foundation.scanning.rules import get_file

PAGE = 50


@require_GET
def files(request: HttpRequest) -> HttpResponse:
    """Own files, and for whoever keeps an office those of its people."""
    asked = request.GET.get("state", "")
    state = asked if asked in IncomingFile.State.values else ""
    pages = Paginator(files_of(actor_of(request), state), PAGE)
    page = pages.get_page(page_number(request.GET))
    context = {
        "rows": list(page.object_list),
        "page": page.number,
        "pages": pages.num_pages,
        "total": pages.count,
        "address": address_of(request),
        "state": state,
        "states": IncomingFile.State.choices,
    }
    return render(request, "scanning/files.html", context)


@require_GET
def file(request: HttpRequest, incoming_id: int) -> HttpResponse:
    """How one file stands: since when it is held and why, or how that ended."""
    row = get_file(actor_of(request), incoming_id)
    return render(request, "scanning/file.html", {"file": row})


@require_POST
def withdraw(request: HttpRequest, incoming_id: int) -> HttpResponse:
    """Give up a file that is held; it is deleted."""
    actor = actor_of(request)
    row = get_file(actor, incoming_id)
    reader = Reader(request.POST)
    version = reader.version()
    reader.check("scanning.withdraw")
    services.withdraw(actor=actor, file_id=row.pk, version=version)
    messages.info(request, f"{row.file_name} was withdrawn and deleted; nothing was taken in.")
    return redirect("scanning:file", row.pk)
