# SPDX-License-Identifier: Apache-2.0
"""One row of a ledger as text, read into typed values, with every reason why it cannot be.

A text that begins like a formula is text here; nothing of a row is ever calculated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from types import MappingProxyType

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH, Nature
from pilothouse.delivery.finance.money import is_stored
from pilothouse.foundation.core import plausible

REQUIRED = (
    *("source_system", "document_no", "line_no", "posting_date", "account", "project_code"),
    *("amount", "currency"),
)
OPTIONAL = (
    *("period", "cost_centre", "wbs_code", "supplier", "po_no", "text", "nature", "reverses"),
)
COLUMNS = REQUIRED + OPTIONAL
MAY_BE_EMPTY = frozenset({"project_code", *OPTIONAL})
"""A row without a project goes to suspense; without the others it is no row."""
TEXTS = frozenset({"supplier", "text"})

DATE_FORMS = {
    "iso": "2026-03-31",
    "day_first": "31.03.2026 or 31/03/2026",
    "month_first": "03/31/2026",
    "compact": "20260331",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_PARTS = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_AMOUNTS = {
    ".": re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?"),
    ",": re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?"),
}
TOTAL = frozenset({"total", "control total", "sum"})
"""What the document number of a row says that states the total of the file."""


@dataclass(frozen=True, slots=True)
class Form:
    """How numbers and days are written. ``cells``: as a workbook gives numbers and days."""

    decimal_mark: str = "."
    date_form: str = "iso"
    cells: bool = False


@dataclass(slots=True)
class Entry:
    """One row that could be read. ``row`` is its place in the file, counted with the header."""

    row: int
    source_system: str
    document_no: str
    line_no: str
    posting_date: date
    account: str
    project_code: str
    amount: Decimal
    currency: str
    period: str
    cost_centre: str
    wbs_code: str
    supplier: str
    po_no: str
    text: str
    nature: str
    reverses: tuple[str, str] | None
    digest: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.source_system, self.document_no, self.line_no


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken."""

    row: int
    field: str
    reason: str

    @property
    def sentence(self) -> str:
        return f"Row {self.row}, {self.field.replace('_', ' ')}: {self.reason}"


@dataclass(slots=True)
class RowReader:
    """Reads rows one after the other and keeps what is wrong with them.

    ``grouped`` are rows whose amount is a whole number set off in thousands, which with the other
    decimal mark would mean something else; ``plain`` says that another of thousands is not.
    """

    form: Form
    units: Mapping[str, int]
    wrong: Callable[[Problem], None]
    grouped: list[int] = field(default_factory=list)
    plain: bool = False
    _days: dict[str, date | str] = field(default_factory=dict)

    def read(self, row: int, cells: Mapping[str, str]) -> Entry | None:
        """The row as typed values; None where something of it is wrong, all of which is told."""
        problems: list[tuple[str, str]] = []
        texts = {name: plain_text(cells.get(name, "")) for name in COLUMNS}
        for name, text in texts.items():
            if not text and name not in MAY_BE_EMPTY:
                problems.append((name, "Needed."))
            limit = NAME_LENGTH if name in TEXTS else CODE_LENGTH
            if name not in ("amount", "reverses") and len(text) > limit:
                problems.append((name, f"At most {limit} characters; these are {len(text)}."))
        currency = texts["currency"] = texts["currency"].upper()
        if currency and currency not in self.units:
            problems.append(("currency", f"‘{currency[:40]}’ is no currency that is kept here."))
        day = self.day(texts["posting_date"]) if texts["posting_date"] else ""
        if isinstance(day, str) and day:
            problems.append(("posting_date", day))
        amount = self.amount(row, texts["amount"], currency) if texts["amount"] else ""
        if isinstance(amount, str) and amount:
            problems.append(("amount", amount))
        nature = texts["nature"] = texts["nature"].lower()
        if nature and nature not in Nature.values:
            problems.append(("nature", f"‘{nature[:40]}’ is neither capex nor opex."))
        reverses = _reversed(texts["reverses"])
        if isinstance(reverses, str):
            problems.append(("reverses", reverses))
        if problems or isinstance(day, str) or isinstance(amount, str) or isinstance(reverses, str):
            for name, reason in problems:
                self.wrong(Problem(row, name, reason))
            return None
        told = [day.isoformat(), f"{amount.normalize():f}", *_reversal_words(reverses)]
        told += [texts[name] for name in COLUMNS if name not in _TYPED]
        return Entry(
            row=row,
            posting_date=day,
            amount=amount,
            reverses=reverses,
            digest=blake2b("\x1f".join(told).encode(), digest_size=16).hexdigest(),
            **{name: texts[name] for name in COLUMNS if name not in _TYPED},
        )

    def mixed(self) -> None:
        """Tell the rows whose thousands are set off where other rows' are not."""
        if not self.plain:
            return
        mark = "point" if self.form.decimal_mark == "." else "comma"
        for row in self.grouped:
            self.wrong(
                Problem(
                    row,
                    "amount",
                    "Thousands are set off here and not in other rows; the file mixes decimal "
                    f"marks, or this is no decimal {mark}.",
                )
            )

    def day(self, text: str) -> date | str:
        """A day as the form writes it, or why the text is none."""
        found = self._days.get(text)
        if found is None:
            found = self._days[text] = _day_of(text, self.form)
        return found

    def amount(self, row: int, text: str, currency: str) -> Decimal | str:
        """An amount of a currency, or why the text is none."""
        bare = re.sub(r"[ \u00a0\u202f]", "", text).replace("−", "-")
        mark = self.form.decimal_mark
        if self.form.cells and "," not in bare:
            mark = "."
        match = _AMOUNTS[mark].fullmatch(bare)
        if match is None:
            word = "point" if mark == "." else "comma"
            return f"‘{text[:40]}’ is no amount with a decimal {word}."
        whole, grouping, decimals = match.groups()
        if grouping and not decimals:
            self.grouped.append(row)
        elif not grouping and len(whole) > 3:
            self.plain = True
        other = "," if mark == "." else "."
        value = Decimal(bare.replace(other, "").replace(mark, ".")) + 0
        if abs(value) > LARGEST:
            return f"‘{text[:40]}’ is out of range."
        places = self.units.get(currency)
        if places is not None and not is_stored(value, places):
            return f"‘{text[:40]}’ has more decimals than {currency}, which has {places}."
        return value


_TYPED = frozenset({"posting_date", "amount", "reverses"})


def plain_text(text: str) -> str:
    """A cell without control characters, trimmed."""
    return _CONTROL.sub(" ", text).replace("\u00a0", " ").strip()


def stated_total(
    cells: Mapping[str, str], form: Form, units: Mapping[str, int]
) -> tuple[str, Decimal] | None:
    """Currency and amount of a row that states the total of the file; None for any other row."""
    if plain_text(cells.get("document_no", "")).casefold() not in TOTAL:
        return None
    if plain_text(cells.get("line_no", "")) or plain_text(cells.get("account", "")):
        return None
    reader = RowReader(form, units, lambda problem: None)
    currency = plain_text(cells.get("currency", "")).upper()
    amount = reader.amount(0, plain_text(cells.get("amount", "")), currency)
    return None if isinstance(amount, str) or currency not in units else (currency, amount)


def _reversed(text: str) -> tuple[str, str] | str | None:
    """Document and line of the row that is turned back: ``4711/2``."""
    if not text:
        return None
    document, slash, line = text.rpartition("/")
    document, line = document.strip(), line.strip()
    if not slash or not document or not line or max(len(document), len(line)) > CODE_LENGTH:
        return "Name the row that is turned back as document/line, such as 4711/2."
    return document, line


def _reversal_words(reverses: tuple[str, str] | None) -> tuple[str, ...]:
    return reverses or ("", "")


def _day_of(text: str, form: Form) -> date | str:
    """A day as the form writes it, or why it is none."""
    match = _ISO.fullmatch(text) if form.date_form == "iso" or form.cells else None
    order = (0, 1, 2)
    if match is None and form.date_form == "compact":
        match = _COMPACT.fullmatch(text)
    elif match is None and form.date_form in _ORDERS:
        match, order = _PARTS.fullmatch(text), _ORDERS[form.date_form]
    if match is None:
        return f"‘{text[:40]}’ is no date written as {DATE_FORMS[form.date_form]}."
    parts = match.groups()
    year, month, day = (int(parts[place]) for place in order)
    try:
        found = date(year, month, day)
    except ValueError:
        return f"‘{text[:40]}’ is no day of the calendar."
    if not plausible.FIRST_YEAR <= found.year <= plausible.LAST_YEAR:
        return f"The year {found.year} is out of range."
    return found


_ORDERS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"day_first": (2, 1, 0), "month_first": (2, 0, 1)}
)
