# SPDX-License-Identifier: Apache-2.0
"""Files of the ledger from their arrival to their batch: columns told, tried, committed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_effect import Effect, Posting
from pilothouse.delivery.finance.ledger_files import Opened, guessed, open_file
from pilothouse.delivery.finance.ledger_rows import COLUMNS, DATE_FORMS, REQUIRED, Form
from pilothouse.delivery.finance.models import LedgerMapping, LedgerUpload
from pilothouse.delivery.finance.services import ledger
from pilothouse.delivery.finance.services.keeping import change, create
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, admit

State = LedgerUpload.State
Done = Callable[[int], None]
NAMES = ("name", "digest", "size_bytes")


def receive_file(*, actor: Actor, office: OrgUnit, name: str, data: bytes) -> LedgerUpload:
    """Take in a file of the ledger; its columns are those of the mapping that fits, or guessed.

    Who: C on ledger_import in the office. Writes: LedgerUpload, and as ``scanning.admit`` where
    the scanner found something or does not answer. Raises: Invalid with the reason why it cannot
    be read.
    """
    rules.require_in_office(actor, office, rules.IMPORT, "C", "bring in files of the ledger")
    admit(actor=actor, arrival=_arrival(office, name, data))
    return _take_in(actor, office, name, data)


def _arrival(office: OrgUnit, name: str, data: bytes) -> Arrival:
    most = settings.PILOTHOUSE_UPLOAD_MAX_BYTES
    if len(data) > most:
        message = f"The file is larger than {most // 2**20} MB; split it into parts."
        raise Invalid("finance.ledger_size", message, fields={"file": message})
    return Arrival(
        door=IncomingFile.Door.LEDGER,
        place=office.name,
        file_name=_plain(name),
        data=data,
        office_id=office.pk,
        object_id=office.pk,
    )


def take_held_file(actor: Actor, held: IncomingFile, data: bytes, done: Done) -> None:
    """As ``receive_file`` for a file that was held, and that the scanner found clean by now."""
    office = OrgUnit.objects.get(pk=held.object_id)
    rules.require_in_office(actor, office, rules.IMPORT, "C", "bring in files of the ledger")
    with transaction.atomic():
        done(_take_in(actor, office, held.file_name, data).pk)


def _take_in(actor: Actor, office: OrgUnit, name: str, data: bytes) -> LedgerUpload:
    opened = open_file(data)
    mapping = mapping_for(office, opened.headings)
    row = LedgerUpload(
        office=office,
        name=_plain(name),
        digest=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        content=zlib.compress(data, 1),
        headings=[opened.headings, *opened.samples()],
        columns=dict(mapping.columns) if mapping else guessed(opened.headings),
        decimal_mark=mapping.decimal_mark if mapping else ".",
        date_form=mapping.date_form if mapping else "iso",
        mapping=mapping,
    )
    with transaction.atomic():
        return create(actor=actor, obj=row, names=NAMES, office_id=office.pk)


@transaction.atomic
def tell_columns(
    *,
    actor: Actor,
    upload: LedgerUpload,
    version: int | None,
    columns: Mapping[str, str],
    form: Form,
    keep_as: str = "",
) -> LedgerUpload:
    """Say which heading is which of our columns and how numbers and days are written.

    With ``keep_as`` it is remembered by that name for the files that come next.
    Who: C on ledger_import. Writes: LedgerUpload, LedgerMapping. Raises: Invalid, Conflict.
    """
    row = core.lock(LedgerUpload.objects.select_related("office"), upload.pk)
    allowed = rules.require_in_office(actor, row.office, rules.IMPORT, "C", "say what columns mean")
    _require_open(row)
    told = {name: columns[name] for name in COLUMNS if columns.get(name)}
    _check(row, told, form)
    values = {"columns": told, "decimal_mark": form.decimal_mark, "date_form": form.date_form}
    mapping = row.mapping
    if keep_as.strip():
        mapping = _remember(allowed, row.office, keep_as.strip(), values)
    change(
        actor=allowed,
        obj=row,
        values={**values, "mapping": mapping},
        version=version,
        office_id=row.office_id,
    )
    return row


def try_upload(
    *, actor: Actor, upload: LedgerUpload, stated: Mapping[str, Decimal] | None = None
) -> Effect:
    """What committing a file would do. Who: C on ledger_import. Writes: nothing that stays."""
    _require_open(upload)
    posting, rows = _posting(upload, stated)
    return ledger.dry_run(actor=actor, office=upload.office, rows=rows, posting=posting)


@transaction.atomic
def commit_upload(
    *,
    actor: Actor,
    upload: LedgerUpload,
    version: int | None,
    stated: Mapping[str, Decimal] | None = None,
) -> Effect:
    """Post a file as one batch, all or nothing. As ``ledger.post_rows``; the file is then dropped.

    Raises: Invalid, Conflict.
    """
    row = core.lock(LedgerUpload.objects.select_related("office", "mapping"), upload.pk)
    core.require_version(row, version)
    _require_open(row)
    posting, rows = _posting(row, stated)
    effect = ledger.post_rows(actor=actor, office=row.office, rows=rows, posting=posting)
    _end(actor, row, {"state": State.COMMITTED, "batch": effect.batch})
    return effect


@transaction.atomic
def discard_upload(*, actor: Actor, upload: LedgerUpload, version: int | None) -> LedgerUpload:
    """Give up a file that was not committed; its content is dropped.

    Who: C on ledger_import. Writes: LedgerUpload. Raises: Invalid, Conflict.
    """
    row = core.lock(LedgerUpload.objects.select_related("office"), upload.pk)
    allowed = rules.require_in_office(actor, row.office, rules.IMPORT, "C", "give up a file")
    core.require_version(row, version)
    _require_open(row)
    _end(allowed, row, {"state": State.DISCARDED})
    return row


def _end(actor: Actor, row: LedgerUpload, values: Mapping[str, object]) -> None:
    """The content goes unaudited: the rows of the batch say what it held."""
    LedgerUpload.objects.filter(pk=row.pk).update(content=b"")
    row.content = b""
    change(actor=actor, obj=row, values=values, version=None, office_id=row.office_id)


def _posting(
    row: LedgerUpload, stated: Mapping[str, Decimal] | None
) -> tuple[Posting, ledger.Rows]:
    opened = open_file(zlib.decompress(bytes(row.content)))
    columns = {name: heading for name, heading in row.columns.items() if heading}
    posting = Posting(
        name=row.name,
        digest=row.digest,
        form=Form(row.decimal_mark, row.date_form, cells=opened.workbook),
        columns=tuple(columns),
        mapping=row.mapping,
        stated=stated or {},
    )
    return posting, opened.rows(columns)


def mapping_for(office: OrgUnit, headings: Sequence[str]) -> LedgerMapping | None:
    """The columns that were remembered for files with these headings, the fullest of them."""
    rows = LedgerMapping.objects.filter(office=office, voided=False)
    known = [row for row in rows if set(row.columns.values()) <= set(headings)]
    return max(known, key=lambda row: len(row.columns), default=None)


def open_at_once(actor: Actor, office: OrgUnit, name: str, data: bytes) -> Opened:
    """A file of the ledger that is read now and not kept; the scanner sees it first.

    Raises: Invalid where it is too large or cannot be read, Unavailable where the scanner does not
    answer.
    """
    admit(actor=actor, arrival=_arrival(office, name, data), holds=False)
    return open_file(data)


def _check(row: LedgerUpload, columns: Mapping[str, str], form: Form) -> None:
    headings = row.headings[0] if row.headings else []
    problems = {name: "Needed." for name in REQUIRED if name not in columns}
    problems |= {name: "No such column." for name in columns if columns[name] not in headings}
    used = list(columns.values())
    problems |= {
        name: "This column is used twice." for name in columns if used.count(columns[name]) > 1
    }
    if form.decimal_mark not in (".", ","):
        problems["decimal_mark"] = "A point or a comma."
    if form.date_form not in DATE_FORMS:
        problems["date_form"] = "Choose one of the list."
    if problems:
        count = len(problems)
        words = "One column is" if count == 1 else f"{count} columns are"
        raise Invalid(
            "finance.columns",
            f"{words} not told rightly; say which heading of the file holds each.",
            fields=problems,
        )


def _remember(
    actor: Actor, office: OrgUnit, name: str, values: Mapping[str, object]
) -> LedgerMapping:
    row = LedgerMapping.objects.filter(office=office, name=name, voided=False).first()
    if row is None:
        row = LedgerMapping(office=office, name=name, **values)
        return create(actor=actor, obj=row, names=("name", *values), office_id=office.pk)
    change(actor=actor, obj=row, values=values, version=None, office_id=office.pk)
    return row


def _require_open(row: LedgerUpload) -> None:
    if row.state != State.OPEN:
        raise Invalid(
            "finance.upload_state",
            f"The file {row.name} is {row.get_state_display().lower()} already; send it again to "
            "post it again.",
        )


def _plain(name: str) -> str:
    """A file name for showing: no folders, no control characters."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in bare if sign.isprintable()).strip(" .")[:200] or "file"
