# SPDX-License-Identifier: Apache-2.0
"""Excel workbooks as rows of text; the archive is measured before any parser sees it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

from pilothouse.exchange.formulas import Formulas, formulas_of

MAX_ENTRIES = 2_000
MAX_UNPACKED = 300 * 1024 * 1024
CHUNK = 1 << 20
CELL = re.compile(rb"<(?:\w+:)?c\b[^>]{0,200}?\br=\"([A-Z]{1,4})(\d{1,8})\"")
COUNTED = re.compile(rb"<(?:\w+:)?c[\s/>]")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
UNSAVED = "\0"
"""Begins the text of a cell whose formula has no saved value; no cell of a file can hold it."""
SAVE_IT = "open the file in a spreadsheet program and save it."
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class TableError(Exception):
    """A file that cannot be read as a table: a stable code, a sentence, and the row if known."""

    def __init__(self, code: str, message: str, *, row: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.row = row


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet as text, with the names of all."""

    rows: list[list[str]]
    sheet: str
    sheets: list[str]
    notices: list[str] = field(default_factory=list)


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are an archive or one of the formats that are refused by name."""
    if data[:8] == OLD_EXCEL:
        raise TableError(
            "exchange.old_excel",
            "This is an Excel file of before 2007 or one with a password; save it as .xlsx or CSV.",
        )
    for magic, name in (
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\x1f\x8b", "gzip"),
        (b"PAR1", "Parquet"),
    ):
        if data[: len(magic)] == magic:
            raise TableError("exchange.format", f"This is a {name} file; give a CSV or XLSX file.")
    if re.match(rb"(?:\xef\xbb\xbf)?\s{0,200}<[!?a-zA-Z]", data):
        raise TableError("exchange.format", "This is an XML or HTML file; give a CSV or XLSX file.")
    return data[:2] == b"PK"


def without_value(cell: str) -> bool:
    """Whether the text of a cell is a formula that has no saved value."""
    return cell.startswith(UNSAVED)


def read_workbook(
    data: bytes, *, sheet: str, max_rows: int, max_columns: int, max_cells: int
) -> Book:
    """The chosen sheet, or the first that holds anything. Raises TableError."""
    formulas = _measure(data, max_rows, max_columns, max_cells)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = list(book.sheet_names)
        if sheet and sheet not in names:
            raise TableError("exchange.sheet", f"There is no sheet named “{sheet}”.")
        for name in [sheet] if sheet else names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row) or name == sheet:
                break
        else:
            only = " but formulas without a saved value; " + SAVE_IT if formulas else "."
            raise TableError("exchange.empty", f"No sheet of the workbook holds anything{only}")
        found = formulas_of(data, name) if formulas else Formulas()
    except (CalamineError, ValueError, zipfile.BadZipFile) as error:
        raise TableError(
            "exchange.workbook",
            f"The workbook is damaged or not an Excel file ({str(error)[:120]}); save it again.",
        ) from None
    texts = [[_text(cell) for cell in row] for row in rows]
    notices = _mark_formulas(texts, found)
    if len(names) > 1:
        notices.append(f"Sheet “{name}” was read; the workbook has {len(names)} sheets.")
    return Book(texts, name, names, notices)


def _mark_formulas(rows: list[list[str]], formulas: Formulas) -> list[str]:
    """Put the formulas without a value where the parser left a blank; say how many there are."""
    for (row, column), text in formulas.unsaved.items():
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = f"{UNSAVED}={text}"
    notices = []
    if formulas.saved == 1:
        notices.append("1 cell holds a formula; the value that was saved with it was read.")
    elif formulas.saved:
        notices.append(
            f"{formulas.saved:,} cells hold formulas; "
            "the values that were saved with them were read."
        )
    if alone := len(formulas.unsaved):
        what = "1 cell holds a formula" if alone == 1 else f"{alone:,} cells hold formulas"
        notices.append(f"{what} without a saved value; {SAVE_IT}")
    return notices


def _measure(data: bytes, max_rows: int, max_columns: int, max_cells: int) -> int:
    """Unpack every entry to nowhere, counting; returns the number of formulas."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise TableError(
            "exchange.workbook", "The workbook is cut short or damaged; save it again."
        ) from None
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise TableError(
            "exchange.entries",
            f"The workbook has {len(entries):,} parts; at most {MAX_ENTRIES:,} are read.",
        )
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise TableError("exchange.format", "This archive is no Excel workbook (.xlsx).")
    total = formulas = 0
    for entry in entries:
        if entry.flag_bits & 1:
            raise TableError("exchange.password", "The workbook has a password; remove it first.")
        sheet = entry.filename.startswith("xl/worksheets/")
        gauge = _Gauge(entry.filename, max_rows, max_columns, max_cells) if sheet else None
        try:
            with archive.open(entry) as stream:
                while chunk := stream.read(CHUNK):
                    total += len(chunk)
                    if total > MAX_UNPACKED:
                        raise TableError(
                            "exchange.unpacked",
                            f"The workbook unpacks to more than {MAX_UNPACKED // 2**20} MB.",
                        )
                    if gauge:
                        gauge.feed(chunk)
            if gauge:
                gauge.feed(b"", last=True)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise TableError(
                "exchange.workbook", f"Part {entry.filename[:80]} of the workbook is damaged."
            ) from None
        formulas += gauge.formulas if gauge else 0
    return formulas


class _Gauge:
    """Counts the cells of a sheet and the rectangle they span, whatever the sheet announces."""

    def __init__(self, name: str, max_rows: int, max_columns: int, max_cells: int) -> None:
        self.name = name
        self.limits = (max_rows, max_columns, max_cells)
        self.rows = self.columns = self.cells = self.formulas = 0
        self.tail = b""

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Look at one more piece; a tag begun in its last 300 bytes is looked at with the next."""
        max_rows, max_columns, max_cells = self.limits
        data = self.tail + chunk
        begun = -1 if last else data.rfind(b"<", max(0, len(data) - 300))
        keep = len(data) if begun < 0 else begun
        body, self.tail = data[:keep], data[keep:]
        self.cells += len(COUNTED.findall(body))
        self.formulas += len(FORMULA.findall(body))
        for letters, digits in CELL.findall(body):
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            self.columns = max(self.columns, column)
            self.rows = max(self.rows, int(digits))
            if self.rows > max_rows or self.columns > max_columns:
                raise TableError(
                    "exchange.spread",
                    f"A value stands in cell {letters.decode()}{digits.decode()}; at most "
                    f"{max_rows:,} rows and {max_columns:,} columns are read. "
                    "Delete the stray cells or save the range as CSV.",
                )
        if self.cells > max_cells or self.rows * self.columns > max_cells * 4:
            raise TableError(
                "exchange.cells", f"The workbook has more than {max_cells:,} cells; split it."
            )


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
