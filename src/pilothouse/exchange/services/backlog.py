# SPDX-License-Identifier: Apache-2.0
"""A backlog that comes as a spreadsheet: read, looked at row by row, then taken or left."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.models import MOST_ITEMS
from pilothouse.delivery.agile.services import (
    COLUMNS,
    RowLook,
    Taken,
    look_at_table,
    take_table,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.models import BacklogTable
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services.reading import plain_name
from pilothouse.exchange.tables import Table, clean
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, Done, admit

MOST_BYTES = 5 * 1024 * 1024
MOST_COLUMNS = 60
SAMPLES = 3
OTHER_NAMES = {
    "summary": "title",
    "name": "title",
    "issue type": "type",
    "story points": "points",
    "estimate": "points",
    "status": "state",
    "assignee": "owner",
    "fix version": "release",
    "issue key": "key",
    "id": "key",
    "acceptance criteria": "acceptance",
}
"""How other tools call the columns."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table: its name, some of its cells, and what it is taken for."""

    place: int
    name: str
    samples: Sequence[str]
    column: str


@dataclass(frozen=True, slots=True)
class WaitingTable:
    """A table that waits, and what taking it would do; no rows while a column is missing."""

    table: BacklogTable
    headings: Sequence[Heading]
    rows: Sequence[RowLook]
    problem: Invalid | None

    @property
    def counts(self) -> dict[str, int]:
        """How many rows add, change or leave an item, and how many cannot be taken."""
        found = Counter(row.what for row in self.rows)
        return {what: found[what] for what in ("added", "changed", "same", "wrong")}


def receive_backlog(*, actor: Actor, project: Project, file_name: str, data: bytes) -> BacklogTable:
    """Read a table of items, CSV or XLSX, and keep it to be looked at.

    Who: U on backlog. Writes: BacklogTable, and as ``scanning.admit`` where the scanner found
    something or does not answer. Raises: Invalid where the file cannot be read.
    """
    rules.require_on_backlog(actor, project, "U")
    if len(data) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 2**20} MB; split it into parts."
        raise Invalid("exchange.bytes", message, fields={"file": message})
    arrival = Arrival(
        door=IncomingFile.Door.BACKLOG,
        place=f"{project.code} {project.name}"[:300],
        file_name=plain_name(file_name),
        data=data,
        office_id=project.office_id,
        object_id=project.pk,
    )
    admit(actor=actor, arrival=arrival)
    return _keep(actor, project, arrival.file_name, read_untrusted(data))


def receive_held_backlog(actor: Actor, held: IncomingFile, data: bytes, done: Done) -> None:
    """As ``receive_backlog`` for a file that was held, and that the scanner found clean by now."""
    project = Project.objects.select_related("portfolio__org_unit").get(pk=held.object_id)
    rules.require_on_backlog(actor, project, "U")
    _keep(actor, project, held.file_name, read_untrusted(data))
    done(project.pk)


def waiting_table(actor: Actor, project: Project) -> BacklogTable:
    """The table that the actor looks at; NotFound where none waits. Who: U on backlog."""
    rules.require_on_backlog(actor, project, "U")
    row = BacklogTable.objects.filter(project=project, person_id=actor.user_id).first()
    if row is None:
        raise NotFound("exchange.no_table", "No table waits for this backlog; read one first.")
    return row


def look_at_backlog(*, actor: Actor, project: Project) -> WaitingTable:
    """What taking the table that waits would do, row by row. Who: U on backlog."""
    row = waiting_table(actor, project)
    rows = _rows(row)
    headings = [
        Heading(
            place,
            clean(name),
            [cells[place] for cells in rows[1:] if place < len(cells) and cells[place]][:SAMPLES],
            row.columns.get(str(place), ""),
        )
        for place, name in enumerate(rows[0])
    ]
    try:
        lines = _lines(rows, row.columns)
    except Invalid as refused:
        return WaitingTable(row, headings, (), refused)
    rows_told = look_at_table(actor=actor, project=project, lines=lines)
    return WaitingTable(row, headings, rows_told, None)


@transaction.atomic
def tell_backlog_columns(
    *, actor: Actor, project: Project, columns: Mapping[int, str]
) -> BacklogTable:
    """Say what the columns of the table that waits mean; empty leaves one out.

    Who: U on backlog. Writes: BacklogTable. Raises: Invalid naming the column.
    """
    row = waiting_table(actor, project)
    chosen = {str(place): name for place, name in columns.items() if name}
    problems: dict[str, str] = {}
    seen: set[str] = set()
    for place, name in chosen.items():
        if name not in COLUMNS:
            problems[f"column-{place}"] = "Choose one of the list."
        elif name in seen:
            problems[f"column-{place}"] = "Another column means this already."
        seen.add(name)
    if problems:
        message = "A column cannot mean what was chosen."
        raise Invalid("exchange.backlog_columns", message, fields=problems)
    row.columns = chosen
    row.save(update_fields=["columns", "at"])
    return row


@transaction.atomic
def accept_backlog(*, actor: Actor, project: Project, today: date) -> Taken:
    """Take the table that waits into the backlog, all or none. Who: U on backlog.

    Writes: as ``take_table``; removes BacklogTable. Raises: Invalid naming each row.
    """
    row = waiting_table(actor, project)
    taken = take_table(
        actor=actor, project=project, lines=_lines(_rows(row), row.columns), today=today
    )
    row.delete()
    return taken


@transaction.atomic
def leave_backlog(*, actor: Actor, project: Project) -> None:
    """Leave the table that waits; the backlog is as it was. Who: U on backlog."""
    waiting_table(actor, project).delete()


def _keep(actor: Actor, project: Project, file_name: str, table: Table) -> BacklogTable:
    rows = [row[:MOST_COLUMNS] for row in table.rows]
    if not rows or len(rows) > MOST_ITEMS + 1:
        message = (
            f"The table has {max(0, len(rows) - 1):,} rows below its head; a backlog takes 1 to "
            f"{MOST_ITEMS:,}."
        )
        raise Invalid("exchange.backlog_empty", message, fields={"file": message})
    names = [clean(cell).casefold() for cell in rows[0]]
    columns: dict[str, str] = {}
    for place, name in enumerate(names):
        column = OTHER_NAMES.get(name, name)
        if column in COLUMNS and column not in columns.values():
            columns[str(place)] = column
    found, _made = BacklogTable.objects.update_or_create(
        project=project,
        person_id=actor.user_id,
        defaults={
            "file_name": file_name[:260],
            "rows": zlib.compress(json.dumps(rows).encode(), 6),
            "columns": columns,
        },
    )
    return found


def _rows(row: BacklogTable) -> list[list[str]]:
    rows: list[list[str]] = json.loads(zlib.decompress(bytes(row.rows)))
    return rows


def _lines(rows: Sequence[Sequence[str]], columns: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Number in the table → cell by column, of rows that hold anything."""
    if "title" not in columns.values():
        message = "Say which column is the title of the items."
        raise Invalid("exchange.backlog_title", message, fields={"columns": message})
    found = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = {
            name: clean(row[int(place)]) for place, name in columns.items() if int(place) < len(row)
        }
        if any(cells.values()):
            found[number] = cells
    if not found:
        message = "The table holds no row below its head."
        raise Invalid("exchange.backlog_empty", message, fields={"file": message})
    return found
