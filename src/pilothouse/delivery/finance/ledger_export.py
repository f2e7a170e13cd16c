# SPDX-License-Identifier: Apache-2.0
"""Rows of the ledger as a file, read and written a part at a time."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from pilothouse.delivery.finance.models import Actual
from pilothouse.delivery.finance.money import stored
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.pages import Parts, streamed
from pilothouse.foundation.core.tables import TYPES, Cell, csv_parts, file_name, kind_of, xlsx_parts

MOST_IN_WORKBOOK = 100_000
"""So many rows come in by a workbook, too."""
CHUNK = 2_000
HEAD = (
    *("Source system", "Document", "Line", "Posting date", "Period", "Account", "Cost centre"),
    *("Project code", "Project", "Work package", "Category", "Nature", "Supplier", "Order", "Text"),
    *("Amount", "Currency", "Rate", "In the project's currency", "At the budget rate"),
    *("Project's currency", "State", "Why it waits", "Turns back", "Batch", "Row"),
)


def ledger_export(rows: QuerySet[Actual], what: str, kind: str) -> Parts:
    """Rows as CSV or XLSX.

    Raises: NotFound for another kind, Invalid where a workbook would hold too many of them.
    """
    name = file_name(kind_of(kind), "ledger", what, clock.today())
    if kind == "csv":
        return streamed(name, TYPES[kind], csv_parts(_cells(rows), HEAD))
    count = rows.count()
    if count > MOST_IN_WORKBOOK:
        raise Invalid(
            "finance.ledger_export",
            f"These are {count:,} rows, and a workbook holds at most {MOST_IN_WORKBOOK:,}. "
            "Narrow them, or take them as CSV.",
        )
    note = f"{count:,} rows of the ledger of {what}, as at {written(clock.today())}."
    return streamed(name, TYPES[kind], xlsx_parts(_cells(rows), HEAD, sheet="Ledger", notes=[note]))


def _cells(rows: QuerySet[Actual]) -> Iterator[list[Cell]]:
    whole = rows.select_related(
        *("project__currency", "period", "batch", "reverses", "currency"),
    )
    for row in whole.iterator(chunk_size=CHUNK):
        project, turned = row.project, row.reverses
        own = [
            None
            if amount is None or project is None
            else stored(amount, project.currency.minor_units)
            for amount in (row.own_amount, row.constant_amount)
        ]
        yield [
            *(row.source_system, row.document_no, row.line_no, row.posting_date),
            *(row.period.name if row.period else "", row.account, row.cost_centre),
            *(row.project_code, project.code if project else "", row.wbs),
            *(row.get_category_display(), row.get_nature_display()),
            *(row.supplier, row.po_no, row.text),
            *(stored(row.amount, row.currency.minor_units), row.currency_id),
            *(None if row.rate is None else row.rate.normalize() + 0, *own),
            *(project.currency_id if project else "", row.get_state_display(), row.state_reason),
            f"{turned.document_no}/{turned.line_no}" if turned else "",
            *(row.batch.number, row.row),
        ]
