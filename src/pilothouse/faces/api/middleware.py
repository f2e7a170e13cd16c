# SPDX-License-Identifier: Apache-2.0
"""What holds for every request under /api/, before and after its endpoint."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pilothouse.faces.api.documents import CONTENT_TYPE, problem

PREFIX = "/api/"
MAX_JSON_BYTES = 1024 * 1024
_CODES = {
    400: ("api.request", "The request is malformed."),
    403: ("api.csrf", "The request was not sent from a page of this session."),
    404: ("api.not_found", "There is nothing at this address."),
    405: ("api.method", "This address does not know this method."),
    413: ("api.too_large", "The request is too large."),
}


def problems(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse bodies that are too large unread; make every error a problem document."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        early = _too_large(request)
        response = early or get_response(request)
        kind = response.get("Content-Type", "")
        if response.status_code >= 400 and not kind.startswith(CONTENT_TYPE):
            code, detail = _CODES.get(
                response.status_code, ("api.request", "The request could not be answered.")
            )
            allow = response.get("Allow")
            headers = {"Allow": allow} if allow else {}
            response = problem(request, response.status_code, code, detail, headers=headers)
        response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _too_large(request: HttpRequest) -> HttpResponse | None:
    """Uploads have their own limit; everything else is a small JSON document."""
    if (request.content_type or "").startswith("multipart/"):
        return None
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        return problem(request, 400, "api.length", "Content-Length is no number.")
    if int(length) > MAX_JSON_BYTES:
        message = f"A body may have {MAX_JSON_BYTES} bytes."
        return problem(request, 413, "api.too_large", message)
    return None
