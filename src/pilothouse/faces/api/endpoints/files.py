# SPDX-License-Identifier: Apache-2.0
"""Files that wait for the scanner, and files in which it found something."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query

from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import IfMatch, person_ref, read, updates
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import IncomingFileOut
from pilothouse.foundation.core.errors import FileHeld
from pilothouse.foundation.scanning import services
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import files_of
from pilothouse.foundation.scanning.rules import get_file

router = Router(tags=["Files"])
FileState = Literal["", "held", "released", "found", "refused", "withdrawn"]


def file_out(row: IncomingFile) -> IncomingFileOut:
    return IncomingFileOut(
        id=row.pk,
        version=row.version,
        state=row.state,
        kind=row.door,
        office_id=row.office_id,
        for_id=row.object_id,
        place=row.place,
        file_name=row.file_name,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        reason=row.reason,
        signature=row.signature,
        tries=row.tries,
        next_try_at=row.next_try_at,
        result_id=row.result_id,
        created_by=person_ref(row.created_by),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def held_answer(request: HttpRequest, held: FileHeld) -> HttpResponse:
    """202: the file is kept, and where to look how it stands."""
    row = get_file(actor_of(request), held.file_id)
    response = reply(file_out(row), status=202, version=row.version)
    response["Location"] = reverse("api:v1:read_file", args=[row.pk])
    response["Retry-After"] = "60"
    return response


@router.get("/files", response=read(Page[IncomingFileOut]))
def list_files(
    request: HttpRequest,
    paging: Query[Paging],
    state: Annotated[FileState, Query(description="Narrow the list.")] = "",
) -> HttpResponse:
    """Own files that wait for the scanner or were refused, and those of offices you may change."""
    return page_of(request, files_of(actor_of(request), state), paging, file_out)


@router.get("/files/{int:incoming_id}", response=read(IncomingFileOut))
def read_file(request: HttpRequest, incoming_id: int) -> HttpResponse:
    """How one file stands: ``held``, or how that ended."""
    row = get_file(actor_of(request), incoming_id)
    return reply(file_out(row), version=row.version)


@router.post("/files/{int:incoming_id}/withdraw", response=updates(IncomingFileOut))
def withdraw_file(request: HttpRequest, incoming_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Give up a file that is held; it is deleted."""
    actor = actor_of(request)
    version = version_of(if_match)
    row = get_file(actor, incoming_id)
    row = services.withdraw(actor=actor, file_id=row.pk, version=version)
    return reply(file_out(row), version=row.version)
