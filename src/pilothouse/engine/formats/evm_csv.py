# SPDX-License-Identifier: Apache-2.0
"""A table of planned value, earned value and actual cost by period."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NamedTuple

from pilothouse.engine.earned_value import Performance
from pilothouse.engine.errors import FormatError

COLUMNS = ("period", "pv", "ev", "ac")
MOST_ROWS = 10_000
LARGEST = 5_000_000
"""Bytes of a file."""
LONGEST_LINE = 10_000
"""Characters."""
MOST_AMOUNT = 10**18


class _Row(NamedTuple):
    number: int
    planned: Decimal
    earned: Decimal | None
    actual: Decimal | None


def read_evm(source: BinaryIO) -> Performance:
    """Read a CSV file with the columns ``period``, ``pv``, ``ev``, ``ac``.

    Parameters
    ----------
    source : binary file
        UTF-8, comma or semicolon. One row for each period of the baseline in its order, all three
        amounts cumulative; ``ev`` and ``ac`` are empty after the status date.

    Returns
    -------
    Performance
        At the end of the last period with an earned value.

    Raises
    ------
    FormatError
        ``evmcsv.encoding``, ``evmcsv.columns``, ``evmcsv.number``, ``evmcsv.gap``,
        ``evmcsv.rows``: row, column and reason.
    """
    try:
        rows = list(_rows(source))
    except csv.Error as error:
        raise FormatError(
            "evmcsv.rows", f"The file is no table: {error}. Save it as CSV UTF-8."
        ) from error
    known = [row for row in rows if row.earned is not None and row.actual is not None]
    for row, expected in zip(rows, known):
        if row is not expected:
            raise FormatError(
                "evmcsv.gap",
                f"Row {row.number} has no earned value or no actual cost, but a later row has; "
                "fill it in, with 0 or the same amount where nothing happened.",
                (str(row.number),),
            )
    return Performance(
        tuple(row.planned for row in rows),
        Decimal(len(known)),
        tuple(row.earned for row in known if row.earned is not None),
        tuple(row.actual for row in known if row.actual is not None),
    )


def _rows(source: BinaryIO) -> Iterator[_Row]:
    lines = _lines(source)
    try:
        head = next(lines)
    except StopIteration:
        raise FormatError(
            "evmcsv.columns", "The file is empty; export the table once more."
        ) from None
    delimiter = ";" if head.count(";") > head.count(",") else ","
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=delimiter))]
    missing = [name for name in COLUMNS if name not in names]
    if missing or len(set(names)) < len(names):
        raise FormatError(
            "evmcsv.columns",
            f"The first row names {', '.join(names)[:200]}; it must name each of "
            f"{', '.join(COLUMNS)} once.",
        )
    found = 0
    for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), 2):
        if not any(cell.strip() for cell in cells):
            continue
        found += 1
        if found > MOST_ROWS:
            raise FormatError(
                "evmcsv.rows", f"The file has more than {MOST_ROWS} periods; take longer ones."
            )
        values = dict(zip(names, cells))
        planned = _amount(values, "pv", number)
        if planned is None:
            raise _no_number(number, "pv", "")
        earned, actual = _amount(values, "ev", number), _amount(values, "ac", number)
        if (earned is None) != (actual is None):
            raise _no_number(number, "ev" if earned is None else "ac", "")
        yield _Row(number, planned, earned, actual)
    if not found:
        raise FormatError(
            "evmcsv.rows",
            "The file has no period below its first row; add one row for each period.",
        )


def _lines(source: BinaryIO) -> Iterator[str]:
    data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise FormatError(
            "evmcsv.rows", f"The file has more than {LARGEST} bytes; leave out what is no period."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            "evmcsv.encoding", "The file is not in UTF-8; save it as CSV UTF-8."
        ) from error
    if "\0" in text:
        raise FormatError("evmcsv.encoding", "The file is no text; save it as CSV UTF-8.")
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise FormatError(
                "evmcsv.rows",
                f"The file is no table: line {number} has {len(line)} characters; save it as CSV.",
            )
    return iter(lines)


def _amount(values: dict[str, str], name: str, number: int) -> Decimal | None:
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not -MOST_AMOUNT < value < MOST_AMOUNT:
        raise _no_number(number, name, text)
    return value


def _no_number(number: int, name: str, text: str) -> FormatError:
    what = f"‘{text[:40]}’, which is no amount" if text else "nothing"
    return FormatError(
        "evmcsv.number",
        f"Row {number} has {what} in {name}; write a number such as 1250.50.",
        (str(number), name),
    )
