# SPDX-License-Identifier: Apache-2.0
"""What the money of a project, a portfolio or a programme comes to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ninja import Schema


class Sums(Schema):
    """Sums in one currency. What the reader may not see is null."""

    budget: Decimal
    committed: Decimal | None
    actual: Decimal | None
    accrual: Decimal | None
    cost_at_budget_rate: Decimal | None
    to_come: Decimal | None


class PeriodSums(Sums):
    period_id: int
    name: str
    year: int
    is_open: bool


class ShareSums(Sums):
    key: str


class Funding(Schema):
    released: Decimal
    actuals: Decimal
    accruals: Decimal
    received: Decimal
    commitments: Decimal
    available: Decimal


class ContingencyOut(Schema):
    """Left of the contingency, and what an even use would have left of it."""

    left: Decimal
    even_use: Decimal
    ratio: Decimal | None
    colour: str


class PartVarianceOut(Schema):
    """A part of the work off its budget, over the periods that are over."""

    wbs: str
    category: str
    nature: str
    budget: Decimal
    cost_at_budget_rate: Decimal
    cost: Decimal
    price_and_volume: Decimal
    exchange: Decimal


class ProjectMoneyOut(Schema):
    currency: str
    budget_at_completion: Decimal | None
    budget_total: Decimal | None
    outlook: Decimal | None
    forecast_number: int | None
    funding: Funding | None
    contingency: ContingencyOut | None
    variances: list[PartVarianceOut] | None
    whole: Sums
    periods: list[PeriodSums]
    categories: list[ShareSums]
    natures: list[ShareSums]


class ProjectLine(Schema):
    """One project in its own currency."""

    project_id: int
    code: str
    currency: str
    budget_total: Decimal | None
    released: Decimal | None
    committed: Decimal | None
    cost: Decimal | None
    outlook: Decimal | None
    over_pct: Decimal | None


class PublishedProject(Schema):
    """A project by the name that it was published under."""

    project_id: int
    code: str
    name: str


class PublishedYear(Schema):
    """Whole-life cost in one published year, of the ``told`` projects that told it.

    The baseline is what was first published of them.
    """

    year: int
    day: date
    currency: str
    projects: int
    told: int
    baseline: Decimal
    forecast: Decimal
    over_pct: Decimal | None
    joined: list[PublishedProject]
    left: list[PublishedProject]


class MoneyTogether(Schema):
    """A portfolio or programme as one, in its currency; ``problems`` names missing rates."""

    currency: str
    as_of: date
    budgeted: Decimal
    envelope: Decimal | None
    released: Decimal | None
    outlook: Decimal | None
    npv_approved: Decimal | None
    npv_latest: Decimal | None
    unseen: int
    problems: list[str]
    whole: Sums
    periods: list[PeriodSums]
    categories: list[ShareSums]
    natures: list[ShareSums]
    projects: list[ProjectLine]
    published: list[PublishedYear]
