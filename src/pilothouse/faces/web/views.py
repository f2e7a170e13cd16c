# SPDX-License-Identifier: Apache-2.0
"""Pages of the shell."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from pilothouse.direction.portfolio.search import search as find
from pilothouse.faces.web.middleware import error_page
from pilothouse.foundation.accounts.services import set_preference
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Invalid


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Hits for the palette (a fragment) or as a page of its own."""
    text = request.GET.get("q", "")
    context = {"hits": find(actor_of(request), text), "q": text}
    template = "web/search_hits.html" if request.headers.get("HX-Request") else "web/search.html"
    return render(request, template, context)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice between light and dark with the person."""
    value = request.POST.get("theme", "")
    if value not in {"light", "dark"}:
        raise Invalid("web.theme", "The theme is light or dark.")
    set_preference(actor=actor_of(request), name="theme", value=value)
    return HttpResponse(status=204)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's seal is missing or old: say what to do."""
    message = (
        "This form was not sent from a page of this session, or the session ended meanwhile. "
        "Reload the page and send it again."
    )
    return error_page(request, 403, message)
