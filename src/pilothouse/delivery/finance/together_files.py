# SPDX-License-Identifier: Apache-2.0
"""The money of a portfolio or programme as a file: its projects, its months, its categories."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.delivery.finance.queries.streams import Stream
from pilothouse.delivery.finance.queries.together import ProjectMoney, Together
from pilothouse.foundation.core.computed import (
    Column,
    Computed,
    File,
    added,
    computed_file,
    index,
    less,
)
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.tables import Cell


def together_file(page: Together, kind: str) -> File:
    """Projects in their own currencies, summed for each; months in that of the place.

    Raises: NotFound for another kind than CSV and XLSX.
    """
    months = [(month.period.name, month.stream) for month in page.spread.months]
    kinds = [(row.label, row.stream) for row in page.spread.categories]
    sheets = [
        _projects(page),
        _streams("By month", "Period", months, page.sees_cost),
        _streams("By category", "Category", kinds, page.sees_cost),
    ]
    notes = [
        f"Money of {page.place}, as at {written(page.day)}.",
        "Projects stand in their own currency, and are summed for each; "
        f"months and categories are in {page.currency}.",
        *page.problems,
    ]
    return computed_file(kind, ["money", page.place.code, page.day], sheets, notes)


def _projects(page: Together) -> Computed:
    columns = [Column(name, "text") for name in ("Code", "Project", "Currency")]
    columns += [Column("Budget at completion"), Column("Budget with reserves")]
    columns += [Column("Released")] if page.released is not None else []
    if page.sees_cost:
        at = len(columns)
        columns += [Column(name) for name in ("Ordered", "Actual", "Accrued", "To come")]
        columns.append(added("Outlook", *range(at + 1, at + 4)))
        columns += [less("Over budget", at + 4, 3), index("Outlook / budget", at + 4, 3)]
    return Computed("Projects", columns, [_project(page, row) for row in page.rows], 2, unit=2)


def _project(page: Together, row: ProjectMoney) -> list[Cell]:
    project, budget, stream = row.project, row.budget, row.stream
    cells: list[Cell] = [project.code, project.name, project.currency_id]
    cells += [budget.bac, budget.total] if budget else [None, None]
    cells += [row.released] if page.released is not None else []
    if stream is not None:
        cells += [stream.committed, stream.actual, stream.accrual, stream.to_come]
    return cells


def _streams(name: str, head: str, rows: Iterable[tuple[str, Stream]], sees_cost: bool) -> Computed:
    columns = [Column(head, "text"), Column("Budget")]
    if sees_cost:
        columns += [Column(title) for title in ("Ordered", "Actual", "Accrued", "To come")]
        columns += [added("Outlook", 3, 4, 5), less("Over budget", 6, 1)]
    lines: list[list[Cell]] = [
        [
            *(label, stream.budget),
            *(
                (stream.committed, stream.actual, stream.accrual, stream.to_come)
                if sees_cost
                else ()
            ),
        ]
        for label, stream in rows
    ]
    return Computed(name, columns, lines)
