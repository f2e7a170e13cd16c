# SPDX-License-Identifier: Apache-2.0
"""Which problem document each error becomes."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as SchemaError

from pilothouse.engine.errors import EngineError
from pilothouse.faces.api.documents import problem
from pilothouse.foundation.core import logs
from pilothouse.foundation.core.errors import Conflict, NotAllowed, NotFound, PilothouseError

log = logging.getLogger("pilothouse.api")


class ApiError(PilothouseError):
    """An error of the transport: a missing header, a body that is no JSON."""

    def __init__(
        self, status: int, code: str, message: str, *, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, message, fields=fields)
        self.status = status


def problem_of(request: HttpRequest, error: Exception) -> HttpResponse:
    """Any exception as a problem document; what nobody foresaw is logged and says nothing."""
    if isinstance(error, PilothouseError):
        status = error.status
        if isinstance(error, Conflict) and error.code == "core.stale":
            status = 412
        if isinstance(error, NotAllowed | NotFound) or status == 403:
            request.refusal = error.code  # type: ignore[attr-defined]
        headers = {"Retry-After": "60"} if status == 429 else {}
        return problem(request, status, error.code, error.message, error.fields, headers=headers)
    if isinstance(error, EngineError):
        fields = dict.fromkeys(error.places, error.message)
        return problem(request, 422, error.code, error.message, fields)
    if isinstance(error, AuthenticationError):
        return problem(
            request,
            401,
            "api.sign_in",
            "Send a live token as “Authorization: Bearer …”, or sign in.",
            headers={"WWW-Authenticate": 'Bearer realm="pilothouse"'},
        )
    if isinstance(error, SchemaError):
        fields = {_place(item): str(item["msg"]) for item in error.errors}
        return problem(request, 422, "api.schema", "Some values are not as described.", fields)
    if isinstance(error, HttpError):
        if isinstance(error.__cause__, Exception):
            return problem_of(request, error.__cause__)
        return problem(request, error.status_code, "api.request", str(error))
    if isinstance(error, RequestDataTooBig):
        return problem(request, 413, "api.too_large", "The request is too large.")
    if isinstance(error, SuspiciousOperation | MultiPartParserError):
        return problem(request, 400, "api.request", "The request is malformed.")
    if isinstance(error, Http404):
        return problem(request, 404, "api.not_found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(request, 403, "api.forbidden", "This is not allowed.")
    if isinstance(error, ValidationError):
        return problem(request, 422, "api.value", " ".join(error.messages))
    return _of_database(request, error)


def _of_database(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, IntegrityError):
        return problem(request, 409, "api.conflict", "Something of this kind exists already.")
    if isinstance(error, DataError):
        return problem(request, 422, "api.value", "A value is out of range.")
    log.error("request %s failed", logs.request_id.get(), exc_info=error)
    if isinstance(error, OperationalError):
        message = "The database is busy; try again in a moment."
        return problem(request, 503, "api.busy", message, headers={"Retry-After": "5"})
    message = "Something went wrong here; the request id leads to it in the log."
    return problem(request, 500, "api.internal", message)


def _place(item: Mapping[str, object]) -> str:
    where = item.get("loc")
    parts = [str(part) for part in where] if isinstance(where, tuple | list) else []
    # The first is body, query or path, the second the name of a parameter that holds the body.
    head, rest = parts[:1], parts[1:]
    if head == ["body"] and rest[:1] == ["payload"]:
        rest = rest[1:]
    return ".".join(rest) or (head[0] if head else "body")


def install(api: NinjaAPI) -> None:
    """Answer every exception of an endpoint with a problem document."""
    for kind in (
        Exception,
        PilothouseError,
        EngineError,
        SchemaError,
        HttpError,
        AuthenticationError,
        Http404,
    ):
        api.add_exception_handler(kind, _answer)


def _answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return problem_of(request, error if isinstance(error, Exception) else error())
