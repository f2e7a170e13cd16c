# SPDX-License-Identifier: Apache-2.0
"""Figures above the list and totals of its groups; currencies are never added together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pilothouse.direction.portfolio.columns import COLOURS
from pilothouse.direction.portfolio.queries.narrow import (
    change_since,
    group_key,
    group_label,
    needs,
)
from pilothouse.direction.portfolio.queries.rows import Listed, Then


@dataclass(slots=True)
class Money:
    """Sums in one currency, None where no project has the figure.

    The difference counts only projects that have both.
    """

    currency: str
    budget: Decimal | None = None
    forecast: Decimal | None = None
    difference: Decimal | None = None
    budgets: int = 0
    forecasts: int = 0
    both: int = 0

    def add(self, row: Listed) -> None:
        """Count one project in."""
        if row.budget is not None:
            self.budget = row.budget + (self.budget or 0)
            self.budgets += 1
        if row.forecast_cost is not None:
            self.forecast = row.forecast_cost + (self.forecast or 0)
            self.forecasts += 1
        if row.variance is not None:
            self.difference = row.variance + (self.difference or 0)
            self.both += 1


@dataclass(slots=True)
class Totals:
    """Number of projects, by colour, and their money by currency."""

    label: str = ""
    count: int = 0
    overall: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLOURS, 0))
    stated: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLOURS, 0))
    sums: dict[str, Money] = field(default_factory=dict)

    def add(self, row: Listed) -> None:
        """Count one project in."""
        self.count += 1
        self.overall[row.overall] += 1
        self.stated[row.stated] += 1
        if row.budget is not None or row.forecast_cost is not None:
            self.sums.setdefault(row.currency, Money(row.currency)).add(row)

    @property
    def money(self) -> list[Money]:
        """By currency, the one with most projects first."""
        return sorted(self.sums.values(), key=lambda sums: (-sums.budgets, sums.currency))


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the stacked bar: colour, where it begins and how wide it is, of 1,000."""

    colour: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Cards:
    """Figures above the list."""

    totals: Totals
    late: int
    stale: int
    over: int
    disagree: int
    known: Mapping[str, int]
    """Of how many projects it is known whether they are late, stale or over budget."""
    oldest: date | None
    """Of the projects that run."""
    newest: date | None
    """Of all that are listed."""
    ended: int
    """So many are listed that have ended; no newer data are due of them."""
    published: date | None
    changes: Mapping[str, int]

    @property
    def bar(self) -> list[Segment]:
        """Computed colours as a bar, the worst first as in the list."""
        parts: list[Segment] = []
        start = 0
        for colour in COLOURS:
            if self.totals.count and self.totals.overall[colour]:
                width = round(1000 * self.totals.overall[colour] / self.totals.count)
                parts.append(Segment(colour, start, width))
                start += width
        return parts


def totals_of(rows: Iterable[Listed], label: str = "") -> Totals:
    """Totals of these rows."""
    totals = Totals(label)
    for row in rows:
        totals.add(row)
    return totals


def cards_of(
    rows: Sequence[Listed],
    day: date,
    published: date | None,
    then: Mapping[int, Then] | None,
    gone: int,
) -> Cards:
    """Figures of all rows of the scope; ``then`` is None where nothing was published before."""
    changes = {"worse": 0, "better": 0, "new": 0, "gone": gone}
    if then is not None:
        for row in rows:
            change = change_since(row, then)
            if change in changes:
                changes[change] += 1
    totals = totals_of(rows)
    ages = [row.data_as_of for row in rows if row.data_as_of and not row.ended]
    return Cards(
        totals=totals,
        late=sum(needs(row, "late", day, then) for row in rows),
        stale=sum(needs(row, "stale", day, then) for row in rows),
        over=sum(needs(row, "over", day, then) for row in rows),
        disagree=sum(row.disagrees for row in rows),
        known={
            "late": sum(row.slip_days is not None for row in rows),
            "stale": len(ages),
            "over": sum(sums.both for sums in totals.money),
        },
        oldest=min(ages, default=None),
        newest=max((row.data_as_of for row in rows if row.data_as_of), default=None),
        ended=sum(row.ended for row in rows),
        published=published,
        changes=changes,
    )


def group_totals(rows: Iterable[Listed], group: str) -> dict[Hashable, Totals]:
    """Totals by group over all pages, in the order of the rows."""
    groups: dict[Hashable, Totals] = {}
    for row in rows:
        key = group_key(row, group)
        if key not in groups:
            groups[key] = Totals(group_label(row, group))
        groups[key].add(row)
    return groups
