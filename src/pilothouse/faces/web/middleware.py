# SPDX-License-Identifier: Apache-2.0
"""Headers of every answer, and the one place where errors become pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from pilothouse.engine.errors import EngineError
from pilothouse.foundation.core.errors import NotAllowed, NotFound, PilothouseError

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Strict Content-Security-Policy everywhere; pages with data are never stored by a proxy."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", CSP)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if not request.path.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def errors(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Turn the errors of the product, and methods that a page does not know, into pages."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not request.path_info.startswith("/api/"):
            page = error_page(
                request, 405, _("Nothing was changed. Open the page and use its form.")
            )
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, PilothouseError):
            if isinstance(error, NotAllowed | NotFound):
                request.refusal = error.code  # type: ignore[attr-defined]
            return error_page(request, error.status, error.message, error.fields)
        if isinstance(error, EngineError):
            return error_page(request, 422, error.message)
        if isinstance(error, RequestDataTooBig):
            return error_page(request, 413, too_large())
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware


def too_large() -> str:
    """What to say of a form or file beyond the limit of a request."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    return _("A form may send %(limit)s MB. Nothing was saved; send less at once.") % {
        "limit": limit
    }


def error_page(
    request: HttpRequest, status: int, message: str, fields: Mapping[str, str] | None = None
) -> HttpResponse:
    """One sentence that says what is wrong, where, and what to do."""
    context = {"status": status, "message": message, "fields": fields or {}}
    return render(request, "web/error.html", context, status=status)
