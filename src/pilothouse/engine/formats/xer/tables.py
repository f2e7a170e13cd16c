# SPDX-License-Identifier: Apache-2.0
"""The tables of a file that are read, as rows; and the choice of one project."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.xer.scan import Head, Limits, Record, refuse, scan
from pilothouse.engine.formats.xer.values import Row

_COLUMNS = {
    "PROJECT": ("project", "proj_id", "proj_short_name", "projects", ("proj_id",)),
    "PROJWBS": ("WBS", "wbs_short_name", "wbs_name", "wbs", ("wbs_id", "proj_id")),
    "TASK": (
        "task",
        "task_code",
        "task_name",
        "tasks",
        ("task_id", "proj_id", "task_type", "status_code"),
    ),
    "TASKPRED": ("link", "task_id", "", "links", ("task_id", "pred_task_id", "pred_type")),
    "CALENDAR": ("calendar", "clndr_id", "clndr_name", "calendars", ("clndr_id", "clndr_data")),
    "RSRC": ("resource", "rsrc_short_name", "rsrc_name", "resources", ("rsrc_id",)),
    "ROLES": ("role", "role_short_name", "role_name", "resources", ("role_id",)),
    "RSRCRATE": ("rate of resource", "rsrc_id", "", "rates", ("rsrc_id",)),
    "TASKRSRC": (
        "assignment",
        "taskrsrc_id",
        "",
        "assignments",
        ("taskrsrc_id", "task_id"),
    ),
    "PROJCOST": ("expense of task", "task_id", "cost_name", "assignments", ("task_id",)),
    "TASKMEMO": ("note of task", "task_id", "", "assignments", ("task_id", "task_memo")),
    "SCHEDOPTIONS": ("options of project", "proj_id", "", "projects", ("proj_id",)),
}
"""Table → kind, code and name for messages, limit, columns that must be there."""

_SILENT = frozenset({"CURRTYPE", "FINTMPL", "OBS", "SETTINGS", "NONWORK", "MEMOTYPE", "UMEASURE"})
"""Tables that are no part of a plan."""


@dataclass(slots=True)
class Tables:
    """Rows by table in the order of the file, and the number of rows of other tables."""

    head: Head = field(default_factory=Head)
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    others: Counter[str] = field(default_factory=Counter)

    def of(self, table: str, project: int) -> list[Row]:
        """Rows of one project; rows that name none belong to every one."""
        return [row for row in self.rows[table] if row.optional_uid("proj_id") in (project, None)]


def read_tables(source: BinaryIO, limits: Limits, encoding: str) -> Tables:
    """All rows of the tables that are read, within the limits of each kind."""
    tables = Tables()
    counts: Counter[str] = Counter()
    checked: set[tuple[str, int]] = set()
    for record in scan(source, limits, tables.head, encoding):
        known = _COLUMNS.get(record.table)
        if known is None:
            if record.table not in _SILENT:
                tables.others[record.table[:40]] += 1
            continue
        kind, code, name, limit, needed = known
        if (record.table, id(record.columns)) not in checked:
            checked.add((record.table, id(record.columns)))
            _check_columns(record, needed)
        counts[limit] += 1
        most: int = getattr(limits, limit)
        if counts[limit] > most:
            refuse("limit", f"The file has more than {most:,} {limit}.", limit)
        tables.rows[record.table].append(Row(record, kind, code, name))
    return tables


def _check_columns(record: Record, needed: Iterable[str]) -> None:
    missing = [name for name in needed if name not in record.columns]
    if missing:
        refuse(
            "fields",
            f"Line {record.line}: table {record.table} has no column {', '.join(missing)}; "
            "export the project once more.",
            record.table,
        )


def choose_project(tables: Tables, wanted: str) -> Row:
    """The one project of the file, or the one that is named by its number or short name.

    Baselines (projects that were copied from another in the file) are not offered, nor are
    projects beside the exported ones, which only say where links lead.
    """
    rows = tables.rows["PROJECT"]
    by_uid: dict[int, Row] = {}
    for row in rows:
        uid = row.uid("proj_id")
        if uid in by_uid:
            row.refuse("duplicate", "proj_id", f"{uid} is taken by another project")
        by_uid[uid] = row
    originals = [row for row in rows if row.optional_uid("orig_proj_id") not in by_uid]
    offered = [row for row in originals if row.text("export_flag") != "N"] or originals
    if wanted:
        fitting = [
            row
            for row in offered
            if wanted in (str(row.uid("proj_id")), row.text("proj_short_name"))
        ]
        if len(fitting) == 1:
            return fitting[0]
        refuse("no_project", f"There is no project ‘{wanted[:60]}’ in the file. {_listed(offered)}")
    if not offered:
        refuse("no_project", "There is no project in the file; export one from Primavera.")
    if len(offered) > 1:
        raise FormatError(
            "xer.projects",
            f"The file holds {len(offered):,} projects; name the one to read. {_listed(offered)}",
            [str(row.uid("proj_id")) for row in offered],
        )
    return offered[0]


def _listed(rows: list[Row]) -> str:
    names = [f"{row.uid('proj_id')} ({row.text('proj_short_name')[:60]})" for row in rows[:20]]
    rest = f" and {len(rows) - 20:,} more" if len(rows) > 20 else ""
    return f"It holds {', '.join(names)}{rest}." if names else "It holds none."


_MARK = re.compile(r"<[^<>]*>")


def plain(text: str) -> str:
    """A note without its marks: Primavera keeps notes as HTML."""
    return _MARK.sub("", text.replace("\x7f\x7f", "\n").replace("\x7f", "\n"))
