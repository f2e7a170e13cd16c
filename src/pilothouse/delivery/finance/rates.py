# SPDX-License-Identifier: Apache-2.0
"""What an amount is in another currency: direct, else inverse, else across the reporting currency.

A rate that is missing is an error, never 1 (R-FX-01). A rate stays exact until an amount is
converted by it, which is rounded once, or a row keeps it (R-GEN-01). The rates of an office are
read once for each use; converting many amounts asks the database nothing more.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pilothouse.delivery.finance.models import ExchangeRate, FinancePolicy
from pilothouse.delivery.finance.money import converted
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency, OrgUnit

Kind = ExchangeRate.Kind


@dataclass(frozen=True, slots=True)
class Found:
    """A rate and where it comes from, in words."""

    rate: Fraction
    source: str


class Rates:
    """The exchange rates of one office, as they stand now."""

    def __init__(self, office: OrgUnit) -> None:
        self.reporting = office.default_currency_id or ""
        policy = FinancePolicy.objects.filter(office=office).first()
        self._monthly = policy is not None and policy.actual_rate == FinancePolicy.ActualRate.MONTH
        self.units = dict(Currency.objects.values_list("code", "minor_units"))
        self._days: dict[tuple[str, str, str], list[date]] = {}
        self._rows: dict[tuple[str, str, str], list[tuple[date | None, Fraction, str]]] = {}
        self._found: dict[tuple[str, str, str, date], Found] = {}
        known = ExchangeRate.objects.filter(office=office, voided=False).order_by("valid_from")
        for kind, one, other, first, last, rate, source in known.values_list(
            *("kind", "from_currency_id", "to_currency_id"),
            *("valid_from", "valid_to", "rate", "source"),
        ):
            key = (kind, one, other)
            self._days.setdefault(key, []).append(first)
            self._rows.setdefault(key, []).append((last, Fraction(rate), source))

    def rate(self, kind: str, one: str, other: str, day: date) -> Fraction:
        """Units of ``other`` for one of ``one`` on a day.

        Raises: Invalid ``finance.no_rate`` naming the pair, the kind and the day.
        """
        return self.found(kind, one, other, day).rate

    def found(self, kind: str, one: str, other: str, day: date) -> Found:
        """As ``rate``, with its source; the actual rate is that of the day, or by policy the
        mean of the days of its month."""
        if one == other:
            return Found(Fraction(1), "same currency")
        monthly = self._monthly and kind == Kind.ACTUAL
        key = kind, one, other, day.replace(day=1) if monthly else day
        known = self._found.get(key)
        if known is None:
            known = self._mean_of_month(*key) if monthly else self._of_day(*key)
            self._found[key] = known
        return known

    def _of_day(self, kind: str, one: str, other: str, day: date) -> Found:
        found = self._between(kind, one, other, day)
        if found is None and self.reporting not in ("", one, other):
            near = self._between(kind, one, self.reporting, day)
            far = self._between(kind, self.reporting, other, day)
            if near is not None and far is not None:
                source = f"across {self.reporting}: {near.source}; {far.source}"
                found = Found(near.rate * far.rate, source)
        if found is None:
            raise Invalid(
                "finance.no_rate",
                f"There is no {Kind(kind).label.lower()} rate from {one} to {other} for "
                f"{day:%Y-%m-%d}. Enter it under exchange rates and try again.",
                fields={"currency": f"No {Kind(kind).label.lower()} rate to {other}."},
            )
        return found

    def _mean_of_month(self, kind: str, one: str, other: str, first: date) -> Found:
        days = [
            first.replace(day=number)
            for number in range(1, monthrange(first.year, first.month)[1] + 1)
        ]
        rate = self.average(kind, one, other, days)
        return Found(rate, f"mean of the days of {first:%Y-%m}")

    def convert(self, kind: str, amount: Decimal, one: str, other: str, day: date) -> Decimal:
        """An amount in another currency, rounded to its minor unit."""
        return self.at(self.rate(kind, one, other, day), amount, other)

    def at(self, rate: Fraction, amount: Decimal, currency: str) -> Decimal:
        """An amount at a rate, rounded to the minor unit of the currency that it gives."""
        return converted(amount, rate, self.units[currency])

    def average(self, kind: str, one: str, other: str, days: Iterable[date]) -> Fraction:
        """The mean of the rates of single days. Raises: Invalid where one of them has none."""
        rates = [self._of_day(kind, one, other, day).rate for day in days]
        return sum(rates, Fraction(0)) / len(rates)

    def _between(self, kind: str, one: str, other: str, day: date) -> Found | None:
        direct = self._known((kind, one, other), day)
        if direct is not None:
            return Found(direct[0], direct[1] or f"{one}/{other} kept")
        inverse = self._known((kind, other, one), day)
        if inverse is not None:
            return Found(1 / inverse[0], f"inverse of {inverse[1] or f'{other}/{one} kept'}")
        return None

    def _known(self, key: tuple[str, str, str], day: date) -> tuple[Fraction, str] | None:
        place = bisect_right(self._days.get(key, []), day) - 1
        if place < 0:
            return None
        last, rate, source = self._rows[key][place]
        return None if last is not None and last < day else (rate, source)
