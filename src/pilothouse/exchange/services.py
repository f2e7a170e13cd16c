# SPDX-License-Identifier: Apache-2.0
"""Bringing a table of projects into the register: upload, map, check, apply, undo."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning.queries import planned_among
from pilothouse.delivery.projects.models import Portfolio
from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.delivery.projects.services import (
    Entry,
    Revision,
    enter_projects,
    revise_projects,
    withdraw_projects,
)
from pilothouse.exchange.cells import uses_decimal_comma
from pilothouse.exchange.checking import Checked, Register, check_rows
from pilothouse.exchange.fields import Kind, guess, header_key, header_line, targets_of
from pilothouse.exchange.models import ImportFile, ImportJob, ImportMemory, ImportRow
from pilothouse.exchange.rules import get_job, require_import
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.tables import CONTROL, Table, clean
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.queries import events_of
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.queries import custom_fields

MAX_IMPORT_ROWS = 50_000
MAX_IMPORT_BYTES = 20 * 1024 * 1024
OPEN = (ImportJob.Stage.MAPPING, ImportJob.Stage.CHECKED)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read and what its columns mean; what a person may correct."""

    mapping: Mapping[int, str]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 1
    month_first: bool = False
    decimal_comma: bool = False
    portfolio: Portfolio | None = None


@transaction.atomic
def start_import(*, actor: Actor, office: OrgUnit, file_name: str, data: bytes) -> ImportJob:
    """Take in a file, find out how it is to be read, and guess what its columns mean.

    Who: C on project somewhere in the office. Writes: ImportJob.
    Raises: Invalid with the reason why the file cannot be read.
    """
    require_import(actor, office)
    if len(data) > MAX_IMPORT_BYTES:
        message = f"The file is larger than {MAX_IMPORT_BYTES // 2**20} MB; split it into parts."
        raise Invalid("exchange.bytes", message, fields={"file": message})
    table = read_untrusted(data)
    targets = targets_of(custom_fields([office.pk]))
    memory = dict(ImportMemory.objects.filter(office=office).values_list("header", "field"))
    line = header_line(table.rows, targets)
    headers = table.rows[line - 1]
    mapping = guess(headers, targets, memory)
    amounts = [
        row[column]
        for column, name in mapping.items()
        if targets[name].kind is Kind.MONEY
        for row in table.rows[line : line + 500]
        if column < len(row)
    ]
    portfolios = entry_portfolios(actor, office.pk)
    job = ImportJob(
        office=office,
        file_name=plain_name(file_name),
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        header_row=line,
        mapping={str(column): name for column, name in mapping.items()},
        decimal_comma=uses_decimal_comma(amounts),
        portfolio=portfolios[0] if len(portfolios) == 1 else None,
        notices=[*table.notices, *_twice(headers)],
    )
    core.create(
        actor=actor, obj=job, names=("file_name", "sha256", "size_bytes"), office_id=office.pk
    )
    ImportFile.objects.create(job=job, content=zlib.compress(data))
    return job


@transaction.atomic
def check_import(*, actor: Actor, job_id: int, version: int, reading: Reading) -> ImportJob:
    """Read the file as told, check every row against the register, remember the mapping.

    Who: as for starting. Writes: ImportRow, ImportMemory; nothing in the register.
    """
    job = _open_job(actor, job_id)
    mapping = {column: name for column, name in reading.mapping.items() if name}
    doubled = [name for name, count in Counter(mapping.values()).items() if count > 1]
    targets = targets_of(custom_fields([job.office_id]))
    if doubled or set(mapping.values()) - set(targets):
        labels = ", ".join(targets[name].label for name in doubled if name in targets)
        message = f"Several columns are mapped to {labels or 'a field that does not exist'}."
        raise Invalid("exchange.mapping", message, fields={"mapping": message})
    if "code" not in mapping.values():
        message = "Say which column holds the code of the project; rows are recognised by it."
        raise Invalid("exchange.mapping", message, fields={"mapping": message})
    if reading.portfolio and reading.portfolio not in entry_portfolios(actor, job.office_id):
        message = "You may not enter projects in this portfolio."
        raise Invalid("exchange.portfolio", message, fields={"portfolio": message})
    core.change(
        actor=actor,
        obj=job,
        values={
            "mapping": {str(column): name for column, name in mapping.items()},
            "encoding": reading.encoding,
            "delimiter": reading.delimiter,
            "sheet": reading.sheet,
            "header_row": reading.header_row,
            "month_first": reading.month_first,
            "decimal_comma": reading.decimal_comma,
            "portfolio": reading.portfolio,
        },
        version=version,
        office_id=job.office_id,
    )
    table = table_of(job)
    _require_size(job, table)
    rows = check_rows(Register(actor, job.office), job, table.rows)
    ImportRow.objects.filter(job=job).delete()
    ImportRow.objects.bulk_create([_kept(job, row) for row in rows], batch_size=500)
    _remember(job, table.rows[job.header_row - 1], mapping)
    counts = Counter(str(row.action) for row in rows)
    core.change(
        actor=actor,
        obj=job,
        values={
            "stage": ImportJob.Stage.CHECKED,
            "counts": dict(counts),
            "digest": _digest(rows),
            "notices": [*table.notices, *_twice(table.rows[job.header_row - 1])],
        },
        version=None,
        action="importjob.check",
        office_id=job.office_id,
    )
    return job


@transaction.atomic
def apply_import(*, actor: Actor, job_id: int, version: int) -> ImportJob:
    """Carry out what the check showed; all rows or none.

    Who: C and U as the rows need. Writes: Project and what follows from it.
    Raises: Invalid while rows have problems, Conflict if the register changed since the check.
    """
    job = _open_job(actor, job_id)
    if job.stage != ImportJob.Stage.CHECKED:
        raise Invalid("exchange.stage", "Check the rows before bringing them in.")
    if job.version != version:
        raise Conflict("exchange.stale", "The import was changed meanwhile; look at it again.")
    if job.counts.get(ImportRow.Action.PROBLEM):
        raise Invalid("exchange.problems", "Rows with problems are left; mend the file first.")
    checked = check_rows(Register(actor, job.office), job, table_of(job).rows)
    if _digest(checked) != job.digest:
        raise Conflict(
            "exchange.changed",
            "The register or your rights changed since the rows were checked; check them again.",
        )
    reason = f"Import of {job.file_name}"
    fresh = [row for row in checked if row.action == ImportRow.Action.CREATE]
    changed = [row for row in checked if row.action == ImportRow.Action.UPDATE]
    before = {row.project.pk: row.project.stated_on for row in changed if row.project is not None}
    projects = enter_projects(actor=actor, entries=[_entry(row) for row in fresh], reason=reason)
    revised = revise_projects(
        actor=actor,
        revisions=[
            Revision(row.project, row.values, row.project.version)
            for row in changed
            if row.project is not None
        ],
        reason=reason,
    )
    numbers = {row.number: project for row, project in zip(fresh, projects, strict=True)}
    by_pk = {project.pk: project for project in revised}
    kept = list(ImportRow.objects.filter(job=job, action__in=["create", "update"]))
    for record in kept:
        project = numbers.get(record.number) or by_pk[record.project_id or 0]
        record.project = project
        record.version_after = project.version
        if record.action == ImportRow.Action.UPDATE:
            record.before = {**record.before, "stated_on": before[project.pk]}
    ImportRow.objects.bulk_update(kept, ["project", "version_after", "before"], batch_size=500)
    ImportFile.objects.filter(job=job).delete()
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.APPLIED, "applied_at": timezone.now()},
        version=None,
        action="importjob.apply",
        office_id=job.office_id,
    )
    return job


@transaction.atomic
def undo_import(*, actor: Actor, job_id: int, version: int) -> ImportJob:
    """Put the register back to what it was, if nothing of it was changed since.

    Who: as for applying. Raises: Conflict naming projects that were changed, by whom and what.
    """
    job = _locked(actor, job_id)
    if job.stage != ImportJob.Stage.APPLIED:
        raise Invalid("exchange.stage", "Only an import that was applied can be undone.")
    if job.version != version:
        raise Conflict("exchange.stale", "The import was changed meanwhile; look at it again.")
    rows = list(
        ImportRow.objects.filter(job=job, action__in=["create", "update"]).select_related("project")
    )
    _require_untouched(rows)
    reason = f"Undo of the import of {job.file_name}"
    fresh = [row for row in rows if row.action == ImportRow.Action.CREATE and row.project]
    withdraw_projects(
        actor=actor,
        projects=[(row.project_id or 0, row.version_after or 0) for row in fresh],
        reason=reason,
    )
    people = User.objects.in_bulk(
        {row.before[name] for row in rows for name in PEOPLE if row.before.get(name)}
    )
    revise_projects(
        actor=actor,
        revisions=[
            Revision(row.project, _typed_back(row.before, people), row.version_after)
            for row in rows
            if row.action == ImportRow.Action.UPDATE and row.project is not None
        ],
        reason=reason,
    )
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.UNDONE, "undone_at": timezone.now()},
        version=None,
        action="importjob.undo",
        office_id=job.office_id,
    )
    return job


@transaction.atomic
def discard_import(*, actor: Actor, job_id: int) -> ImportJob:
    """Give up an import that was not applied; its file and rows are deleted."""
    job = _open_job(actor, job_id)
    ImportRow.objects.filter(job=job).delete()
    ImportFile.objects.filter(job=job).delete()
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.DISCARDED},
        version=None,
        action="importjob.discard",
        office_id=job.office_id,
    )
    return job


def table_of(job: ImportJob) -> Table:
    """The file of an open import, read as the import says."""
    content = ImportFile.objects.values_list("content", flat=True).get(job=job)
    data = zlib.decompress(bytes(content))
    table = read_untrusted(data, encoding=job.encoding, delimiter=job.delimiter, sheet=job.sheet)
    if job.header_row > len(table.rows):
        message = f"The file has only {len(table.rows)} rows."
        raise Invalid("exchange.header", message, fields={"header_row": message})
    return table


def plain_name(name: str) -> str:
    """A file name for showing: no folders, no control or direction marks, at most 200 long."""
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    return re.sub(r"[\t\r\n]", "", CONTROL.sub("", text)).strip(" .")[:200] or "file"


PEOPLE = ("sponsor", "pm", "functional_owner", "technology_owner", "finance_contact")
DATES = ("planned_start", "planned_finish", "baseline_start", "baseline_finish", "stated_on")
MONEY = ("budget", "forecast_cost", "benefits_approved", "benefits_forecast")


def _typed_back(kept: Mapping[str, Any], people: Mapping[int, User]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in kept.items():
        if value is None:
            values[name] = None
        elif name in PEOPLE:
            values[name] = people[value]
        elif name in DATES:
            values[name] = date.fromisoformat(value)
        elif name in MONEY:
            values[name] = Decimal(value)
        elif name == "currency":
            values[name] = Currency.objects.get(pk=value)
        else:
            values[name] = value
    return values


def _require_untouched(rows: list[ImportRow]) -> None:
    gone = [row.code for row in rows if row.project is None]
    touched = [
        row for row in rows if row.project is not None and row.project.version != row.version_after
    ]
    planned = planned_among(
        [row.project_id or 0 for row in rows if row.action == ImportRow.Action.CREATE]
    )
    said = [f"{code} was deleted" for code in gone[:5]]
    for row in touched[:10]:
        last = events_of(row.project).first() if row.project else None
        who = f" by {last.actor_label} ({', '.join(sorted(last.after))})" if last else ""
        said.append(f"{row.code} was changed{who}")
    said += [f"{row.code} has a plan" for row in rows if row.project_id in planned][:10]
    if said:
        raise Conflict(
            "exchange.undo",
            "The import cannot be undone because of what happened since: " + "; ".join(said) + ".",
        )


def _entry(row: Checked) -> Entry:
    values = {name: value for name, value in row.values.items() if name != "portfolio"}
    assert row.portfolio is not None, "rows without a portfolio are problems"
    return Entry(row.portfolio, values, state_reason="Entered by import")


def _kept(job: ImportJob, row: Checked) -> ImportRow:
    return ImportRow(
        job=job,
        number=row.number,
        action=row.action,
        code=row.code[:200],
        name=row.name[:300],
        project=row.project,
        before=row.before,
        after=row.after,
        problems=[list(problem) for problem in row.problems],
    )


def _digest(rows: list[Checked]) -> str:
    """A print of what would happen, to notice that something else would happen now."""
    said = [
        (row.number, row.action, row.project.pk if row.project else 0, row.before, row.after)
        for row in rows
    ]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def _require_size(job: ImportJob, table: Table) -> None:
    count = len(table.rows) - job.header_row
    if count > MAX_IMPORT_ROWS:
        message = (
            f"The file has {count:,} rows; at most {MAX_IMPORT_ROWS:,} are brought in at once. "
            "Split it into parts."
        )
        raise Invalid("exchange.rows", message, fields={"file": message})


def _twice(headers: list[str]) -> list[str]:
    counts = Counter(header_key(header) for header in headers if header.strip())
    return [
        f"The header “{name}” stands in {count} columns; each can be mapped by its letter."
        for name, count in counts.items()
        if count > 1
    ]


def _remember(job: ImportJob, headers: list[str], mapping: Mapping[int, str]) -> None:
    keys = {
        header_key(clean(header)): mapping.get(column, "")
        for column, header in reversed(list(enumerate(headers)))
        if header_key(clean(header))
    }
    ImportMemory.objects.bulk_create(
        [ImportMemory(office=job.office, header=key, field=name) for key, name in keys.items()],
        update_conflicts=True,
        unique_fields=["office", "header"],
        update_fields=["field"],
    )


def _locked(actor: Actor, job_id: int) -> ImportJob:
    get_job(actor, job_id)
    return core.lock(ImportJob.objects.select_related("office", "portfolio"), job_id)


def _open_job(actor: Actor, job_id: int) -> ImportJob:
    job = _locked(actor, job_id)
    if job.stage not in OPEN:
        raise Invalid("exchange.stage", f"This import is {job.get_stage_display().lower()}.")
    return job
