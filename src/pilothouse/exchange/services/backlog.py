# SPDX-License-Identifier: Apache-2.0
"""A backlog that comes as a spreadsheet."""

from __future__ import annotations

from datetime import date

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.services import COLUMNS, Taken, take_table
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services.reading import plain_name
from pilothouse.exchange.tables import Table, clean
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, Done, admit

MOST_BYTES = 5 * 1024 * 1024
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


def read_backlog(
    *, actor: Actor, project: Project, file_name: str, data: bytes, today: date
) -> Taken:
    """Take over a table of items: CSV or XLSX with a column “Title” at least.

    Who: U on backlog. Writes: as ``take_table``, and as ``scanning.admit`` where the scanner found
    something or does not answer. Raises: Invalid naming rows and reasons, or why the file cannot
    be read.
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
    lines = _lines(read_untrusted(data))
    return take_table(actor=actor, project=project, lines=lines, today=today)


def take_held_backlog(actor: Actor, held: IncomingFile, data: bytes, done: Done) -> None:
    """As ``read_backlog`` for a file that was held, and that the scanner found clean by now."""
    project = Project.objects.select_related("portfolio__org_unit").get(pk=held.object_id)
    lines = _lines(read_untrusted(data))
    take_table(actor=actor, project=project, lines=lines, today=clock.today())
    done(project.pk)


def _lines(table: Table) -> dict[int, dict[str, str]]:
    """Number in the table → cell by column, of rows that hold anything."""
    names = [clean(cell).casefold() for cell in table.rows[0]] if table.rows else []
    columns = [OTHER_NAMES.get(name, name) for name in names]
    twice = [name for name in COLUMNS if columns.count(name) > 1]
    if "title" not in columns or twice:
        what = f"Two columns mean “{twice[0]}”" if twice else "The column “Title” is missing"
        known = ", ".join(name.capitalize() for name in COLUMNS)
        message = f"{what}. The first row names the columns; known are {known}."
        raise Invalid("exchange.backlog_columns", message, fields={"file": message})
    found = {}
    for number, row in enumerate(table.rows[1:], start=2):
        cells = {
            name: clean(cell) for name, cell in zip(columns, row, strict=False) if name in COLUMNS
        }
        if any(cells.values()):
            found[number] = cells
    if not found:
        message = "The table holds no row below its head."
        raise Invalid("exchange.backlog_empty", message, fields={"file": message})
    return found
