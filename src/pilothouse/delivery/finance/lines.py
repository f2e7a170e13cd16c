# SPDX-License-Identifier: Apache-2.0
"""Lines of a budget as rows of a sheet: the key of a row, its cells, and reading them from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from pilothouse.delivery.finance.models import (
    BudgetLine,
    Category,
    FiscalPeriod,
    ForecastLine,
    Nature,
)
from pilothouse.foundation.core.parsing import number_of

KEY = ("wbs", "category", "nature", "currency", "text")
"""Columns that name a row of the sheet."""
HEADINGS = {
    "wbs": "wbs",
    "wbs code": "wbs",
    "work package": "wbs",
    "category": "category",
    "nature": "nature",
    "capex/opex": "nature",
    "currency": "currency",
    "text": "text",
    "description": "text",
    "period": "period",
    "month": "period",
    "amount": "amount",
}
"""What the head of a table may call a column; besides these the names of periods."""
SUMS = ("sum", "total")
"""Columns and rows of an export that its reader computes anew."""


class Key(NamedTuple):
    """What a row of the sheet is: one part of the work, one kind of cost, one currency."""

    wbs: str
    category: str
    nature: str
    currency: str
    text: str

    def columns(self) -> dict[str, str]:
        """As columns of a line."""
        values = self._asdict()
        return {("currency_id" if name == "currency" else name): values[name] for name in values}

    @property
    def labels(self) -> tuple[str, str]:
        """Category and nature as they are shown."""
        return str(Category(self.category).label), str(Nature(self.nature).label)

    def __str__(self) -> str:
        words = [self.wbs or "the project as a whole", Category(self.category).label, self.nature]
        return ", ".join(filter(None, [*words, self.currency, self.text]))


def key_of(line: BudgetLine | ForecastLine) -> Key:
    """The row that a line stands in."""
    return Key(line.wbs, line.category, line.nature, line.currency_id, line.text)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is set: its cells by period; one of 0 takes its line away.

    ``was`` is the key the row had, where it gets another one; ``gone`` takes all of it away,
    whatever its cells say; ``number`` names it in messages.
    """

    number: int
    key: Key
    cells: Mapping[int, Decimal]
    was: Key | None = None
    gone: bool = False


@dataclass(slots=True)
class Read:
    """Rows of a table that were understood, and what is wrong with the others."""

    rows: list[SheetRow] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)


_COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d*)?")


def amount_of(text: str, *, decimal_comma: bool = False) -> Decimal:
    """An amount as it is typed; nothing is 0. Raises: ValueError saying what is wrong."""
    plain = re.sub(r"[ \u00a0\u202f'’]", "", text).replace("−", "-")
    if decimal_comma and plain:
        if not _COMMA.fullmatch(plain):
            raise ValueError(f"‘{text[:40]}’ is no amount; with a decimal comma write 1.250,50")
        plain = plain.replace(".", "").replace(",", ".")
    try:
        return number_of(plain) or Decimal(0)
    except ValueError:
        raise ValueError(f"‘{text[:40]}’ is no amount; write it as 1,250.50") from None


class Reading:
    """Reads rows of text into the sheet of a budget.

    A head names the columns: those of ``HEADINGS``, and periods by their names. Without one the
    columns are those of ``KEY``, then the periods from ``first`` on.
    """

    def __init__(
        self,
        periods: Sequence[FiscalPeriod],
        currency: str,
        *,
        decimal_comma: bool = False,
        first: FiscalPeriod | None = None,
    ) -> None:
        self._by_name = {row.name.casefold(): row.pk for row in periods}
        self._ids = [row.pk for row in periods if first is None or row.first >= first.first]
        self._currency = currency
        self._comma = decimal_comma

    def read(self, table: Mapping[int, Sequence[str]]) -> Read:
        """Every row of a table by its number; one that holds nothing is passed over.

        Raises: ValueError where the head names a column that is not known.
        """
        found = Read()
        rows = [(number, [cell.strip() for cell in row]) for number, row in table.items()]
        rows = [(number, row) for number, row in rows if any(row)]
        if not rows:
            return found
        columns = self._head(rows[0][1])
        if columns is None:
            columns = [*KEY, *self._ids]
        else:
            rows = rows[1:]
        listed = "period" in columns
        merged: dict[Key, SheetRow] = {}
        for number, row in rows:
            if row[0].casefold() in SUMS and not any(row[1:3]):
                continue
            try:
                one = self._row(number, row, columns)
                if not listed:
                    found.rows.append(one)
                else:
                    merged[one.key] = _together(merged.get(one.key), one)
            except ValueError as error:
                found.wrong[number] = str(error)
        found.rows += merged.values()
        return found

    def _head(self, row: Sequence[str]) -> list[str | int] | None:
        names = [cell.casefold() for cell in row]
        if not {"category", "nature", "capex/opex"} & set(names):
            return None
        columns: list[str | int] = []
        for name, cell in zip(names, row, strict=True):
            if name in SUMS or not name:
                columns.append("")
            elif name in HEADINGS:
                columns.append(HEADINGS[name])
            elif name in self._by_name:
                columns.append(self._by_name[name])
            else:
                raise ValueError(
                    f"the column ‘{cell[:40]}’ is neither a period of this office nor one of "
                    "WBS, Category, Nature, Currency, Text, Period, Amount"
                )
        named = [(cell, name) for cell, name in zip(row, columns, strict=True) if name]
        twice = [cell for cell, name in named if columns.count(name) > 1]
        if twice:
            raise ValueError(f"two columns are called ‘{twice[0][:40]}’")
        if ("period" in columns) != ("amount" in columns):
            raise ValueError("a column Period needs a column Amount, and the other way round")
        return columns

    def _row(self, number: int, row: Sequence[str], columns: Sequence[str | int]) -> SheetRow:
        if len(row) > len(columns):
            raise ValueError(f"it has {len(row)} cells, and there are {len(columns)} columns")
        named = dict(zip(columns, row, strict=False))
        texts = {name: str(named.get(name, "")) for name in (*KEY, "period", "amount")}
        key = Key(
            texts["wbs"],
            choice_of(texts["category"], Category.choices, "category"),
            choice_of(texts["nature"], Nature.choices, "nature"),
            texts["currency"].upper() or self._currency,
            texts["text"],
        )
        cells = {
            column: amount_of(text, decimal_comma=self._comma)
            for column, text in named.items()
            if isinstance(column, int)
        }
        if "period" in named:
            period = self._by_name.get(texts["period"].casefold())
            if period is None:
                raise ValueError(f"‘{texts['period'][:40]}’ is no period of this office")
            cells[period] = amount_of(texts["amount"], decimal_comma=self._comma)
        return SheetRow(number, key, cells)


def _together(known: SheetRow | None, one: SheetRow) -> SheetRow:
    """Of a table with a row for each period: all cells of one key. Raises: ValueError."""
    if known is None:
        return one
    if known.cells.keys() & one.cells.keys():
        raise ValueError(f"it names the same period of the same line as row {known.number}")
    return SheetRow(known.number, known.key, {**known.cells, **one.cells})


def choice_of(text: str, choices: Iterable[tuple[str, str]], what: str) -> str:
    """A value of a list by the value or its label. Raises: ValueError."""
    listed = list(choices)
    wanted = text.casefold().replace("_", " ")
    for value, label in listed:
        if wanted in (value.casefold().replace("_", " "), str(label).casefold()):
            return value
    words = ", ".join(str(label) for _, label in listed)
    raise ValueError(f"‘{text[:40]}’ is no {what}; write one of {words}")
