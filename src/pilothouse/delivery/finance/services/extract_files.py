# SPDX-License-Identifier: Apache-2.0
"""Files that a period is held against: a table of totals, or a file of the ledger itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.ledger_files import Opened, guessed
from pilothouse.delivery.finance.ledger_rows import Form, RowReader, stated_total
from pilothouse.delivery.finance.models import FiscalPeriod
from pilothouse.delivery.finance.services.ledger_uploads import mapping_for, open_at_once
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency, OrgUnit

NEEDED = {"project_code": "project code", "currency": "currency", "amount": "amount"}


@dataclass(slots=True)
class ExtractFile:
    """Project, currency and amount of each row, and how amounts are written.

    ``left_out`` counts rows of other days; it is told once the lines were read.
    """

    lines: Iterator[tuple[str, str, str]]
    form: Form
    left_out: int = 0


def read_extract_file(
    *,
    actor: Actor,
    office: OrgUnit,
    period: FiscalPeriod,
    name: str,
    data: bytes,
    decimal_mark: str,
) -> ExtractFile:
    """The rows of a CSV or XLSX whose columns are remembered, or named so that they are known.

    ``decimal_mark`` counts where no columns are remembered. Rows whose posting date lies outside
    the period are left out.
    Who: C on ledger_import. Writes: nothing, but as ``scanning.admit`` where the scanner found
    something. Raises: Invalid with the reason why the file cannot be read, Unavailable where the
    scanner does not answer.
    """
    rules.require_in_office(actor, office, rules.IMPORT, "C", "reconcile the ledger")
    opened = open_at_once(actor, office, name, data)
    mapping = mapping_for(office, opened.headings)
    columns = dict(mapping.columns) if mapping else guessed(opened.headings)
    missing = [words for column, words in NEEDED.items() if not columns.get(column)]
    if missing:
        message = (
            f"The file has no column that is known as {missing[0]}. Name the columns project, "
            "currency and amount in its first row, or bring such a file in at the ledger once and "
            "remember its columns."
        )
        raise Invalid("finance.extract_columns", message, fields={"file": message})
    mark, days = (mapping.decimal_mark, mapping.date_form) if mapping else (decimal_mark, "iso")
    found = ExtractFile(iter(()), Form(mark, days, cells=opened.workbook))
    found.lines = _lines(opened, columns, period, found)
    return found


def _lines(
    opened: Opened, columns: Mapping[str, str], period: FiscalPeriod, found: ExtractFile
) -> Iterator[tuple[str, str, str]]:
    units = dict(Currency.objects.values_list("code", "minor_units"))
    reader = RowReader(found.form, units, lambda problem: None)
    for number, cells in opened.rows(columns):
        if stated_total(cells, found.form, units) is not None:
            continue
        if text := cells.get("posting_date", "").strip():
            day = reader.day(text)
            if isinstance(day, str):
                message = f"Row {number}, posting date: {day}"
                raise Invalid("finance.extract", message, fields={"file": message})
            if not period.first <= day <= period.last:
                found.left_out += 1
                continue
        code, currency, amount = (cells.get(name, "") for name in NEEDED)
        yield code, currency, amount
