# SPDX-License-Identifier: Apache-2.0
"""Where a row of the ledger belongs: project, category, period and rates, or why it waits.

The rules of an office are read once; placing many rows asks the database nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models import (
    AccountRule,
    Actual,
    CodeRule,
    ExchangeRate,
    FiscalPeriod,
)
from pilothouse.delivery.finance.money import in_decimals, kept_rate
from pilothouse.delivery.finance.queries.periods import Periods
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit

State = Actual.State
WAITING = (State.SUSPENSE, State.HELD)


@dataclass(frozen=True, slots=True)
class Choice:
    """What finance decided of rows that wait; empty is left to the rules.

    ``accepted``: the rows may go into a closed project, and have the nature of the account rule.
    """

    project: Project | None = None
    wbs: str = ""
    category: str = ""
    nature: str = ""
    period: FiscalPeriod | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs, or the state it waits in and why."""

    state: str
    reason: str = ""
    project_id: int | None = None
    currency: str = ""
    wbs: str = ""
    category: str = ""
    nature: str = ""
    period_id: int | None = None
    rate: Fraction | None = None
    constant_rate: Fraction | None = None
    most: Decimal = LARGEST
    """The largest amount of a row that can be kept in the currency of the project."""


class _Purpose(NamedTuple):
    category: str
    nature: str


@dataclass(frozen=True, slots=True)
class _Known:
    pk: int
    code: str
    state: str
    currency: str


NO_CHOICE = Choice()
_Asked = tuple[str, str, str, date, str, str, int | None, str, Choice]


class Places:
    """The account rules, code rules, projects, periods and rates of one office."""

    def __init__(self, office: OrgUnit) -> None:
        self.periods = Periods(office.pk)
        self.rates = Rates(office)
        rows = Project.objects.filter(office_id=office.pk)
        self._projects = {
            pk: _Known(pk, code, state, currency)
            for pk, code, state, currency in rows.values_list("pk", "code", "state", "currency_id")
        }
        self._codes: dict[str, tuple[int, str]] = {
            row.code: (row.pk, "") for row in self._projects.values()
        }
        codes = CodeRule.objects.filter(office=office, voided=False)
        self._codes |= {
            code: (project, wbs)
            for code, project, wbs in codes.values_list("code", "project_id", "wbs")
        }
        accounts = AccountRule.objects.filter(office=office, voided=False)
        told = {
            account: _Purpose(category, nature)
            for account, category, nature in accounts.values_list("account", "category", "nature")
        }
        self._accounts = {key: told[key] for key in told if not key.endswith("*")}
        self._prefixes = sorted(
            ((key[:-1], told[key]) for key in told if key.endswith("*")),
            key=lambda pair: len(pair[0]),
            reverse=True,
        )
        self._found: dict[_Asked, Place] = {}

    def account(self, account: str) -> _Purpose:
        """What an account is for: said of it exactly, else by the longest beginning."""
        exact = self._accounts.get(account)
        if exact is not None:
            return exact
        begun = (what for start, what in self._prefixes if account.startswith(start))
        return next(begun, _Purpose("", ""))

    def place(self, row: Actual, choice: Choice = NO_CHOICE) -> Place:
        """Put a row where it belongs, with its amounts in the project's currency.

        What turns another row back stands where that one does, at the same rates, so that the two
        come to nothing; while that one waits, this one waits with it.
        """
        turned = row.reverses
        if turned is not None and turned.state in WAITING:
            return self._behind(row, turned)
        if turned is not None and turned.state == State.MAPPED:
            return self._beside(row, turned, choice)
        asked = (
            *(row.project_code, row.account, row.currency_id, row.posting_date),
            *(row.nature, row.category, row.project_id, row.wbs, choice),
        )
        found = self._found.get(asked)
        if found is None:
            found = self._found[asked] = self._place(row, choice)
        found = _in_range(row, found, choice)
        put(row, found, self.rates)
        return found

    def _behind(self, row: Actual, turned: Actual) -> Place:
        found = Place(
            turned.state,
            "What it turns back waits.",
            row.project_id,
            wbs=row.wbs,
            category=row.category,
            nature=row.nature,
        )
        put(row, found, self.rates)
        return found

    def _beside(self, row: Actual, turned: Actual, choice: Choice) -> Place:
        assert turned.project_id is not None, "a mapped row has a project"
        assert turned.own_amount is not None and turned.constant_amount is not None
        reasons = self._closed(self._projects[turned.project_id], choice)
        period = choice.period or self.periods.on(row.posting_date)
        reasons += _bar_of(period, row.posting_date)
        found = Place(
            State.HELD if reasons else State.MAPPED,
            " ".join(reasons),
            turned.project_id,
            "",
            turned.wbs,
            turned.category,
            turned.nature,
            period.pk if period and not reasons else None,
        )
        put(row, found, self.rates)
        if not reasons:
            row.rate = turned.rate
            row.own_amount, row.constant_amount = -turned.own_amount, -turned.constant_amount
        return found

    @staticmethod
    def _closed(project: _Known, choice: Choice) -> list[str]:
        if project.state in OPEN_STATES or choice.accepted:
            return []
        return [f"Project {project.code} is {str(Project.State(project.state).label).lower()}."]

    def _place(self, row: Actual, choice: Choice) -> Place:
        project, wbs = self._project_of(row, choice)
        decided = _Purpose(row.category, row.nature) if row.category else _Purpose("", "")
        if choice.category:
            decided = _Purpose(choice.category, choice.nature)
        purpose = decided if decided.category else self.account(row.account)
        missing = []
        if project is None:
            missing.append(
                f"No project has the code {row.project_code}."
                if row.project_code
                else "The row names no project."
            )
        if not purpose.category:
            missing.append(f"No rule says what account {row.account} is for.")
        told = "" if decided.category else row.nature
        waiting = Place(
            State.SUSPENSE,
            " ".join(missing),
            project_id=project.pk if project else None,
            wbs=wbs,
            category=decided.category,
            nature=decided.nature or told,
        )
        if project is None or missing:
            return waiting
        reasons = []
        if told and told != purpose.nature and not choice.accepted:
            reasons.append(
                f"The row says {told}, the rule of account {row.account} says {purpose.nature}."
            )
        reasons += self._closed(project, choice)
        period = choice.period or self.periods.on(row.posting_date)
        reasons += _bar_of(period, row.posting_date)
        rates = self._rates(row, project.currency, reasons)
        if reasons or period is None:
            return replace(waiting, state=State.HELD, reason=" ".join(reasons))
        actual, constant = rates
        return Place(
            State.MAPPED,
            "",
            project.pk,
            project.currency,
            wbs,
            *purpose,
            period_id=period.pk,
            rate=actual,
            constant_rate=constant,
            most=in_decimals(Fraction(LARGEST) / max(rates)),
        )

    def _rates(self, row: Actual, currency: str, reasons: list[str]) -> list[Fraction]:
        """Actual and budget rate of a row; one that is missing is a reason to wait, never 1."""
        found = []
        pair = row.currency_id, currency, row.posting_date
        for kind in (ExchangeRate.Kind.ACTUAL, ExchangeRate.Kind.BUDGET):
            try:
                found.append(self.rates.rate(kind, *pair))
            except Invalid as error:
                reasons.append(error.message.partition(". ")[0] + ".")
        return found

    def _project_of(self, row: Actual, choice: Choice) -> tuple[_Known | None, str]:
        if choice.project is not None:
            return self._projects.get(choice.project.pk), choice.wbs or row.wbs
        if row.project_id is not None:
            return self._projects.get(row.project_id), choice.wbs or row.wbs
        pk, wbs = self._codes.get(row.project_code, (0, ""))
        return self._projects.get(pk), row.wbs or choice.wbs or wbs


def _bar_of(period: FiscalPeriod | None, day: date) -> list[str]:
    """Why nothing is posted into a period."""
    if period is None:
        return [f"No fiscal period holds {day:%Y-%m-%d}."]
    return [] if period.is_open else [f"Period {period.name} is closed."]


def _in_range(row: Actual, found: Place, choice: Choice) -> Place:
    """The place of a row, or that it waits since its amount there is above what is kept."""
    if found.rate is None or abs(row.amount) <= found.most:
        return found
    return Place(
        State.HELD,
        f"{row.currency_id} {row.amount:,.2f} is too large in {found.currency}.",
        found.project_id,
        wbs=found.wbs,
        category=choice.category or row.category,
        nature=choice.nature if choice.category else row.nature,
    )


def put(row: Actual, place: Place, rates: Rates) -> None:
    """Write a place into a row."""
    row.state, row.state_reason = place.state, place.reason
    row.project_id, row.wbs = place.project_id, place.wbs
    row.category, row.nature = place.category, place.nature
    row.period_id = place.period_id
    row.rate = None if place.rate is None else kept_rate(place.rate)
    row.own_amount = row.constant_amount = None
    if place.rate is not None and place.constant_rate is not None:
        row.own_amount = rates.at(place.rate, row.amount, place.currency)
        row.constant_amount = rates.at(place.constant_rate, row.amount, place.currency)
