# SPDX-License-Identifier: Apache-2.0
"""What hours of work cost: by the day they were worked, person before role (DOMAIN 5).

A day without a rate is an error, never 0. What is approved is not priced again when a rate
changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pilothouse.delivery.finance.models import CostRate
from pilothouse.delivery.finance.rates import Kind as ExchangeKind
from pilothouse.delivery.finance.rates import Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Worker:
    """Whose hours are priced: a person in a role, either of them perhaps unknown."""

    person_id: int | None
    role: str = ""
    kind: str = CostRate.Kind.STANDARD


class CostRates:
    """The cost rates of one office, read once."""

    def __init__(self, office: OrgUnit) -> None:
        self._rows: dict[tuple[int | None, str, str], list[CostRate]] = {}
        for row in CostRate.objects.filter(office=office, voided=False).order_by("valid_from"):
            self._rows.setdefault((row.person_id, row.role.casefold(), row.kind), []).append(row)

    def rate_of(self, worker: Worker, work_date: date) -> CostRate:
        """The rate of the day that was worked; that of the person before that of the role.

        Raises: Invalid ``finance.no_cost_rate`` naming the day.
        """
        keys: list[tuple[int | None, str, str]] = [(None, worker.role.casefold(), worker.kind)]
        if worker.person_id is not None:
            keys.insert(0, (worker.person_id, "", worker.kind))
        for key in keys:
            for row in self._rows.get(key, []):
                if row.valid_from <= work_date and (
                    row.valid_to is None or work_date <= row.valid_to
                ):
                    return row
        raise Invalid(
            "finance.no_cost_rate",
            f"There is no {CostRate.Kind(worker.kind).label.lower()} cost rate for "
            f"{work_date:%Y-%m-%d}. Finance enters it under cost rates; nothing was priced.",
            fields={"work_date": "No cost rate holds on this day."},
        )


def price_hours(
    costs: CostRates, rates: Rates, worker: Worker, hours: Mapping[date, Decimal], currency: str
) -> Decimal:
    """What hours by day cost in a currency, rounded once (O-RES-3).

    A rate in another currency is taken over at the actual rate of the day.
    Raises: Invalid where a day has no cost rate or no exchange rate.
    """
    total = Fraction(0)
    for day, worked in hours.items():
        cost = costs.rate_of(worker, day)
        into = rates.rate(ExchangeKind.ACTUAL, cost.currency_id, currency, day)
        total += Fraction(worked * cost.amount) * into
    return rates.at(total, Decimal(1), currency)
