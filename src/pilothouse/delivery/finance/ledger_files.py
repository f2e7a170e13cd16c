# SPDX-License-Identifier: Apache-2.0
"""Files of the ledger: CSV is read as a stream, a workbook by the reader of the floor above."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from pilothouse.delivery.finance.ledger_effect import Row
from pilothouse.delivery.finance.ledger_rows import COLUMNS, plain_text
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import original

MOST_ROWS = 500_000
MOST_COLUMNS = 200
SAMPLES = 3
DELIMITERS = ",;\t|"
OTHER_NAMES: Mapping[str, str] = {
    "source": "source_system",
    "system": "source_system",
    "document": "document_no",
    "document number": "document_no",
    "doc no": "document_no",
    "voucher": "document_no",
    "line": "line_no",
    "item": "line_no",
    "position": "line_no",
    "date": "posting_date",
    "posting day": "posting_date",
    "g/l account": "account",
    "gl account": "account",
    "cost center": "cost_centre",
    "project": "project_code",
    "project no": "project_code",
    "wbs": "wbs_code",
    "wbs element": "wbs_code",
    "vendor": "supplier",
    "purchase order": "po_no",
    "po": "po_no",
    "order": "po_no",
    "description": "text",
    "value": "amount",
    "curr": "currency",
    "capex/opex": "nature",
    "reversal of": "reverses",
}
"""How other systems call the columns."""


class Sheet(Protocol):
    """What a reader of workbooks gives back: rows of text."""

    @property
    def rows(self) -> list[list[str]]: ...


_READER: list[Callable[[bytes, str], Sheet]] = []


def install_sheet_reader(read: Callable[[bytes, str], Sheet]) -> None:
    """Say who reads a workbook: the floor above, apart and with limits."""
    _READER[:] = [read]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose first row was read; ``lines`` are the others, each with its number."""

    headings: list[str]
    lines: Iterator[tuple[int, Sequence[str]]]
    workbook: bool

    def rows(self, columns: Mapping[str, str]) -> Iterator[Row]:
        """The lines by our names of the columns; ``columns`` leads from these to headings."""
        places = [
            (name, self.headings.index(heading))
            for name, heading in columns.items()
            if heading in self.headings
        ]
        for number, cells in self.lines:
            width = len(cells)
            yield number, {name: cells[at] for name, at in places if at < width}

    def samples(self) -> list[list[str]]:
        """The first lines."""
        return [list(cells) for _, cells in islice(self.lines, SAMPLES)]


def open_file(data: bytes) -> Opened:
    """Read the first row of a file. Raises: Invalid with the reason why it cannot be read."""
    workbook = data[:2] == b"PK"
    lines = _sheet(data) if workbook else _text(data)
    head = next(lines, None)
    if head is None:
        raise _unreadable("The file is empty.")
    headings = [plain_text(cell)[:120] for cell in head[1]]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > MOST_COLUMNS:
        raise _unreadable(f"The file has more than {MOST_COLUMNS} columns.")
    twice = {name for name in headings if name and headings.count(name) > 1}
    if twice:
        raise _unreadable(f"Two columns are called ‘{min(twice)}’; give each a name of its own.")
    return Opened(headings, lines, workbook)


def guessed(headings: Sequence[str]) -> dict[str, str]:
    """Our name → heading, as far as the headings tell."""
    found: dict[str, str] = {}
    for heading in headings:
        plain = heading.casefold().replace("_", " ").replace(".", "").strip()
        name = plain.replace(" ", "_")
        name = name if name in COLUMNS else OTHER_NAMES.get(plain, "")
        if name:
            found.setdefault(name, heading)
    return found


def _sheet(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    for number, cells in enumerate(_READER[0](data, "").rows, start=1):
        if any(cells):
            yield number, cells


def _text(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Rows of a CSV. The apostrophe that keeps a text from calculating is taken off."""
    encoding = _encoding(data)
    stream = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")
    first = stream.readline()
    stream.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if number > MOST_ROWS + 1:
                raise _unreadable(f"The file has more than {MOST_ROWS:,} rows; split it.")
            if any(cells):
                yield number, [original(cell) if cell[:1] == "'" else cell for cell in cells]
    except csv.Error as error:
        raise _unreadable(f"Row {number + 1} is not CSV: {error}.") from None


def _encoding(data: bytes) -> str:
    """By its mark; else UTF-8 where it is that, else Windows-1252."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\x00" in data:
        raise _unreadable("The file holds NUL bytes, so it is no text; save it as CSV or XLSX.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _unreadable(message: str) -> Invalid:
    return Invalid(
        "finance.ledger_file",
        f"The file is not read. {message}",
        fields={"file": message},
    )
