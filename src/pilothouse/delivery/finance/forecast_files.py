# SPDX-License-Identifier: Apache-2.0
"""A forecast as a file: each part of the work with budget, cost and rest, summed by formulas."""

from __future__ import annotations

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Forecast
from pilothouse.delivery.finance.queries.forecasts import sheet_of
from pilothouse.delivery.finance.queries.opening import OpenedProject
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.computed import Column, Computed, File, added, computed_file, less
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.tables import Cell

HEAD = ("WBS", "Category", "Nature", "Budget")
SPENT = ("Spent", "Of orders")


def forecast_file(opened: OpenedProject, forecast: Forecast, kind: str) -> File:
    """The parts with a column for each period in which something is to come; CSV or XLSX.

    Raises: NotFound for another kind.
    """
    forecast.project = opened.project
    sheet, sees_cost = sheet_of(forecast), opened.may(rules.ACTUAL, "R")
    used = {period for row in sheet.rows for period in row.planned}
    submitted = forecast.cost is not None
    periods = [row for row in sheet.periods if row.pk in used and (row.is_open or submitted)]
    columns = [Column(name, "amount" if name == "Budget" else "text") for name in HEAD]
    columns += [Column(name) for name in SPENT] if sees_cost else []
    first = len(columns)
    columns += [Column(period.name) for period in periods]
    rest = len(columns)
    columns.append(added("To complete", *range(first, rest)))
    if sees_cost:
        columns += [added("EAC", *range(4, 6), rest), less("Off budget", rest + 1, 3)]
    columns.append(Column("Reason", "text"))
    rows: list[list[Cell]] = [
        [
            *(row.part.wbs, row.category_label, row.part.nature, row.budget),
            *((row.cost, row.ordered) if sees_cost else ()),
            *(row.planned.get(period.pk) for period in periods),
            row.reason,
        ]
        for row in sheet.rows
    ]
    project = forecast.project
    told = [
        f"Forecast {forecast.number} of {project.code} {project.name}, "
        f"{forecast.get_state_display().lower()}, as at {written(clock.today())}.",
        f"Amounts are in {forecast.currency_id}.",
    ]
    if sees_cost:
        told += [
            "Spent are actuals and accruals; of orders is what is open of them, and what came and "
            "is neither invoiced nor accrued.",
            "EAC = spent + of orders + to complete.",
        ]
    table = Computed(f"Forecast {forecast.number}", columns, rows, 3)
    return computed_file(kind, ["forecast", project.code, forecast.number], [table], told)
