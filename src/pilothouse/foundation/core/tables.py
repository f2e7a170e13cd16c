# SPDX-License-Identifier: Apache-2.0
"""Writing tables for spreadsheets so that no cell can act as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

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
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([neutral(name) for name in header])
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


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
    import xlsxwriter  # takes a tenth of the time that the whole product needs to start

    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    ) as book:
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
        _about(book, notes)
    return out.getvalue()


def _about(book: Any, notes: Sequence[str]) -> None:
    if notes:
        second = book.add_worksheet("About")
        for number, note in enumerate(notes):
            second.write_string(number, 0, note[:CELL_LIMIT])


def write_summed(
    rows: Sequence[Sequence[Cell]],
    header: Sequence[str],
    *,
    keys: int,
    unit: int = 3,
    sheet: str = "Table",
    notes: Sequence[str] = (),
) -> bytes:
    """A table of amounts as an Excel workbook whose sums compute when somebody edits it.

    The first ``keys`` columns are texts, the others amounts. A column and rows of sums are added,
    a row for each text of the column ``unit``, for amounts of two currencies have no sum.
    """
    import xlsxwriter  # as in write_xlsx

    name_of, cell_at = xlsxwriter.utility.xl_col_to_name, xlsxwriter.utility.xl_rowcol_to_cell
    out = io.BytesIO()
    last, width = len(rows), len(header)
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "quote_prefix": True})
        text = book.add_format({"quote_prefix": True})
        amount = book.add_format({"num_format": "#,##0.00##"})
        total = book.add_format({"num_format": "#,##0.00##", "bold": True, "top": 1})
        page = book.add_worksheet(sheet[:31])
        page.freeze_panes(1, keys)
        page.set_column(0, width, 14)
        for column, name in enumerate([*header, "Sum"]):
            page.write_string(0, column, name[:CELL_LIMIT], bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if column < keys:
                    page.write_string(number, column, str(cell or "")[:CELL_LIMIT], text)
                elif isinstance(cell, Decimal):
                    page.write_number(number, column, float(cell), amount)
            own = sum(cell for cell in row[keys:] if isinstance(cell, Decimal))
            if width > keys:
                span = [cell_at(number, place) for place in (keys, width - 1)]
                page.write_formula(number, width, f"=SUM({span[0]}:{span[1]})", amount, float(own))
        names = list(dict.fromkeys(str(row[unit]) for row in rows))
        for number, name in enumerate(names, start=last + 1):
            page.write_string(number, 0, "Sum", bold)
            page.write_string(number, unit, name[:CELL_LIMIT], bold)
            place = cell_at(number, unit, col_abs=True)
            unit_span = _span(name_of(unit, col_abs=True), last)
            for column in range(keys, width + 1 if width > keys else width):
                span_of = _span(name_of(column), last)
                formula = f"=SUMIF({unit_span},{place},{span_of})"
                page.write_formula(
                    number, column, formula, total, _sum(rows, unit, name, column, keys)
                )
        _about(book, notes)
    return out.getvalue()


def _span(column: str, last: int) -> str:
    return f"{column}$2:{column}${last + 1}"


def _sum(rows: Sequence[Sequence[Cell]], unit: int, name: str, column: int, keys: int) -> float:
    """What a sum comes to, for programs that read the file without computing it."""
    mine = [row for row in rows if str(row[unit]) == name]
    cells = [
        cell
        for row in mine
        for cell in (row[column : column + 1] if column < len(row) else row[keys:])
    ]
    return float(sum(cell for cell in cells if isinstance(cell, Decimal)))
