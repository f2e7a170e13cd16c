# SPDX-License-Identifier: Apache-2.0
"""Taking in a table, finding out how it is to be read, and checking its rows."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from pilothouse.delivery.projects.models import Portfolio
from pilothouse.delivery.projects.queries import entry_portfolios
from pilothouse.exchange.cells import uses_decimal_comma
from pilothouse.exchange.checking import Checked, Register, check_rows
from pilothouse.exchange.fields import Kind, guess, header_key, header_line, targets_of
from pilothouse.exchange.models import ImportFile, ImportJob, ImportMemory, ImportRow
from pilothouse.exchange.rules import get_job, require_import
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.tables import CONTROL, Table, clean
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import custom_fields
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, admit

MAX_IMPORT_ROWS = 10_000
MAX_IMPORT_COLUMNS = 200
MAX_IMPORT_BYTES = 20 * 1024 * 1024
SAMPLES = 3
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


def reading_of(job: ImportJob) -> Reading:
    """How the file of an import is read now."""
    return Reading(
        mapping={int(position): name for position, name in job.mapping.items()},
        encoding=job.encoding,
        delimiter=job.delimiter,
        sheet=job.sheet,
        header_row=job.header_row,
        month_first=job.month_first,
        decimal_comma=job.decimal_comma,
        portfolio=job.portfolio,
    )


def start_import(
    *,
    actor: Actor,
    office: OrgUnit,
    file_name: str,
    data: bytes,
    portfolio: Portfolio | None = None,
) -> ImportJob:
    """Take in a file, find out how it is to be read, and guess what its columns mean.

    ``portfolio`` is for rows that name none. The file is read before the transaction: reading
    takes seconds, and SQLite lets one writer in at a time.
    Who: C on project somewhere in the office. Writes: ImportJob.
    Raises: Invalid with the reason why the file cannot be read; as ``scanning.admit`` where the
    scanner found something or does not answer.
    """
    require_import(actor, office)
    if len(data) > MAX_IMPORT_BYTES:
        message = f"The file is larger than {MAX_IMPORT_BYTES // 2**20} MB; split it into parts."
        raise Invalid("exchange.bytes", message, fields={"file": message})
    portfolios = entry_portfolios(actor, office.pk)
    _require_portfolio(portfolio, portfolios)
    arrival = Arrival(
        door=IncomingFile.Door.TABLE,
        place=portfolio.name if portfolio else office.name,
        file_name=plain_name(file_name),
        data=data,
        office_id=office.pk,
        object_id=office.pk,
        asked={"portfolio_id": portfolio.pk if portfolio else None},
    )
    admit(actor=actor, arrival=arrival)
    return _take_in(actor, office, file_name, data, portfolio, portfolios)


def start_held_import(
    actor: Actor, held: IncomingFile, data: bytes, done: Callable[[int], None]
) -> None:
    """As ``start_import`` for a file that was held, and that the scanner found clean by now."""
    assert held.office is not None, "a table is sent to an office"
    require_import(actor, held.office)
    wanted = held.asked["portfolio_id"]
    portfolios = entry_portfolios(actor, held.office.pk)
    portfolio = next((row for row in portfolios if row.pk == wanted), None)
    if wanted is not None and portfolio is None:
        raise _no_portfolio()
    _take_in(actor, held.office, held.file_name, data, portfolio, portfolios, done)


def _take_in(
    actor: Actor,
    office: OrgUnit,
    file_name: str,
    data: bytes,
    portfolio: Portfolio | None,
    portfolios: list[Portfolio],
    done: Callable[[int], None] = lambda job_id: None,
) -> ImportJob:
    job = ImportJob(
        office=office,
        file_name=plain_name(file_name),
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        portfolio=portfolio or (portfolios[0] if len(portfolios) == 1 else None),
    )
    for name, value in _understood(job, read_untrusted(data), header_row=0).items():
        setattr(job, name, value)
    content = zlib.compress(data)
    with transaction.atomic():
        core.create(
            actor=actor, obj=job, names=("file_name", "sha256", "size_bytes"), office_id=office.pk
        )
        ImportFile.objects.create(job=job, content=content)
        done(job.pk)
    return job


def read_again(*, actor: Actor, job_id: int, version: int, reading: Reading) -> ImportJob:
    """Read the file with another encoding, separator, sheet or header row; guess columns anew.

    A ``header_row`` of 0 is found out. Earlier checks are thrown away.
    Who: as for starting. Writes: ImportJob. Raises: Invalid if it cannot be read that way.
    """
    seen = _still_open(get_job(actor, job_id))
    values = _understood(seen, _table(seen, reading), header_row=reading.header_row)
    _require_portfolio(reading.portfolio, entry_portfolios(actor, seen.office_id))
    with transaction.atomic():
        job = open_job(actor, job_id)
        core.change(
            actor=actor,
            obj=job,
            values={
                **values,
                "portfolio": reading.portfolio,
                "month_first": reading.month_first,
                "stage": ImportJob.Stage.MAPPING,
                "counts": {},
                "digest": "",
            },
            version=version,
            action="importjob.read",
            office_id=job.office_id,
        )
        ImportRow.objects.filter(job=job).delete()
    return job


def check_import(*, actor: Actor, job_id: int, version: int, reading: Reading) -> ImportJob:
    """Read the file as told, check every row against the register, remember the mapping.

    Reading and checking come before the transaction; what changes in the register meanwhile is
    noticed when the import is applied.
    Who: as for starting. Writes: ImportRow, ImportMemory; nothing in the register.
    """
    seen = _still_open(get_job(actor, job_id))
    mapping = {column: name for column, name in reading.mapping.items() if name}
    _require_mapping(seen, mapping)
    _require_portfolio(reading.portfolio, entry_portfolios(actor, seen.office_id))
    table = _table(seen, reading)
    values = {
        **_understood(seen, table, header_row=reading.header_row),
        "mapping": {str(column): name for column, name in mapping.items()},
        "month_first": reading.month_first,
        "decimal_comma": reading.decimal_comma,
        "portfolio": reading.portfolio,
    }
    for name, value in values.items():
        setattr(seen, name, value)
    rows = check_rows(Register(actor, seen.office), seen, table.rows)
    with transaction.atomic():
        job = open_job(actor, job_id)
        core.change(actor=actor, obj=job, values=values, version=version, office_id=job.office_id)
        ImportRow.objects.filter(job=job).delete()
        ImportRow.objects.bulk_create([_kept(job, row) for row in rows], batch_size=500)
        _remember(job, table.rows[job.header_row - 1], mapping)
        core.change(
            actor=actor,
            obj=job,
            values={
                "stage": ImportJob.Stage.CHECKED,
                "counts": dict(Counter(str(row.action) for row in rows)),
                "digest": digest_of(rows),
            },
            version=None,
            action="importjob.check",
            office_id=job.office_id,
        )
    return job


@transaction.atomic
def discard_import(*, actor: Actor, job_id: int, version: int) -> ImportJob:
    """Give up an import that was not applied; its file and rows are deleted."""
    job = open_job(actor, job_id)
    core.require_version(job, version)
    give_up(actor, job, "importjob.discard")
    return job


def give_up(actor: Actor, job: ImportJob, action: str, reason: str = "") -> None:
    """End a locked import that was not applied; its file and rows are deleted."""
    empty([job])
    core.change(
        actor=actor,
        obj=job,
        values={"stage": ImportJob.Stage.DISCARDED, "columns": []},
        version=None,
        action=action,
        reason=reason,
        office_id=job.office_id,
    )


def empty(jobs: Sequence[ImportJob]) -> None:
    """Delete what imports hold of what came with their files."""
    ImportRow.objects.filter(job__in=jobs).delete()
    ImportFile.objects.filter(job__in=jobs).delete()


def table_of(job: ImportJob) -> Table:
    """The file of an open import, read as the import says."""
    return _table(job, job)


def digest_of(rows: list[Checked]) -> str:
    """A print of what would happen, to notice that something else would happen now."""
    said = [
        (row.number, row.action, row.project.pk if row.project else 0, row.before, row.after)
        for row in rows
    ]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def plain_name(name: str) -> str:
    """A file name for showing: no folders, no control or direction marks, at most 200 long."""
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    return re.sub(r"[\t\r\n]", "", CONTROL.sub("", text)).strip(" .")[:200] or "file"


def locked_job(actor: Actor, job_id: int) -> ImportJob:
    """One visible import, kept from others to the end of the transaction."""
    get_job(actor, job_id)
    return core.lock(ImportJob.objects.select_related("office", "portfolio"), job_id)


def open_job(actor: Actor, job_id: int) -> ImportJob:
    """A locked import that is neither applied nor given up."""
    return _still_open(locked_job(actor, job_id))


def _still_open(job: ImportJob) -> ImportJob:
    if job.stage not in OPEN:
        raise Invalid("exchange.stage", f"This import is {job.get_stage_display().lower()}.")
    return job


def _table(job: ImportJob, how: Reading | ImportJob) -> Table:
    content = ImportFile.objects.values_list("content", flat=True).filter(job=job).first()
    if content is None:
        raise Conflict("exchange.stage", "This import was ended in the meantime; look at it again.")
    data = zlib.decompress(bytes(content))
    return read_untrusted(data, encoding=how.encoding, delimiter=how.delimiter, sheet=how.sheet)


def _understood(job: ImportJob, table: Table, *, header_row: int) -> dict[str, Any]:
    """What a reading says of the file: settings, columns with samples, the guessed mapping."""
    if header_row > len(table.rows):
        message = f"The file has only {len(table.rows)} rows."
        raise Invalid("exchange.header", message, fields={"header_row": message})
    targets = targets_of(custom_fields([job.office_id]))
    memory = dict(ImportMemory.objects.filter(office=job.office).values_list("header", "field"))
    line = header_row or header_line(table.rows, targets)
    body = table.rows[line:]
    width = max(_width(row) for row in table.rows[line - 1 :])
    headers = (table.rows[line - 1] + [""] * width)[:width]
    _require_size(headers, body)
    mapping = guess(headers, targets, memory)
    amounts = [
        row[column]
        for column, name in mapping.items()
        if targets[name].kind is Kind.MONEY
        for row in body[:500]
        if column < len(row)
    ]
    return {
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "sheet": table.sheet,
        "sheets": list(table.sheets),
        "header_row": line,
        "mapping": {str(column): name for column, name in mapping.items()},
        "decimal_comma": uses_decimal_comma(amounts),
        "columns": _columns(headers, body),
        "row_count": sum(any(cell.strip() for cell in row) for row in body),
        "notices": [*table.notices, *_twice(headers)],
    }


def _width(row: list[str]) -> int:
    return next((n for n in range(len(row), 0, -1) if row[n - 1].strip()), 0)


def _columns(headers: list[str], body: list[list[str]]) -> list[list[str]]:
    """Header and first values of every column."""
    found: list[list[str]] = []
    for column, header in enumerate(headers):
        values: list[str] = []
        for row in body:
            if column < len(row) and (text := " ".join(clean(row[column]).split())):
                values.append(text if len(text) <= 60 else text[:59] + "…")
                if len(values) == SAMPLES:
                    break
        found.append([" ".join(clean(header).split())[:120], *values])
    return found


def _require_size(headers: list[str], body: list[list[str]]) -> None:
    if len(headers) > MAX_IMPORT_COLUMNS:
        message = (
            f"The table has {len(headers):,} columns; at most {MAX_IMPORT_COLUMNS} are brought in "
            "at once. Delete those that the register does not need."
        )
        raise Invalid("exchange.columns", message, fields={"file": message})
    if len(body) > MAX_IMPORT_ROWS:
        message = (
            f"The table has {len(body):,} rows below its header; at most {MAX_IMPORT_ROWS:,} are "
            "brought in at once. Split it into parts; projects are recognised by their code."
        )
        raise Invalid("exchange.rows", message, fields={"file": message})


def _require_mapping(job: ImportJob, mapping: Mapping[int, str]) -> None:
    doubled = [name for name, count in Counter(mapping.values()).items() if count > 1]
    targets = targets_of(custom_fields([job.office_id]))
    if doubled or set(mapping.values()) - set(targets):
        labels = ", ".join(targets[name].label for name in doubled if name in targets)
        message = f"Several columns are mapped to {labels or 'a field that does not exist'}."
        raise Invalid("exchange.mapping", message, fields={"mapping": message})
    if "code" not in mapping.values():
        message = "Say which column holds the code of the project; rows are recognised by it."
        raise Invalid("exchange.mapping", message, fields={"mapping": message})


def _require_portfolio(portfolio: Portfolio | None, allowed: list[Portfolio]) -> None:
    if portfolio is not None and portfolio not in allowed:
        raise _no_portfolio()


def _no_portfolio() -> Invalid:
    message = "You may not enter projects in this portfolio."
    return Invalid("exchange.portfolio", message, fields={"portfolio": message})


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
