# SPDX-License-Identifier: Apache-2.0
"""The grid of a draft as inputs: what it shows, and what was typed into it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pilothouse.delivery.finance.lines import KEY, Key, SheetRow, amount_of, choice_of
from pilothouse.delivery.finance.models import Category, FiscalPeriod, Nature
from pilothouse.delivery.finance.queries.budget_sheet import ROWS_SHOWN, BudgetSheet
from pilothouse.foundation.core.pages import as_text

NEW_ROWS = 5
MOST_ROWS = ROWS_SHOWN + NEW_ROWS


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of inputs; ``was`` is the key it stands for, as text, empty for a new one."""

    number: int
    was: str
    key: Mapping[str, str]
    cells: Mapping[int, str]
    gone: bool = False
    problem: str = ""
    total: Decimal | None = None


@dataclass(slots=True)
class Typed:
    """Rows that were typed: as they are to be shown again, set, and what is wrong."""

    shown: list[GridRow] = field(default_factory=list)
    rows: list[SheetRow] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)


def grid_of(sheet: BudgetSheet, currency: str) -> list[GridRow]:
    """The rows of a page, and some empty ones below."""
    rows = [
        GridRow(
            sheet.first + place,
            json.dumps(list(line.key)),
            line.key._asdict(),
            {period: as_text(amount) for period, amount in line.cells.items()},
            total=line.own_total,
        )
        for place, line in enumerate(sheet.rows)
    ]
    empty = dict.fromkeys(KEY, "") | {"currency": currency}
    below = sheet.first + len(rows)
    return rows + [GridRow(below + place, "", empty, {}) for place in range(NEW_ROWS)]


def read_grid(data: Mapping[str, str], periods: Sequence[FiscalPeriod], currency: str) -> Typed:
    """What was typed, row by row; a new row that holds nothing is passed over."""
    typed = Typed()
    for place in range(MOST_ROWS):
        if f"was{place}" not in data:
            break
        row = _row_typed(data, place, periods, currency)
        typed.shown.append(row)
        if not row.was and not any(row.cells.values()):
            if any(row.key[name] for name in KEY if name != "currency"):
                typed.wrong[row.number] = "it has no amount; enter one, or empty the row"
            continue
        try:
            typed.rows.append(_row_read(row))
        except ValueError as error:
            typed.wrong[row.number] = str(error)
    return typed


def _row_typed(
    data: Mapping[str, str], place: int, periods: Sequence[FiscalPeriod], currency: str
) -> GridRow:
    number = data.get(f"number{place}", "")
    key = {name: data.get(f"{name}{place}", "").replace("\0", "").strip() for name in KEY}
    key["currency"] = key["currency"].upper() or currency
    return GridRow(
        int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else place + 1,
        data.get(f"was{place}", ""),
        key,
        {row.pk: data.get(f"p{place}_{row.pk}", "").strip() for row in periods},
        gone=data.get(f"gone{place}", "") == "on",
    )


def _row_read(row: GridRow) -> SheetRow:
    """Raises: ValueError."""
    was = _was(row.was)
    if row.gone and was is not None:
        return SheetRow(row.number, was, {}, gone=True)
    key = Key(
        row.key["wbs"],
        choice_of(row.key["category"], Category.choices, "category"),
        choice_of(row.key["nature"], Nature.choices, "nature"),
        row.key["currency"],
        row.key["text"],
    )
    cells = {period: amount_of(text) for period, text in row.cells.items()}
    return SheetRow(row.number, key, cells, was)


def _was(text: str) -> Key | None:
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or len(found) != len(KEY):
        raise ValueError("the page is not whole; open it again")
    return Key(*map(str, found))
