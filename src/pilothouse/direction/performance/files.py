# SPDX-License-Identifier: Apache-2.0
"""Earned value of a project as a file: packages, periods and figures, with live indices."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.direction.performance.models import PackageMeasure, PackageValue
from pilothouse.direction.performance.queries.earned import ValuePage, packages_of
from pilothouse.foundation.core.computed import Column, Computed, File, computed_file, index, less
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.tables import Cell


def value_file(page: ValuePage, kind: str) -> File:
    """Work packages, periods and figures as a workbook; as CSV the packages.

    Raises: NotFound before there is earned value, and for another kind.
    """
    status, project = page.status, page.opened.project
    if status is None:
        raise NotFound(
            "performance.no_value",
            f"There is no earned value of {project.code} yet; approve a budget with its work "
            "packages, or say how the project is measured.",
        )
    notes = [
        f"Earned value of {project.code} {project.name}, as at {written(status.status_date)}, "
        f"in {status.currency_code}. {status.source}. {status.rates}.",
        "Indices of sums are the sums in relation, never means of indices.",
        *page.warnings,
    ]
    name = ["earned-value", project.code, status.status_date]
    sheets = [_packages(page, packages_of(project)), _periods(page), _figures(page)]
    return computed_file(kind, name, sheets, notes)


def _measured(at: int, sees_cost: bool) -> list[Column]:
    """PV, EV and, where it may be seen, AC from a place on, with what they make."""
    names = ("PV", "EV", "AC") if sees_cost else ("PV", "EV")
    columns = [*map(Column, names), less("SV", at + 1, at), index("SPI", at + 1, at)]
    return (
        [*columns, less("CV", at + 1, at + 2), index("CPI", at + 1, at + 2)]
        if sees_cost
        else columns
    )


def _packages(page: ValuePage, packages: Iterable[PackageValue]) -> Computed:
    methods = dict(PackageMeasure.Method.choices)
    columns = [Column(name, "text") for name in ("WBS", "Package", "Measured by")]
    columns += [Column("Start", "day"), Column("Finish", "day"), Column("BAC")]
    columns += _measured(len(columns), page.sees_cost)
    rows: list[list[Cell]] = [
        [
            *(row.wbs, row.name, methods.get(row.method, row.method), row.start, row.finish),
            *(row.bac, row.pv, row.ev),
            *((row.ac,) if page.sees_cost else ()),
        ]
        for row in packages
    ]
    status = page.status
    if page.sees_cost and status is not None and status.outside:
        rows.append(["", "Without a package", *[None] * 6, status.outside])
    return Computed("Work packages", columns, rows, 2)


def _periods(page: ValuePage) -> Computed:
    columns = [Column("Period", "text"), Column("To", "day"), *_measured(2, page.sees_cost)]
    rows: list[list[Cell]] = [
        [point.name, point.last, point.pv, point.ev, *((point.ac,) if page.sees_cost else ())]
        for point in page.points
    ]
    return Computed("By period", columns, rows, 2, summed=False)


def _figures(page: ValuePage) -> Computed:
    columns = [Column("Symbol", "text"), Column("Figure", "text"), Column("Value")]
    columns += [Column(name, "text") for name in ("Unit", "Formula", "Inputs", "Remark")]
    rows: list[list[Cell]] = [
        [
            *(row.symbol, row.label, row.value, row.unit, row.formula),
            "; ".join(
                f"{symbol} = {'–' if value is None else value}" for symbol, value in row.inputs
            ),
            row.note,
        ]
        for row in page.figures.values()
    ]
    return Computed("Figures", columns, rows, 2, summed=False)
