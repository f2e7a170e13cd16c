# SPDX-License-Identifier: Apache-2.0
"""Workbooks whose sums and indices compute when somebody edits them.

Every formula is written with its value, for programs that read a file without computing it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.foundation.core.tables import (
    CELL_LIMIT,
    TYPES,
    Cell,
    file_name,
    kind_of,
    write_about,
    write_csv,
)

At = Callable[[int], str]
"""Where the cell of a column stands in the row in hand."""
Row = list[Cell]
_LOOKS = {"amount": "#,##0.00##", "index": "0.0000", "day": "yyyy-mm-dd"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of texts, days or amounts, or of what ``formula`` makes of others in its row.

    ``value`` is the same in Python; where a cell that it ``needs`` is empty, it is, too. Amounts
    are summed below; a formula stands there over the sums, so that an index of many rows is that
    of their sums.
    """

    title: str
    kind: str = "amount"
    formula: Callable[[At], str] | None = None
    value: Callable[[Sequence[Cell]], Decimal | None] | None = None
    needs: Sequence[int] = ()

    def empty(self, row: Sequence[Cell]) -> bool:
        """Whether the row lacks what the formula needs."""
        return any(row[place] is None for place in self.needs)


@dataclass(frozen=True, slots=True)
class Computed:
    """A sheet. Amounts of two texts in the column ``unit`` have no sum; ``keys`` stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    keys: int = 1
    unit: int | None = None
    summed: bool = True


def added(title: str, *places: int) -> Column:
    """A column that adds up others."""

    def value(row: Sequence[Cell]) -> Decimal | None:
        return sum((_amount(row[place]) for place in places), Decimal(0))

    neighbours = len(places) > 1 and places == tuple(range(places[0], places[-1] + 1))

    def formula(at: At) -> str:
        if neighbours:
            return f"=SUM({at(places[0])}:{at(places[-1])})"
        return "=" + ("+".join(at(place) for place in places) or "0")

    return Column(title, formula=formula, value=value)


def less(title: str, place: int, other: int) -> Column:
    """A column of one less another."""
    return Column(
        title,
        formula=lambda at: f"={at(place)}-{at(other)}",
        value=lambda row: _amount(row[place]) - _amount(row[other]),
        needs=(place, other),
    )


def index(title: str, place: int, other: int) -> Column:
    """A column of one to another; empty where that is 0."""

    def value(row: Sequence[Cell]) -> Decimal | None:
        below = _amount(row[other])
        return _amount(row[place]) / below if below else None

    def formula(at: At) -> str:
        return f'=IF({at(other)}=0,"",{at(place)}/{at(other)})'

    return Column(title, "index", formula, value, (place, other))


File = tuple[str, str, bytes]
"""Name, type and content of a file that leaves."""


def computed_file(
    kind: str, name: Sequence[object], sheets: Sequence[Computed], notes: Sequence[str] = ()
) -> File:
    """The sheets as a workbook; as CSV the first of them, with what its formulas come to.

    Raises: NotFound for a kind that is neither.
    """
    called, sort = file_name(kind_of(kind), *name), TYPES[kind]
    if kind == "xlsx":
        return called, sort, write_computed(sheets, notes)
    first = sheets[0]
    rows = (_valued(first.columns, row) for row in first.rows)
    return called, sort, write_csv(rows, [column.title for column in first.columns])


def write_computed(sheets: Sequence[Computed], notes: Sequence[str] = ()) -> bytes:
    """A workbook of sheets that compute; ``notes`` stand on a last one."""
    import xlsxwriter  # as in core.tables

    cell_at, letters = xlsxwriter.utility.xl_rowcol_to_cell, xlsxwriter.utility.xl_col_to_name
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "quote_prefix": True})
        text = book.add_format({"quote_prefix": True})
        looks = {kind: book.add_format({"num_format": look}) for kind, look in _LOOKS.items()}
        totals = {
            kind: book.add_format({"num_format": look, "bold": True, "top": 1})
            for kind, look in _LOOKS.items()
        }
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            page.freeze_panes(1, sheet.keys)
            page.set_column(0, len(sheet.columns) - 1, 14)
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, column.title[:CELL_LIMIT], bold)
            lines = [_valued(sheet.columns, row) for row in sheet.rows]
            for number, line in enumerate(lines, start=1):
                at = _at(cell_at, number)
                for place, (column, cell) in enumerate(zip(sheet.columns, line, strict=True)):
                    if column.formula is not None:
                        if not column.empty(line):
                            saved = float(cell) if isinstance(cell, Decimal) else ""
                            page.write_formula(
                                number, place, column.formula(at), looks[column.kind], saved
                            )
                    elif isinstance(cell, Decimal):
                        page.write_number(number, place, float(cell), looks[column.kind])
                    elif isinstance(cell, date):
                        page.write_datetime(number, place, cell, looks["day"])
                    elif cell is not None:
                        page.write_string(number, place, str(cell)[:CELL_LIMIT], text)
            last = len(lines)
            for number, (name, line) in enumerate(_totals(sheet, lines), start=last + 1):
                at = _at(cell_at, number)
                page.write_string(number, 0, "Sum", bold)
                if sheet.unit is not None:
                    page.write_string(number, sheet.unit, name[:CELL_LIMIT], bold)
                for place, (column, cell) in enumerate(zip(sheet.columns, line, strict=True)):
                    if column.kind in ("text", "day"):
                        continue
                    span = _span(letters(place), last)
                    if column.formula is not None:
                        formula = column.formula(at)
                    elif sheet.unit is None:
                        formula = f"=SUM({span})"
                    else:
                        unit = letters(sheet.unit, col_abs=True)
                        own = cell_at(number, sheet.unit, col_abs=True)
                        formula = f"=SUMIF({_span(unit, last)},{own},{span})"
                    saved = float(cell) if isinstance(cell, Decimal) else ""
                    page.write_formula(number, place, formula, totals[column.kind], saved)
        write_about(book, notes)
    return out.getvalue()


def _at(cell_at: Callable[[int, int], str], number: int) -> At:
    return lambda place: cell_at(number, place)


def _span(column: str, last: int) -> str:
    return f"{column}$2:{column}${last + 1}"


def _amount(cell: Cell) -> Decimal:
    return cell if isinstance(cell, Decimal) else Decimal(0)


def _valued(columns: Sequence[Column], row: Sequence[Cell]) -> Row:
    """A row with what its formulas come to; the cells it has are those of the other columns."""
    given = iter(row)
    found: Row = []
    for column in columns:
        if column.value is None:
            found.append(next(given))
        else:
            found.append(None if column.empty(found) else column.value(found))
    return found


def _totals(sheet: Computed, lines: Sequence[Row]) -> list[tuple[str, Row]]:
    """For each text of the column ``unit``, or for all rows, what the columns come to."""
    if not (sheet.summed and lines):
        return []
    unit = sheet.unit
    names = [""] if unit is None else list(dict.fromkeys(str(line[unit]) for line in lines))
    found = []
    for name in names:
        mine = [line for line in lines if unit is None or str(line[unit]) == name]
        row: Row = []
        for place, column in enumerate(sheet.columns):
            if column.value is not None:
                row.append(column.value(row))
            elif column.kind in ("text", "day"):
                row.append(None)
            else:
                row.append(sum((_amount(line[place]) for line in mine), Decimal(0)))
        found.append((name, row))
    return found
