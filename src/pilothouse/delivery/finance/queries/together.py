# SPDX-License-Identifier: Apache-2.0
"""The money of a portfolio or programme: its projects as one, in its currency.

Budgets count at the budget rate of their period, cost at the actual rate of its last day, what is
ordered or to come at the closing rate of today (R-FX-01). What has no rate is left out and named;
nothing is ever counted at 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import FiscalPeriod
from pilothouse.delivery.finance.money import in_decimals
from pilothouse.delivery.finance.queries.available import released_of
from pilothouse.delivery.finance.queries.budgets import BudgetTotals, budget_totals
from pilothouse.delivery.finance.queries.overview import Spread, spread_of
from pilothouse.delivery.finance.queries.streams import BY_YEAR, Key, Stream, streams_of
from pilothouse.delivery.finance.rates import Kind, Rates
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import Placed, projects_with, visible_projects
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ProjectMoney:
    """One project in its own currency; cost and outlook are None where they may not be seen."""

    project: Project
    budget: BudgetTotals | None
    released: Decimal | None
    stream: Stream | None

    @property
    def outlook(self) -> Decimal | None:
        """Cost to date and what is still to come."""
        return None if self.stream is None else self.stream.cost + self.stream.to_come

    @property
    def over_pct(self) -> Decimal | None:
        """By how much of its BAC the outlook is above it, in percent; below 0 if under."""
        if self.budget is None or not self.budget.bac or self.outlook is None:
            return None
        return 100 * (self.outlook - self.budget.bac) / self.budget.bac


class InOneCurrency:
    """Amounts in the currency of the place; what has no rate is left out, and told once."""

    def __init__(self, rates: Rates, currency: str, today: date) -> None:
        self._rates, self._currency, self._today = rates, currency, today
        self.problems: dict[tuple[str, str], str] = {}

    def streams(
        self, streams: Mapping[Key, Stream], periods: Mapping[int, FiscalPeriod]
    ) -> dict[Key, Stream]:
        """Sums by period, category and nature, converted and put together."""
        found: dict[Key, Stream] = {}
        for key, stream in streams.items():
            put = key._replace(currency=self._currency)
            found[put] = found.get(put, Stream()) + self._stream(
                key.currency, stream, periods[key.period]
            )
        return found

    def sum(self, amounts: Sequence[tuple[str, Decimal]]) -> Decimal:
        """Budgets and releases, at the budget rate of today."""
        return sum(
            (self._in(Kind.BUDGET, amount, unit, self._today) for unit, amount in amounts), ZERO
        )

    def _stream(self, unit: str, stream: Stream, period: FiscalPeriod) -> Stream:
        if unit == self._currency:
            return stream
        day = min(period.last, max(self._today, period.first))

        def budgeted(amount: Decimal) -> Decimal:
            return self._in(Kind.BUDGET, amount, unit, period.first)

        def spent(amount: Decimal) -> Decimal:
            return self._in(Kind.ACTUAL, amount, unit, day)

        def ahead(amount: Decimal) -> Decimal:
            return self._in(Kind.CLOSING, amount, unit, self._today)

        return Stream(
            budget=budgeted(stream.budget),
            committed=ahead(stream.committed),
            actual=spent(stream.actual),
            accrual=spent(stream.accrual),
            constant=budgeted(stream.constant),
            forecast=ahead(stream.forecast),
            to_come=ahead(stream.to_come),
        )

    def rate(self, unit: str) -> Decimal | None:
        """The budget rate of today, None where there is none."""
        try:
            return in_decimals(self._rates.rate(Kind.BUDGET, unit, self._currency, self._today))
        except Invalid as error:
            self.problems.setdefault((Kind.BUDGET, unit), error.message)
            return None

    def _in(self, kind: Kind, amount: Decimal, unit: str, day: date) -> Decimal:
        if not amount:
            return ZERO
        try:
            return self._rates.convert(kind, amount, unit, self._currency, day)
        except Invalid as error:
            self.problems.setdefault((kind, unit), error.message)
            return ZERO


@dataclass(frozen=True, slots=True)
class Together:
    """A portfolio or programme as one, and project by project, the farthest over budget first."""

    place: Portfolio | Programme
    currency: str
    day: date
    spread: Spread
    rows: Sequence[ProjectMoney]
    envelope: Decimal | None
    budgeted: Decimal
    released: Decimal | None
    sees_cost: bool
    unseen: int
    by_year: Mapping[Key, Stream]
    money: InOneCurrency

    @property
    def problems(self) -> list[str]:
        """Rates that are missing, each said once."""
        return list(self.money.problems.values())

    @property
    def envelope_left(self) -> Decimal | None:
        """What of the envelope no approved budget uses."""
        return None if self.envelope is None else self.envelope - self.budgeted

    @property
    def outlook(self) -> Decimal:
        return self.spread.whole.cost + self.spread.whole.to_come


def money_together(actor: Actor, place: Portfolio | Programme, today: date) -> Together:
    """The money of all projects in a place that the actor may see the budget of.

    ``place`` is one in sight. Cost is shown where the actor sees it of every one of these projects.
    """
    held = grants_of(actor)
    inside, placed = _projects(actor, held, place)
    seen = projects_with(held, "R", placed, rules.BUDGET)
    sees_cost = seen <= projects_with(held, "R", placed, rules.ACTUAL)
    sees_funding = seen <= projects_with(held, "R", placed, rules.FUNDING)
    projects = [project for project in inside if project.pk in seen]
    ids = [project.pk for project in projects]
    portfolio = place if isinstance(place, Portfolio) else place.portfolio
    money = InOneCurrency(Rates(office_of(portfolio)), portfolio.currency_id, today)
    streams = streams_of(ids)
    periods = FiscalPeriod.objects.in_bulk({key.period for key in streams})
    by_year = streams_of(ids, BY_YEAR)
    by_project: dict[Key, Stream] = {}
    for key, stream in by_year.items():
        put = key._replace(year=0)
        by_project[put] = by_project.get(put, Stream()) + stream
    spread = {key.project: stream.budget for key, stream in by_project.items()}
    budgets = budget_totals(ids, spread)
    released = released_of(ids) if sees_funding else {}
    rows = [
        ProjectMoney(
            project,
            budgets.get(project.pk),
            released.get(project.pk, ZERO) if sees_funding else None,
            by_project.get(Key(project=project.pk), Stream()) if sees_cost else None,
        )
        for project in projects
    ]
    rows.sort(key=lambda row: (row.over_pct is None, -(row.over_pct or ZERO), row.project.code))
    own = {project.pk: project.currency_id for project in projects}
    totals = [(own[pk], found.total) for pk, found in budgets.items()]
    return Together(
        place=place,
        currency=portfolio.currency_id,
        day=today,
        spread=spread_of(money.streams(streams, periods), periods.values()),
        rows=rows,
        envelope=place.budget_envelope if isinstance(place, Portfolio) else None,
        budgeted=money.sum(totals),
        released=money.sum([(own[pk], released[pk]) for pk in released]) if sees_funding else None,
        sees_cost=sees_cost,
        unseen=len(inside) - len(projects),
        by_year=by_year,
        money=money,
    )


def office_of(portfolio: Portfolio) -> OrgUnit:
    """The office that a portfolio lies in, whose rates count."""
    return OrgUnit.objects.get(pk=portfolio.office_id)


def _projects(
    actor: Actor, held: Grants, place: Portfolio | Programme
) -> tuple[list[Project], list[Placed]]:
    """What is shown of each project, without the rest of its record, and where it lies."""
    shown = ("code", "name", "currency_id", "office_id", "programme_id", "classification")
    rows = visible_projects(actor, held).only(*shown)
    rows = rows.annotate(at_unit=F("portfolio__org_unit__path"), at_place=F("portfolio__path"))
    if isinstance(place, Portfolio):
        inside = rows.filter(portfolio__path__gte=place.path, portfolio__path__lt=place.path + "~")
    else:
        inside = rows.filter(programme=place)
    found: list[Project] = list(inside.order_by("code"))
    placed = [
        Placed(
            project.pk,
            project.office_id,
            vars(project)["at_unit"],
            vars(project)["at_place"],
            project.programme_id,
            project.classification,
        )
        for project in found
    ]
    return found, placed
