# SPDX-License-Identifier: Apache-2.0
"""Versions, pages and repeated requests: what every endpoint answers in the same way."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.problems import ApiError
from pilothouse.foundation.accounts.services import claim_request, settle_request
from pilothouse.foundation.core.tables import TYPES

Item = TypeVar("Item", bound=Schema)
Row = TypeVar("Row", bound=models.Model)
TAG = re.compile(r'^(?:W/)?"v([1-9][0-9]{0,8})"$')
KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
MAX_PAGE = 100_000


def etag(version: int) -> str:
    """The version of a row as an entity tag."""
    return f'"v{version}"'


def version_of(if_match: str | None) -> int:
    """The version that an update was made from, out of ``If-Match``."""
    if if_match is None or not if_match.strip():
        raise ApiError(
            428,
            "api.if_match",
            'Send If-Match with the ETag you read, such as If-Match: "v3", '
            "so that nobody's change is lost.",
        )
    found = TAG.match(if_match.strip())
    if found is None:
        raise ApiError(400, "api.if_match", 'If-Match must be one ETag such as "v3".')
    return int(found[1])


def reply(item: Schema, *, status: int = 200, version: int | None = None) -> HttpResponse:
    """An object as JSON with its entity tag."""
    response = HttpResponse(
        item.model_dump_json(), status=status, content_type="application/json; charset=utf-8"
    )
    if version is not None:
        response["ETag"] = etag(version)
    return response


@transaction.atomic
def created(
    request: HttpRequest, key: str | None, make: Callable[[], tuple[Schema, int | None]]
) -> HttpResponse:
    """Create something once: the same ``Idempotency-Key`` gives the same answer again."""
    if key is None:
        item, version = make()
        return reply(item, status=201, version=version)
    if not KEY.match(key):
        message = "An Idempotency-Key has 1 to 200 visible characters."
        raise ApiError(400, "api.key", message)
    said = b"\0".join([(request.method or "").encode(), request.path.encode(), request.body])
    row = claim_request(
        actor=actor_of(request),
        key=key,
        digest=hashlib.sha256(said).hexdigest(),
        now=timezone.now(),
    )
    if row.status == 0:
        item, version = make()
        tag = etag(version) if version is not None else ""
        settle_request(row, status=201, body=item.model_dump_json(), etag=tag)
        return reply(item, status=201, version=version)
    response = HttpResponse(
        row.body, status=row.status, content_type="application/json; charset=utf-8"
    )
    if row.etag:
        response["ETag"] = row.etag
    response["Idempotency-Replayed"] = "true"
    return response


class Paging(Schema):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="Items on a page.")] = 50
    page: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 1


class Page(Schema, Generic[Item]):
    """One page of a list; ``next`` is the address of the following one."""

    items: list[Item]
    total: int
    page: int
    pages: int
    next: str | None


def page_of(
    request: HttpRequest,
    rows: models.QuerySet[Row],
    paging: Paging,
    present: Callable[[Row], Schema],
) -> HttpResponse:
    """A page of a queryset that has a total order."""
    first = (paging.page - 1) * paging.limit
    shown = rows[first : first + paging.limit]
    return page(request, [present(row) for row in shown], rows.count(), paging)


def page(
    request: HttpRequest,
    items: Sequence[Schema],
    total: int,
    paging: Paging,
    only: set[str] | None = None,
) -> HttpResponse:
    """A page whose items are already there; of each ``only`` these fields, if it names any."""
    pages = max(1, -(-total // paging.limit))
    following = None
    if paging.page < pages:
        query = {**request.GET.dict(), "page": paging.page + 1, "limit": paging.limit}
        following = f"{request.path}?{urlencode(query)}"
    return _list(items, total, paging.page, pages, following, only)


def slice_of(rows: Sequence[Any], paging: Paging) -> Sequence[Any]:
    """The rows of a page out of all of them."""
    first = (paging.page - 1) * paging.limit
    return rows[first : first + paging.limit]


TABLE_FILE: dict[str, Any] = {
    "responses": {200: {"content": {kind.partition(";")[0]: {} for kind in TYPES.values()}}}
}
"""How OpenAPI tells that an operation answers with a table as a file."""


def whole(items: Sequence[Schema]) -> HttpResponse:
    """A short list that needs no pages, in the shape of all lists."""
    return _list(items, len(items), 1, 1, None)


def _list(
    items: Sequence[Schema],
    total: int,
    number: int,
    pages: int,
    following: str | None,
    only: set[str] | None = None,
) -> HttpResponse:
    # Written from items that are checked already: checking them again as a page costs as much.
    body = ",".join(item.model_dump_json(include=only) for item in items)
    rest = json.dumps({"total": total, "page": number, "pages": pages, "next": following})
    return HttpResponse(
        f'{{"items":[{body}],{rest[1:]}', content_type="application/json; charset=utf-8"
    )
