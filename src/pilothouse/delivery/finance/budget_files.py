# SPDX-License-Identifier: Apache-2.0
"""A version of a budget as a file: XLSX with sums that compute, CSV; both can be read back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pilothouse.delivery.finance.lines import Key
from pilothouse.delivery.finance.models import Budget, FiscalPeriod
from pilothouse.delivery.finance.queries.budget_sheet import Line
from pilothouse.delivery.finance.queries.budgets import BudgetTotals
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.computed import Column, Computed, added, write_computed
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.tables import Cell, write_csv

HEAD = ("WBS", "Category", "Nature", "Currency", "Text")


def budget_file(
    budget: Budget,
    totals: BudgetTotals,
    lines: Sequence[Line],
    periods: Sequence[FiscalPeriod],
    kind: str,
) -> bytes:
    """All lines with a column for each period that has an amount; CSV or XLSX."""
    used = {period for line in lines for period in line.cells}
    shown = [period for period in periods if period.pk in used]
    header = [*HEAD, *(period.name for period in shown)]
    rows = [[*_key(line.key), *_cells(line, shown)] for line in lines]
    if kind == "csv":
        return write_csv(rows, header)
    columns = [Column(name, "text") for name in HEAD] + [Column(row.name) for row in shown]
    if shown:
        columns.append(added("Sum", *range(len(HEAD), len(header))))
    sheet = Computed(f"Budget {budget.number}", columns, rows, len(HEAD), HEAD.index("Currency"))
    return write_computed([sheet], _notes(budget, totals))


def _key(key: Key) -> list[Cell]:
    return [key.wbs, *key.labels, key.currency, key.text]


def _cells(line: Line, periods: Sequence[FiscalPeriod]) -> list[Decimal | None]:
    return [line.cells.get(period.pk) for period in periods]


def _notes(budget: Budget, totals: BudgetTotals) -> list[str]:
    unit = budget.currency_id
    figures = (
        ("Budget at completion", totals.bac),
        ("of it not distributed", totals.undistributed),
        ("of it drawn from reserves", totals.drawn),
        ("Contingency left", totals.contingency_left),
        ("Management reserve left", totals.reserve_left),
        ("Total", totals.total),
    )
    project = budget.project
    return [
        f"Budget {budget.number} of {project.code} {project.name}, "
        f"{budget.get_state_display().lower()}, as at {written(clock.today())}.",
        *(f"{name}: {unit} {amount:,.2f}" for name, amount in figures),
        "Amounts are in the currency of their row; the last rows sum them for each currency.",
        "Read back at “Read a table”: the rows and cells that the table names are replaced.",
    ]
