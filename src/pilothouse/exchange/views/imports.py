# SPDX-License-Identifier: Apache-2.0
"""Bringing in a table of projects: list, upload, columns, check, result, undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.exchange import services
from pilothouse.exchange.forms import SEPARATORS, read_columns, read_place
from pilothouse.exchange.models import ImportJob, ImportRow
from pilothouse.exchange.queries import (
    PROBLEM_HEADER,
    columns_of,
    counts_of,
    job_targets,
    jobs_of,
    lines_of,
    places_of,
    problem_table,
    rows_of,
    template_file,
)
from pilothouse.exchange.rules import get_job, import_offices, sees_samples
from pilothouse.exchange.tables import DELIMITERS, ENCODINGS
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, FileHeld, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Section,
    address_of,
    attachment,
    form_page,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.core.tables import TYPES, write_csv
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.queries import own_held

PAGE = 50
IMPORTS = ("Imports", "/imports/")
Refusal = Invalid | Conflict | None


def paged(
    request: HttpRequest, rows: Sequence[Any] | QuerySet[Any], size: int = PAGE
) -> dict[str, Any]:
    """One page of rows, and the address of the others."""
    page: Page[Any] = Paginator(rows, size).get_page(page_number(request.GET))
    return {
        "rows": list(page.object_list),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "total": page.paginator.count,
        "address": address_of(request),
    }


@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """What was brought in, by whom, when, and how it ended."""
    actor = actor_of(request)
    context = paged(request, jobs_of(actor))
    offices = import_offices(actor)
    context |= {"offices": offices, "held": own_held(actor, IncomingFile.Door.TABLE, offices)}
    return render(request, "exchange/imports.html", context)


@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a file and say where its projects belong."""
    actor = actor_of(request)
    places = places_of(actor)
    if not places:
        raise NotAllowed(
            "exchange.import",
            "Your roles do not allow entering projects anywhere. Who directs the office gives "
            "the role, or opens the first portfolio.",
        )
    error: Refusal = None
    if request.method == "POST":
        try:
            job = _start(request, actor)
            return redirect("exchange:import", job.pk)
        except FileHeld as kept:
            return redirect("scanning:file", kept.file_id)
        except (Invalid, Conflict) as refused:
            error = refused
    asked = request.POST.get("place") or f"portfolio-{request.GET.get('portfolio', '')}"
    keys = [place.key for place in places]
    context = {
        "places": [(place.key, place.label) for place in places],
        "chosen": asked if asked in keys else keys[1] if len(keys) == 2 else keys[0],
        "offices": import_offices(actor),
        "error": error,
        "limits": {
            "megabytes": services.MAX_IMPORT_BYTES // 2**20,
            "rows": services.MAX_IMPORT_ROWS,
            "columns": services.MAX_IMPORT_COLUMNS,
        },
    }
    return render(request, "exchange/new.html", context, status=error.status if error else 200)


def _start(request: HttpRequest, actor: Actor) -> ImportJob:
    place = read_place(request.POST, places_of(actor))
    upload = request.FILES.get("file")
    if upload is None:
        message = "Choose a file in the format XLSX or CSV."
        raise Invalid("exchange.file", message, fields={"file": message})
    return services.start_import(
        actor=actor,
        office=place.office,
        file_name=upload.name or "",
        data=upload.read(services.MAX_IMPORT_BYTES + 1),
        portfolio=place.portfolio,
    )


@require_GET
def template(request: HttpRequest, office_id: int, kind: str) -> HttpResponse:
    """An empty file with the headers that need no mapping."""
    office = next((row for row in import_offices(actor_of(request)) if row.pk == office_id), None)
    if office is None or kind not in TYPES:
        raise NotFound("exchange.template", "There is no such template.")
    name, data = template_file(office, kind)
    return attachment(name, TYPES[kind], data)


@require_GET
def show(request: HttpRequest, job_id: int) -> HttpResponse:
    """Where an import stands: its columns, what it would do, or what it did."""
    job = get_job(actor_of(request), job_id)
    if job.stage == ImportJob.Stage.MAPPING:
        return redirect("exchange:import-columns", job.pk)
    return _show(request, job)


def _show(request: HttpRequest, job: ImportJob, error: Refusal = None) -> HttpResponse:
    actor = actor_of(request)
    counts = counts_of(actor, job)
    asked = request.GET.get("show", "")
    first = next((name for name in ("problem", "create", "update") if counts[name]), "unchanged")
    shown = asked if asked in counts else first
    context = paged(request, rows_of(actor, job, shown))
    context["rows"] = lines_of(job, context["rows"])
    context |= {
        "job": job,
        "counts": counts,
        "shown": shown,
        "labels": ImportRow.Action,
        "error": error,
    }
    return render(request, "exchange/import.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, job_id: int) -> HttpResponse:
    """Say what each column means, then check the rows; or read the file in another way."""
    actor = actor_of(request)
    job = get_job(actor, job_id)
    if job.stage not in (ImportJob.Stage.MAPPING, ImportJob.Stage.CHECKED):
        return redirect("exchange:import", job.pk)
    portfolios = entry_portfolios(actor, job.office_id)
    error: Refusal = None
    if request.method == "POST":
        try:
            form = read_columns(request.POST, job, portfolios)
            again = form.anew or request.POST.get("step") == "read"
            step = services.read_again if again else services.check_import
            step(actor=actor, job_id=job.pk, version=form.version, reading=form.reading)
            if again:
                messages.info(request, "The file was read anew; look at its columns.")
                return redirect("exchange:import-columns", job.pk)
            return redirect("exchange:import", job.pk)
        except (Invalid, Conflict) as refused:
            error = refused
            job = get_job(actor, job_id)
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    context = {
        "job": job,
        "columns": columns_of(actor, job),
        "sees_samples": sees_samples(actor, job),
        "targets": [(key, target.label) for key, target in job_targets(job).items()],
        "encodings": list(ENCODINGS.items()),
        "separators": [(name, name.capitalize()) for name in SEPARATORS],
        "portfolios": [(str(row.pk), row.name) for row in portfolios],
        "sheets": [(name, name) for name in job.sheets],
        "values": {**_settings(job), **typed},
        "error": error,
    }
    status = error.status if error else 200
    return render(request, "exchange/columns.html", context, status=status)


def _settings(job: ImportJob) -> dict[str, str]:
    return {
        "encoding": job.encoding,
        "separator": DELIMITERS.get(job.delimiter, ""),
        "sheet": job.sheet,
        "header_row": str(job.header_row),
        "dates": "month" if job.month_first else "day",
        "decimals": "comma" if job.decimal_comma else "point",
        "portfolio": str(job.portfolio_id or ""),
        **{f"column-{column}": name for column, name in job.mapping.items()},
    }


@require_POST
def apply(request: HttpRequest, job_id: int) -> HttpResponse:
    """Bring in what the check showed, all of it or nothing."""
    actor = actor_of(request)
    job = get_job(actor, job_id)
    try:
        reader = Reader(request.POST)
        version = reader.version()
        reader.check("exchange.apply")
        services.apply_import(actor=actor, job_id=job.pk, version=version)
    except (Invalid, Conflict) as error:
        return _show(request, get_job(actor, job_id), error)
    messages.success(request, f"{job.file_name} was brought in.")
    return redirect("exchange:import", job.pk)


@require_POST
def discard(request: HttpRequest, job_id: int) -> HttpResponse:
    """Give up an import; nothing of it was in the register."""
    actor = actor_of(request)
    job = get_job(actor, job_id)
    reader = Reader(request.POST)
    version = reader.version()
    reader.check("exchange.discard")
    services.discard_import(actor=actor, job_id=job.pk, version=version)
    messages.info(request, f"The import of {job.file_name} was given up; nothing was changed.")
    return redirect("exchange:imports")


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask, then put the register back to what it was before this import."""
    actor = actor_of(request)
    job = get_job(actor, job_id)
    back = reverse("exchange:import", args=[job.pk])
    services.when_applied(job)
    entered, changed = job.counts.get("create", 0), job.counts.get("update", 0)
    page = FormPage(
        title=f"Undo the import of {job.file_name}",
        crumbs=[IMPORTS, (job.file_name, back), ("Undo", "")],
        sections=[
            Section(
                "",
                [Field("sure", "I want to undo this import", "checkbox", wide=True)],
                f"Projects that it entered are taken out again: {entered}. Projects that it "
                f"changed get their former values back: {changed}. If anything of them was "
                "changed since, nothing happens and you are told by whom.",
            )
        ],
        submit="Undo the import",
        cancel=back,
        version=job.version,
        danger=True,
    )

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        if not reader.flag("sure"):
            reader.wrong("sure", "Tick this box to undo the import.")
        reader.check("exchange.undo")
        services.undo_import(actor=actor, job_id=job.pk, version=version)
        messages.success(request, f"The import of {job.file_name} was undone.")
        return back

    return form_page(request, page, save)


@require_GET
def problems(request: HttpRequest, job_id: int) -> HttpResponse:
    """Every problem of every row as a CSV file."""
    actor = actor_of(request)
    job = get_job(actor, job_id)
    data = write_csv(problem_table(actor, job), PROBLEM_HEADER)
    return attachment(f"problems-of-import-{job.pk}.csv", TYPES["csv"], data)
