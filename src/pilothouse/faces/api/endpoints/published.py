# SPDX-License-Identifier: Apache-2.0
"""Published portfolios: what was loaded, year by year, and how projects were recognised."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.exchange.models import PublishedRecord
from pilothouse.exchange.published import Year, file_of, published_years, report_of
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.replies import Page, Paging, page, slice_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import PublishedOut, PublishedRecordOut, PublishedReportOut
from pilothouse.foundation.core.errors import NotFound

router = Router(tags=["Published portfolios"])


def _figures(year: Year) -> dict[str, Any]:
    return {
        "id": year.file.pk,
        "office_id": year.file.office_id,
        "year": year.file.year,
        "status_date": year.file.status_date,
        "file_name": year.file.file_name,
        "records": year.records,
        "matched_by": dict(year.groups),
        "doubts": year.doubts,
        "left": year.left,
        "notices": year.notices,
    }


@router.get("/published", response=read(Page[PublishedOut]))
def list_published(request: HttpRequest) -> HttpResponse:
    """Every published year in sight with its counts, the oldest of each organisation first."""
    years = [year for _, found in published_years(actor_of(request)) for year in found]
    return whole([PublishedOut(**_figures(year)) for year in years])


@router.get("/published/{int:file_id}", response=read(PublishedReportOut))
def read_published(request: HttpRequest, file_id: int) -> PublishedReportOut:
    """One year: what could not be matched for sure, and what the file left unclear."""
    actor = actor_of(request)
    file = file_of(actor, file_id)
    parts = report_of(actor, file).parts
    for _, years in published_years(actor):
        for year in years:
            if year.file.pk == file.pk:
                return PublishedReportOut(
                    **_figures(year),
                    attribution=file.office.attribution,
                    near_misses=list(parts["doubts"]),
                    remarks=list(parts["notices"]),
                )
    raise NotFound("exchange.published", "There is no such published year.")


@router.get("/published/{int:file_id}/records", response=read(Page[PublishedRecordOut]))
def list_published_records(
    request: HttpRequest,
    file_id: int,
    paging: Query[Paging],
    show: Annotated[
        Literal["matched", "left"],
        Query(description="Projects of the year, or those no longer reported."),
    ] = "matched",
) -> HttpResponse:
    """Projects of one year with how each was recognised, or those that left."""
    actor = actor_of(request)
    rows = report_of(actor, file_of(actor, file_id)).parts[show]
    return page(request, [_record(row) for row in slice_of(rows, paging)], len(rows), paging)


def _record(row: PublishedRecord) -> PublishedRecordOut:
    return PublishedRecordOut(
        project_id=row.project_id,
        number=row.number,
        name=row.name,
        department=row.department,
        place=row.place,
        method=row.method,
        evidence=row.evidence,
    )
