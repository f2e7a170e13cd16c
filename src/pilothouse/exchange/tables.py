# SPDX-License-Identifier: Apache-2.0
"""Reading CSV and XLSX of unknown make into rows of text, with limits that stand before the parser.

Runs in a child process for uploaded files (``sandbox``), hence without Django.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pilothouse.exchange.workbooks import TableError, is_workbook, read_workbook
from pilothouse.foundation.core.tables import original

MAX_ROWS = 100_000
MAX_COLUMNS = 2_000
MAX_CELLS = 2_000_000
MAX_FIELD = 200_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "iso8859-15": "ISO 8859-15",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text as they stand in the file, how they were read, and what was noticed."""

    rows: list[list[str]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_table(data: bytes, *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Table:
    """Read a CSV or XLSX file; what is not told is found out.

    Raises ``TableError`` naming the place: empty, not a table, too large, damaged.
    """
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise TableError("exchange.empty", "The file is empty.")
    if is_workbook(data):
        book = read_workbook(
            data, sheet=sheet, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS, max_cells=MAX_CELLS
        )
        table = Table(book.rows, "", "", book.sheet, book.sheets, book.notices)
    else:
        table = _read_text(data, encoding, delimiter)
    _check_size(table.rows)
    return table


def _read_text(data: bytes, encoding: str, delimiter: str) -> Table:
    """A text file; the apostrophe by which exports keep a text from calculating is taken off."""
    text, found, notices = decode(data, encoding)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise TableError(
            "exchange.nul",
            f"Line {line} holds a NUL byte, so this is no text file; save it as CSV again.",
            row=line,
        )
    separator = delimiter or sniff_delimiter(text)
    rows, more = _split(text, separator)
    rows = [[original(cell) for cell in row] for row in rows]
    return Table(rows, found, separator, notices=[*notices, *more])


def decode(data: bytes, encoding: str = "") -> tuple[str, str, list[str]]:
    """Text of a file, the encoding it was read by, and remarks.

    Byte order marks decide; then UTF-16 by its NUL bytes, strict UTF-8, and Windows-1252.
    """
    notices: list[str] = []
    if encoding:
        if encoding not in ENCODINGS:
            raise TableError("exchange.encoding", f"The encoding {encoding} is not known here.")
        name = "utf-8-sig" if encoding == "utf-8" else encoding
        try:
            return data.decode(name).lstrip("\ufeff"), encoding, notices
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise TableError(
                "exchange.encoding",
                f"Line {line} is not {ENCODINGS[encoding]}; choose another encoding.",
                row=line,
            ) from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _utf16(data, "utf-16"), "utf-16", notices
    head = data[:4000]
    if head.count(b"\x00") > len(head) // 4:
        little = head[1::2].count(0) >= head[::2].count(0)
        return _utf16(data, "utf-16-le" if little else "utf-16-be"), "utf-16", notices
    try:
        return data.decode("utf-8-sig").lstrip("\ufeff"), "utf-8", notices
    except UnicodeDecodeError:
        pass
    text = data.decode("cp1252", "replace")
    if lost := text.count("\ufffd"):
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        notices.append(
            f"{lost} characters are neither UTF-8 nor Windows-1252, the first in line {line}; "
            "they are shown as �."
        )
    return text, "cp1252", notices


def _utf16(data: bytes, name: str) -> str:
    try:
        return data.decode(name).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise TableError(
            "exchange.encoding", "The file looks like UTF-16 but is damaged; save it again."
        ) from None


def sniff_delimiter(text: str) -> str:
    """The separator that cuts the first records into the most regular table."""
    sample = text[:400_000]
    best, best_score = ",", -1.0
    for candidate in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for number, row in enumerate(
                csv.reader(io.StringIO(sample, newline=""), delimiter=candidate)
            ):
                if row:
                    widths[len(row)] += 1
                if number >= 200:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        score = math.log(width) * count / widths.total()
        if score > best_score:
            best, best_score = candidate, score
    return best


def _records(text: str, separator: str, *, strict: bool) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)
    last = 0
    try:
        for row in reader:
            last = reader.line_num
            yield row
    except csv.Error as error:
        words = str(error)
        if "unexpected end" in words or "field larger" in words:
            raise TableError(
                "exchange.quote",
                f"A quotation mark opened in or after line {last + 1} is never closed, or a cell "
                f"is longer than {MAX_FIELD:,} characters.",
                row=last + 1,
            ) from None
        raise TableError(
            "exchange.csv", f"Line {reader.line_num}: {words}.", row=last + 1
        ) from None


def _split(text: str, separator: str) -> tuple[list[list[str]], list[str]]:
    try:
        return _limited(_records(text, separator, strict=True)), []
    except TableError as error:
        if error.code != "exchange.csv":
            raise
        notice = (
            f"Line {error.row} has text after a closing quotation mark; "
            "the file was read leniently from there."
        )
    return _limited(_records(text, separator, strict=False)), [notice]


def _limited(records: Iterator[list[str]]) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    for row in records:
        cells += len(row)
        if len(row) > MAX_COLUMNS:
            raise TableError(
                "exchange.columns",
                f"Row {len(rows) + 1} has {len(row):,} columns; at most {MAX_COLUMNS:,} are read.",
                row=len(rows) + 1,
            )
        if len(rows) >= MAX_ROWS:
            raise TableError(
                "exchange.rows", f"The file has more than {MAX_ROWS:,} rows; split it into parts."
            )
        if cells > MAX_CELLS:
            raise TableError(
                "exchange.cells",
                f"The file has more than {MAX_CELLS:,} cells; split it into parts.",
            )
        rows.append(row)
    return rows


def _check_size(rows: list[list[str]]) -> None:
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise TableError("exchange.empty", "The file holds no cell with text.")
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if len(cell) > MAX_FIELD:
                raise TableError(
                    "exchange.long",
                    f"Row {number} has a cell of more than {MAX_FIELD:,} characters.",
                    row=number,
                )


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters and the marks that turn the direction of text around."""


def clean(text: str) -> str:
    """A cell for storing: without control characters, with plain line ends, trimmed."""
    return (
        CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        .replace("\u00a0", " ")
        .strip()
    )
