# SPDX-License-Identifier: Apache-2.0
"""Pages of the shell."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pilothouse import __version__
from pilothouse.direction.portfolio.search import search as find
from pilothouse.faces.web.context import pages_named
from pilothouse.faces.web.middleware import error_page, too_large
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.services import set_preference
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.parts import BROWSER, DATA, PACKAGE, parts


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Hits for the palette (a fragment) or as a page of its own."""
    text = request.GET.get("q", "").strip()
    inside = bool(request.headers.get("HX-Request"))
    pages = pages_named(text) if text or inside else []
    context = {"hits": [*find(actor_of(request), text), *pages], "q": text}
    template = "web/search_hits.html" if inside else "web/search.html"
    return render(request, template, context)


@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Version, parts, licences, sources of data.

    Which versions of its parts an installation runs is told to those who answer for it: system
    administrators, PMO directors and auditors (ASVS 13.4.6).
    """
    actor = actor_of(request)
    context = {
        "version": __version__,
        "packages": [part for part in parts() if part.kind == PACKAGE],
        "browser_files": [part for part in parts() if part.kind == BROWSER],
        "data": [part for part in parts() if part.kind == DATA],
        "with_versions": actor.is_system_admin or grants_of(actor).has_role(Role.DIR, Role.AUD),
    }
    return render(request, "web/about.html", context)


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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What cannot be read at all, or is too much."""
    if isinstance(exception, RequestDataTooBig):
        return error_page(request, 413, too_large())
    return error_page(request, 400, _("The request cannot be read. Go back and try again."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No page has this address."""
    return error_page(
        request, 404, _("No page has this address. Look at its spelling, or search for the name.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the page asks nothing of the database, which may be the cause."""
    context = {
        "status": 500,
        "message": _("Nothing was saved. Try again in a minute, or tell whoever runs this."),
        "fields": {},
        "request": HttpRequest(),
        "signed_in": False,
        "theme": "",
    }
    return HttpResponse(render_to_string("web/error.html", context), status=500)
