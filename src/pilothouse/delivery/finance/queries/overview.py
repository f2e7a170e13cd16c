# SPDX-License-Identifier: Apache-2.0
"""The money of one project on one page: by year and month, by category and nature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Category, FiscalPeriod, Forecast, Nature
from pilothouse.delivery.finance.queries.available import Available, available
from pilothouse.delivery.finance.queries.budgets import (
    Adequacy,
    BudgetTotals,
    budget_totals,
    contingency_adequacy,
)
from pilothouse.delivery.finance.queries.opening import OpenedProject
from pilothouse.delivery.finance.queries.streams import Key, Stream, streams_of, whole
from pilothouse.delivery.finance.queries.variances import Variances, variances_of
from pilothouse.foundation.core import clock

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Month:
    """One period with its sums, and the same added up from the first one on."""

    period: FiscalPeriod
    stream: Stream
    so_far: Stream


@dataclass(frozen=True, slots=True)
class Year:
    """A fiscal year with its months."""

    year: int
    months: Sequence[Month]
    stream: Stream


@dataclass(frozen=True, slots=True)
class Share:
    """What one category or nature comes to."""

    key: str
    label: str
    stream: Stream


@dataclass(frozen=True, slots=True)
class Spread:
    """Sums over all, by year and month, by category and by nature."""

    whole: Stream
    years: Sequence[Year]
    categories: Sequence[Share]
    natures: Sequence[Share]

    @property
    def months(self) -> list[Month]:
        """All periods in order."""
        return [month for year in self.years for month in year.months]


@dataclass(frozen=True, slots=True)
class Contingency:
    """What is left of the contingency, beside what is left of the spending.

    ``even`` is what would be left had it been drawn on in step with the spending; what is left to
    that is the ``adequacy``. Whether it covers the threats that remain needs their exposure.
    """

    left: Decimal
    of: Decimal
    even: Decimal
    share_pct: Decimal | None
    adequacy: Adequacy


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """What a project may cost, has cost and will cost; None where the reader may not see it."""

    spread: Spread
    budget: BudgetTotals | None
    funding: Available | None
    forecast: Forecast | None
    variances: Variances | None

    @property
    def outlook(self) -> Decimal:
        """Cost to date and what is still to come."""
        return self.spread.whole.cost + self.spread.whole.to_come

    @property
    def left(self) -> Decimal | None:
        """What of BAC the outlook leaves; below 0 where it is above."""
        return None if self.budget is None else self.budget.bac - self.outlook

    @property
    def contingency(self) -> Contingency | None:
        """None where the budget has none, or where nothing is spent nor to come."""
        budget, to_come = self.budget, self.spread.whole.to_come
        if budget is None or not budget.contingency or self.outlook <= 0:
            return None
        even = budget.contingency * to_come / self.outlook
        return Contingency(
            left=budget.contingency_left,
            of=budget.contingency,
            even=even,
            share_pct=100 * budget.contingency_left / to_come if to_come else None,
            adequacy=contingency_adequacy(budget, even),
        )


def money_page(opened: OpenedProject) -> MoneyPage:
    """The money of a project as the reader may see it; seventeen queries or so."""
    project = opened.project
    streams = streams_of([project.pk])
    periods = FiscalPeriod.objects.filter(pk__in={key.period for key in streams})
    spread = spread_of(streams, periods)
    sees_funding = opened.may(rules.FUNDING, "R") and opened.may(rules.ACTUAL, "R")
    forecast = None
    if opened.may(rules.FORECAST, "R"):
        forecast = Forecast.objects.filter(project=project, state=Forecast.State.APPROVED).first()
    return MoneyPage(
        spread,
        budget_totals([project.pk]).get(project.pk),
        available(project) if sees_funding else None,
        forecast,
        variances_of(project, clock.today()) if opened.may(rules.ACTUAL, "R") else None,
    )


def spread_of(streams: Mapping[Key, Stream], periods: Iterable[FiscalPeriod]) -> Spread:
    """Sums by period, category and nature, laid out for a page; ``periods`` are theirs."""
    by_period: dict[int, Stream] = {}
    by_category: dict[str, Stream] = {}
    by_nature: dict[str, Stream] = {}
    for key, stream in streams.items():
        by_period[key.period] = by_period.get(key.period, Stream()) + stream
        by_category[key.category] = by_category.get(key.category, Stream()) + stream
        by_nature[key.nature] = by_nature.get(key.nature, Stream()) + stream
    return Spread(
        whole(streams),
        _years(by_period, periods),
        _shares(by_category, Category.choices),
        _shares(by_nature, Nature.choices),
    )


def _years(by_period: Mapping[int, Stream], periods: Iterable[FiscalPeriod]) -> list[Year]:
    found: dict[int, list[Month]] = {}
    so_far = Stream()
    for period in sorted(periods, key=lambda period: period.first):
        so_far = so_far + by_period[period.pk]
        month = Month(period, by_period[period.pk], so_far)
        found.setdefault(period.year, []).append(month)
    return [
        Year(year, months, sum((month.stream for month in months), Stream()))
        for year, months in found.items()
    ]


def _shares(sums: Mapping[str, Stream], choices: Iterable[tuple[str, str]]) -> list[Share]:
    return [Share(key, label, sums[key]) for key, label in choices if key in sums]
