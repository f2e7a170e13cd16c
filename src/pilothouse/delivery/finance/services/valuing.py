# SPDX-License-Identifier: Apache-2.0
"""What projects are worth: by the case that was approved, and by what is known now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from pilothouse.delivery.finance import bridge
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import FinancialCase
from pilothouse.delivery.finance.queries.cases import CaseRow, counting_cases
from pilothouse.delivery.finance.queries.streams import (
    BY_YEAR,
    Key,
    Stream,
    source_of_costs,
    streams_of,
    yearly_costs,
)
from pilothouse.delivery.finance.queries.together import InOneCurrency
from pilothouse.delivery.projects.models import Project

ZERO = Decimal(0)
_APPROVED, _EXPECTED = FinancialCase.State.APPROVED, FinancialCase.State.EXPECTED


@dataclass(frozen=True, slots=True)
class Valued:
    """Yearly flows and their figures, with where each side of them comes from."""

    flows: Mapping[int, Flows]
    figures: bridge.Appraisal
    costs_from: str
    benefits_from: str


@dataclass(frozen=True, slots=True)
class Worth:
    """A project as it was approved, as it looks now, and what going on is worth.

    ``latest`` starts with the same year as the approved case, so that both can be compared;
    ``to_go`` starts this year and leaves out what is spent, which no decision brings back.
    """

    case: CaseRow
    expected: CaseRow | None
    approved: Valued
    latest: Valued | None
    to_go: Valued | None

    def without_cost(self) -> Worth:
        """As those see it who may not read actual cost, of which both later figures are made."""
        return replace(self, latest=None, to_go=None)


def worth_of(project_id: int, year: int) -> Worth | None:
    """All figures of one project in a fiscal year; None while no case of it is approved."""
    cases = counting_cases([project_id]).get(project_id, {})
    case = cases.get(_APPROVED)
    if case is None:
        return None
    expected = cases.get(_EXPECTED)
    first, rate = case.case.first_year, case.case.rate_pct
    figures = bridge.appraised(case.flows, first, rate)
    assert figures is not None, "a case has a year"
    number = case.case.number
    approved = Valued(case.flows, figures, f"case {number}", f"case {number}")
    costs = yearly_costs(streams_of([project_id], BY_YEAR)).get(project_id)
    source = source_of_costs(project_id)
    benefits = _benefits(case, expected)
    told = f"case {number}" if expected is None else "what is expected now"
    latest = to_go = None
    if costs is not None:
        whole = _joined(costs.whole, benefits)
        latest = _valued(whole, first, rate, source, told)
        to_come = {when: amount for when, amount in benefits.items() if when >= year}
        to_go = _valued(_joined(costs.to_go, to_come), year, rate, source, told)
    return Worth(case, expected, approved, latest, to_go)


def value_of(row: CaseRow) -> bridge.Appraisal | None:
    """The figures of one version as it is written."""
    return bridge.appraised(row.flows, row.case.first_year, row.case.rate_pct)


def _valued(
    flows: Mapping[int, Flows], first: int, rate: Decimal, costs_from: str, benefits_from: str
) -> Valued | None:
    figures = bridge.appraised(flows, first, rate)
    return None if figures is None else Valued(flows, figures, costs_from, benefits_from)


def net_present_values(
    project_ids: Collection[int], by_year: Mapping[Key, Stream]
) -> dict[int, tuple[Decimal, Decimal | None]]:
    """Project → net present value as approved and as it looks now; in two queries for all.

    ``by_year`` are the streams ``BY_YEAR`` of these projects.
    """
    cases = counting_cases(project_ids)
    approved = {pk: rows[_APPROVED] for pk, rows in cases.items() if _APPROVED in rows}
    costs = yearly_costs(by_year)
    found: dict[int, tuple[Decimal, Decimal | None]] = {}
    for pk, case in approved.items():
        first, rate = case.case.first_year, case.case.rate_pct
        latest = None
        if pk in costs:
            known = _joined(costs[pk].whole, _benefits(case, cases[pk].get(_EXPECTED)))
            latest = bridge.net_present_value_of(known, first, rate)
        value = bridge.net_present_value_of(case.flows, first, rate)
        if value is not None:
            found[pk] = (value, latest)
    return found


@dataclass(frozen=True, slots=True)
class WorthTogether:
    """Net present values of many projects as one, in one currency.

    ``latest`` is of those projects alone of which it is known, ``approved_of_these`` of the same.
    """

    approved: Decimal
    approved_of_these: Decimal
    latest: Decimal
    cases: int
    known: int


def worth_together(
    projects: Collection[Project], by_year: Mapping[Key, Stream], money: InOneCurrency
) -> WorthTogether | None:
    """Sums of net present values at the budget rate of today; None without an approved case.

    A project whose currency has no rate is left out, as in the sums of its money.
    """
    values = net_present_values([project.pk for project in projects], by_year)
    if not values:
        return None
    currencies = {project.pk: project.currency_id for project in projects}
    approved = these = latest = ZERO
    cases = known = 0
    for pk, (promised, now) in values.items():
        rate = money.rate(currencies[pk])
        if rate is None:
            continue
        cases += 1
        approved += promised * rate
        if now is not None:
            known += 1
            these += promised * rate
            latest += now * rate
    return WorthTogether(approved, these, latest, cases, known)


def _benefits(case: CaseRow, expected: CaseRow | None) -> dict[int, Decimal]:
    return {year: flow.benefits for year, flow in (expected or case).flows.items()}


def _joined(costs: Mapping[int, Decimal], benefits: Mapping[int, Decimal]) -> dict[int, Flows]:
    return {
        year: Flows(costs.get(year, ZERO), benefits.get(year, ZERO))
        for year in sorted({*costs, *benefits})
    }
