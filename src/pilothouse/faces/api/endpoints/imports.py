# SPDX-License-Identifier: Apache-2.0
"""Tables of projects from upload to undo, by the same steps as on the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Query
from ninja.files import UploadedFile

from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.exchange import services
from pilothouse.exchange.models import ImportJob
from pilothouse.exchange.queries import (
    PROBLEM_HEADER,
    Line,
    columns_of,
    counts_of,
    job_targets,
    jobs_of,
    lines_of,
    problem_table,
    rows_of,
    template_file,
)
from pilothouse.exchange.rules import get_job, import_offices
from pilothouse.exchange.services import Reading
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    REFUSED,
    IfMatch,
    creates,
    office_of,
    person_ref,
    read,
    ref,
    unknown,
    updates,
)
from pilothouse.faces.api.endpoints.files import held_answer
from pilothouse.faces.api.endpoints.register import visible_portfolio
from pilothouse.faces.api.replies import (
    TABLE_FILE,
    Page,
    Paging,
    page,
    page_of,
    reply,
    slice_of,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    ImportAction,
    ImportBrief,
    ImportColumnOut,
    ImportFieldOut,
    ImportOut,
    ImportReading,
    ImportRowOut,
    ImportUpload,
    IncomingFileOut,
    ProblemOut,
    QueryId,
    RowChange,
    RowProblem,
)
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import FileHeld, PilothouseError
from pilothouse.foundation.core.pages import attachment
from pilothouse.foundation.core.tables import TYPES, write_csv

router = Router(tags=["Imports"])
PROBLEMS_TOLD = 200


def _brief(job: ImportJob) -> dict[str, Any]:
    return {
        "id": job.pk,
        "version": job.version,
        "office_id": job.office_id,
        "file_name": job.file_name,
        "stage": job.stage,
        "row_count": job.row_count,
        "created_by": person_ref(job.created_by),
        "created_at": job.created_at,
        "applied_at": job.applied_at,
        "undone_at": job.undone_at,
        "forgotten_at": job.forgotten_at,
    }


def _import_out(actor: Actor, job: ImportJob) -> ImportOut:
    return ImportOut(
        **_brief(job),
        sha256=job.sha256,
        size_bytes=job.size_bytes,
        encoding=job.encoding,
        delimiter=job.delimiter,
        sheet=job.sheet,
        sheets=job.sheets,
        header_row=job.header_row,
        month_first=job.month_first,
        decimal_comma=job.decimal_comma,
        portfolio=ref(job.portfolio) if job.portfolio else None,
        counts=counts_of(actor, job),
        notices=job.notices,
        columns=[
            ImportColumnOut(
                position=column.position,
                letter=column.letter,
                header=column.header,
                samples=column.samples,
                field=column.chosen,
            )
            for column in columns_of(actor, job)
        ],
    )


def _answer(actor: Actor, job: ImportJob, status: int = 200) -> HttpResponse:
    return reply(_import_out(actor, job), status=status, version=job.version)


def _line_out(line: Line) -> ImportRowOut:
    return ImportRowOut(
        row=line.number,
        action=line.action,
        code=line.code,
        name=line.name,
        project_id=line.project_id,
        problems=[RowProblem(field=name, reason=reason) for name, reason in line.problems],
        changes=[
            RowChange(field=name, before=before, after=after)
            for name, before, after in line.changes
        ],
    )


@router.get("/imports", response=read(Page[ImportBrief]))
def list_imports(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Imports in sight, newest first."""
    rows = jobs_of(actor_of(request))
    return page_of(request, rows, paging, lambda job: ImportBrief(**_brief(job)))


@router.post("/imports", response=creates(ImportOut) | {202: IncomingFileOut})
def upload_table(
    request: HttpRequest, file: File[UploadedFile], payload: Form[ImportUpload]
) -> HttpResponse:
    """Upload a CSV or XLSX; the answer says how it was understood. Nothing is brought in yet.

    202: the scanner of files does not answer. The file is kept; ``Location`` says where to look.
    """
    actor = actor_of(request)
    portfolio = None
    if payload.portfolio_id is not None:
        portfolio = visible_portfolio(actor, payload.portfolio_id)
        if portfolio.office_id != payload.office_id:
            raise unknown("portfolio_id", "There is no such portfolio in this organisation.")
    try:
        job = services.start_import(
            actor=actor,
            office=office_of(actor, payload.office_id),
            file_name=file.name or "",
            data=file.read(services.MAX_IMPORT_BYTES + 1),
            portfolio=portfolio,
        )
    except FileHeld as held:
        return held_answer(request, held)
    return _answer(actor, job, status=201)


@router.get(
    "/imports/template",
    response={200: bytes, REFUSED: ProblemOut},
    openapi_extra=TABLE_FILE,
)
def download_template(
    request: HttpRequest,
    office_id: QueryId,
    format: Annotated[Literal["xlsx", "csv"], Query(description="The kind of file.")] = "xlsx",
) -> HttpResponse:
    """An empty file with the headers that need no mapping."""
    office = next((o for o in import_offices(actor_of(request)) if o.pk == office_id), None)
    if office is None:
        raise unknown("office_id", "There is no such organisation where you may enter projects.")
    name, data = template_file(office, format)
    return attachment(name, TYPES[format], data)


@router.get("/imports/{int:import_id}", response=read(ImportOut))
def read_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: how the file is read, what each column means, how many rows do what."""
    actor = actor_of(request)
    return _answer(actor, get_job(actor, import_id))


@router.get("/imports/{int:import_id}/fields", response=read(Page[ImportFieldOut]))
def list_import_fields(request: HttpRequest, import_id: int, paging: Query[Paging]) -> HttpResponse:
    """Fields that a column may fill, own fields of the office among them."""
    targets = job_targets(get_job(actor_of(request), import_id))
    fields = [ImportFieldOut(key=key, label=target.label) for key, target in targets.items()]
    return page(request, slice_of(fields, paging), len(fields), paging)


@router.get("/imports/{int:import_id}/rows", response=read(Page[ImportRowOut]))
def list_import_rows(
    request: HttpRequest,
    import_id: int,
    paging: Query[Paging],
    action: Annotated[ImportAction, Query(description="Narrow the list.")] = "",
) -> HttpResponse:
    """Rows of a checked import: what each does, or every reason why it cannot."""
    actor = actor_of(request)
    job = get_job(actor, import_id)
    rows = rows_of(actor, job, action)
    first = (paging.page - 1) * paging.limit
    lines = lines_of(job, rows[first : first + paging.limit])
    return page(request, [_line_out(line) for line in lines], rows.count(), paging)


@router.get(
    "/imports/{int:import_id}/problems",
    response={200: bytes, REFUSED: ProblemOut},
    openapi_extra={"responses": {200: {"content": {"text/csv": {}}}}},
)
def download_problems(request: HttpRequest, import_id: int) -> HttpResponse:
    """Every problem of every row as a CSV file."""
    actor = actor_of(request)
    job = get_job(actor, import_id)
    data = write_csv(problem_table(actor, job), PROBLEM_HEADER)
    return attachment(f"problems-of-import-{job.pk}.csv", TYPES["csv"], data)


@router.post("/imports/{int:import_id}/check", response=updates(ImportOut))
def check_import(
    request: HttpRequest, import_id: int, payload: ImportReading, if_match: IfMatch = None
) -> HttpResponse:
    """Say how to read the file and what its columns mean, and check every row.

    What is not sent stays as it was understood. Nothing is brought in yet.
    """
    actor = actor_of(request)
    job = get_job(actor, import_id)
    job = services.check_import(
        actor=actor,
        job_id=job.pk,
        version=version_of(if_match),
        reading=_reading(actor, job, payload),
    )
    return _answer(actor, job)


def _reading(actor: Actor, job: ImportJob, payload: ImportReading) -> Reading:
    sent = payload.model_dump(exclude_unset=True)
    if "portfolio_id" in sent:
        wanted = sent.pop("portfolio_id")
        places = {row.pk: row for row in entry_portfolios(actor, job.office_id)}
        if wanted is not None and wanted not in places:
            raise unknown("portfolio_id", "There is no portfolio where you may enter projects.")
        sent["portfolio"] = places.get(wanted)
    if "mapping" in sent:
        sent["mapping"] = {int(position): name for position, name in sent["mapping"].items()}
    return replace(services.reading_of(job), **sent)


@router.post("/imports/{int:import_id}/apply", response=updates(ImportOut))
def apply_import(request: HttpRequest, import_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Bring in what the check showed: all rows, or none and the reason of each row."""
    actor = actor_of(request)
    version = version_of(if_match)
    job = get_job(actor, import_id)
    try:
        job = services.apply_import(actor=actor, job_id=job.pk, version=version)
    except PilothouseError as error:
        if error.code == "exchange.problems":
            error.fields |= _row_errors(actor, job)
        raise
    return _answer(actor, job)


def _row_errors(actor: Actor, job: ImportJob) -> dict[str, str]:
    """Problems by row and field, such as ``4.planned_finish``."""
    found: dict[str, str] = {}
    for row in rows_of(actor, job, "problem")[:PROBLEMS_TOLD]:
        for name, reason in row.problems:
            found[f"{row.number}.{name or 'row'}"] = reason
    return found


@router.post("/imports/{int:import_id}/undo", response=updates(ImportOut))
def undo_import(request: HttpRequest, import_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Put the register back to what it was, if nothing of it was changed since."""
    actor = actor_of(request)
    version = version_of(if_match)
    job = get_job(actor, import_id)
    job = services.undo_import(actor=actor, job_id=job.pk, version=version)
    return _answer(actor, job)


@router.post("/imports/{int:import_id}/discard", response=updates(ImportOut))
def discard_import(request: HttpRequest, import_id: int, if_match: IfMatch = None) -> HttpResponse:
    """Give up an import that was not applied; its file and rows are deleted."""
    actor = actor_of(request)
    version = version_of(if_match)
    job = get_job(actor, import_id)
    job = services.discard_import(actor=actor, job_id=job.pk, version=version)
    return _answer(actor, job)
