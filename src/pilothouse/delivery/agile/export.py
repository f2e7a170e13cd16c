# SPDX-License-Identifier: Apache-2.0
"""A backlog as a table for a spreadsheet, in columns that can be read back."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.delivery.agile.models import BacklogItem
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.tables import Cell, write_csv, write_xlsx

HEADER = (
    *("Key", "Type", "Title", "Points", "Value", "State", "Owner", "Epic", "Release", "Sprint"),
    *("Acceptance", "Done on"),
)


def backlog_file(project: Project, rows: Iterable[BacklogItem], kind: str) -> bytes:
    """The items as CSV or XLSX."""
    table = [_cells(row) for row in rows]
    if kind == "csv":
        return write_csv(table, HEADER)
    notes = [
        f"Backlog of {project.code} {project.name}, as at {written(clock.today())}.",
        "In its order. Read back at “Read a table”: a known key is changed, no key is added.",
    ]
    return write_xlsx(table, HEADER, sheet="Backlog", notes=notes)


def _cells(row: BacklogItem) -> list[Cell]:
    return [
        row.key,
        row.get_kind_display(),
        row.title,
        row.points,
        row.value,
        row.get_state_display(),
        row.owner.full_name if row.owner else None,
        row.epic.key if row.epic else None,
        row.release.name if row.release else None,
        row.sprint.name if row.sprint else None,
        row.acceptance or None,
        row.done_on,
    ]
