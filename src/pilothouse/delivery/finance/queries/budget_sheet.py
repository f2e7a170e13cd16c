# SPDX-License-Identifier: Apache-2.0
"""The lines of a budget as a sheet: a row for each key, a column for each period, sums of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance.lines import Key, key_of
from pilothouse.delivery.finance.models import Budget, ContingencyDraw, FiscalPeriod

ZERO = Decimal(0)
ROWS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One row: amounts by period in its own currency, and what it comes to in the project's.

    ``own_total`` is of all periods, also of those that are not shown. A ``draw`` is one that was
    approved on this version; it is no line and is not changed.
    """

    key: Key
    cells: Mapping[int, Decimal]
    own_cells: Mapping[int, Decimal]
    own_total: Decimal
    draw: int = 0


@dataclass(frozen=True, slots=True)
class BudgetSheet:
    """Some rows of a version for the periods of one fiscal year.

    ``sums`` are of all rows by period, in the project's currency; ``year_total`` adds up those of
    the year that is shown.
    """

    years: Sequence[int]
    year: int
    periods: Sequence[FiscalPeriod]
    rows: Sequence[Line]
    count: int
    page: int
    pages: int
    sums: Mapping[int, Decimal]
    total: Decimal

    @property
    def year_total(self) -> Decimal:
        """What the periods that are shown come to."""
        return sum((self.sums.get(period.pk, ZERO) for period in self.periods), ZERO)

    @property
    def first(self) -> int:
        """The number of the first row that is shown."""
        return (self.page - 1) * ROWS_SHOWN + 1


def all_lines(budget: Budget) -> list[Line]:
    """Every row of a version, its approved draws last."""
    cells: defaultdict[Key, dict[int, Decimal]] = defaultdict(dict)
    own: defaultdict[Key, dict[int, Decimal]] = defaultdict(dict)
    for line in budget.lines.order_by():
        key = key_of(line)
        cells[key][line.period_id] = line.amount
        own[key][line.period_id] = line.own_amount
    rows = [Line(key, cells[key], own[key], sum(own[key].values(), ZERO)) for key in sorted(cells)]
    approved = budget.draws.filter(state=ContingencyDraw.State.APPROVED)
    for draw in approved.order_by("number"):
        text = f"Draw {draw.number} for {draw.cited}"
        key = Key(draw.wbs, draw.category, draw.nature, budget.currency_id, text)
        amounts = {draw.period_id: draw.amount}
        rows.append(Line(key, amounts, amounts, draw.amount, draw.pk))
    return rows


def sheet_of(budget: Budget, periods: Sequence[FiscalPeriod], year: int, page: int) -> BudgetSheet:
    """A page of the rows of a version in a fiscal year, the nearest one where it has none."""
    rows = all_lines(budget)
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        for period, amount in row.own_cells.items():
            sums[period] += amount
    years = sorted({period.year for period in periods})
    if year not in years and years:
        used = [period.year for period in periods if sums.get(period.pk)]
        year = min(used, default=years[-1])
    pages = max(1, -(-len(rows) // ROWS_SHOWN))
    page = min(max(page, 1), pages)
    return BudgetSheet(
        years=years,
        year=year,
        periods=[period for period in periods if period.year == year],
        rows=rows[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN],
        count=len(rows),
        page=page,
        pages=pages,
        sums=sums,
        total=sum(sums.values(), ZERO),
    )
