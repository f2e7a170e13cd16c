# SPDX-License-Identifier: Apache-2.0
"""Reading the sheet of a forecast as it was typed or pasted."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pilothouse.delivery.finance.lines import Key, SheetRow, amount_of
from pilothouse.delivery.finance.queries.forecasts import Part
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.parsing import Reader

MOST_ROWS = 5000
NEW = "new"
"""The name of the row below the last one."""


@dataclass(slots=True)
class SheetInput:
    """Rows with their cells, reasons by part, and the version that they were typed over."""

    rows: list[SheetRow] = field(default_factory=list)
    reasons: dict[Part, str] = field(default_factory=dict)
    version: int | None = None


def read_sheet(data: Mapping[str, str], currency: str) -> SheetInput:
    """Cells ``cell.row.period`` and reasons ``reason.row`` of the rows ``key.row``.

    Raises: Invalid naming each cell.
    """
    found = SheetInput(version=_version(data))
    wrong: dict[str, str] = {}
    cells: dict[str, dict[int, Decimal]] = {}
    for name, text in data.items():
        kind, _, rest = name.partition(".")
        row, _, period = rest.partition(".")
        if kind != "cell" or not period.isdecimal() or len(period) > 12:
            continue
        if row == NEW and not text.strip():
            continue
        try:
            cells.setdefault(row, {})[int(period)] = amount_of(text)
        except ValueError as error:
            wrong[name] = str(error)
    for number, (row, values) in enumerate(cells.items(), 1):
        key = _key(data, row, currency)
        if key is None:
            wrong[f"key.{row}"] = "Say its category and nature."
            continue
        found.rows.append(SheetRow(number, key, values))
    for name, text in data.items():
        if name.startswith("reason."):
            key = _key(data, name.removeprefix("reason."), currency)
            if key is not None:
                found.reasons[Part(key.wbs, key.category, key.nature)] = text
    if wrong:
        raise Invalid(
            "finance.forecast_cells",
            f"{len(wrong)} cells cannot be read: {'; '.join(list(wrong.values())[:5])}. "
            "Nothing was saved.",
            fields=wrong,
        )
    return found


def read_table(data: Mapping[str, str]) -> dict[int, list[str]]:
    """Rows of a table that was pasted, by their numbers. Raises: Invalid where it is empty."""
    reader = Reader(data)
    text = reader.text("table", 2_000_000, required=True)
    reader.check("finance.forecast_table")
    rows = list(csv.reader(text.splitlines(), delimiter="\t"))
    return dict(enumerate(rows[:MOST_ROWS], 1))


def _key(data: Mapping[str, str], row: str, currency: str) -> Key | None:
    if row == NEW:
        names = ("wbs", "category", "nature")
        wbs, category, nature = (data.get(f"new.{name}", "").strip() for name in names)
        return Key(wbs, category, nature, currency, "") if category and nature else None
    parts = data.get(f"key.{row}", "").split("\t")
    return Key(*parts) if len(parts) == 5 else None


def _version(data: Mapping[str, str]) -> int | None:
    text = data.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
