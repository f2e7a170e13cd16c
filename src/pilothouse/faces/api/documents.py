# SPDX-License-Identifier: Apache-2.0
"""Errors as RFC 9457 problem documents: one shape for whatever goes wrong under /api/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from pilothouse.foundation.core import logs

CONTENT_TYPE = "application/problem+json"


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    fields: Mapping[str, str] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """One problem document."""
    body = {
        "type": f"urn:pilothouse:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "fields": dict(fields or {}),
        "request_id": logs.request_id.get(),
    }
    response = HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response
