# SPDX-License-Identifier: Apache-2.0
"""Spreadsheets as plans: read apart, their columns understood, their mistakes told."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

from pilothouse.delivery.planning import bridge
from pilothouse.delivery.planning.models import PlanArrival, PlanColumn, ProjectPlan
from pilothouse.delivery.planning.services.files import mark_of
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core.errors import Invalid

_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
_OTHERS = (b"<", b"{", b"ERMHDR", b"MPX", b"\xd0\xcf\x11\xe0")
MOST_TOLD = 200
"""Mistakes that are told; the rest is counted."""
MOST_COLUMNS = 200
SAMPLES = 3
_SAMPLE = 60


class Table(Protocol):
    """What a reader of tables gives back: rows of text, which sheet, and what was noticed."""

    @property
    def rows(self) -> list[list[str]]: ...

    @property
    def sheet(self) -> str: ...

    @property
    def sheets(self) -> list[str]: ...

    @property
    def notices(self) -> list[str]: ...


_READER: list[Callable[[bytes, str], Table]] = []


def install_table_reader(read: Callable[[bytes, str], Table]) -> None:
    """Say who reads a sheet of a table: the floor above, apart and with limits."""
    _READER[:] = [read]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a table is to be read: what columns mean by their place, and where the headers stand.

    ``month_first`` None: as the dates of the table tell.
    """

    columns: Mapping[int, str] | None = None
    named: Mapping[str, str] | None = None
    head: int = 0
    sheet: str = ""
    month_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A table as a file for the plan, unless there are ``problems``; ``told`` is for its page."""

    coming: bridge.Coming
    problems: Sequence[bridge.Problem]
    told: dict[str, Any]


def is_table(data: bytes, file_name: str) -> bool:
    """Whether a file is a workbook, or by its name a list that is no plan of another tool."""
    if data[:2] == b"PK":
        return b"xl/" in data
    head = data[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return PurePath(file_name).suffix.lower() in _SUFFIXES and not head.startswith(_OTHERS)


def understand(project: Project, data: bytes, asked: Asked) -> Understood:
    """Read a table and what it says of the plan that is there.

    Raises: Invalid where it is no table, too large, or its columns cannot be what is asked.
    """
    table = _READER[0](data, asked.sheet)
    head = asked.head or bridge.header_line(table.rows)
    if not 1 <= head <= len(table.rows):
        message = f"The table has {len(table.rows):,} rows; row {head:,} is none of them."
        raise Invalid("planning.columns", message, fields={"head": message})
    headers = _headers(table.rows[head - 1])
    columns = _columns(project, headers, asked)
    coming, problems = bridge.read_table(
        table.rows,
        columns,
        head=head,
        present=_present(project),
        month_first=asked.month_first,
        notices=table.notices,
    )
    told = {
        "sheet": table.sheet,
        "sheets": table.sheets,
        "head": head,
        "headers": [text[:_SAMPLE] for text in headers],
        "samples": [_samples(table.rows[head:], place) for place in range(len(headers))],
        "mapping": {str(place): name for place, name in columns.items()},
        "month_first": asked.month_first,
        "rows": max(0, len(table.rows) - head),
        "problems": [[one.row, one.field, one.reason] for one in problems[:MOST_TOLD]],
        "problem_count": len(problems),
    }
    return Understood(coming, problems, told)


def _headers(row: Sequence[str]) -> Sequence[str]:
    """What heads the columns; each is asked for in a field of a form, so they are limited."""
    named = max((place for place, text in enumerate(row, 1) if text.strip()), default=0)
    if named > MOST_COLUMNS:
        message = (
            f"The table has {named:,} columns; at most {MOST_COLUMNS} are read. Remove those that "
            "say nothing of the tasks and send it again."
        )
        raise Invalid("planning.columns", message, fields={"file": message})
    return row[:MOST_COLUMNS]


def require_understood(found: Understood) -> bridge.Coming:
    """The file, or Invalid that names every cell that cannot be read."""
    if not found.problems:
        return found.coming
    count = len(found.problems)
    told = {f"row {one.row}, {one.field}": one.reason for one in found.problems[:MOST_TOLD]}
    message = (
        f"{count:,} cells cannot be read, the first in row {found.problems[0].row}: "
        f"{found.problems[0].reason}. Nothing was changed; correct them and send the table again."
    )
    raise Invalid("planning.table", message, fields=told)


def values_of_table(data: bytes, found: Understood) -> dict[str, object]:
    """A table that waits, as columns of a PlanArrival, without the plan."""
    return {"kind": found.coming.kind, "table": zlib.compress(data, 1), "columns": found.told}


def content_of(row: PlanArrival) -> bytes:
    """The table that waits, as it was uploaded."""
    if row.table is None:
        message = "The file that waits is no table; it has no columns to choose."
        raise Invalid("planning.no_table", message, fields={"file": message})
    return zlib.decompress(bytes(row.table))


def remember_columns(project: Project, told: Mapping[str, Any]) -> None:
    """Keep for the office what somebody said a header means, or that it means nothing."""
    for place, header in enumerate(told["headers"]):
        if key := bridge.header_key(header):
            PlanColumn.objects.update_or_create(
                office_id=project.office_id,
                header=key,
                defaults={"field": told["mapping"].get(str(place), "")},
            )


def _columns(project: Project, headers: Sequence[str], asked: Asked) -> dict[int, str]:
    if asked.columns is not None:
        chosen = {place: name for place, name in asked.columns.items() if name}
        _require_once(chosen, len(headers))
        return chosen
    memory = dict(
        PlanColumn.objects.filter(office_id=project.office_id).values_list("header", "field")
    )
    if asked.named:
        memory |= {bridge.header_key(header): name for header, name in asked.named.items()}
    return bridge.guessed(headers, memory)


def _require_once(columns: Mapping[int, str], width: int) -> None:
    fields: dict[str, str] = {}
    seen: set[str] = set()
    for place, name in columns.items():
        if name not in bridge.COLUMNS or not 0 <= place < width:
            fields[f"column-{place}"] = "Choose one of the list."
        elif name in seen:
            fields[f"column-{place}"] = "Another column means this already."
        seen.add(name)
    if fields:
        raise Invalid("planning.columns", "A column cannot mean what was chosen.", fields=fields)


def _present(project: Project) -> Plan:
    row = ProjectPlan.objects.filter(project=project).first()
    if row is None:
        return bridge.empty_plan(project)
    return bridge.with_guids(as_stored(row).plan, mark_of(row))


def _samples(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    found: list[str] = []
    for row in rows[:200]:
        if place < len(row) and (text := row[place].strip()):
            found.append(text[:_SAMPLE])
            if len(found) == SAMPLES:
                break
    return found
