# SPDX-License-Identifier: Apache-2.0
"""Writing tables for spreadsheets so that no cell can act as a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from pilothouse.foundation.core.errors import NotFound

Cell = str | int | float | Decimal | date | datetime | bool | None

TRIGGERS = frozenset("=+-@\t\r\n＝＋－＠")
"""First characters that make a spreadsheet calculate, full-width forms included."""

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Kinds of file that leave, and what they are called on the way."""

CELL_LIMIT = 32_767
"""Characters that Excel keeps in one cell."""

PART_ROWS = 500
PART_BYTES = 1 << 16


def kind_of(name: str) -> str:
    """The kind of file of this name. Raises: NotFound."""
    if name not in TYPES:
        raise NotFound("core.file_kind", "Tables leave as CSV or XLSX.")
    return name


def file_name(kind: str, *parts: object) -> str:
    """What a file is called that is made of these parts, such as ledger-harb-2026-03-31.csv."""
    words = "-".join(map(str, parts)).lower()
    return (
        "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in words) + f".{kind}"
    )


def neutral(text: str) -> str:
    """Text for a CSV that a spreadsheet shows and never calculates; a lone dash stays as it is.

    A text that looks like one that was led by an apostrophe here gets one too, so that
    ``original`` gives back every text.
    """
    return "'" + text if _may_calculate(text.lstrip("'")) else text


def _may_calculate(text: str) -> bool:
    bare = text.lstrip(" \u00a0\ufeff")
    return bool(bare) and bare[0] in TRIGGERS and bare != "-"


def original(text: str) -> str:
    """What a text was before ``neutral``, so that an exported file can be read again."""
    return text[1:] if text[:1] == "'" and _may_calculate(text.lstrip("'")) else text


def write_csv(rows: Iterable[Sequence[Cell]], header: Sequence[str]) -> bytes:
    """A table as UTF-8 CSV with byte order mark; every text is quoted.

    Quoting all texts keeps ``a;=1`` in one cell where the separator of the reader is a semicolon.
    """
    return b"".join(csv_parts(rows, header))


def csv_parts(rows: Iterable[Sequence[Cell]], header: Sequence[str]) -> Iterator[bytes]:
    """As ``write_csv``, some rows at a time."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow([neutral(name) for name in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(cell) for cell in row])
        if number % PART_ROWS == 0:
            yield out.getvalue().encode("utf-8", "replace")
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, (int, float, Decimal)):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    return neutral(cell.replace("\x00", ""))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is filled in and comes back: only ``open`` columns may be typed in.

    ``hidden`` columns are there for the program; ``as_text`` keep what is typed as it is typed,
    ``widths`` are in characters.
    """

    open: Collection[int]
    hidden: Collection[int] = ()
    as_text: Collection[int] = ()
    widths: Sequence[int] = ()


def write_form(
    rows: Iterable[Sequence[Cell]],
    header: Sequence[str],
    *,
    sheet: Sheet,
    name: str = "Table",
    notes: Sequence[str] = (),
) -> bytes:
    """A table as an Excel workbook in which only some columns can be typed in."""
    import xlsxwriter  # as in write_xlsx

    lines = list(rows)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(name[:31])
        page.freeze_panes(1, 2)
        page.protect("", {"format_columns": True, "format_rows": True})
        bold = book.add_format({"bold": True, "quote_prefix": True})
        for column, title in enumerate(header):
            kind = "@" if column in sheet.as_text else "yyyy-mm-dd"
            typed = book.add_format({"num_format": kind, "locked": False, "bg_color": "#FFFBE6"})
            fixed = book.add_format({"num_format": "yyyy-mm-dd", "quote_prefix": True})
            look = typed if column in sheet.open else fixed
            width = sheet.widths[column] if column < len(sheet.widths) else 12
            page.set_column(column, column, width, None, {"hidden": column in sheet.hidden})
            page.write_string(0, column, title[:CELL_LIMIT], bold)
            for number, row in enumerate(lines, start=1):
                cell = row[column]
                if isinstance(cell, date):
                    page.write_datetime(number, column, cell, look)
                elif cell in (None, ""):
                    page.write_blank(number, column, None, look)
                else:
                    page.write_string(number, column, str(cell)[:CELL_LIMIT], look)
        if notes:
            second = book.add_worksheet("About")
            second.set_column(0, 0, 100)
            for number, note in enumerate(notes):
                second.write_string(number, 0, note[:CELL_LIMIT])
    return out.getvalue()


def write_xlsx(
    rows: Iterable[Sequence[Cell]],
    header: Sequence[str],
    *,
    sheet: str = "Table",
    notes: Sequence[str] = (),
) -> bytes:
    """A table as an Excel workbook; ``notes`` (source, licence, filter) stand on a second sheet.

    A text is a cell of text, as it is: no spreadsheet calculates it, and the mark of a quoted cell
    keeps it so when somebody edits it.
    """
    out = io.BytesIO()
    _write_book(out, rows, header, sheet, notes, in_memory=True)
    return out.getvalue()


def xlsx_parts(
    rows: Iterable[Sequence[Cell]],
    header: Sequence[str],
    *,
    sheet: str = "Table",
    notes: Sequence[str] = (),
) -> Iterator[bytes]:
    """As ``write_xlsx``, made in temporary files and given some bytes at a time."""
    with tempfile.TemporaryFile() as out:
        _write_book(out, rows, header, sheet, notes, in_memory=False)
        out.seek(0)
        while part := out.read(PART_BYTES):
            yield part


def _write_book(
    out: IO[bytes],
    rows: Iterable[Sequence[Cell]],
    header: Sequence[str],
    sheet: str,
    notes: Sequence[str],
    *,
    in_memory: bool,
) -> None:
    import xlsxwriter  # takes a tenth of the time that the whole product needs to start

    with xlsxwriter.Workbook(out, {"in_memory": in_memory, "constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "quote_prefix": True})
        text = book.add_format({"quote_prefix": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page = book.add_worksheet(sheet[:31])
        page.freeze_panes(1, 0)
        for column, name in enumerate(header):
            page.write_string(0, column, name[:CELL_LIMIT], bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell is None:
                    continue
                if isinstance(cell, bool):
                    page.write_string(number, column, "Yes" if cell else "No")
                elif isinstance(cell, (int, float, Decimal)):
                    page.write_number(number, column, float(cell))
                elif isinstance(cell, datetime):
                    page.write_datetime(number, column, cell.replace(tzinfo=None), moment)
                elif isinstance(cell, date):
                    page.write_datetime(number, column, cell, day)
                else:
                    quoted = text if _may_calculate(cell) else None
                    page.write_string(number, column, cell[:CELL_LIMIT], quoted)
        write_about(book, notes)


def write_about(book: Any, notes: Sequence[str]) -> None:
    """A second sheet that says where the others are from; none without notes."""
    if notes:
        second = book.add_worksheet("About")
        for number, note in enumerate(notes):
            second.write_string(number, 0, note[:CELL_LIMIT])
